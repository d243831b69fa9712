"""One role type under question: the roles that were made of it, and what was answered."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace

from migrate.model import Permissions, Role
from migrate.platforms.kore.probe.bench import Bench, Imported, Roles
from migrate.platforms.kore.probe.judging import Answered, Verdict
from migrate.platforms.kore.probe.questions import Notebook
from migrate.platforms.kore.probe.sketch import Sketch
from migrate.profile import made_by_probe


@dataclass(slots=True)
class Desk:
    """What the questions of one role type share.

    `random_hex` gives n random hexadecimal digits. `roles` are all roles of the type as last read,
    `answers` what imports answered with, `made` the names of a probe's roles that may be there.
    `wants_id`: new roles need an `_id`. `refs_kept`: roles were seen to keep their refIds. `step`
    numbers what is sent, so that it shows.
    """

    sketch: Sketch
    bench: Bench
    notebook: Notebook
    random_hex: Callable[[int], str]
    roles: Roles = field(default_factory=dict)
    answers: list[Answered] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    wants_id: bool = False
    refs_kept: bool = False
    step: int = 0

    @property
    def role_type(self) -> str:
        """The role type under question."""
        return self.sketch.role_type

    def role(self, number: int) -> Role:
        """A role of this probe as it was last read."""
        return self.roles[self.sketch.name(number)]

    def has(self, number: int) -> bool:
        """Whether a role of this probe was there when roles were last read."""
        return self.sketch.name(number) in self.roles

    def next_step(self) -> None:
        """Begin what is to show as new."""
        self.step += 1

    def new(self, number: int, permissions: Permissions, ref_id: str | None = None) -> Role:
        """A role that is not there yet: with a refId, and an `_id` only if one is wanted."""
        digits = self.random_hex(32)
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        return replace(
            self.sketch.role(number, self.step, permissions),
            id=self.random_hex(24) if self.wants_id else None,
            ref_id=ref_id or "-".join(parts),
        )

    def again(self, number: int, permissions: Permissions) -> Role:
        """A new version of a role that is there, under its ids."""
        held = self.role(number)
        drawn = self.sketch.role(number, self.step, permissions)
        return replace(drawn, id=held.id, ref_id=held.ref_id)

    def shows(self, number: int) -> Callable[[Roles], bool]:
        """Whether roles as read show what the present step did to a role."""
        expected = self.sketch.role(number, self.step, {})

        def shown(found: Roles) -> bool:
            return expected.name in found and (
                found[expected.name].description == expected.description
            )

        return shown

    def upload(self, roles: Iterable[Role]) -> str:
        """Upload role documents; returns the fileId."""
        return self.bench.upload(self.role_type, roles)

    def bring_in(self, file_id: str, roles: Iterable[Role], *, full: bool = False) -> Imported:
        """Import an uploaded file that holds `roles`."""
        self.made.update(role.name for role in roles if made_by_probe(role.name))
        return self.bench.bring_in(self.role_type, file_id, full=full)

    def see(
        self,
        roles: Iterable[Role],
        answer: Imported,
        shows: Callable[[Roles], bool] = bool,
        losing: Collection[str] = (),
    ) -> bool:
        """Read until all of an import shows, and keep what was read and answered; whether so.

        A read that lacks one of the probe's roles was cut short, but for those that the import may
        have taken away (`losing`).
        """
        sent, answered = (tuple(role.name for role in some) for some in (roles, answer.roles))
        if not self._read({*sent}, shows, losing):
            return False
        self.answers.append(Answered(sent, answered, frozenset(self.roles)))
        return True

    def look_again(self, losing: Collection[str] = ()) -> bool:
        """Read once more: that a role is gone is not believed at first sight. Whether it went."""
        return self._read(set(), bool, losing)

    def _read(
        self, sent: set[str], shows: Callable[[Roles], bool], losing: Collection[str]
    ) -> bool:
        mine = {name for name in self.roles if made_by_probe(name)}
        expected = sent | mine.difference(losing)
        found = self.bench.until(
            self.role_type, lambda found: found.keys() >= expected and shows(found)
        )
        if found is not None:
            self.roles = found
        return found is not None

    def note(self, question: str, verdict: Verdict) -> None:
        """Write down what was found of the role type."""
        self.notebook.settle(question, self.role_type, verdict.value, verdict.how)

    def leave(self, questions: tuple[str, ...], why: str) -> None:
        """Say why questions stay open."""
        self.notebook.leave(questions, self.role_type, why)
