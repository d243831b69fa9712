"""The digests of a state and of a role: SHA-256 (hex) of what is canonical in them.

The content digest leaves out every id, so it is the same in two environments that hold the same;
the state digest has the ids and tells whether an environment moved.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from migrate import peoplefile
from migrate.canonical import dumps, dumps_each, sha256, sha256_of
from migrate.model import Capture, Role, State
from migrate.rolevalue import role_to_value


def role_digest(role: Role) -> str:
    """The digest of one role, ids included: the precondition of a change to it."""
    return sha256(dumps([role.role_type, role_to_value(role)]))


def content_digest(state: State) -> str:
    """The digest of what a state holds, without ids."""
    return _digest(state, ids=False)


def state_digest(state: State) -> str:
    """The digest of what a state holds, with ids."""
    return _digest(state, ids=True)


def roles_digest(state: State) -> str:
    """The digest of the roles of a state without ids; of who holds them, too, where roles are
    only seen in use, and that is all there is to promote.
    """
    whole = any(section.complete for section in state.roles.values())
    return content_digest(State(state.roles) if whole else state)


def digest_as_written(value: dict[str, Any]) -> str:
    """The state digest of the JSON value of a state, where that is as this version writes it."""
    people = value["assignments"]
    known = people["capture"] != Capture.NOT_CAPTURED.value
    return _sum(
        dumps(people) if known else b"null",
        (
            (role_type, section["capture"], [*_cut(section["items"])])
            for role_type, section in sorted(value["roles"].items())
        ),
    )


def _digest(state: State, *, ids: bool) -> str:
    if ids not in state.digests:
        # Both at once: threads of a fleet share a source, and must find both or none.
        state.digests.update(_worked_out(state))
    return state.digests[ids]


def _worked_out(state: State) -> dict[bool, str]:
    """Both digests, with ids and without: they share nearly every byte."""
    import hashlib

    digests = {}
    for ids, people in peoplefile.written(state.people):
        digests[ids] = hashlib.sha256(_beginning(people))
    for number, (role_type, section) in enumerate(sorted(state.roles.items())):
        roles = [*_cut(role_to_value(role, ids=False) for role in section.roles)]
        for ids in (False, True):
            for place, role in enumerate(section.roles if ids else ()):
                roles[place] = _with_ids(roles[place], role)
            for piece in _section(number, role_type, section.capture.value, roles):
                digests[ids].update(piece)
    for digest in digests.values():
        digest.update(_END)
    return {ids: digest.hexdigest() for ids, digest in digests.items()}


def _cut(roles: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    # The writer's bytes keep kilobytes that it did not need: these are cut, with the brace.
    return (role[1:] for role in dumps_each(roles))


def _with_ids(content: bytes, role: Role) -> bytes:
    """A role's bytes with its ids put in where sorted keys have them: after the description, and
    at the end. Writing the permissions once more would take four times as long.
    """
    if role.id is not None:
        place = len(b'"description":') + len(dumps(role.description))
        content = b'%s,"id":%s%s' % (content[:place], dumps(role.id), content[place:])
    if role.ref_id is not None:
        content = b'%s,"refId":%s}' % (content[:-1], dumps(role.ref_id))
    return content


def _sum(people: bytes, sections: Iterable[tuple[str, str, list[bytes]]]) -> str:
    pieces = (_section(number, *section) for number, section in enumerate(sections))
    return sha256_of(chain((_beginning(people),), chain.from_iterable(pieces), (_END,)))


def _beginning(people: bytes) -> bytes:
    return b'{"assignments":%s,"roles":{' % people


def _section(number: int, role_type: str, capture: str, roles: list[bytes]) -> Iterator[bytes]:
    """A section of the canonical form of the whole, put together role by role.

    Sorting the roles' bytes is what canonical JSON does with a list, without a second walk over
    every value.
    """
    comma = b"," if number else b""
    yield b'%s%s:{"capture":%s,"items":[' % (comma, dumps(role_type), dumps(capture))
    roles = sorted(roles)
    for place in range(0, len(roles), _AT_ONCE):
        yield b",{" if place else b"{"
        yield b",{".join(roles[place : place + _AT_ONCE])
    yield b"]}"


_END = b"}}"
_AT_ONCE = 1000
"""Roles that are joined at a time: all at once take their memory once more."""
