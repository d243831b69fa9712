"""What every platform provides: a reader, and a writer that turns a plan into steps.

Planning, drift and validation hold a reader, which has no method that writes. A run holds a
writer; run and resume are one loop over its steps, which never knows what a step does.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from migrate.config import App, Login
from migrate.diff import Change
from migrate.errors import PlatformFailed
from migrate.model import Principal, RoleKey, State
from migrate.plan import Plan
from migrate.secrets import RotatingSecret
from migrate.traits import Traits

if TYPE_CHECKING:
    from migrate.auditlog import AuditLog
    from migrate.pace import Pace

Outcome = Mapping[str, Any]
"""What a step came to, as JSON: it goes into the journal and to the steps that build on it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a run, with all that is needed to redo, settle or undo it.

    `payload`: SHA-256 of the bytes it sends, stored under `imports/`. `needs`: number of the step
    whose outcome it takes. `precondition`: digest of what it changes, before. `repeatable`:
    whether it does no harm if it lands twice. `undo`: what takes it back. `writes`: whether roles
    of the target change by it.
    """

    number: int
    kind: str
    object: str
    role_type: str
    payload: str | None = None
    needs: int | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    precondition: str = ""
    repeatable: bool = False
    undo: str = ""
    writes: bool = True


@dataclass(frozen=True, slots=True)
class Work:
    """The steps of a plan, the bytes they send by SHA-256, and the roles that those hold."""

    steps: tuple[Step, ...]
    payloads: Mapping[str, bytes]
    imported: frozenset[RoleKey]


class Settled(StrEnum):
    """What reading back says about a call whose outcome is unknown."""

    LANDED = "landed"
    NOT_LANDED = "not landed"
    PARTLY = "landed in part"
    UNCLEAR = "unclear"


class Need(StrEnum):
    """How much of who holds what is read: nothing, who holds roles, or everybody."""

    NOTHING = "nothing"
    HOLDERS = "holders"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Found:
    """A user who was looked up by name and exists; `status`: "", or why one is not active."""

    user: Principal
    status: str = ""


class PeopleUnreadable(PlatformFailed):
    """Who holds what, or who is there, can't be read, though roles can."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all readers and writers of one account share in this process, under whatever names.

    `pace` is the account's budget of calls. `secret` gives the secret of an app or a login, always
    the same one, so that one who finds it rotated finds it for all; its second argument names the
    app or login in texts.
    """

    pace: "Pace"
    secret: Callable[[App | Login, str], RotatingSecret]


class Reader(Protocol):
    """Reads an environment. Every method only reads."""

    @property
    def traits(self) -> Traits:
        """What the pure rooms must know of the platform."""
        ...

    @property
    def requests(self) -> int:
        """How many requests were made so far."""
        ...

    def capture(
        self, role_types: tuple[str, ...] | None = None, people: Need = Need.NOTHING
    ) -> State:
        """All roles of the types (default: all configured), and who holds them as far as needed.

        Complete or an error; PeopleUnreadable where only the latter is not to be had.
        """
        ...

    def account_id(self) -> str:
        """The platform's own id of the account that answers, as in `People.account_id`.

        "" where nothing is there to show it. Raises PeopleUnreadable where it is not to be had.
        """
        ...

    def know(self, state: State) -> None:
        """Call things from now on as in a state that was captured earlier.

        What tells two scopes of one name apart must not depend on which of them a capture sees.
        """
        ...

    def find_users(self, names: Collection[str]) -> tuple[Found, ...]:
        """The users of these names who exist, as a capture need not show those who hold nothing.

        Ask only for users whom a capture did not show. Complete or PeopleUnreadable.
        """
        ...

    def said_since(self, since: str, until: str) -> "AuditLog | None":
        """What the platform's own log says of roles after one time and up to another.

        Both are ISO 8601, UTC, in seconds. None where a platform has no log that can be read.
        Raises PlatformFailed where this one can't be.
        """
        ...

    def close(self) -> None:
        """Close connections."""
        ...


class Writer(Reader, Protocol):
    """Carries out plans.

    `timeout` is the longest, in seconds, that a call may take; `patience` how long after a call of
    unknown outcome it can be expected to have arrived. `fence` is called before each call that
    writes: set it to what makes sure that the target is still ours.
    """

    timeout: float
    patience: float
    fence: Callable[[], None]

    def work(self, plan: Plan, target: State) -> Work:
        """The steps of a plan on the target's present state. Pure."""
        ...

    def take_up(self, done: Iterable[tuple[Step, Outcome]], now: State) -> None:
        """Before another process's run goes on: know its steps so far, and the target as it is."""
        ...

    def room(self, steps: Iterable[Step]) -> tuple[int, int]:
        """How many calls so many steps take at least, and how many are left for this hour."""
        ...

    def execute(
        self, step: Step, payload: bytes | None, needed: Outcome | None, before: State
    ) -> Outcome:
        """Do a step; `needed` is the outcome of the step it needs, `before` the target before all.

        Raises OutcomeUnknown where it may or may not have been done, and any other OutsideFailed
        where it was not.
        """
        ...

    def settle(
        self, step: Step, payload: bytes | None, before: State, changes: tuple[Change, ...]
    ) -> Settled:
        """Read back whether a step of unknown outcome was done; one look, the caller waits."""
        ...


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What an upload gives: the fileId that the import takes, and where the file went."""

    file_id: str
    place: str
    details: Mapping[str, str] = field(default_factory=dict)


Uploader = Callable[[bytes, str, str], Uploaded]
"""Takes the bytes of an import file, their SHA-256 (hex) and the role type."""

Uploads = Callable[[], Uploader | None]
"""The way to a fileId, for platforms that import files; None for the platform's own upload. Raises
InvalidInput where the config does not say."""
