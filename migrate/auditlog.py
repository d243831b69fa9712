"""What a target's own audit log says of the roles that a plan would take back. Pure.

Who wrote what into it is the platform's: an entry is matched to a role by the name in its text, for
nothing else is documented to tell.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from migrate.hotfix import SHOWN
from migrate.plan import Plan, Reverted
from migrate.wording import quoted

NEWEST = 3
"""So many entries are shown of one role."""


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry: when (ISO 8601, UTC, "" if not told), what happened in a few words, and the text.

    `who` is "" where the log has it, if at all, in the text alone.
    """

    at: str
    event: str
    text: str
    who: str = ""

    def __str__(self) -> str:
        """Render as `2026-11-24T10:12:07Z Jane Doe: Role Updated, the text`."""
        said = ", ".join(part for part in (self.event, self.text) if part)
        before = " ".join(part for part in (self.at, f"{self.who}:" if self.who else "") if part)
        return f"{before} {said}" if before else said


@dataclass(frozen=True, slots=True)
class AuditLog:
    """Entries about roles, each once, in any order. `cut` says why it is not all, "" if it is."""

    entries: tuple[Logged, ...]
    cut: str = ""


def explained(plan: Plan, log: AuditLog, names: Iterable[str], since: str) -> Plan:
    """A plan with what a log says of each role that it takes back, and notes on what is missing.

    `names` are all names of roles that a text may mean, `since` is when the log begins.
    """
    known = {*names, *(each.role for each in plan.reverts)}
    said = {each: _of_role(each.role, log.entries, known) for each in plan.reverts}
    reverts = [
        replace(each, log=tuple(str(entry) for entry in found[-NEWEST:]))
        for each, found in said.items()
    ]
    where = f"the audit log of {plan.target.environment} since {since}"
    silent = [each for each, found in said.items() if not found]
    more = [each for each, found in said.items() if len(found) > NEWEST]
    notes = [f"{where} was not read to its end: {log.cut}"] if log.cut else []
    notes += [f"{where} says nothing of {_roles(silent)}"] if silent else []
    notes += [f"{where} says more of {_roles(more)} than its newest entries"] if more else []
    return noted(replace(plan, reverts=tuple(reverts)), *notes)


def noted(plan: Plan, *notes: str) -> Plan:
    """A plan with more notes."""
    return replace(plan, people=replace(plan.people, notes=(*plan.people.notes, *notes)))


def _of_role(name: str, entries: Iterable[Logged], known: Collection[str]) -> list[Logged]:
    """The entries whose text names a role as a whole, and not only as a part of another's name."""
    longer = sorted((other for other in known if name in other and other != name), key=len)
    others = [_whole(other) for other in reversed(longer)]
    own = _whole(name)
    found = []
    for entry in entries:
        text = entry.text
        for other in others:
            text = other.sub("\0", text)
        if own.search(text):
            found.append(entry)
    return sorted(found, key=lambda entry: (entry.at, str(entry)))


def _whole(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def _roles(reverts: list[Reverted]) -> str:
    shown = ", ".join(f"{each.role_type} role {quoted(each.role)}" for each in reverts[:SHOWN])
    more = len(reverts) - SHOWN
    return f"{shown} and {more} roles more" if more > 0 else shown
