"""What no schema can say of an array of Kore.ai role documents (kore.md A and C).

Errors are what would change or grant the wrong role; warnings are what the platform, or whoever
made the file, may not have meant. Of what is the same in many roles only the first is shown.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from migrate.errors import Fault
from migrate.platforms.kore.permissions import Entries, KnownPermissions, Tally, check_permissions
from migrate.validation.locate import Finding, Locator, faults, lines
from migrate.validation.role_names import check_names
from migrate.wording import MAX_FAULTS, json_path, near, quoted

ROLE_TYPES = ("admin", "bot")

_CARRIED = ("roleType", "role", "rDesc", "permissions", "_id", "refId")
_BOOKKEEPING = (
    "mapping",
    "rStatus",
    "isASystemRole",
    "category",
    "audit",
    "_userAndGroups",
    "isDefault",
    "orgId",
    "createdDate",
    "createdBy",
    "modifiedDate",
    "modifiedBy",
    "_product",
    "__v",
)
"""What an import's answer adds to a document (kore.md C): left behind, and rightly so."""

_FIELDS = frozenset((*_CARRIED, *_BOOKKEEPING))

_OBJECT_ID = re.compile(r"[0-9a-fA-F]{24}")
_MASKED = re.compile(r"[0-9a-fA-F-]+x{3,}")


def role_type_of(documents: Sequence[Any]) -> str | None:
    """The role type that most of `documents` name; None if none does (as in an empty export)."""
    named = Counter(
        document["roleType"]
        for document in documents
        if isinstance(document, dict) and document.get("roleType") in ROLE_TYPES
    )
    return named.most_common(1)[0][0] if named else None


def check_kore_roles(
    documents: Sequence[Any],
    role_type: str | None,
    known: KnownPermissions | None = None,
    text: bytes | None = None,
    *,
    locator: Locator = lines,
) -> tuple[Fault, ...]:
    """Faults and warnings of role documents of `role_type`, beyond their schema.

    Wrong shapes are the schema's to tell and are passed over here. `known` is the catalogue that
    unknown permissions are told by; without one, nothing is said of permissions. None as
    `role_type` goes with an empty array. `text` is what the documents were read from, for lines.
    """
    entries: Entries = {
        index: document
        for index, document in enumerate(documents)
        if isinstance(document, dict) and document.get("roleType") == role_type
    }
    findings = [
        *check_names(_strings(entries, "role"), lambda index: (index, "role")),
        *_check_ids(_strings(entries, "_id")),
        *_check_references(_strings(entries, "refId")),
        *_check_fields(entries),
    ]
    if known:
        findings += check_permissions(entries, str(role_type), known)
    return faults(findings, text, locator)


def _strings(entries: Entries, field: str) -> dict[int, str]:
    return {
        index: document[field]
        for index, document in entries.items()
        if isinstance(document.get(field), str)
    }


def _check_ids(ids: Mapping[int, str]) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for index, own in ids.items():
        if not _OBJECT_ID.fullmatch(own):
            if _MASKED.fullmatch(own):
                # Two ids that were shortened to the same text need not have been the same.
                yield Finding(_masked("_id", own), (index, "_id"), warning=True)
                continue
            message = f"the _id {quoted(own)} is not 24 hexadecimal digits, as the platform's are"
            yield Finding(message, (index, "_id"), warning=True)
        first = seen.setdefault(own, index)
        if first != index:
            message = f"two roles have the _id {quoted(own)}, the other is {json_path((first,))}"
            yield Finding(message, (index, "_id"))


def _check_references(references: Mapping[int, str]) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for index, reference in references.items():
        if reference.endswith("x") and _MASKED.fullmatch(reference):
            yield Finding(_masked("refId", reference), (index, "refId"), warning=True)
            continue
        first = seen.setdefault(reference, index)
        if first != index:
            message = f"two roles have the refId {quoted(reference)}, the other is $[{first}]"
            yield Finding(message, (index, "refId"), warning=True)


def _masked(field: str, value: str) -> str:
    return f"the {field} {quoted(value)} was shortened where it was copied from: it is no real id"


def _check_fields(entries: Entries) -> Iterator[Finding]:
    tally = Tally()
    for index, document in entries.items():
        if not document.keys() <= _FIELDS:
            for field in document:
                if field not in _FIELDS:
                    tally.add(field, (index, field))
    for count, (field, path) in enumerate(tally.places.items()):
        meant = near(field, _CARRIED) if count < MAX_FAULTS else ""
        message = f"the field {quoted(field)} is not carried over{meant}{tally.roles(field)}"
        yield Finding(message, path, warning=True)
