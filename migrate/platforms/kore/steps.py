"""The steps of a plan: which calls make which move, and what each needs to be settled or undone."""

from collections.abc import Iterable
from dataclasses import dataclass

from migrate.canonical import sha256
from migrate.digests import state_digest
from migrate.model import Assignment, RoleKey, State
from migrate.moves import Move, Part
from migrate.ordering import Order
from migrate.peoplefile import assignments_to_value
from migrate.plan import Plan, desired
from migrate.platforms.assign_step import assign_step
from migrate.platforms.base import Step, Work
from migrate.platforms.kore.assignments import MOST
from migrate.platforms.kore.catalogue import TRAITS
from migrate.platforms.kore.importfile import IMPORTS, ImportFile, build_part

GIVING = frozenset({Move.ADD, Move.ADD_EXISTING, Move.ADD_CREATED, Move.CREATE})
"""The moves that take nothing from anybody. What was given is confirmed before any other one: an
answer that says "success" is no proof (kore.md D)."""

GAP = "membership_gap"
"""The guard whose override lets roles be pruned though an import drops their members."""


def work_of(plan: Plan, target: State) -> Work:
    """Every step of a plan on the target as it is now, role type after role type.

    An upload and an import for each move that is one, whatever the number of roles; after an
    import of roles that somebody holds, a step that puts back whom it dropped and makes no call
    where it dropped nobody; one call per batch of assignments; and a look at what was added before
    anything is taken away.
    """
    steps: list[Step] = []
    payloads: dict[str, bytes] = {}
    imported: set[RoleKey] = set()
    for order in plan.people.orders:
        assembly = _Assembly(plan, target, desired(plan, target), order)
        for step, file in assembly.steps(len(steps)):
            steps.append(step)
            if file is not None and step.payload is not None:
                payloads[step.payload] = file.data
                imported.update(role.key for role in file.roles)
    return Work(tuple(steps), payloads, frozenset(imported))


@dataclass(frozen=True, slots=True)
class _Assembly:
    plan: Plan
    target: State
    goal: State
    order: Order

    def steps(self, number: int) -> Iterable[tuple[Step, ImportFile | None]]:
        """The steps of one role type, numbered on from `number`."""
        made: list[tuple[Step, ImportFile | None]] = []
        done: tuple[list[Assignment], list[Assignment]] = ([], [])
        given: list[Assignment] = []
        for part in self.order.parts:
            move = part.move
            if given and move not in GIVING:
                made.append((self._confirm(given, number + len(made)), None))
                given = []
            if move in IMPORTS:
                kind = self.order.role_type
                file = build_part(self.plan, self.target, self.goal, kind, part)
                made += [(step, file) for step in self._import(file, number + len(made))]
                restore = self._restore(made[-1][0], file, done)
                made += [(restore, None)] if restore else []
                continue
            items = self._items(part)
            done[move is Move.REMOVE].extend(items)
            given += items if move is not Move.REMOVE else []
            for start in range(0, len(items), MOST):
                batch = items[start : start + MOST]
                removing = move is Move.REMOVE
                step = assign_step(
                    number + len(made), batch, self.order.role_type, removing=removing
                )
                made.append((step, None))
        return made

    def _items(self, part: Part) -> list[Assignment]:
        people, existing = self.plan.people, self.target.by_key()
        return [
            item
            for item in (people.removes if part.move is Move.REMOVE else people.adds)
            if item.role_type == self.order.role_type
            and part.holds(item, item.role_key not in existing)
        ]

    def _confirm(self, items: list[Assignment], number: int) -> Step:
        return Step(
            number=number,
            kind="confirm",
            object=f"{len(items)} {self.order.role_type} assignments that were added",
            role_type=self.order.role_type,
            arguments={"adds": assignments_to_value(items)},
            repeatable=True,
            undo="nothing: it only reads",
            writes=False,
        )

    def _import(self, file: ImportFile, number: int) -> tuple[Step, Step]:
        count = len(file.roles)
        name = f"{count} {file.role_type} role{'' if count == 1 else 's'}"
        section = State({file.role_type: self.target.roles[file.role_type]})
        digest = sha256(file.data)
        upload = Step(
            number=number,
            kind="upload",
            object=name,
            role_type=file.role_type,
            payload=digest,
            repeatable=True,
            undo="nothing: an uploaded file changes no role",
            writes=False,
        )
        imports = [move for move in self.order.moves if move in IMPORTS]
        imported = Step(
            number=number + 1,
            kind="import",
            object=name,
            role_type=file.role_type,
            payload=digest,
            needs=number,
            arguments={
                "fullImport": file.full,
                "alone": len(imports) == 1,
                "gap": any(override.rule == GAP for override in self.plan.overrides),
            },
            precondition=state_digest(section),
            repeatable=file.repeatable,
            undo="import the backup's roles of this type",
        )
        return upload, imported

    def _restore(
        self, imported: Step, file: ImportFile, done: tuple[list[Assignment], list[Assignment]]
    ) -> Step | None:
        if self.target.people is None:
            return None
        roles = {role.key for role in file.roles}
        held = self.target.people.assignments.union(done[0]).difference(done[1])
        # No import ever changes these, and none has them in its answer (kore.md B).
        changing = {key for key in roles if not TRAITS.is_untouchable(*key)}
        names = sorted({item.role for item in held if item.role_key in changing})
        if not names:
            return None
        return Step(
            number=imported.number + 1,
            kind="restore",
            object=f"members of {imported.role_type} roles",
            role_type=imported.role_type,
            needs=imported.number,
            arguments={
                "roles": names,
                "adds": assignments_to_value(done[0]),
                "removes": assignments_to_value(done[1]),
            },
            repeatable=True,
            undo="nothing: it puts back what was there",
        )
