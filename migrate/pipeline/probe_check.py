"""Is an account what it was before a probe? Compared exactly, ids and holders included. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from migrate.behaviour import is_denied
from migrate.digests import role_digest, state_digest
from migrate.model import People, Role, State
from migrate.profile import made_by_probe, without_probes
from migrate.traits import Traits
from migrate.wording import quoted


def differences(before: State, now: State) -> tuple[str, ...]:
    """What is not as it was, a line each; what probes make does not count."""
    then, here = _plain(before), _plain(now)
    if state_digest(then) == state_digest(here):
        return ()
    found = [*_roles(then, here), *_people(then.people, here.people)]
    return tuple(found) or ("something that has no name changed",)


def _plain(state: State) -> State:
    """A state without what probes make, and without what can't be told for sure."""
    plain = without_probes(state)
    if plain.people is None:
        return plain
    # Whose rows may hide something depends on all rows, also on those that a probe brings about.
    return replace(plain, people=replace(plain.people, maybe_direct=frozenset()))


def _roles(then: State, now: State) -> Iterator[str]:
    had, has = then.by_key(), now.by_key()
    for key in sorted(had.keys() | has.keys()):
        named = f"{key[0]} role {quoted(key[1])}"
        was, is_ = had.get(key), has.get(key)
        if was is None or is_ is None:
            yield f"{named} is {'new' if was is None else 'gone'}"
        elif not was.same_content(is_):
            yield f"{named} changed"
        elif role_digest(was) != role_digest(is_):
            yield f"{named} has other ids"


def _people(then: People | None, now: People | None) -> Iterator[str]:
    if then is None or now is None:
        return
    for item in sorted(then.assignments ^ now.assignments):
        word = "does not hold" if item in then.assignments else "holds"
        yield f"{quoted(item.principal)} {word} the {item.role_type} role {quoted(item.role)}"
    for kind, name in sorted(then.principals.keys() ^ now.principals.keys()):
        word = "is not shown any more" if (kind, name) in then.principals else "is new"
        yield f"the {kind} {quoted(name)} {word}"
    if then.groups_of != now.groups_of:
        yield "who is in which group changed"
    if then.scopes != now.scopes:
        yield "the bots changed"


def leftovers(now: State, traits: Traits) -> tuple[tuple[str, ...], bool]:
    """What probes left, each with how it stands, and whether all of it is harmless.

    Harmless is a role that grants nothing and that nobody holds.
    """
    held = {item.role_key for item in (now.people.assignments if now.people else ())}
    lines, harmless = [], True
    for role in now.all_roles():
        if made_by_probe(role.name):
            granting, holding = not _denies(role, traits), role.key in held
            harmless = harmless and not granting and not holding
            words = ["grants something" if granting else "grants nothing"]
            words += ["somebody holds it"] if holding else []
            lines.append(f"{role.role_type} role {role.name} ({', '.join(words)})")
    return tuple(lines), harmless


def _denies(role: Role, traits: Traits) -> bool:
    return all(is_denied(value, traits.denied) for value in role.permissions.values())
