"""A plan for people, as plain text of at most about 80 columns."""

import re
from collections.abc import Iterator
from textwrap import wrap

from migrate.behaviour import shown
from migrate.diff import Action, Change, Left, Reason, permission_changes
from migrate.guards import Outcome, Verdict, can_be_allowed, names_nobody
from migrate.levels import Levels
from migrate.model import Role
from migrate.plan import Origin, Plan, Reverted, Side
from migrate.planfile import plan_digest
from migrate.report import access_text, people_text, plan_brief
from migrate.report.escape import inert, quoted
from migrate.snapshot import UNDATED
from migrate.traits import Traits

WIDTH = 80
SIGNS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-"}
MOST = 200
"""Roles shown in full unless everything is asked for."""


def render(plan: Plan, traits: Traits, *, everything: bool = False, principals: bool = True) -> str:
    """The whole plan: sides, changes, whose access changes, what is left, guards, and counts.

    Without `principals` users and groups are counted, and none is named.
    """
    page = "\n".join(_lines(plan, traits, everything, principals)) + "\n"
    return page if principals else unnamed(page, plan)


WITHHELD = "what it found may name people and is not shown here (--show-principals)"


def verdict_text(verdict: Verdict, *, principals: bool) -> str:
    """What a guard says; without `principals` only where that can name nobody."""
    found = verdict.outcome is not Outcome.UNCHECKED and bool(verdict.message)
    return (
        WITHHELD
        if found and not principals and not names_nobody(verdict.rule)
        else (verdict.message)
    )


def unnamed(page: str, plan: Plan) -> str:
    """The page without the names that notes, and what guards say, may hold."""
    people = plan.people
    items = (*people.adds, *people.removes, *(left.assignment for left in people.left))
    known = {item.holder for item in items}
    known |= {who for change in people.access for who in change.principals}
    for kind, name in sorted(known, key=lambda each: -len(each[1])):
        # A line may end within a name; a group's may be part of a role's.
        words = r"\s+".join(re.escape(part) for part in inert(name).split())
        before = "" if "@" in name else rf"(?<={re.escape(kind)} )"
        page = re.sub(rf"{before}['\"]?{words}['\"]?", "(not shown)", page, flags=re.IGNORECASE)
    return page


def _lines(plan: Plan, traits: Traits, everything: bool, principals: bool) -> Iterator[str]:
    kind = "" if plan.store else " (a comparison: it can't be applied)"
    yield f"Plan {plan.id}{kind}"
    yield f"  digest  {plan_digest(plan)}"
    if plan.planner.name:
        yield f"  made by {inert(str(plan.planner))}"
    yield from _side("from", plan.source)
    yield from _side("to  ", plan.target)
    if plan.source.origin is Origin.ASSIGNMENTS_FILE:
        yield "  mode    just what the file asks for"
    else:
        yield f"  mode    {plan.mode.value}, assignments {plan.people.assignments.value}"
    for selection in plan.selections:
        scope = [f"--role {inert(pattern)}" for pattern in selection.include]
        scope += [f"--exclude-role {inert(pattern)}" for pattern in selection.exclude]
        yield f"  scope   {' '.join(scope)}"
    yield ""
    if plan.changes:
        yield "Changes"
        most = len(plan.changes) if everything else MOST
        for change in plan.changes[:most]:
            yield from change_lines(change)
        if len(plan.changes) > most:
            yield f"  … and {len(plan.changes) - most} more (-v shows all)"
    else:
        yield "Nothing to change." if plan.empty else "No role changes."
    yield from _reverts(plan.reverts, principals)
    yield from people_text.lines(plan.people, everything=everything, principals=principals)
    yield from _access(plan, traits, everything, principals)
    yield from _left(plan.left, everything)
    yield ""
    yield "Guards"
    yield from guard_lines(plan.verdicts, principals=principals)
    yield ""
    yield from plan_brief.lines(plan, traits, WIDTH)


def _access(plan: Plan, traits: Traits, everything: bool, principals: bool) -> Iterator[str]:
    if plan.empty:
        return
    yield ""
    if plan.people.unread:
        yield from wrap(f"Access: not known: {inert(plan.people.unread)}", WIDTH)
        return
    yield from access_text.lines(
        plan.people.access, words_of(plan, traits), everything=everything, principals=principals
    )


def words_of(plan: Plan, traits: Traits) -> access_text.Words:
    """What sentences about a plan need to know."""
    return access_text.Words(
        plan.target.environment,
        Levels.of(traits.value_order, traits.denied),
        labels=traits.labels,
        sensitive=traits.sensitive,
        nouns=traits.nouns,
        opaque=traits.opaque_roles,
    )


def _reverts(reverts: tuple[Reverted, ...], principals: bool) -> Iterator[str]:
    if reverts:
        yield ""
        yield "Done by hand since the last run, and taken back by this plan"
    for each in reverts:
        yield f"  ! {inert(each.role_type)} role {quoted(each.role)}"
        log = [f"log: {said}" for said in each.log]
        if log and not principals:  # an entry may name anybody
            log = [f"log: {len(log)} {'entry' if len(log) == 1 else 'entries'}"]
        for what in (*each.what, *log):
            yield from wrap(inert(what), WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 10)


def _side(word: str, side: Side) -> Iterator[str]:
    if side.origin is Origin.ASSIGNMENTS_FILE:
        yield f"  {word}    {inert(side.environment)} (sha256:{side.digest})"
        return
    if side.origin is Origin.RUN:
        yield f"  {word}    what {inert(side.environment)} found, for all that it changed"
        return
    identity = side.identity
    yield from wrap(
        f"{word}    {inert(side.environment)}: {inert(identity.platform)} account "
        f"{inert(identity.account)} at {inert(identity.url)}",
        WIDTH,
        initial_indent="  ",
        subsequent_indent=" " * 10,
        break_long_words=False,
    )
    at = "without a time" if side.captured_at == UNDATED else f"as of {inert(side.captured_at)}"
    yield f"          {at},"
    yield f"    sha256:{side.snapshot}"


def change_lines(change: Change) -> Iterator[str]:
    """One change: a line for the role, and one for each thing that differs."""
    yield (
        f"  {SIGNS[change.action]} {change.action.value} {inert(change.role_type)} role "
        f"{quoted(change.name)}"
    )
    if change.before is None and change.after is not None:
        yield from _whole(change.after)
    elif change.before is not None and change.after is not None:
        if change.before.description != change.after.description:
            yield (
                f"      description: {quoted(change.before.description)} → "
                f"{quoted(change.after.description)}"
            )
        for permission in permission_changes(change.before, change.after):
            yield (
                f"      {inert(permission.name)}: {inert(shown(permission.before))} → "
                f"{inert(shown(permission.after))}"
            )
    elif change.before is not None:
        yield from _whole(change.before)


def _whole(role: Role) -> Iterator[str]:
    by_value: dict[str, list[str]] = {}
    for name, value in sorted(role.permissions.items()):
        by_value.setdefault(shown(value), []).append(name)
    for value, names in sorted(by_value.items()):
        text = f"{inert(value)}: {', '.join(inert(name) for name in names)}"
        yield from wrap(text, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 10)


def _left(left: tuple[Left, ...], everything: bool) -> Iterator[str]:
    if not left:
        return
    yield ""
    yield "Left as it is"
    for reason in Reason:
        group = [item for item in left if item.reason is reason]
        if not group:
            continue
        most = len(group) if everything else 10
        yield f"  {reason.value}:"
        for item in group[:most]:
            name = f"role {quoted(item.name)}" if item.name else "roles"
            details = f": {'; '.join(inert(detail) for detail in item.details)}"
            text = f"{inert(item.role_type)} {name}{details if item.details else ''}"
            yield from wrap(text, WIDTH, initial_indent="    ", subsequent_indent="      ")
        if len(group) > most:
            yield f"    … and {len(group) - most} more (-v shows all)"


def guard_lines(verdicts: tuple[Verdict, ...], *, principals: bool) -> Iterator[str]:
    """What each guard says; what objects or could not look each on a line of its own."""
    # A rule may be set more than once: by the config, by the policy, for some environments.
    passed = dict.fromkeys(each.rule for each in verdicts if each.outcome is Outcome.PASS)
    if passed:
        yield from wrap(
            inert(f"pass: {', '.join(passed)}"),
            WIDTH,
            initial_indent="  ",
            subsequent_indent="      ",
        )
    blind: dict[str, list[str]] = {}
    for verdict in verdicts:
        if verdict.outcome is Outcome.UNCHECKED:
            blind.setdefault(verdict.message, []).append(verdict.rule)
    for why, rules in blind.items():
        text = inert(f"not checked: {', '.join(rules)}: {why}")
        yield from wrap(text, WIDTH, initial_indent="  ", subsequent_indent="      ")
    for verdict in verdicts:
        if verdict.outcome in (Outcome.PASS, Outcome.UNCHECKED):
            continue
        word = "REFUSE" if verdict.outcome is Outcome.REFUSE else verdict.outcome.value
        # What a guard says may name anybody.
        told = f": {inert(verdict.message)}" if principals else ""
        text = f"{word}: {inert(verdict.rule)}{told}"
        if verdict.reason:
            text += f" (allowed: {inert(verdict.reason)})"
        yield from wrap(text, WIDTH, initial_indent="  ", subsequent_indent="      ")
        if verdict.outcome is Outcome.REFUSE and can_be_allowed(verdict.rule):
            yield f'      to allow it: --allow {verdict.rule} --reason "why"'
