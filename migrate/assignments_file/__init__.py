"""Assignments files: who is to hold which role, and who no longer, by name. Bytes in. Pure.

Four forms are told apart by their content: our JSON (an object), the bodies of the vendors'
requests to assign roles (a JSON array for Kore.ai, another object for FairCom), and CSV (anything
else). They say the same things, so that one plan can be made of any.
"""

from collections.abc import Iterable, Mapping
from typing import NoReturn

from migrate.assignments_file.checks import check
from migrate.assignments_file.values import (
    Action,
    AssignmentsFile,
    Placed,
    Wanted,
)
from migrate.canonical import loads, sha256
from migrate.errors import Fault, InvalidInput
from migrate.model import ACCOUNT, PrincipalKind
from migrate.resources import schema
from migrate.validation import validate
from migrate.validation.documents import is_faircom_request
from migrate.validation.locate import faults
from migrate.wording import MAX_FAULTS, json_path

__all__ = ["MOST_BYTES", "Action", "AssignmentsFile", "Wanted", "parse"]

MOST_BYTES = 32 * 1024 * 1024
"""The largest assignments file that is read."""


def parse(data: bytes, *, where: str) -> AssignmentsFile:
    """Read an assignments file of any form. `where` names it in messages.

    What its names and ids mean in an environment is not looked at (`resolving` does that). Raises
    InvalidInput with every fault and its line.
    """
    if len(data) > MOST_BYTES:
        _refuse((Fault(f"has {len(data):,} bytes; the limit is {MOST_BYTES:,}"),), where)
    start = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return _json(data, where) if start in (b"{", b"[") else _csv(data, where)


def _json(data: bytes, where: str) -> AssignmentsFile:
    value = loads(data, where)
    faircom = is_faircom_request(value)
    form = "assignments-faircom" if faircom else "assignments"
    found = validate(value, data, schema(form), where=where)
    if found:
        _refuse(found, where)
    if faircom:
        from migrate.assignments_file.faircom_request import read_faircom

        placed, findings = read_faircom(value)
    elif isinstance(value, list):
        from migrate.assignments_file.requests import read_requests

        placed, findings = read_requests(value)
    else:
        placed, findings = _entries(value["assignments"]), []
    return _result(placed, faults([*findings, *check(placed)], data), data, where)


def _entries(entries: Iterable[Mapping[str, str]]) -> Placed:
    return {
        ("assignments", index): Wanted(
            PrincipalKind(entry["kind"]),
            entry["principal"],
            entry["roleType"],
            entry["role"],
            entry.get("bot", ACCOUNT),
            Action(entry.get("action", Action.ADD)),
            place=json_path(("assignments", index)),
        )
        for index, entry in enumerate(entries)
    }


def _csv(data: bytes, where: str) -> AssignmentsFile:
    from migrate.assignments_file.table import read_table

    rows, found = read_table(data, where)
    placed: Placed = {
        (row.line,): Wanted(
            PrincipalKind(row.kind),
            row.principal,
            row.role_type,
            row.role,
            row.bot,
            Action(row.action),
            place=f"line {row.line}",
        )
        for row in rows
    }
    found += [
        Fault(finding.message, line=int(finding.path[0]), warning=finding.warning)
        for finding in check(placed)
    ]
    return _result(placed, _listed(found), data, where)


def _listed(found: list[Fault]) -> list[Fault]:
    """At most MAX_FAULTS by line; errors first, so that no warning takes the place of one."""
    ordered = sorted(found, key=lambda fault: fault.warning)
    kept, dropped = ordered[:MAX_FAULTS], ordered[MAX_FAULTS:]
    kept.sort(key=lambda fault: fault.line or 0)
    if dropped:
        kept.append(Fault(f"{len(dropped)} more are not listed", warning=dropped[0].warning))
    return kept


def _result(placed: Placed, found: Iterable[Fault], data: bytes, where: str) -> AssignmentsFile:
    listed = tuple(found)
    if not all(fault.warning for fault in listed):
        _refuse(listed, where)
    # What is said twice is wanted once: `place` makes no difference.
    return AssignmentsFile(where, sha256(data), tuple(dict.fromkeys(placed.values())), listed)


def _refuse(found: tuple[Fault, ...], where: str) -> NoReturn:
    errors = sum(not fault.warning for fault in found)
    raise InvalidInput(
        f"this assignments file has {errors} {'fault' if errors == 1 else 'faults'}",
        where=where,
        remedy="Correct the file; nothing of it was used.",
        faults=found,
    )
