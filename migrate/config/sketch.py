"""The text of a first config, with comments that say what else there is. Secrets are only named."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from migrate.config.checks import FILL_IN

_COMMENTS_AT = 46
_PLAIN = re.compile("[A-Za-z0-9_-]+")

_HEAD = """\
# What role-migrate works on. `role-migrate schema config` lists every setting, `role-migrate
# validate FILE` checks this file, and `role-migrate doctor` tries what it says.
formatVersion = 1
"""

_SECRETS = """
# No secret is in this file: each is named by where it is kept. Instead of a variable, that can be
# { file = "PATH" }, { command = ["vault", "kv", "get", "-field=secret", "kv/prod"] },
# { keyring = "SERVICE", user = "NAME" } or { aws_secret = "ID" }.
"""


@dataclass(frozen=True, slots=True)
class Login:
    """How one logs in to environments of a platform: a table, its two settings, what they are."""

    table: str
    name: str
    secret: str
    what: str


LOGINS = {
    "kore": Login("admin_app", "client_id", "client_secret", "with the scope Role Management"),
    "faircom": Login("login", "username", "password", "which holds the role ADMIN"),
}
"""By platform."""

_DEFAULTS = {
    "kore": (
        ('upload = "platform"', 'or "store", where the platform reads import files from a bucket:'),
        ("", 'import_bucket = { url = "s3://BUCKET/PREFIX", file_id = "{key}" }'),
        ('# keep = ["BreakGlass*"]', "never deleted, whatever the mode"),
        ("# limits = { per_minute = 60, per_hour = 1800 }", ""),
    ),
    "faircom": (
        ('# ca_bundle = "ca.pem"', "whose certificates are trusted"),
        ('# client_cert = "client.pem"', "where the server asks for one"),
    ),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """An environment that is wanted; `login` is a client id or user name, "" if not known yet."""

    name: str
    url: str
    login: str = ""


def sketch(platform: str, wanted: tuple[Wanted, ...], store: str) -> str:
    """The config for environments of a platform; `store` is an `s3://` URL or a directory."""
    variables = variables_of(platform, wanted)
    lines = [*_store(store), "", _line(f"[defaults.{platform}]", "for all below, unless they say")]
    lines += [_line(*each) for each in _DEFAULTS[platform]]
    lines.append(_SECRETS.rstrip("\n"))
    for number, each in enumerate(wanted):
        last = number == len(wanted) - 1
        before = wanted[number - 1].name if last and number else None
        lines += _environment(platform, each, variables[each.name], before)
    return "\n".join([_HEAD + _group(wanted), *lines]) + "\n"


def variables_of(platform: str, wanted: tuple[Wanted, ...]) -> dict[str, str]:
    """The variable for the secret of each environment, by its name; no two are the same."""
    found: dict[str, str] = {}
    for each in wanted:
        plain = re.sub("[^A-Z0-9]", "_", each.name.upper())
        stem = f"{'_' if plain[:1].isdigit() else ''}{plain}"
        number, suffix = 1, LOGINS[platform].secret.upper()
        variable = f"{stem}_{suffix}"
        while variable in found.values():
            number += 1
            variable = f"{stem}_{number}_{suffix}"
        found[each.name] = variable
    return found


def _store(store: str) -> Iterator[str]:
    yield _line("[store]", "snapshots, plans, runs and locks are kept here")
    if store.startswith("s3://"):
        yield f"url = {_text(store)}"
        yield '# region = "eu-central-1"'
    else:
        yield f"directory = {_text(store)}"
        yield "# A directory protects only what runs on this machine. For pipelines a bucket:"
        yield '# url = "s3://BUCKET/PREFIX"'


def _environment(platform: str, wanted: Wanted, variable: str, before: str | None) -> Iterator[str]:
    """The tables of an environment; `before` is where its roles come from, if it is the last."""
    login, key = LOGINS[platform], _key(wanted.name)
    yield ""
    yield f"[environments.{key}]"
    yield f"platform = {_text(platform)}"
    yield f"url = {_text(wanted.url)}"
    yield _line(
        f"# account = {_text(wanted.name)}", "set it alike where one account has two logins"
    )
    if before is not None:
        yield _line("# protected = true", "nothing in one go: plan, approve, apply")
        yield _line(f"# promotes_from = [{_text(before)}]", "roles from nowhere else")
    yield ""
    yield _line(f"[environments.{key}.{login.table}]", login.what)
    yield f"{login.name} = {_text(wanted.login or f'{FILL_IN}-{wanted.name}')}"
    yield f'{login.secret} = {{ env = "{variable}" }}'


def _group(wanted: tuple[Wanted, ...]) -> str:
    if not wanted:
        return ""
    setting = f"# groups = {{ production = [{_text(wanted[-1].name)}] }}"
    return _line(setting, "for plan --to-group production") + "\n"


def _line(setting: str, comment: str) -> str:
    return f"{setting.ljust(_COMMENTS_AT)}# {comment}" if comment else setting


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _key(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else _text(name)
