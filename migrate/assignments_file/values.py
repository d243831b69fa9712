"""What an assignments file comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from migrate.errors import Fault
from migrate.model import ACCOUNT, PrincipalKind, RoleKey
from migrate.wording import JsonPath


class Action(StrEnum):
    """What is to become of an assignment."""

    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line of a file, names as they are written there.

    `bot` is ACCOUNT for an admin role; `by_org_id`: the principal is a user's organisation id.
    `place` says where it stands, for messages: "line 3", or a JSON path.
    """

    kind: PrincipalKind
    principal: str
    role_type: str
    role: str
    bot: str = ACCOUNT
    action: Action = Action.ADD
    by_org_id: bool = False
    place: str = field(default="", compare=False)

    @property
    def names(self) -> tuple[str, str, str]:
        """Principal, role and bot."""
        return (self.principal, self.role, self.bot)


@dataclass(frozen=True, slots=True)
class Lookup:
    """The names behind the ids of the environment that is changed: roles and bots by id."""

    roles: Mapping[str, RoleKey]
    bots: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AssignmentsFile:
    """Everything that a file asks for, each once, in its order, and what is odd about it."""

    wanted: tuple[Wanted, ...]
    warnings: tuple[Fault, ...] = ()


Placed = dict[JsonPath, Wanted]
"""What a file asks for, by the path of what says so; in a table that is the line alone."""
