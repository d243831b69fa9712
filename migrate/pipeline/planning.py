"""Plan: from two snapshots, the target's config and what was learned of it, to a saved plan."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from migrate import planner
from migrate.archive import Archive
from migrate.behaviour import Behaviour
from migrate.config import Environment
from migrate.connect import Connections, traits_of
from migrate.diff import Rules
from migrate.errors import UsageError
from migrate.guardkind import Severity
from migrate.guards import Override, can_be_allowed, holding, rule_names
from migrate.identity import IdentityRules
from migrate.lookups import NOT_READ
from migrate.model import (
    Assignments,
    Mode,
    PrincipalKey,
    PrincipalKind,
    Selection,
    Snapshot,
    matches,
)
from migrate.peopleplanner import PeopleRequest
from migrate.pipeline.capture import Captured
from migrate.pipeline.known import known_state
from migrate.pipeline.profiles import unprofiled
from migrate.plan import Plan, Source
from migrate.planner import Request
from migrate.platforms.base import Need, Reader
from migrate.rules import PROTECTED


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

    @classmethod
    def of_file(cls, allow: tuple[str, ...], reason: str, *, skip_unresolved: bool) -> "Wish":
        """The wish for just what an assignments file asks for."""
        return cls(
            Mode.INCREMENTAL,
            Selection(),
            allow,
            reason,
            assignments=Assignments.EXACT,
            skip_unresolved=skip_unresolved,
        )

    @property
    def need(self) -> Need:
        """How much of who holds what is read of a target."""
        return Need.HOLDERS if self.assignments is Assignments.NONE else Need.ALL


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with the snapshots that it was made on; no `source` for what was worked out."""

    plan: Plan
    target: Snapshot
    source: Snapshot | None = None


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
            "to allow what a guard refuses needs --reason: it stays with the plan for whoever "
            "reads it later",
            target="unchanged",
            remedy='Add --reason "why".',
        )
    return tuple(Override(rule, wish.reason) for rule in dict.fromkeys(wish.allow))


def plan_on(
    source: Snapshot,
    target: Captured,
    environment: Environment,
    connections: Connections,
    wish: Wish,
    check: Callable[[Plan], None],
    reader: Reader | None = None,
) -> Planned:
    """Make a plan for an environment on what was captured of it, and save it if `check` lets it.

    The source's snapshot goes on the target's shelf, too: what a plan came from can be shown for
    as long as the plan itself. A `reader` of the target is asked who did what the plan takes back.
    """
    from migrate.pipeline.explaining import with_log

    archive = connections.archive(environment)
    _warn_of_idle_patterns(source, target.snapshot, environment, wish, connections)
    plan = _made(Source.of(source), target, environment, connections, wish, archive)
    check(plan)
    plan = with_log(plan, target.snapshot.state, reader, archive, connections)
    archive.save_snapshot(source)
    archive.save_plan(plan)
    return Planned(plan, target.snapshot, source)


def plan_towards(
    source: Source,
    target: Captured,
    environment: Environment,
    connections: Connections,
    wish: Wish,
) -> Planned:
    """Make a plan towards a state that was worked out, not captured, and save it.

    The state is the environment's own as it shall be, ids included, and `source.side` says what
    it comes from (`Side.origin`). It is not kept as a snapshot, for nothing ever was like that.
    """
    archive = connections.archive(environment)
    plan = _made(source, target, environment, connections, wish, archive)
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
    _warn_of_idle_patterns(source, target, environment, wish, connections)
    captured = Captured(target, look_up=NOT_READ)
    plan = _made(Source.of(source), captured, environment, connections, wish, None)
    return Planned(plan, target)


def _made(
    source: Source,
    target: Captured,
    environment: Environment,
    connections: Connections,
    wish: Wish,
    archive: Archive | None,
) -> Plan:
    """The plan; without an `archive` nothing learned is looked at, and it can't be applied."""
    rules = rules_of(environment)
    if source.identity == target.snapshot.identity:
        # What comes from the target itself goes by the target's own names: none is mapped.
        rules = replace(rules, permission_map=None)
    request = Request(
        mode=wish.mode,
        selection=wish.selection,
        rules=rules,
        guards=connections.guards(environment),
        overrides=overrides(wish),
        store=archive.location if archive else "",
        unread=target.unread,
        operator=operator_of(environment),
        unprofiled=unprofiled(environment, wish.mode, target.snapshot.state, connections),
        base=known_state(archive) if archive else None,
        people=PeopleRequest(
            wish.assignments,
            identity_rules(source, target.snapshot, environment),
            connections.archive(environment).pairs(source.identity),
            wish.skip_unresolved,
            target.look_up,
        ),
    )
    plan = planner.make(
        source,
        target.snapshot,
        request,
        behaviour=archive.behaviour() if archive and not wish.relearn else Behaviour(),
        traits=traits_of(environment),
        plan_id=str(uuid.UUID(hex=connections.tools.random_hex(32))),
        created_at=connections.tools.timestamp(),
        version=connections.tools.version,
    )
    return replace(plan, planner=connections.tools.actor)


def identity_rules(
    source: Snapshot | Source, target: Snapshot, environment: Environment
) -> IdentityRules:
    """How names of a source are mapped; not at all where it comes from the target itself."""
    own = source.identity == target.identity
    rules = IdentityRules() if own else environment.identity_rules
    return rules.folded(traits_of(environment).fold_role)


def _warn_of_idle_patterns(
    source: Snapshot,
    target: Snapshot,
    environment: Environment,
    wish: Wish,
    connections: Connections,
) -> None:
    """A pattern that is to protect roles and matches none is most likely misspelled."""
    names = {role.name for side in (source, target) for role in side.state.all_roles()}
    rules = identity_rules(source, target, environment)
    names |= {rules.role(name) for name in names}
    idle = [("--exclude-role", pattern) for pattern in wish.selection.exclude]
    idle += [("keep", pattern) for pattern in environment.keep]
    idle += [
        (f"guard {PROTECTED}:", pattern)
        for guard in holding(connections.config.guards, PROTECTED, environment.name)
        if guard.severity is not Severity.OFF
        for pattern in guard.parameters.get("names", ())
    ]
    for setting, pattern in idle:
        if not any(matches(name, (pattern,)) for name in names):
            connections.tools.tell(f"warning: {setting} {pattern!r} matches no role on either side")


def operator_of(environment: Environment) -> PrincipalKey | None:
    """Whom a run acts as, as the config says it; None where that can't be told."""
    kind, name = PrincipalKind.USER.value, environment.acts_as
    return (kind, traits_of(environment).fold(kind, name)) if name else None


def rules_of(environment: Environment) -> Rules:
    """What an environment's config says about promotions into it."""
    return Rules(
        keep=environment.keep,
        promote_builtins=environment.promote_builtins,
        permission_map=dict(environment.permission_map),
        send_source_id=environment.send_source_id,
    )
