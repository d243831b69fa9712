"""Carries out a plan on a server: gives and takes roles, and reads back after each call."""

from collections.abc import Callable, Iterable

from migrate.diff import Change
from migrate.errors import OutcomeUnknown, OutsideFailed, PlatformFailed
from migrate.model import Assignment, State
from migrate.plan import Plan
from migrate.platforms.assign_step import moves_of, settle_assign
from migrate.platforms.base import Need, Outcome, Settled, Step, Work
from migrate.platforms.faircom.channel import WriteChannel
from migrate.platforms.faircom.codes import words
from migrate.platforms.faircom.envelope import Said
from migrate.platforms.faircom.reader import FairComReader
from migrate.platforms.faircom.steps import entries, work_of
from migrate.wording import quoted

FIRST_PAUSE = 0.25
"""Seconds until it is looked again for what does not show; each pause is twice the one before."""

SHOWN = 5


class FairComWriter(FairComReader):
    """A server that can be written to; `timeout` and `patience` as in `Writer`.

    It remembers who held what when it looked last, so that nothing is sent that is so already: what
    a server says to that is documented nowhere (faircom.md 5).
    """

    def __init__(
        self,
        channel: WriteChannel,
        where: str,
        *,
        timeout: float,
        patience: float,
        pause: Callable[[float, str], None],
    ) -> None:
        super().__init__(channel, where)
        self.channel = channel
        self.timeout = timeout
        self.patience = patience
        self._pause = pause
        self._held: frozenset[Assignment] | None = None

    @property
    def fence(self) -> Callable[[], None]:
        """Called before each call that writes."""
        return self.channel.fence

    @fence.setter
    def fence(self, fence: Callable[[], None]) -> None:
        self.channel.fence = fence

    def capture(
        self, role_types: tuple[str, ...] | None = None, people: Need = Need.NOTHING
    ) -> State:
        """As a reader's, and remembered."""
        now = super().capture(role_types, people)
        self._held = now.people.assignments if now.people is not None else frozenset()
        return now

    def work(self, plan: Plan, target: State) -> Work:
        """The steps of a plan on the target as it is now."""
        return work_of(plan, target)

    def take_up(self, done: Iterable[tuple[Step, Outcome]], now: State) -> None:
        """Nothing: whoever takes up a run has just looked, and what it did before shows."""

    def room(self, steps: Iterable[Step]) -> tuple[int, int]:
        """A call and a look for each step, and what the limits in the config leave."""
        return 2 * sum(1 for _ in steps), self.channel.room

    def execute(
        self, step: Step, payload: bytes | None, needed: Outcome | None, before: State
    ) -> Outcome:
        """Do a step, as far as it is not so already, and look whether it shows.

        Raises PlatformFailed where it does not, or not all of it, whatever the server says.
        """
        adds, removes = moves_of(step)
        held = self._seen()
        adds, removes = adds - held, removes & held
        if not adds and not removes:
            return {"entries": 0, "shown": 0}
        add, remove = (entries(step, items, before) for items in (adds, removes))
        said = self.channel.assign(add, remove)
        try:
            undone = self._undone(adds, removes, said)
        except OutsideFailed as blind:
            # Whatever kept the look from being taken says nothing of what was sent before.
            raise OutcomeUnknown(
                f"assign of {step.object}: the server answered {_told(said)}, and could not be "
                f"read back: {blind}",
                where=self._where,
            ) from blind
        if not undone:
            told = {"said": _told(said)} if said.code or said.warnings else {}
            return {"entries": len(add) + len(remove), "shown": len(adds) + len(removes), **told}
        names = [f"{quoted(item.principal)} in {quoted(item.role)}" for item in undone[:SHOWN]]
        more = f" and {len(undone) - SHOWN} more" if len(undone) > SHOWN else ""
        raise PlatformFailed(
            f"assign of {step.object}: the server answered {_told(said)}; "
            f"{len(undone)} of {len(adds) + len(removes)} do not show: {', '.join(names)}{more}",
            where=self._where,
            remedy="See on the server whether these accounts and roles are there; what can't be "
            "done is left out with --exclude-role.",
        )

    def settle(
        self, step: Step, payload: bytes | None, before: State, changes: tuple[Change, ...]
    ) -> Settled:
        """One look at the target: does what the step was to change show there?"""
        return settle_assign(step, self.capture())

    def _undone(
        self, adds: frozenset[Assignment], removes: frozenset[Assignment], said: Said
    ) -> list[Assignment]:
        """What does not show of what was sent, within our patience: reads may lag.

        Where the server objected to as much as is missing there is nothing to wait for.
        """
        objections = len(said.warnings) + bool(said.code)
        pause, waited = FIRST_PAUSE, 0.0
        while True:
            self.capture()
            held = self._seen()
            undone = sorted((adds - held) | (removes & held))
            if len(undone) <= objections or waited >= self.patience:
                return undone
            self._pause(pause, "what was sent does not show yet")
            waited += pause
            pause *= 2

    def _seen(self) -> frozenset[Assignment]:
        """Who held what when it was looked last."""
        if self._held is None:
            self.capture()
        return self._held or frozenset()


def _told(said: Said) -> str:
    """What a server said, in a few words."""
    text = words(said.code) if said.code else "success"
    message = f": {said.message}" if said.message else ""
    warned = f", with warnings: {'; '.join(said.warnings[:SHOWN])}" if said.warnings else ""
    return f"{text}{message}{warned}"
