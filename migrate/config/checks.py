"""What a schema cannot say of a config: settings that contradict each other or cannot work.

Every check looks at the parsed value itself, which the schema may have found fault with, so that
all faults come out at once: what has the wrong type is passed over here.
"""

import re
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from migrate.canonical.diagnose import JsonPath
from migrate.config.approval_settings import check_path
from migrate.config.faircom_settings import check_faircom
from migrate.config.fleet_settings import check_groups
from migrate.config.people_settings import check_duration, check_people
from migrate.guards import can_be_allowed, parameters_of
from migrate.model import matches
from migrate.urls import fault_of, is_loopback
from migrate.validation.locate import Finding
from migrate.wording import near, quoted

FILL_IN = "FILL-IN"
"""How a login begins that `init` was not told."""

_LOGINS = (("admin_app", "client_id"), ("builder_app", "client_id"), ("login", "username"))
FILE_ID_FIELDS = ("{key}", "{version_id}", "{sha256}")
BESIDE_PARAMETERS = frozenset({"rule", "severity", "environments"})
"""What every `[[guards]]` table may have beside the rule's own parameters."""

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "only_through": ("permission", "roles"),
    "not_together": ("permissions",),
    "protected_names": ("names",),
}
"""Parameters without which a guard would look as if it had nothing to object to."""

_BUCKET_URL = re.compile(
    r"s3://[A-Za-z0-9][A-Za-z0-9._-]*"
    r"(/[A-Za-z0-9_!=+'()-][A-Za-z0-9._!=+'()-]*)*/?"
)
_S3_ONLY = "is for a bucket, and this store has no `url`"


def check(value: Any) -> Iterator[Finding]:
    """Yield everything wrong, and what deserves a warning, in a parsed config."""
    yield from _not_finite(value, ())
    root = _table(value)
    environments = _table(root.get("environments"))
    if "store" in root:
        yield from _store(_table(root["store"]), ("store",))
    for name, each in environments.items():
        yield from _environment(_table(each), ("environments", name))
        yield from check_path(_table(each), ("environments", name), tuple(environments))
    yield from check_groups(root, environments)
    if "approval" in root:
        yield from check_duration(_table(root["approval"]), "valid_for", ("approval",))
    yield from check_guards(root, tuple(environments))


def check_guards(value: Any, environments: tuple[str, ...] | None = None) -> Iterator[Finding]:
    """Yield everything wrong with `[[guards]]`; `environments` is None where none are known."""
    guards = _table(value).get("guards")
    for index, each in enumerate(guards if isinstance(guards, list) else ()):
        yield from _guard(_table(each), ("guards", index), environments)


def _not_finite(value: Any, path: JsonPath) -> Iterator[Finding]:
    if isinstance(value, float) and not isfinite(value):
        yield Finding("must be a number: TOML's nan and inf are none here", path)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _not_finite(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _not_finite(each, (*path, index))


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""


def _environment(table: Mapping[str, Any], path: JsonPath) -> Iterator[Finding]:
    url = _text(table, "url")
    if url:
        yield from _platform_url(url, (*path, "url"))
    if "proxy" in table:
        yield from _proxy(_text(table, "proxy"), url, (*path, "proxy"))
    for login, setting in _LOGINS:
        if (told := _text(_table(table.get(login)), setting)).startswith(f"{FILL_IN}-"):
            yield Finding(
                f"{setting} is still {quoted(told)}, as `init` wrote it: fill in what the "
                "environment knows it by",
                (*path, login, setting),
                warning=True,
            )
    has_bucket = "import_bucket" in table
    if table.get("upload") == "store" and not has_bucket:
        yield Finding(
            'upload = "store" needs the table import_bucket: where the platform reads files from',
            (*path, "upload"),
        )
    if has_bucket:
        bucket = _table(table["import_bucket"])
        yield from _bucket(bucket, (*path, "import_bucket"))
        yield from _file_id(_text(bucket, "file_id"), (*path, "import_bucket", "file_id"))
        if table.get("upload") != "store":
            yield Finding(
                'import_bucket has no effect without upload = "store"',
                (*path, "import_bucket"),
                warning=True,
            )
    if "store" in table:
        yield from _store(_table(table["store"]), (*path, "store"))
    if table.get("platform") == "faircom":
        yield from check_faircom(table, path)
    yield from check_people(table, path)


def _platform_url(url: str, path: JsonPath) -> Iterator[Finding]:
    fault = fault_of(url)
    if fault:
        yield Finding(f"url {fault}", path)
        return
    parts = urlsplit(url)
    if parts.scheme.lower() == "http" and not is_loopback(parts.hostname or ""):
        yield Finding(
            "url is http, which shows tokens to everybody on the way: write https:// "
            "(http is for this machine only: localhost, 127.0.0.1, ::1)",
            path,
        )


def _proxy(proxy: str, url: str, path: JsonPath) -> Iterator[Finding]:
    if not proxy:
        return
    fault = fault_of(proxy)
    if fault and "user name" in fault:
        yield Finding(
            "proxy holds a user name or password: leave `proxy` out, and put the whole URL into "
            "HTTPS_PROXY in the environment",
            path,
        )
    elif fault:
        yield Finding(f"proxy {fault.replace('https://', 'http:// or https://')}", path)
    elif url and not fault_of(url) and is_loopback(urlsplit(url).hostname or ""):
        yield Finding("proxy has no effect: url is this machine", path, warning=True)


def _file_id(template: str, path: JsonPath) -> Iterator[Finding]:
    rest = template
    for name in FILE_ID_FIELDS:
        rest = rest.replace(name, "")
    if template and (rest == template or "{" in rest or "}" in rest):
        yield Finding(
            f"file_id must be made of {', '.join(FILE_ID_FIELDS)}: at least one of them, "
            "and no other braces",
            path,
        )


def _store(table: Mapping[str, Any], path: JsonPath) -> Iterator[Finding]:
    if "url" in table:
        for key in ("directory", "durable"):
            if key in table:
                yield Finding(f"{key} is for a directory, and this store has a `url`", (*path, key))
        yield from _bucket(table, path)
        return
    for key in table:
        if key not in ("directory", "durable"):
            yield Finding(f"{key} {_S3_ONLY}", (*path, key))


def _bucket(table: Mapping[str, Any], path: JsonPath) -> Iterator[Finding]:
    url = _text(table, "url")
    if url and not _BUCKET_URL.fullmatch(url):
        message = "url must be s3://bucket/prefix, in letters, digits and . _ - / ! = + ' ( )"
        yield Finding(message, (*path, "url"))
    endpoint = _text(table, "endpoint_url")
    if endpoint:
        yield from _endpoint(endpoint, (*path, "endpoint_url"))
    if "proxy" in table:
        yield from _proxy(_text(table, "proxy"), endpoint, (*path, "proxy"))
    for key, other in (("access_key", "secret_key"), ("secret_key", "access_key")):
        if key in table and other not in table:
            yield Finding(f"{key} needs {other} beside it", (*path, key))
    if "session_token" in table and "access_key" not in table:
        yield Finding("session_token needs access_key and secret_key", (*path, "session_token"))
    if "access_key" in table and "profile" in table:
        yield Finding("give either a profile or keys, not both", (*path, "profile"))
    if "kms_key_id" in table and table.get("sse") != "aws:kms":
        yield Finding('kms_key_id needs sse = "aws:kms"', (*path, "kms_key_id"))


def _endpoint(endpoint: str, path: JsonPath) -> Iterator[Finding]:
    fault = fault_of(endpoint)
    if fault:
        yield Finding(f"endpoint_url {fault}", path)
        return
    parts = urlsplit(endpoint)
    if parts.scheme.lower() == "http" and not is_loopback(parts.hostname or ""):
        message = "endpoint_url is http: others on the way can read what is stored"
        yield Finding(message, path, warning=True)


def _guard(
    table: Mapping[str, Any], path: JsonPath, environments: tuple[str, ...] | None
) -> Iterator[Finding]:
    rule = _text(table, "rule")
    parameters = parameters_of(rule)
    if parameters is None:
        return
    if not can_be_allowed(rule) and table.get("severity", "refuse") != "refuse":
        yield Finding(f"{rule} always refuses: it has no severity", (*path, "severity"))
    for key in table:
        if key not in BESIDE_PARAMETERS and key not in parameters:
            own, beside = ", ".join(parameters) or "none", (*BESIDE_PARAMETERS, *parameters)
            text = f"{key} is no parameter of {rule}, which has: {own}{near(key, beside)}"
            yield Finding(text, (*path, key))
    for key in _NEEDED.get(rule, ()):
        if key not in table and table.get("severity") != "off":
            yield Finding(f"{rule} needs {key}: without it there is nothing to check", path)
    patterns = table.get("environments") if environments is not None else None
    for index, pattern in enumerate(patterns if isinstance(patterns, list) else ()):
        if isinstance(pattern, str) and not any(
            matches(name, (pattern,)) for name in environments or ()
        ):
            yield Finding(
                f"no environment here is called {pattern}: this guard does not hold for it",
                (*path, "environments", index),
                warning=True,
            )
