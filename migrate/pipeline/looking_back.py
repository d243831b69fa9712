"""Look back: who could do something at a time, by the captures of then and the history since.

Nothing is read but the store.
"""

from dataclasses import dataclass
from typing import Any

from migrate import history
from migrate.archive import Archive, captures
from migrate.archive.captures import Sighting
from migrate.archive.pruned import pruned_at
from migrate.config import Environment
from migrate.connect import Connections, traits_of
from migrate.errors import InvalidInput, UsageError
from migrate.historyfile import Ended
from migrate.holders import (
    Holder,
    Moved,
    Outcome,
    documented,
    holders,
    known_permissions,
    moves,
    named,
)
from migrate.keeping import Kind
from migrate.levels import Levels
from migrate.model import State
from migrate.tools import stamp


@dataclass(frozen=True, slots=True)
class Later:
    """What the next capture shows otherwise: `runs` of ours that explain some of it, and what
    changed `outside` of them, between the two captures."""

    capture: Sighting
    runs: tuple[str, ...]
    outside: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Who held a permission `at` a time (ISO 8601, UTC), as `capture` shows it.

    `partial` are role types that the capture does not hold as a whole, `unseen` groups in which no
    user holds a role: what these hold can't be seen, and gives nobody anything.
    """

    environment: str
    permission: str
    label: str
    at: str
    capture: Sighting
    holders: tuple[Holder, ...]
    partial: tuple[str, ...]
    unseen: tuple[str, ...]
    later: Later | None


def who_held(
    permission: str, environment: Environment, connections: Connections, at: float
) -> Answer:
    """Who held a permission at a time, in epoch seconds.

    Raises UsageError where no role has such a permission, and where nothing is known of that time;
    InvalidInput where a snapshot, or the history in between, is missing or altered.
    """
    archive, traits = connections.archive(environment), traits_of(environment)
    levels = Levels.of(traits.value_order, traits.denied)
    then, following = captures.around(archive, stamp(at))
    if then is None:
        raise _unknown_then(environment.name, stamp(at), following)
    state = _state(archive, then)
    name = named(permission, known_permissions(state) | documented(traits), traits.labels)
    found = holders(state, name, levels)
    later = None
    if following is not None:
        changed = moves(found, holders(_state(archive, following), name, levels))
        later = _later(name, changed, then, following, archive, levels) if changed else None
    return Answer(
        environment.name,
        name,
        traits.labels.get(name, name),
        stamp(at),
        then,
        found,
        tuple(sorted(kind for kind, section in state.roles.items() if not section.complete)),
        tuple(sorted(state.people.unseen_groups)) if state.people else (),
        later,
    )


def _later(
    permission: str,
    changed: tuple[Moved, ...],
    then: Sighting,
    following: Sighting,
    archive: Archive,
    levels: Levels,
) -> Later:
    left = {one.outcome: one for one in changed}
    runs = []
    for entry in history.between(archive.store, then.until, following.since):
        explained = left.keys() & _outcomes(entry.ended, permission, levels)
        if explained:
            runs.append(entry.ended.run)
        for outcome in explained:
            del left[outcome]
    return Later(following, tuple(runs), tuple(left.values()))


def _outcomes(ended: Ended, permission: str, levels: Levels) -> set[Outcome]:
    """To whom a run gave, or left, what of a permission."""
    return {
        (*who, change.role_type, change.scope, levels.granting(delta.after))
        for change in ended.access
        for delta in change.deltas
        if delta.permission == permission
        for who in change.principals
    }


def _state(archive: Archive, sighting: Sighting) -> State:
    taken = archive.load_snapshot(sighting.digest)
    if taken is None:
        at = pruned_at(archive, Kind.SNAPSHOT, sighting.digest)
        if at is not None:
            raise UsageError(
                f"the snapshot of the capture of {sighting.since} was pruned on {at}",
                where=f"{archive.store.location}/snapshots/{sighting.digest}.json",
                remedy="Ask for a later time, or restore it from the bucket's older versions or a "
                "backup.",
            )
        raise InvalidInput(
            f"the snapshot of the capture of {sighting.since} is gone",
            where=f"{archive.store.location}/snapshots/{sighting.digest}.json",
            remedy="Restore it from the bucket's older versions or a backup.",
        )
    return taken.state


def _unknown_then(name: str, at: str, first: Sighting | None) -> UsageError:
    if first is None:
        return UsageError(
            f"the store has no capture of {name!r} that shows who holds what",
            remedy=f"Take one with: role-migrate snapshot --env {name}",
        )
    return UsageError(
        f"nothing is known of {name!r} at {at}: the first capture is of {first.since}",
        remedy=f"Ask for that time, or a later one: --at {first.since}",
    )


def to_value(answer: Answer) -> dict[str, Any]:
    """The JSON value of an answer."""
    later, capture = answer.later, answer.capture
    return {
        "environment": answer.environment,
        "permission": answer.permission,
        "label": answer.label,
        "at": answer.at,
        "capture": {
            "snapshot": capture.digest,
            "since": capture.since,
            "until": capture.until,
        },
        "holders": [
            {
                "kind": one.kind,
                "name": one.name,
                "roleType": one.role_type,
                "scope": one.scope,
                "value": list(one.values),
                "ways": [way._asdict() for way in one.ways],
            }
            for one in answer.holders
        ],
        "partial": list(answer.partial),
        "unseenGroups": list(answer.unseen),
        "later": None
        if later is None
        else {
            "between": capture.until,
            "and": later.capture.since,
            "maybe": answer.at > capture.until,
            "runs": list(later.runs),
            "outside": [
                {
                    "kind": one.kind,
                    "name": one.name,
                    "roleType": one.role_type,
                    "scope": one.scope,
                    "before": list(one.before),
                    "after": list(one.after),
                }
                for one in later.outside
            ],
        },
    }
