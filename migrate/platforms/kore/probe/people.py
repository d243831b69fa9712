"""Whom a probe gives roles for a moment, and how they are taken back."""

from collections.abc import Callable, Mapping
from functools import partial

from migrate.errors import UsageError
from migrate.model import Assignment, People, PrincipalKind, RoleKey, State
from migrate.platforms.kore.assignments import batches
from migrate.platforms.kore.catalogue import fold
from migrate.platforms.kore.probe.bench import Bench
from migrate.platforms.kore.probe.members import Member
from migrate.platforms.probing import ProbeWish
from migrate.profile import made_by_probe
from migrate.wording import quoted

ROUNDS = 3
"""How often it is looked for somebody to take roles from."""

USER, GROUP = PrincipalKind.USER.value, PrincipalKind.GROUP.value


def members(state: State, role_types: tuple[str, ...], wish: ProbeWish) -> dict[str, Member]:
    """Whom roles of each type are given; nobody where the wish names nobody.

    Raises UsageError where the account does not show the user or the bot.
    """
    people = state.people
    if not wish.user:
        if wish.bot:
            raise UsageError(
                "--bot says where --user is given bot roles: it needs --user",
                target="unchanged",
                remedy="Add --user EMAIL, or leave --bot out.",
            )
        return {}
    if people is None:
        return {}
    name = fold(USER, wish.user)
    user = people.principals.get((USER, name))
    if user is None or user.name == user.org_id:
        raise UsageError(
            f"the account shows no user {quoted(wish.user)}",
            target="unchanged",
            remedy="Name a user by e-mail. One who holds no role at all may not be listed: give "
            "the user any role first, or the app the scope to look users up.",
        )
    group = "" if separate_rows(people) else smallest_group(people, name)
    found = {}
    if "admin" in role_types:
        found["admin"] = Member(user.name, name, group)
    if "bot" in role_types and wish.bot:
        scope = people.scopes.get(wish.bot)
        if scope is None:
            raise UsageError(
                f"the account shows no bot {quoted(wish.bot)}",
                target="unchanged",
                remedy="Name a bot as the console shows it, or leave --bot out.",
            )
        found["bot"] = Member(user.name, name, group, scope.id)
    return found


def separate_rows(people: People) -> bool:
    """Whether somebody shows a role both directly and through a group.

    Who holds a role so shows it directly only where each way has a row of its own.
    """
    held = people.assignments
    return any(
        item._replace(kind=GROUP, principal=group) in held
        for item in held
        if item.kind == USER
        for group in people.groups_of.get(item.principal, ())
    )


def smallest_group(people: People, user: str) -> str:
    """The group with the fewest users, of those that a user is in; "" for none."""
    sizes: dict[str, int] = {}
    for groups in people.groups_of.values():
        for group in groups:
            sizes[group] = sizes.get(group, 0) + 1
    mine = people.groups_of.get(user, frozenset())
    return min(mine, key=lambda group: (sizes[group], group), default="")


def release(bench: Bench, read: Callable[[], State]) -> None:
    """Take the roles of probes from whoever holds them, as `read` shows.

    What is held directly may show only once it is not held through a group any more.
    """
    for _ in range(ROUNDS):
        state = read()
        held, people = _held_of_probes(state), state.people
        if not held or people is None:
            return
        ids: Mapping[RoleKey, str] = {r.key: r.id for r in state.all_roles() if r.id}
        for batch in batches((), [item for item in held if item.role_key in ids], people, ids):
            bench.assign(batch.role_type, batch.entries)
        bench.watch(read, partial(_moved, held))


def _moved(held: list[Assignment], now: State) -> bool:
    return _held_of_probes(now) != held


def _held_of_probes(state: State) -> list[Assignment]:
    people = state.people
    held = people.assignments if people else ()
    return sorted(item for item in held if made_by_probe(item.role))
