"""What the config asks of whatever is to be written to an environment, before anything is.

An environment counts under every name that the config has for its account: the strictest holds.
"""

from collections.abc import Mapping

from migrate.actor import Approver
from migrate.archive import Archive
from migrate.config import DirectoryLocation, Environment
from migrate.connect import Connections
from migrate.diff import Change
from migrate.digests import roles_digest
from migrate.errors import GuardRefused, UsageError
from migrate.model import Mode, Role, RoleKey, State
from migrate.pipeline.approving import enough
from migrate.pipeline.evidence import gather
from migrate.plan import Origin, Plan


def not_in_one_go(environment: Environment, connections: Connections) -> None:
    """Raises GuardRefused where what is to be done has to be planned, approved and applied."""
    config = connections.config
    if config.is_protected(environment):
        why = f"{environment.name} is protected"
    elif config.approvals_of(environment):
        why = f"{environment.name} asks for approval"
    else:
        return
    raise GuardRefused(
        f"{why}: nothing is planned and applied there in one go",
        where=environment.name,
        target="unchanged",
        remedy="role-migrate plan (or rollback --dry-run), then approve PLAN, then apply PLAN.",
    )


def may_run(
    plan: Plan, environment: Environment, connections: Connections, confirmed: str | None
) -> tuple[Approver, ...]:
    """Who approved a plan that may be run; raises GuardRefused or UsageError where it may not.

    `confirmed` is the environment that the command line names, as a full promotion needs it.
    """
    if confirmed is not None and confirmed != environment.name:
        raise UsageError(
            f"--confirm-target {confirmed}: this plan is for {environment.name}",
            target="unchanged",
            remedy="Find the plan that was meant.",
        )
    if connections.config.is_protected(environment):
        _shared(environment, connections)
        if plan.mode is Mode.FULL and confirmed is None:
            raise GuardRefused(
                f"{environment.name} is protected, and this plan deletes whatever its source lacks",
                where=environment.name,
                target="unchanged",
                remedy=f"If this is meant, add: --confirm-target {environment.name}",
            )
    archive = connections.archive(environment)
    if _promotes(plan):
        source = archive.load_snapshot(plan.source.snapshot)
        on_the_path(plan, source.state if source else None, environment, connections)
    else:
        _as_it_was(plan, environment, archive, connections)
    return enough(plan, environment, archive, connections)


def on_the_path(
    plan: Plan, source: State | None, environment: Environment, connections: Connections
) -> None:
    """Raises GuardRefused where a plan's source is not one that the config lets in.

    What an assignments file asks for, and what is taken back, comes from no environment.
    """
    if not _promotes(plan):
        return
    for each in connections.config.names_of(environment):
        _from_the_right_one(plan, each, connections)
        if each.require_verified_in is not None:
            before = connections.config.environment(each.require_verified_in)
            _verified(plan, source, before, environment, connections.archive(before))


def _as_it_was(
    plan: Plan, environment: Environment, archive: Archive, connections: Connections
) -> None:
    """Make sure that a plan that takes a run back makes nothing but what was there before it.

    A plan is a file: what it says of itself must not be a way round what the config asks for.
    """
    if plan.source.origin is Origin.ASSIGNMENTS_FILE and plan.undoes is None:
        return
    run = plan.undoes.run if plan.undoes else ""
    before = gather(run, archive, connections.tools).before.state if run else State({})
    roles, held = before.by_key(), before.people.assignments if before.people else frozenset()
    wrong = [change.name for change in plan.changes if not _made_of(change, roles)]
    wrong += [item.principal for item in plan.people.adds if item not in held]
    if wrong or not run:
        raise GuardRefused(
            f"this plan says that it takes back {run or 'a run'}, and makes something else: "
            f"{', '.join(map(repr, wrong[:5]))}",
            where=environment.name,
            target="unchanged",
            remedy="Find out who edited it; role-migrate rollback RUN --dry-run makes a sound one.",
        )


def _made_of(change: Change, roles: Mapping[RoleKey, Role]) -> bool:
    """Whether a change makes a role what it is among some, or deletes one that is not."""
    was = roles.get(change.key)
    if change.after is None or was is None:
        return change.after is was
    return change.after.same_content(was)


def policy_notes(archive: Archive, now: str) -> list[str]:
    """Whether the policy (its digest, "" for none) is another than when something last ran here."""
    last = archive.policy_of_last_run()
    if last is None or last[0] == now:
        return []
    before, after = (f"sha256:{digest}" if digest else "none" for digest in (last[0], now))
    return [f"the policy is another than at run {last[1]}: {before}, now {after}"]


def _promotes(plan: Plan) -> bool:
    return plan.source.origin is Origin.SNAPSHOT and plan.undoes is None


def _shared(environment: Environment, connections: Connections) -> None:
    store = connections.config.store_of(environment.name)
    if isinstance(store, DirectoryLocation) and not store.durable:
        raise GuardRefused(
            f"{environment.name} is protected, and the store is the directory {store.path}: only "
            "this machine has what it holds",
            where=environment.name,
            target="unchanged",
            remedy='Name a bucket (`url = "s3://…"`) under [store], or say `durable = true` if '
            "the directory is kept and all share it.",
        )


def _from_the_right_one(plan: Plan, environment: Environment, connections: Connections) -> None:
    names = environment.promotes_from
    allowed = [connections.config.environment(name).identity for name in names]
    if names and plan.source.identity not in allowed:
        raise GuardRefused(
            f"{environment.name} takes roles only from {' or '.join(names)}, "
            f"not from {plan.source.environment!r}",
            where=environment.name,
            target="unchanged",
            remedy=f"Promote to {names[0]} first, and from there.",
        )


def _verified(
    plan: Plan, source: State | None, before: Environment, environment: Environment, shelf: Archive
) -> None:
    if source is not None and shelf.verified(roles_digest(source)):
        return
    told = (
        "the source's snapshot is gone from the store"
        if source is None
        else (f"no verified run has put just these roles into {before.name}")
    )
    raise GuardRefused(
        f"{environment.name} takes only what was verified in {before.name}, and {told}",
        where=environment.name,
        target="unchanged",
        remedy=f"Promote to {before.name} first; if somebody changed {before.name} by hand, "
        "carry that back to where it comes from.",
    )
