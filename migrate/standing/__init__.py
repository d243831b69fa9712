"""Where a run that was cut off has left the target, object by object. Pure.

A run goes on, or is undone, only where nobody else changed what it touches. That takes telling
three things apart: what the run found, what it sent, and what neither explains. The platform may
have made something of its own of what was sent (verification would say so); that is no conflict.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from migrate.behaviour import is_denied
from migrate.model import Role, RoleKey, State
from migrate.standing.effects import Conflict, Effect, Progress, Stage
from migrate.standing.members import Members, same_ids
from migrate.traits import Traits

__all__ = ["Conflict", "Effect", "Progress", "Stage", "Standing", "same"]


class Standing:
    """A target as a run found it (`before`), as it is now, and how far the run came.

    Where roles are only seen in use, those that were seen before, or given, are taken to be there.
    """

    def __init__(
        self, before: State, now: State, stages: tuple[Stage, ...], traits: Traits
    ) -> None:
        given = (item.role_key for stage in stages for item in stage.effect.adds)
        seen = (*before.all_roles(), *(Role.opaque(*key) for key in given))
        self.before, self.now = before, now.with_seen(seen)
        self._had, self._has = before.by_key(), self.now.by_key()
        self._traits = traits
        self._known = {name for role in before.all_roles() for name in role.permissions}
        self._stages = tuple(
            Stage(self._spelled_out(stage.effect), stage.progress) for stage in stages
        )
        self._begun = tuple(
            stage for stage in self._stages if stage.progress is not Progress.PENDING
        )
        self._doubted = frozenset[RoleKey]().union(*(s.effect.doubtful for s in self._begun))
        kept = same_ids(before, now)
        self.members = Members(before.people, now.people, stages, kept)

    @property
    def touched(self) -> frozenset[RoleKey]:
        """The roles that a step changes, or writes as they were and is not done yet.

        A full import holds every role that stays: once it is done, those are nobody's business.
        """
        return self.written | {
            key
            for stage in self._stages
            for key in stage.effect.roles
            if stage.progress is not Progress.DONE
        }

    @property
    def sent(self) -> frozenset[RoleKey]:
        """The roles that were in anything sent so far, changed or not."""
        return frozenset(key for stage in self._begun for key in stage.effect.roles)

    @property
    def written(self) -> frozenset[RoleKey]:
        """The roles that were changed so far, or may have been."""
        return frozenset(
            key
            for stage in self._begun
            for key, sent in stage.effect.roles.items()
            if not same(sent, self._had.get(key))
        )

    def sent_it(self, key: RoleKey) -> bool:
        """Whether the role as it is can be what the run made of it."""
        return any(
            self._explains(key, stage.effect.roles[key], doubtful=True)
            for stage in self._begun
            if key in stage.effect.roles
        )

    def unseen(self) -> tuple[RoleKey, ...]:
        """Roles that a step is known to have changed, and that show as they were: late, perhaps."""
        return tuple(
            key
            for key in sorted(self.written)
            if same(self._has.get(key), self._had.get(key))
            and (values := self._expected(key))
            and not any(same(self._had.get(key), value) for value in values)
        )

    def conflicts(self) -> tuple[Conflict, ...]:
        """What must not be gone on with: the steps to come rest on something else."""
        found = [
            Conflict(f"{key[0]} role {key[1]!r} {self._how(key)}")
            for key in sorted(self.touched)
            if not any(
                self._explains(key, value, doubtful=key in self._doubted)
                for value in self._expected(key)
            )
        ]
        found += [Conflict(what) for what in self._intruders()]
        found += self.members.conflicts(self._has.keys())
        return tuple(found)

    def elsewhere(self) -> Iterator[str]:
        """What others changed in roles that no step touches, as sentences."""
        for key in sorted((self._had.keys() | self._has.keys()) - self.touched):
            was, has = self._had.get(key), self._has.get(key)
            if not same(was, has) and not self.now.in_part(key[0]):
                what = "is new" if was is None else "is gone" if has is None else "changed"
                yield f"{key[0]} role {key[1]!r} {what} since the run began"

    def rebased(self) -> State:
        """`before`, with what no step touches as it is now: others may have changed it since.

        Ids stay those of before: whether an import kept them is told by them.
        """
        touched = self.touched
        sections = {}
        for role_type, section in self.before.roles.items():
            now = self.now.roles.get(role_type)
            if now is None:
                sections[role_type] = section
                continue
            kept = [role for role in section.roles if role.key in touched]
            others = [self._with_old_ids(role) for role in now.roles if role.key not in touched]
            sections[role_type] = section.holding((*kept, *others))
        return State(sections, self.members.rebased())

    def _with_old_ids(self, role: Role) -> Role:
        had = self._had.get(role.key)
        return role if had is None else replace(role, id=had.id, ref_id=had.ref_id)

    def _spelled_out(self, effect: Effect) -> Effect:
        """A whole role type's deletions by name, of the roles that were there."""
        if not effect.whole:
            return effect
        gone = {
            key: None for key in self._had if key[0] == effect.whole and key not in effect.roles
        }
        return Effect(
            {**effect.roles, **gone},
            effect.whole,
            effect.doubtful,
            loosens=effect.loosens,
            restores=effect.restores,
        )

    def _expected(self, key: RoleKey) -> list[Role | None]:
        """What the role can be by what the run did so far: more than one where that is unknown."""
        values = [self._had.get(key)]
        for stage in self._begun:
            if key not in stage.effect.roles:
                continue
            sent = stage.effect.roles[key]
            certain = stage.progress is Progress.DONE and key not in stage.effect.doubtful
            values = [sent] if certain else [*values, sent]
        return values

    def _explains(self, key: RoleKey, sent: Role | None, *, doubtful: bool) -> bool:
        """Whether the role as it is can be what became of `sent`, on this platform or another."""
        now, had = self._has.get(key), self._had.get(key)
        if sent is None or now is None:
            # A platform whose full import does not delete leaves the role as it was.
            return sent is None and (now is None or same(now, had))
        if now.description != sent.description:
            return False
        before = had.permissions if had else {}
        return all(
            self._value_explained(name, now, sent, before, doubtful)
            for name in now.permissions.keys() | sent.permissions.keys()
        )

    def _value_explained(
        self, name: str, now: Role, sent: Role, before: Mapping[str, object], doubtful: bool
    ) -> bool:
        is_now, was_sent = now.permissions.get(name), sent.permissions.get(name)
        if is_now == was_sent:
            return True
        if was_sent is None:
            filled = is_now is not None and is_denied(is_now, self._traits.denied)
            return filled or is_now == before.get(name)
        if is_now is None:
            return doubtful or name not in self._known
        return doubtful and is_now == before.get(name)

    def _how(self, key: RoleKey) -> str:
        if key not in self._has:
            return "is gone"
        if key not in self._had and not any(self._expected(key)):
            return "exists by now"
        return "is neither what the run found nor what it sent"

    def _intruders(self) -> Iterator[str]:
        """New roles that a full import, which is still to be done or may be, would delete."""
        written = self.touched
        for stage in self._stages:
            if not stage.effect.whole or stage.progress is Progress.DONE:
                continue
            for key in sorted(self._has.keys() - written):
                if key[0] == stage.effect.whole:
                    yield f"{key[0]} role {key[1]!r} is new, and a full import would delete it"


def same(one: Role | None, other: Role | None) -> bool:
    """Whether both are absent, or hold the same content."""
    if one is None or other is None:
        return one is other
    return one.same_content(other)
