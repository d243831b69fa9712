"""Check a file of any kind, wholly: shape, sense and digests. What `validate` does to each file."""

from pathlib import Path
from typing import Any, NamedTuple

from migrate.assignments_file import parse
from migrate.assignments_file.table import is_table
from migrate.canonical import MAX_BYTES, loads, read_bytes
from migrate.errors import Fault, InvalidInput, MigrateError
from migrate.resources import schema
from migrate.validation import validate
from migrate.validation.documents import IMPORT_KORE, check_snapshot, kind_of


class Checked(NamedTuple):
    """What a file is, and every fault and warning found in it."""

    kind: str
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        """Whether there is nothing worse than warnings."""
        return all(fault.warning for fault in self.faults)


def check_file(path: Path, role_type: str | None) -> Checked:
    """Check the file at `path`; a config is told by its ending `.toml`, a table by `.csv`.

    `role_type` is for a bare export, where it does not say or where it should be of that type.
    Raises UsageError where there is no such file.
    """
    if path.suffix == ".toml":
        return _config(path)
    try:
        text = read_bytes(path, limit=MAX_BYTES)
    except InvalidInput as error:
        return Checked("file", _as_faults(error))
    if path.suffix.lower() == ".csv":
        return _assignments(text, where=str(path))
    return check_bytes(text, role_type, where=str(path))


def check_bytes(text: bytes, role_type: str | None, *, where: str) -> Checked:
    """Check a text whose kind nothing but itself tells, as on standard input."""
    if is_table(text):
        return _assignments(text, where=where)
    try:
        value = loads(text, where)
    except InvalidInput as error:
        return Checked("file", _as_faults(error))
    return check_value(value, text, role_type, where=where)


def check_value(value: Any, text: bytes, role_type: str | None, *, where: str) -> Checked:
    """Check a JSON value of any kind that role-migrate knows."""
    try:
        kind = kind_of(value, where=where)
    except InvalidInput as error:
        return Checked("file", _as_faults(error))
    if kind == IMPORT_KORE:
        from migrate.platforms.kore.exports import check_export

        return Checked(*check_export(value, text, role_type, where=where))
    if kind == "assignments":
        return _assignments(text, where=where)
    faults = validate(value, text, schema(kind), where=where)
    if faults:
        return Checked(kind, faults)
    try:
        return Checked(kind, _sense(kind, value, text, where))
    except InvalidInput as error:
        return Checked(kind, _as_faults(error))


def _sense(kind: str, value: Any, text: bytes, where: str) -> tuple[Fault, ...]:
    """What no schema can say; a wrong digest raises InvalidInput."""
    if kind == "snapshot":
        from migrate import snapshot

        faults = check_snapshot(value, text)
        if all(fault.warning for fault in faults):
            snapshot.from_value(value, where=where)
        return faults
    if kind == "plan":
        from migrate import planfile

        planfile.from_value(value, where=where)
    return ()


def _assignments(text: bytes, *, where: str) -> Checked:
    try:
        return Checked("assignments file", parse(text, where=where).warnings)
    except InvalidInput as error:
        return Checked("assignments file", _as_faults(error))


def _config(path: Path) -> Checked:
    from migrate.config import load

    try:
        return Checked("config", load(path, {}).warnings)
    except MigrateError as error:
        return Checked("config", _as_faults(error))


def _as_faults(error: MigrateError) -> tuple[Fault, ...]:
    faults = error.faults if isinstance(error, InvalidInput) else ()
    return faults or (Fault(f"{error.what}. {error.remedy}".strip()),)
