"""The parts of an order put together into few calls."""

from collections.abc import Iterable
from dataclasses import replace

from migrate.moves import GIVING, Move, Part, Roles
from migrate.replay import Replay

TRIES = 20_000
"""Looks at somebody's access that are spent on joining parts."""


def ended(parts: Iterable[Part], roles: Roles, *, careful: bool) -> tuple[Part, ...]:
    """The order with neighbours of one kind joined, texts imported, and pruning at its end."""
    joined: list[Part] = []
    for part in parts:
        if joined and joined[-1].move is part.move:
            joined[-1] = _joined(joined[-1], part)
        else:
            joined.append(part)
    texts = Part(Move.IMPORT, roles={name: {} for _, name in sorted(roles.texts)})
    imports = [place for place, part in enumerate(joined) if part.roles is not None]
    if texts.roles and imports:
        joined[imports[-1]] = _joined(texts, joined[imports[-1]])
    elif texts.roles:
        joined.append(texts)
    if roles.pruned and not careful and joined and joined[-1].roles is not None:
        joined[-1] = Part(Move.REPLACE)
    elif roles.pruned:
        joined.append(Part(Move.PRUNE))
    return tuple(joined)


def squeezed(parts: tuple[Part, ...], replay: Replay) -> tuple[Part, ...]:
    """The order with parts joined with later or earlier ones of their kind, where the bounds allow
    that: each is a call less, or several."""
    tries = TRIES // (len(replay.fates) + 1)
    for shorter in _shorter(parts):
        if _sound(shorter, replay.roles):
            tries -= 1
            if tries < 0:
                break
            if replay.within_bounds(shorter):
                return squeezed(shorter, replay)
    return parts


def _shorter(parts: tuple[Part, ...]) -> Iterable[tuple[Part, ...]]:
    for early, one in enumerate(parts):
        for late in range(early + 1, len(parts)):
            other = parts[late]
            if one.move is other.move and one.move is not Move.REPLACE:
                both = _joined(one, other)
                left = [part for place, part in enumerate(parts) if place not in (early, late)]
                yield (*left[: late - 1], both, *left[late - 1 :])
                yield (*left[:early], both, *left[early:])


def _joined(one: Part, other: Part) -> Part:
    """Two parts of one kind as one; what `other`, the later one, makes of a role counts."""
    if one.items is not None and other.items is not None:
        return replace(one, items=one.items | other.items)
    return replace(one, roles={**(one.roles or {}), **(other.roles or {})})


def _sound(parts: Iterable[Part], roles: Roles) -> bool:
    """Whether nobody is given a role before it is created, and every role ends as it shall be."""
    missing, waiting = set(roles.created), set[str]()
    for part in parts:
        if part.move in GIVING and any(item.role_key in missing for item in part.items or ()):
            return False
        if part.roles is not None:
            missing = {key for key in missing if key[1] not in part.roles}
            waiting -= part.roles.keys()
            waiting |= {name for name, held in part.roles.items() if held}
        elif part.move is Move.REPLACE:
            missing, waiting = set(), set()
    return not waiting
