"""Who holds what by now, against what a run found and did. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from migrate.model import Assignment, People, RoleKey, State
from migrate.standing.effects import Conflict, Progress, Stage

_NOTHING: frozenset[Assignment] = frozenset()


def same_ids(before: State, now: State) -> frozenset[RoleKey]:
    """The roles that have, in both states, one and the same id."""
    has = now.by_key()
    return frozenset(
        role.key
        for role in before.all_roles()
        if role.id is not None and role.key in has and has[role.key].id == role.id
    )


class Members:
    """The people of a target before a run and now; either is None where that is not known.

    `kept` are roles that have the ids that they had: no import dropped who held them.
    """

    def __init__(
        self,
        before: People | None,
        now: People | None,
        stages: tuple[Stage, ...],
        kept: frozenset[RoleKey] = frozenset(),
    ) -> None:
        self._kept = kept
        self._before, self._now, self._stages = before, now, stages
        self._had = before.assignments if before else _NOTHING
        self._begun = [stage for stage in stages if stage.progress is not Progress.PENDING]

    @property
    def given(self) -> frozenset[Assignment]:
        """The assignments that were made so far, or may have been, and were not there before."""
        return _NOTHING.union(*(stage.effect.adds for stage in self._begun)) - self._had

    @property
    def taken(self) -> frozenset[Assignment]:
        """The assignments that were taken back so far, or may have been, and were there before."""
        return _NOTHING.union(*(stage.effect.removes for stage in self._begun)) & self._had

    @property
    def loose(self) -> frozenset[RoleKey]:
        """Roles whose holders may have dropped out and were not put back yet."""
        found: frozenset[RoleKey] = frozenset()
        for stage in self._begun:
            found |= stage.effect.loosens
            if stage.progress is Progress.DONE:
                found -= stage.effect.restores
        return found - self._kept

    def conflicts(self, there: Collection[RoleKey]) -> Iterator[Conflict]:
        """Assignments of roles that are there which the run can't have left as they are."""
        if self._before is None or self._now is None:
            return
        held, hidden = self._now.assignments, self._now.maybe_direct
        for item, allowed in sorted(self._allowed().items()):
            if item in hidden or item.role_key not in there or (item in held) in allowed:
                continue
            where = f" in {item.scope!r}" if item.scope else ""
            has = "holds" if item in held else "does not hold"
            yield Conflict(
                f"{item.kind} {item.principal!r} {has} {item.role_type} role {item.role!r}{where}, "
                "which is neither what the run found nor what it did"
            )

    def rebased(self) -> People | None:
        """Who held what before, with assignments that no step touches as they are now."""
        then, now = self._before, self._now
        if then is None or now is None:
            return then
        ours = {item for each in self._stages for item in (*each.effect.adds, *each.effect.removes)}
        loose = self.loose
        kept = (item for item in then.assignments if item in ours or item.role_key in loose)
        others = (
            item for item in now.assignments if item not in ours and item.role_key not in loose
        )
        return replace(
            now,
            assignments=frozenset((*kept, *others)),
            principals={**then.principals, **now.principals},
            scopes={**then.scopes, **now.scopes},
        )

    def _allowed(self) -> dict[Assignment, set[bool]]:
        """Every assignment that a step makes or takes back: whether it can be held by now."""
        loose = self.loose
        found: dict[Assignment, set[bool]] = {}
        for stage in self._stages:
            effect = stage.effect
            for item in (*effect.adds, *effect.removes):
                values = found.setdefault(item, {item in self._had})
                if stage.progress is Progress.DONE and not effect.partly:
                    values.clear()
                if stage.progress is not Progress.PENDING:
                    values.add(item in effect.adds)
                if item.role_key in loose:
                    values.add(False)
        return found
