"""From the files of roles, which people edit, back to roles: every fault, by file and line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from migrate import __version__
from migrate.canonical import loads
from migrate.errors import Fault, InvalidInput
from migrate.model import Capture, Role, Section, Snapshot, State
from migrate.resources import schema
from migrate.rolefiles import INDEX, Index
from migrate.rolefiles.naming import folder_of, name_of, place_of
from migrate.rolevalue import role_from_value
from migrate.snapshot import UNDATED
from migrate.validation import validate
from migrate.validation.locate import Finding, faults
from migrate.validation.role_names import check_names
from migrate.wording import JsonPath, quoted


@dataclass(frozen=True, slots=True)
class RoleFiles:
    """The sound files of a folder as JSON values, by their places, and every fault in the others.

    `texts` are the bytes of all of them.
    """

    index: Index
    texts: Mapping[str, bytes]
    values: Mapping[str, dict[str, Any]]
    faults: tuple[Fault, ...]

    def of_type(self, role_type: str) -> dict[str, dict[str, Any]]:
        """The sound ones of one role type."""
        return {
            place: value for place, value in self.values.items() if value["roleType"] == role_type
        }

    def located(self, findings: Iterable[Finding]) -> tuple[Fault, ...]:
        """Findings of which each path begins with the place of a file, as faults of that file."""
        by_place: dict[str, list[Finding]] = {}
        for each in findings:
            inner = replace(each, path=each.path[1:])
            by_place.setdefault(str(each.path[0]), []).append(inner)
        return tuple(
            replace(fault, file=place)
            for place in sorted(by_place)
            for fault in faults(by_place[place], self.texts[place])
        )

    def snapshot(self) -> Snapshot:
        """What the folder holds, its faulty files left out, as if it had been captured."""
        sections = {}
        for role_type, how in self.index.captures.items():
            values = self.of_type(role_type).values()
            sections[role_type] = _section(
                how, [role_from_value(role_type, each) for each in values]
            )
        index, state = self.index, State(sections)
        return Snapshot(
            index.environment, index.identity, UNDATED, __version__, index.selection, state
        )


def read_files(index: Index, texts: Mapping[str, bytes]) -> RoleFiles:
    """Take in the files of a folder, each by its place."""
    values: dict[str, dict[str, Any]] = {}
    found: list[Fault] = []
    for place, text in sorted(texts.items()):
        try:
            value = loads(text, place)
            wrong = (*check_role(value, text, where=place, place=place), *_unknown(place, index))
        except InvalidInput as error:
            wrong = error.faults or (Fault(error.what),)
        if wrong:
            found += [replace(fault, file=place) for fault in wrong]
        else:
            values[place] = value
    read = RoleFiles(index, texts, values, ())
    alike = (each for role_type in index.captures for each in _names(read.of_type(role_type)))
    return replace(read, faults=(*found, *read.located(alike)))


def check_role(value: Any, text: bytes, *, where: str, place: str | None) -> tuple[Fault, ...]:
    """Every fault in the value of a role's file; `place` is where it lies, if in a folder of roles.

    A file has the name of its role, so that there are never two files of one role.
    """
    found = validate(value, text, _schema(), where=where)
    if found or place is None:
        return found
    role_type, name = value["roleType"], value["name"]
    right = place_of(role_type, name)
    folder, _, file = place.rpartition("/")
    wrong = []
    if folder != folder_of(role_type):
        message = f"a role of the type {quoted(role_type)} belongs in {right}, not in {folder}/"
        wrong.append(Finding(message, ("roleType",)))
    elif place != right:
        means = name_of(file)
        other = f"; this one's name is that of the role {quoted(means)}" if means else ""
        message = f"the role {quoted(name)} belongs in the file {right}{other}"
        wrong.append(Finding(message, ("name",)))
    return faults(wrong, text)


@cache
def _schema() -> Mapping[str, Any]:
    return schema("role")  # once, and not for each of thousands of files


def _unknown(place: str, index: Index) -> tuple[Fault, ...]:
    folder = place.partition("/")[0]
    role_type = index.folders.get(folder)
    if role_type is None:
        return (Fault(f"{INDEX} names no role type of which roles lie in {folder}/"),)
    if index.captures[role_type] is not Capture.NOT_CAPTURED:
        return ()
    message = (
        f"{INDEX} says that {role_type} roles were not captured: if the folder has all of them, "
        'write "captured" there'
    )
    return (Fault(message),)


def _section(how: Capture, roles: Iterable[Role]) -> Section:
    whole = Section.of(tuple(roles))
    return whole if how is Capture.CAPTURED else Section(how, whole.roles)


def _names(values: Mapping[str, dict[str, Any]]) -> Iterable[Finding]:
    places = list(values)

    def path(number: int) -> JsonPath:
        return (places[number], "name")

    return check_names({at: values[place]["name"] for at, place in enumerate(places)}, path)
