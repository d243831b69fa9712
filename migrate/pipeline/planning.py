"""Plan: from two snapshots, the target's config and what was learned of it, to a saved plan."""

import uuid
from dataclasses import dataclass

from migrate import planner
from migrate.archive import Archive
from migrate.behaviour import Behaviour
from migrate.config import Environment
from migrate.connect import Connections, traits_of
from migrate.diff import Rules
from migrate.errors import InvalidInput, UsageError
from migrate.guards import Override, can_be_allowed, rule_names
from migrate.model import (
    Assignments,
    Mode,
    People,
    PrincipalKey,
    PrincipalKind,
    Selection,
    Snapshot,
    matches,
)
from migrate.peopleplanner import PeopleRequest
from migrate.pipeline import capture
from migrate.plan import Plan
from migrate.planner import Request
from migrate.platforms.base import Need, PeopleUnreadable, Reader


@dataclass(frozen=True, slots=True)
class Wish:
    """What a plan is wanted for, as the command line says it.

    `relearn` plans as if nothing had been learned of the target. `skip_unresolved` leaves out
    assignments whose names the target does not have.
    """

    mode: Mode
    selection: Selection
    allow: tuple[str, ...] = ()
    reason: str = ""
    relearn: bool = False
    assignments: Assignments = Assignments.NONE
    skip_unresolved: bool = False

    @property
    def need(self) -> Need:
        """How much of who holds what is read of a target."""
        return Need.HOLDERS if self.assignments is Assignments.NONE else Need.ALL


@dataclass(frozen=True, slots=True)
class Captured:
    """A capture of the target; `unread` says why who holds roles is missing from it, else ""."""

    snapshot: Snapshot
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with the snapshot of the target that it was made on."""

    plan: Plan
    target: Snapshot


def overrides(wish: Wish) -> tuple[Override, ...]:
    """The guards to allow; raises UsageError for an unknown one, or where no reason is given."""
    for rule in wish.allow:
        if not can_be_allowed(rule):
            known = ", ".join(name for name in rule_names() if can_be_allowed(name))
            why = "always holds" if rule in rule_names() else "is no guard"
            raise UsageError(
                f"--allow {rule}: it {why}", target="unchanged", remedy=f"Choose from: {known}."
            )
    if wish.allow and not wish.reason.strip():
        raise UsageError(
            "--allow needs --reason: it stays with the plan for whoever reads it later",
            target="unchanged",
        )
    return tuple(Override(rule, wish.reason) for rule in dict.fromkeys(wish.allow))


def capture_target(
    environment: Environment,
    reader: Reader,
    archive: Archive,
    connections: Connections,
    need: Need,
) -> Captured:
    """Read the whole target, who holds its roles included, and keep what was read.

    Raises InvalidInput where this is not the account that the config or the store knows.
    """
    name, identity, tools = environment.name, environment.identity, connections.tools
    unread = ""
    try:
        taken = capture.capture(reader, name, identity, tools, people=need)
    except PeopleUnreadable as error:
        unread = error.what
        taken = capture.capture(reader, name, identity, tools)
    if taken.state.people is not None:
        right_account(environment, taken.state.people, archive)
    capture.keep(archive, taken)
    return Captured(taken, unread)


def right_account(environment: Environment, people: People, archive: Archive) -> None:
    """The account that answers must be the one in the config, else the one first met.

    Only users' rows name it (kore.md D): where there are none, there is nothing to compare.
    """
    answers = people.account_id
    if not answers and not people.principals:
        return
    expected = environment.account_id or archive.account_id()
    if expected is None and answers:
        archive.record_account(answers)
    elif expected is not None and answers != expected:
        raise InvalidInput(
            f"the account that answers is {answers or 'not named'}, not {expected}",
            where=environment.name,
            target="unchanged",
            remedy="Check url and apps of the environment. If it was moved on purpose, set "
            "account_id for it in the config.",
        )


def plan_on(
    source: Snapshot,
    target: Captured,
    environment: Environment,
    connections: Connections,
    wish: Wish,
) -> Planned:
    """Make a plan for an environment on what was captured of it, and save it.

    The source's snapshot goes on the target's shelf, too: what a plan came from can be shown for
    as long as the plan itself.
    """
    archive = connections.archive(environment)
    learned = Behaviour() if wish.relearn else archive.behaviour()
    plan = _made(source, target, environment, connections, wish, learned, archive.location)
    archive.save_snapshot(source)
    archive.save_plan(plan)
    return Planned(plan, target.snapshot)


def plan_offline(
    source: Snapshot,
    target: Snapshot,
    environment: Environment,
    connections: Connections,
    wish: Wish,
) -> Planned:
    """Compare two snapshots under an environment's rules; the plan can't be applied."""
    captured = Captured(target)
    plan = _made(source, captured, environment, connections, wish, Behaviour(), "")
    return Planned(plan, target)


def _made(
    source: Snapshot,
    target: Captured,
    environment: Environment,
    connections: Connections,
    wish: Wish,
    learned: Behaviour,
    store: str,
) -> Plan:
    _warn_of_idle_patterns(source, target.snapshot, environment, wish, connections)
    request = Request(
        mode=wish.mode,
        selection=wish.selection,
        rules=rules_of(environment),
        guards=connections.config.guards,
        overrides=overrides(wish),
        store=store,
        unread=target.unread,
        operator=operator_of(environment),
        people=PeopleRequest(
            wish.assignments,
            environment.identity_rules,
            connections.archive(environment).pairs(source.identity),
            wish.skip_unresolved,
        ),
    )
    return planner.make(
        source,
        target.snapshot,
        request,
        behaviour=learned,
        traits=traits_of(environment),
        plan_id=str(uuid.UUID(hex=connections.tools.random_hex(32))),
        created_at=connections.tools.timestamp(),
        version=connections.tools.version,
    )


def _warn_of_idle_patterns(
    source: Snapshot,
    target: Snapshot,
    environment: Environment,
    wish: Wish,
    connections: Connections,
) -> None:
    """A pattern that is to protect roles and matches none is most likely misspelled."""
    names = {role.name for side in (source, target) for role in side.state.all_roles()}
    idle = [("--exclude-role", pattern) for pattern in wish.selection.exclude]
    idle += [("keep", pattern) for pattern in environment.keep]
    for setting, pattern in idle:
        if not any(matches(name, (pattern,)) for name in names):
            connections.tools.tell(f"warning: {setting} {pattern!r} matches no role on either side")


def operator_of(environment: Environment) -> PrincipalKey | None:
    """Whom a run acts as: the user named by `sub` of the admin app, where it is an e-mail."""
    subject = environment.admin_app.sub
    if not subject or "@" not in subject:
        return None
    kind = PrincipalKind.USER.value
    return (kind, traits_of(environment).fold(kind, subject))


def rules_of(environment: Environment) -> Rules:
    """What an environment's config says about promotions into it."""
    return Rules(
        keep=environment.keep,
        promote_builtins=environment.promote_builtins,
        permission_map=dict(environment.permission_map),
        send_source_id=environment.send_source_id,
    )
