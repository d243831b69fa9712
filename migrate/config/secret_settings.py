"""Taking the secret settings out of a parsed config, before anything else looks at it.

What stands there may be the secret itself, put there by mistake. So no message from here, nor
from the schema's validators that come after, ever sees or repeats what was written.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from migrate.canonical.diagnose import JsonPath, quoted
from migrate.secrets import AwsRef, CommandRef, EnvRef, FileRef, KeyringRef, SecretRef
from migrate.validation.locate import Finding

SECRET_KEYS = frozenset(
    {
        *("client_secret", "client_secret_next", "password", "password_next"),
        *("access_key", "secret_key", "session_token"),
    }
)
"""The settings that hold a reference to a secret, in whatever table."""

_OF_NAMES = frozenset({"permission_map", "identity"})
"""Tables of an environment whose keys are the platform's names, which may be any words."""

Refs = Mapping[JsonPath, SecretRef]
"""The references found, by the path of their setting."""

_PLACEHOLDER = {"env": "TAKEN_OUT"}
_WAYS = '{ env = "VARIABLE" }, { file = "path" }, { command = ["program", "argument"] }, \
{ keyring = "service", user = "name" } or { aws_secret = "id" }'
_ALLOWED = {
    "env": frozenset({"env"}),
    "file": frozenset({"file"}),
    "command": frozenset({"command", "timeout"}),
    "keyring": frozenset({"keyring", "user"}),
    "aws_secret": frozenset({"aws_secret", "key", "region", "profile", "endpoint_url"}),
}


def take_secrets(value: Any) -> tuple[Any, dict[JsonPath, SecretRef], list[Finding]]:
    """Return a copy of `value` with placeholders, the references by path, and what is wrong."""
    refs: dict[JsonPath, SecretRef] = {}
    findings: list[Finding] = []

    def copy(part: Any, path: JsonPath) -> Any:
        if isinstance(part, list):
            return [copy(each, (*path, index)) for index, each in enumerate(part)]
        if not isinstance(part, dict):
            return part
        copied = {}
        for key, each in part.items():
            here = (*path, key)
            if key in SECRET_KEYS and not _OF_NAMES.intersection(path[2:3]):
                parsed = _reference(each)
                if isinstance(parsed, str):
                    findings.append(Finding(f"{key} {parsed}", here))
                else:
                    refs[here] = parsed
                copied[key] = dict(_PLACEHOLDER)
            else:
                copied[key] = copy(each, here)
        return copied

    cleaned = copy(value, ())
    return cleaned, refs, [*findings, *_idle(refs)]


def _idle(refs: Refs) -> Iterator[Finding]:
    """What has no effect, since it names the very place that another setting names."""
    for path, ref in refs.items():
        following = str(path[-1])
        first = following.removesuffix("_next")
        if first != following and refs.get((*path[:-1], first)) == ref:
            yield Finding(
                f"{following} has no effect: it names the same place as {first}", path, warning=True
            )


def _reference(value: Any) -> SecretRef | str:
    """Return the reference, or what is wrong with it in words that repeat none of its values."""
    if isinstance(value, str):
        return (
            "holds a secret itself, and a config is no place for one (it is copied, shown and "
            f"committed): keep it elsewhere and name the place: {_WAYS}"
        )
    if not isinstance(value, dict):
        return f"must name where the secret is kept: {_WAYS}"
    kinds = [kind for kind in _ALLOWED if kind in value]
    if len(kinds) != 1:
        return f"must name one place where the secret is kept: {_WAYS}"
    kind = kinds[0]
    extra = sorted(set(value) - _ALLOWED[kind])
    if extra:
        listed = ", ".join(quoted(key) for key in extra)
        known = ", ".join(sorted(_ALLOWED[kind]))
        return f"knows no {listed} beside {kind}: there can be {known}"
    return _checked(kind, value)


def _checked(kind: str, value: Mapping[str, Any]) -> SecretRef | str:
    if kind == "command":
        argv, timeout = value["command"], value.get("timeout", 30)
        if not isinstance(argv, list) or not argv or not all(_is_text(each) for each in argv):
            return "must have a list of strings as command: the program, then its arguments"
        if isinstance(timeout, bool) or not isinstance(timeout, int | float):
            return "must have a number of seconds as timeout"
        if not 0 < timeout <= 600:
            return "must have a timeout above 0 and at most 600 seconds"
        return CommandRef(tuple(argv), float(timeout))
    wrong = sorted(key for key, each in value.items() if not _is_text(each))
    if wrong:
        return f"must have a string that is not empty as {', '.join(wrong)}"
    if kind == "env":
        name = value["env"]
        if not name.replace("_", "a").isalnum() or not name.isascii() or name[0].isdigit():
            return "must have the name of a variable as env: letters, digits and underscores"
        return EnvRef(name)
    if kind == "file":
        return FileRef(value["file"])
    if kind == "keyring":
        if "user" not in value:
            return "must name the user of the keyring entry too: { keyring = …, user = … }"
        return KeyringRef(value["keyring"], value["user"])
    options = {key: value.get(key) for key in ("key", "region", "profile", "endpoint_url")}
    return AwsRef(value["aws_secret"], **options)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and "\0" not in value
