"""Plan: from two snapshots, the target's config and what was learned of it, to a saved plan."""

import uuid
from dataclasses import dataclass

from migrate import planner
from migrate.archive import Archive
from migrate.behaviour import Behaviour
from migrate.config import Environment
from migrate.connect import Connections, traits_of
from migrate.diff import Rules
from migrate.errors import UsageError
from migrate.guards import Override, can_be_allowed
from migrate.model import Mode, Selection, Snapshot
from migrate.pipeline import capture
from migrate.plan import Plan
from migrate.planner import Request
from migrate.platforms.base import Reader
from migrate.rules import KINDS


@dataclass(frozen=True, slots=True)
class Wish:
    """What a plan is wanted for, as the command line says it.

    `relearn` plans as if nothing had been learned of the target.
    """

    mode: Mode
    selection: Selection
    allow: tuple[str, ...] = ()
    reason: str = ""
    relearn: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with the snapshot of the target that it was made on."""

    plan: Plan
    target: Snapshot


def overrides(wish: Wish) -> tuple[Override, ...]:
    """The guards to allow; raises UsageError for an unknown one, or where no reason is given."""
    for rule in wish.allow:
        if not can_be_allowed(rule):
            known = ", ".join(name for name in KINDS if can_be_allowed(name))
            why = "always holds" if rule in KINDS else "is no guard"
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
    environment: Environment, reader: Reader, archive: Archive, connections: Connections
) -> Snapshot:
    """Read the whole target and keep what was read."""
    taken = capture.capture(reader, environment.name, environment.identity, connections.tools)
    capture.keep(archive, taken)
    return taken


def plan_on(
    source: Snapshot,
    target: Snapshot,
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
    return Planned(plan, target)


def plan_offline(
    source: Snapshot,
    target: Snapshot,
    environment: Environment,
    connections: Connections,
    wish: Wish,
) -> Planned:
    """Compare two snapshots under an environment's rules; the plan can't be applied."""
    return Planned(_made(source, target, environment, connections, wish, Behaviour(), ""), target)


def _made(
    source: Snapshot,
    target: Snapshot,
    environment: Environment,
    connections: Connections,
    wish: Wish,
    learned: Behaviour,
    store: str,
) -> Plan:
    request = Request(
        mode=wish.mode,
        selection=wish.selection,
        rules=rules_of(environment),
        guards=connections.config.guards,
        overrides=overrides(wish),
        store=store,
    )
    return planner.make(
        source,
        target,
        request,
        behaviour=learned,
        traits=traits_of(environment),
        plan_id=str(uuid.UUID(hex=connections.tools.random_hex(32))),
        created_at=connections.tools.timestamp(),
        version=connections.tools.version,
    )


def rules_of(environment: Environment) -> Rules:
    """What an environment's config says about promotions into it."""
    return Rules(
        keep=environment.keep,
        promote_builtins=environment.promote_builtins,
        permission_map=dict(environment.permission_map),
        send_source_id=environment.send_source_id,
    )
