"""From where to where a promotion goes, and what is found at both ends."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.config import Environment
from migrate.connect import Connections, traits_of
from migrate.errors import UsageError
from migrate.lookups import NOT_READ
from migrate.model import Assignments, Mode, Selection, Snapshot
from migrate.peopleplan import known_people
from migrate.pipeline.capture import Captured
from migrate.pipeline.planning import Wish, overrides
from migrate.pipeline.sources import Hints, Spelled, from_file, obtain
from migrate.plan import NO_WAY, one_platform
from migrate.platforms.base import Need
from migrate.snapshot import UNDATED
from migrate.tools import epoch

if TYPE_CHECKING:
    from migrate.assignments_file import AssignmentsFile

EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Way:
    """From where to where. `target_snapshot` (`last` or a file) stands in for reading the target.

    `to` is an environment's name or `file:PATH`; the latter compares and can't be applied.
    `taken` is the source as it was read for several plans at once, and confirmed (`read_once`).
    """

    source: "Spelled | AssignmentsFile"
    to: Spelled
    hints: Hints = field(default_factory=Hints)
    target_snapshot: str | None = None
    taken: Snapshot | None = None


def check(way: Way, wish: Wish) -> None:
    """Raises UsageError for what can't be meant, before anything is read."""
    overrides(wish)
    stand_in = way.target_snapshot
    if stand_in is not None and stand_in != "last" and not stand_in.startswith("file:"):
        raise UsageError(
            f"--target-snapshot {stand_in}: it takes last or file:PATH",
            remedy="Write last for the newest capture in the store, or file: before a file's name.",
        )
    hints = way.hints.source_env is not None or way.hints.role_type is not None
    files = (isinstance(way.source, Spelled) and way.source.kind == "file", way.to.kind == "file")
    if hints and not any(files) and stand_in in (None, "last"):
        raise UsageError(
            "--source-env and --role-type tell of a bare export in a file, and none is named",
            remedy="Leave them out.",
        )


def target_of(way: Way, connections: Connections) -> Environment:
    """The environment that a way leads to.

    Raises UsageError where it is none, or the same account as the source, or on another platform.
    """
    if way.to.kind != "environment":
        raise UsageError(
            f"--to {way.to.kind}:{way.to.value} can't be written to",
            remedy="Name an environment of the config as the target.",
        )
    environment = connections.config.environment(way.to.value)
    if isinstance(way.source, Spelled) and way.source.kind == "environment":
        source = connections.config.environment(way.source.value)
        if source.identity == environment.identity:
            raise UsageError(
                f"{source.name!r} and {environment.name!r} are the same account: there is nothing "
                "to promote",
                target="unchanged",
                remedy="Name two different environments.",
            )
        one_platform(
            (source.name, source.identity), (environment.name, environment.identity), NO_WAY
        )
    return environment


def fitting(wish: Wish, environment: Environment) -> Wish:
    """A wish for roles of another environment, in the names of the target's platform.

    Raises UsageError where the platform has nothing of what is wished for.
    """
    traits = traits_of(environment)
    if traits.opaque_roles and wish.mode is Mode.FULL:
        raise UsageError(
            f"--mode full: roles can't be made or deleted on {environment.platform}, so that there "
            "is but one mode",
            target="unchanged",
            remedy="Leave it out: --assignments says what becomes of who holds what.",
        )
    if traits.opaque_roles and wish.assignments is Assignments.NONE:
        raise UsageError(
            f"all that can be promoted on {environment.platform} is who holds which role, and "
            "nothing says what is to become of that",
            target="unchanged",
            remedy="Name it: --assignments merge gives what the source has, --assignments exact "
            "also takes what it does not have.",
        )
    return replace(wish, selection=wish.selection.folded(traits.fold_role))


def source_of(
    way: Way, wish: Wish, environment: Environment, connections: Connections
) -> "Snapshot | AssignmentsFile":
    """The source, with who holds what where that is to travel, too.

    Raises UsageError where it is of another platform, does not hold that, or its assignments are
    older than the target's config allows: an old snapshot must not give leavers their access back.
    """
    if not isinstance(way.source, Spelled):
        return way.source
    moving = wish.assignments is not Assignments.NONE
    need = Need.ALL if moving else Need.NOTHING
    source = way.taken or obtain(way.source, connections, way.hints, EVERYTHING, need)
    # Before the target is read: names of one platform are not looked up on another.
    one_platform(
        (source.environment, source.identity), (environment.name, environment.identity), NO_WAY
    )
    if moving:
        known_people(source.state, "source", _unread(source, way.source))
    taken = epoch(source.captured_at)
    if moving and connections.tools.now() - taken > environment.max_source_age:
        raise UsageError(
            f"the source was captured at {source.captured_at}: its assignments are too old",
            target="unchanged",
            remedy="Take a fresh snapshot, or set max_source_age for the target if it is meant.",
        )
    return source


def _unread(source: Snapshot, what: Spelled) -> str:
    """Why a source does not say who holds what, if it does not."""
    if source.state.people is not None:
        return "when it was captured, only who holds roles was read"
    if what.kind == "file" and source.captured_at == UNDATED:
        return "a bare export holds roles alone"
    if what.kind == "dir":
        return "a folder of roles holds roles alone"
    return "the snapshot does not hold them"


def stand_in(
    text: str, environment: Environment, connections: Connections, hints: Hints
) -> Captured:
    """The snapshot that stands in for reading the target; raises UsageError where there is none."""
    taken = _stand_in(text, environment, connections, hints)
    unread = "" if taken.state.people else "the snapshot does not hold it"
    return Captured(taken, unread, NOT_READ)


def _stand_in(
    text: str, environment: Environment, connections: Connections, hints: Hints
) -> Snapshot:
    if text != "last":
        taken = from_file(Path(text.removeprefix("file:")), connections.config, hints)
        if taken.identity != environment.identity:
            raise UsageError(
                f"the snapshot is of {taken.environment!r}, not of {environment.name!r}",
                where=text,
                remedy="Give a snapshot of the target itself.",
            )
        connections.archive(environment).save_snapshot(taken)
        return taken
    last = connections.archive(environment).last_snapshot()
    if last is None:
        raise UsageError(
            f"the store has no snapshot of {environment.name!r}",
            remedy=f"Take one with: role-migrate snapshot --env {environment.name}",
        )
    return last[0]
