"""Finding the config, reading it, and saying everything that is wrong with it at once."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrate.config.build import Builder, guard_rule
from migrate.config.checks import check
from migrate.config.defaults import with_defaults
from migrate.config.fleet_settings import terms
from migrate.config.secret_settings import take_secrets
from migrate.config.values import Config
from migrate.errors import Fault, InvalidInput, UsageError
from migrate.resources import schema
from migrate.validation import validate
from migrate.validation.locate import faults

FILE_NAME = "role-migrate.toml"
VARIABLE = "ROLE_MIGRATE_CONFIG"
MAX_BYTES = 4 * 1024 * 1024
"""The largest config that is read, in bytes."""

_PLACE = re.compile(r"(?P<what>.*) \((?:at line (?P<line>\d+), column (?P<column>\d+)|at end.*)\)$")
_OFF = frozenset({"", "0", "false", "no"})


def place(option: Path | None, environ: Mapping[str, str], cwd: Path) -> tuple[Path, str]:
    """Where the config is, or is to be, and what says so; "" where nothing does."""
    named = environ.get(VARIABLE)
    if option is not None:
        path, source = option, "--config"
    elif named:
        path, source = Path(named), VARIABLE
    else:
        path, source = Path(FILE_NAME), ""
    return cwd / path.expanduser(), source


def find(option: Path | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """Return the config's path: the option's, ROLE_MIGRATE_CONFIG's, or ./role-migrate.toml.

    Relative paths are resolved against `cwd`. Raises UsageError where there is no such file.
    """
    path, source = place(option, environ, cwd)
    if path.is_file() or path.is_fifo():
        return path
    problem = "is a directory, not a file" if path.is_dir() else "does not exist"
    raise UsageError(
        f"the config {path} {problem}" + (f" (named by {source})" if source else ""),
        remedy=f"Name one with --config or {VARIABLE}, or run in the folder that has {FILE_NAME}; "
        "role-migrate init writes one.",
    )


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read the config at `path`.

    Raises InvalidInput with every fault found, each with its line; no fault repeats what stands
    in a secret setting. The config's `warnings` are what deserves one.
    """
    folder = path.absolute().parent
    text = _read(path)
    whole = with_defaults(parsed(text, str(path), "config"))
    try:
        cleaned, refs, findings = take_secrets(whole.value)
        found = whole.told(
            (
                *faults([*whole.findings, *findings, *check(cleaned)], text, whole.lines),
                *validate(cleaned, text, schema("config"), where="the config", locator=whole.lines),
            )
        )
    except RecursionError:
        raise InvalidInput("the config is nested too deeply", where=str(path)) from None
    wrong = sorted((each for each in found if not each.warning), key=lambda each: each.line or 0)
    if wrong:
        count = "one fault" if len(wrong) == 1 else f"{len(wrong)} faults"
        raise InvalidInput(
            f"the config has {count}",
            where=str(path),
            remedy="`role-migrate schema config` shows every setting.",
            faults=tuple(wrong),
        )
    builder = Builder(folder, refs)
    return Config(
        path=path,
        folder=folder,
        environments={
            name: builder.environment(name, table)
            for name, table in cleaned["environments"].items()
        },
        guards=tuple(guard_rule(table) for table in cleaned.get("guards", ())),
        policy=builder.policy(cleaned.get("policy")),
        groups={name: tuple(each) for name, each in cleaned.get("groups", {}).items()},
        fleet=terms(cleaned.get("fleet", {})),
        approval=builder.approval(cleaned.get("approval", {})),
        default_store=builder.store(cleaned.get("store", {}), ("store",)),
        warnings=tuple(each for each in found if each.warning),
        in_ci=environ.get("CI", "").strip().lower() not in _OFF,
    )


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as source:
            text = source.read(MAX_BYTES + 1)
    except OSError as failure:
        raise InvalidInput(
            f"the config cannot be read: {failure.strerror or 'unreadable'}", where=str(path)
        ) from None
    if len(text) > MAX_BYTES:
        raise InvalidInput(
            f"the config is larger than {MAX_BYTES // 1024 // 1024} MiB", where=str(path)
        )
    if not text.strip():
        raise InvalidInput(
            "the config is empty",
            where=str(path),
            remedy="role-migrate init --force writes one.",
        )
    return text


def parsed(text: bytes, where: str, kind: str = "policy") -> Any:
    """The value of a TOML text. Raises InvalidInput that says where it is none."""
    if text.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise InvalidInput(
            f"the {kind} begins with a byte-order mark",
            where=where,
            remedy="Save it as UTF-8 without one.",
        )
    try:
        return tomllib.loads(text.decode("utf-8"))
    except UnicodeDecodeError as failure:
        line = text.count(b"\n", 0, failure.start) + 1
        fault = Fault("this is not UTF-8", line=line)
        raise InvalidInput(
            f"the {kind} is not UTF-8 text",
            where=where,
            remedy="Save it as UTF-8.",
            faults=(fault,),
        ) from None
    except RecursionError:
        raise InvalidInput(f"the {kind} is nested too deeply", where=where) from None
    except ValueError as failure:
        raise InvalidInput(
            f"the {kind} is not TOML",
            where=where,
            remedy='Text needs quotes: name = "value". https://toml.io shows the rest.',
            faults=(_syntax_fault(str(failure), text),),
        ) from None


def _syntax_fault(message: str, text: bytes) -> Fault:
    place = _PLACE.match(message)
    if place is None:
        return Fault("there is a value that cannot be read")
    if place["line"] is None:
        return Fault(
            f"{place['what']}: the text ends too early",
            line=text.rstrip().count(b"\n") + 1,
        )
    return Fault(f"column {place['column']}: {place['what']}", line=int(place["line"]))
