"""Check a file of any kind, wholly: shape, sense and digests. What `validate` does to each file."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from migrate.canonical import MAX_BYTES, loads, read_bytes
from migrate.errors import Fault, InvalidInput, MigrateError
from migrate.resources import schema
from migrate.validation import validate
from migrate.validation.documents import IMPORT_KORE, check_snapshot, kind_of
from migrate.validation.locate import Finding

if TYPE_CHECKING:
    from migrate.rolefiles.reading import RoleFiles


class Checked(NamedTuple):
    """What a file is, and every fault and warning found in it."""

    kind: str
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        """Whether there is nothing worse than warnings."""
        return all(fault.warning for fault in self.faults)


def check_file(path: Path, role_type: str | None) -> Checked:
    """Check the file at `path`; a config or a policy is told by its ending `.toml`, a table by
    `.csv`.

    `role_type` is for a bare export, where it does not say or where it should be of that type.
    A folder is one of role files. Raises UsageError where there is no such file.
    """
    from migrate.rolefolder import is_folder

    if path.suffix == ".toml":
        return _settings(path)
    if is_folder(path):
        return _folder(path)
    try:
        text = read_bytes(path, limit=MAX_BYTES)
    except InvalidInput as error:
        return Checked("file", _as_faults(error))
    if path.suffix.lower() == ".csv":
        return _assignments(text, where=str(path))
    return check_bytes(text, role_type, where=str(path))


def check_bytes(text: bytes, role_type: str | None, *, where: str) -> Checked:
    """Check a text whose kind nothing but itself tells, as on standard input."""
    if text[:1] not in (b"{", b"[") and _is_table(text):
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
    try:
        if kind in ("role", "roles"):
            return _role_file(kind, value, text, where)
        faults = validate(value, text, schema(kind), where=where)
        if faults:
            return Checked(kind, faults)
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
    if kind == "fleet":
        from migrate.fleet import setfile

        setfile.from_value(value, where=where)
    return ()


def _folder(path: Path) -> Checked:
    from migrate import rolefolder

    try:
        taken = rolefolder.read(path)
    except InvalidInput as error:
        return Checked("folder of roles", _as_faults(error))
    return Checked("folder of roles", (*taken.faults, *_permissions(taken)))


def _role_file(kind: str, value: Any, text: bytes, where: str) -> Checked:
    """A file out of a folder of roles; one role's as what it is in the folder that it lies in."""
    from migrate import rolefiles
    from migrate.rolefiles.reading import check_role, read_files

    if kind == "roles":
        return Checked("index of roles", rolefiles.check_index(value, text, where=where))
    path = Path(where).absolute()
    beside = path.parent.parent / rolefiles.INDEX
    if not beside.is_file():
        return Checked("role", check_role(value, text, where=where, place=None))
    index = rolefiles.read_index(read_bytes(beside, limit=MAX_BYTES), str(beside))
    taken = read_files(index, {f"{path.parent.name}/{path.name}": text})
    found = (*taken.faults, *_permissions(taken))
    return Checked("role", tuple(replace(fault, file="") for fault in found))


def _permissions(taken: "RoleFiles") -> tuple[Fault, ...]:
    """Warnings about permissions that nobody documented, where the platform's are documented."""
    from migrate.connect import traits_of
    from migrate.platforms.kore.permissions import check_permissions

    found: list[Finding] = []
    for role_type, traits in traits_of(taken.index.identity).role_types.items():
        values = taken.of_type(role_type)
        places = list(values)
        entries = dict(enumerate(values.values()))
        for each in check_permissions(entries, role_type, traits.known) if traits.known else ():
            number, *rest = each.path
            found.append(replace(each, path=(places[int(number)], *rest)))
    return taken.located(found)


def _is_table(text: bytes) -> bool:
    from migrate.assignments_file.table import is_table

    return is_table(text)


def _assignments(text: bytes, *, where: str) -> Checked:
    from migrate.assignments_file import parse

    try:
        return Checked("assignments file", parse(text, where=where).warnings)
    except InvalidInput as error:
        return Checked("assignments file", _as_faults(error))


def _settings(path: Path) -> Checked:
    """A config, a policy or a file of expectations, told apart by their tables."""
    from migrate.config import load
    from migrate.config.expectations import read_expectations
    from migrate.config.load import parsed
    from migrate.config.policy import read_policy

    kind, where = "config", str(path)
    try:
        data = read_bytes(path, limit=MAX_BYTES)
        tables = parsed(data, where, "config").keys()
        if "environments" not in tables and tables & {"guards", "allow"}:
            kind = "policy"
            read_policy(data, where)
        elif "environments" not in tables and "plans" in tables:
            kind = "file of expectations"
            read_expectations(data, where)
        else:
            return Checked(kind, load(path, {}).warnings)
    except MigrateError as error:
        return Checked(kind, _as_faults(error))
    return Checked(kind, ())


def _as_faults(error: MigrateError) -> tuple[Fault, ...]:
    faults = error.faults if isinstance(error, InvalidInput) else ()
    return faults or (Fault(f"{error.what}. {error.remedy}".strip()),)
