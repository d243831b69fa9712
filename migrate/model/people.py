"""Who can hold roles, and who holds which."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from migrate.model.roles import RoleKey

PrincipalKey = tuple[str, str]
"""(kind, folded name): what a user or group is matched by; how names fold is the platform's."""

ACCOUNT = ""
"""The scope that is the whole account."""


class PrincipalKind(StrEnum):
    """Who can hold a role."""

    USER = "user"
    GROUP = "group"


class Principal(NamedTuple):
    """A user (name: e-mail) or group, spelled as the platform spells it.

    `id` is the platform's, `org_id` a user's id in its organisation. A user that is known by
    `org_id` only has that as name. `primary` is the role that goes first where the platform keeps
    roles in an order that means something.
    """

    kind: PrincipalKind
    name: str
    id: str | None = None
    org_id: str | None = None
    primary: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """A bot that roles are held in; `name` is unique in its account, made so where it is not."""

    name: str
    id: str


class Assignment(NamedTuple):
    """A principal holds a role in a scope. `principal` is the folded name, `scope` a bot's name,
    or ACCOUNT. Only what is held directly: what a user holds through a group is the group's."""

    kind: str
    principal: str
    role_type: str
    role: str
    scope: str

    @property
    def holder(self) -> PrincipalKey:
        """(kind, folded name)."""
        return (self.kind, self.principal)

    @property
    def role_key(self) -> RoleKey:
        """(role type, role name)."""
        return (self.role_type, self.role)


holder_of: Callable[[Assignment], PrincipalKey] = itemgetter(0, 1)
"""`Assignment.holder`, for very many at once: a third of the time."""
role_key_of: Callable[[Assignment], RoleKey] = itemgetter(2, 3)
"""`Assignment.role_key`, likewise."""
scope_of: Callable[[Assignment], str] = itemgetter(4)
"""`Assignment.scope`, likewise."""


def by_holder(assignments: Iterable[Assignment]) -> dict[PrincipalKey, list[Assignment]]:
    """Group assignments by who holds them."""
    found: dict[PrincipalKey, list[Assignment]] = defaultdict(list)
    for item in assignments:
        found[item[0], item[1]].append(item)
    return dict(found)


@dataclass(frozen=True)
class People:
    """Who holds what, as captured; None in a state means that it was not captured.

    `groups_of` maps a user's folded name to the folded names of all groups it is in, nested ones
    included. `unseen_groups` are groups whose roles no user's row shows, for no user in them has
    one: what they hold is `seen in use` at best and never removed. `maybe_direct` are users'
    assignments that show only through a group in a row that may stand for a direct one as well.
    `complete` is False where only holders were read, not every user, group and bot.

    Users who hold nothing and are in no group need not be among the principals, for a platform
    may not list them. Plans are made, and applied, with those of them that they turn on looked up.
    """

    account_id: str
    principals: Mapping[PrincipalKey, Principal]
    scopes: Mapping[str, Scope]
    assignments: frozenset[Assignment]
    groups_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unseen_groups: frozenset[str] = frozenset()
    maybe_direct: frozenset[Assignment] = frozenset()
    complete: bool = True

    @cached_property
    def by_holder(self) -> Mapping[PrincipalKey, Sequence[Assignment]]:
        """The assignments of each who has any."""
        return by_holder(self.assignments)

    @cached_property
    def role_counts(self) -> Counter[RoleKey]:
        """How many assignments there are of each role that somebody holds."""
        return Counter(map(role_key_of, self.assignments))

    @cached_property
    def scope_counts(self) -> Counter[str]:
        """How many assignments there are in each scope that has any."""
        return Counter(map(scope_of, self.assignments))

    @cached_property
    def in_order(self) -> tuple[Assignment, ...]:
        """The assignments, sorted."""
        holdings = self.by_holder
        return tuple(chain.from_iterable(sorted(holdings[holder]) for holder in sorted(holdings)))

    def counts_after(
        self, adds: Collection[Assignment], removes: Collection[Assignment]
    ) -> Counter[PrincipalKey]:
        """How many each will have to whom something is given, or from whom it is taken."""
        held = self.assignments
        moving = map(holder_of, (*adds, *removes))
        found = Counter({each: len(self.by_holder.get(each, ())) for each in moving})
        found.update(map(holder_of, held.union(adds).difference(held, removes)))
        found.subtract(map(holder_of, held.intersection(removes)))
        return found
