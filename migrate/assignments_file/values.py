"""What an assignments file comes to."""

from dataclasses import dataclass, field
from enum import StrEnum

from migrate.errors import Fault
from migrate.model import ACCOUNT, PrincipalKind
from migrate.wording import JsonPath


class Action(StrEnum):
    """What is to become of an assignment."""

    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line of a file, names as they are written there.

    `bot` is ACCOUNT for an admin role; `by_org_id`: the principal is a user's organisation id.
    `role_id` and `bot_id` are the platform's ids in the environment that is changed, where a line
    has them; then `role` and `bot` may be empty. `place` says where it stands, for messages:
    "line 3", or a JSON path.
    """

    kind: PrincipalKind
    principal: str
    role_type: str
    role: str
    bot: str = ACCOUNT
    action: Action = Action.ADD
    by_org_id: bool = False
    role_id: str = ""
    bot_id: str = ""
    place: str = field(default="", compare=False)

    @property
    def names(self) -> tuple[str, str, str]:
        """Principal, role and bot; of what is not named, its id."""
        return (self.principal, self.role or self.role_id, self.bot or self.bot_id)


@dataclass(frozen=True, slots=True)
class AssignmentsFile:
    """Everything that a file asks for, each once, in its order, and what is odd about it.

    `name` is what messages call it, `digest` the SHA-256 of its bytes.
    """

    name: str
    digest: str
    wanted: tuple[Wanted, ...]
    warnings: tuple[Fault, ...] = ()

    @property
    def users(self) -> tuple[str, ...]:
        """The users that it names by e-mail, as they are written there."""
        named = (line for line in self.wanted if line.kind is PrincipalKind.USER)
        return tuple(line.principal for line in named if not line.by_org_id)


Placed = dict[JsonPath, Wanted]
"""What a file asks for, by the path of what says so; in a table that is the line alone."""
