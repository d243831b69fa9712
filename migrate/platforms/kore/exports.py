"""A bare export, as the platform returned it, read from a file."""

from typing import Any

from migrate.errors import Fault, InvalidInput
from migrate.model import Capture, Section, State
from migrate.platforms.kore.catalogue import TRAITS
from migrate.platforms.kore.checks import check_kore_roles, role_type_of
from migrate.platforms.kore.documents import role_from_document
from migrate.resources import schema
from migrate.validation import validate


def check_export(
    documents: list[Any], text: bytes, role_type: str | None, *, where: str
) -> tuple[str, tuple[Fault, ...]]:
    """What an export array is, in words, and every fault and warning in it."""
    kind = role_type or role_type_of(documents)
    if kind is None or kind not in TRAITS.role_types:
        if documents:
            fault = Fault("no entry has a roleType of admin or bot: this is no file of roles", "$")
            return "array", (fault,)
        return "empty export of roles", ()
    faults = validate(documents, text, schema(f"import-kore-{kind}"), where=where)
    known = TRAITS.role_types[kind].known
    return f"file of {kind} roles", (*faults, *check_kore_roles(documents, kind, known, text))


def state_of_export(documents: Any, text: bytes, role_type: str | None, *, where: str) -> State:
    """The state that an export array holds: its own role type captured, the others not.

    Raises InvalidInput with every fault, and where the role type of `[]` is not given.
    """
    if not isinstance(documents, list):
        raise InvalidInput(
            "this is no array of roles",
            where=where,
            target="unchanged",
            remedy="Give an export as the platform returned it.",
        )
    kind = role_type or role_type_of(documents)
    if kind is None or kind not in TRAITS.role_types:
        told = "the file does not say which role type it holds"
        raise InvalidInput(
            told if kind is None else f"there are no roles of the type {kind!r}",
            where=where,
            target="unchanged",
            remedy=f"Add --role-type {'|'.join(TRAITS.role_types)}.",
        )
    _, faults = check_export(documents, text, kind, where=where)
    errors = tuple(fault for fault in faults if not fault.warning)
    if errors:
        raise InvalidInput(
            f"this is no sound export of {kind} roles",
            where=where,
            target="unchanged",
            remedy="Export the roles again, and use the file as it is.",
            faults=errors,
        )
    sections = dict.fromkeys(TRAITS.role_types, Section(Capture.NOT_CAPTURED))
    sections[kind] = Section.of(tuple(role_from_document(document) for document in documents))
    return State(sections)
