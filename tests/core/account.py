"""An account that obeys imports, or does not: the few lines that the planner has to be right about.

Written from kore.md B alone, so that it can't share the mistakes of what it tests.
"""

from dataclasses import dataclass, replace
from itertools import count

from migrate.behaviour import Behaviour
from migrate.canonical import loads
from migrate.model import Role, Section, Selection, State
from migrate.plan import Plan, Source, desired
from migrate.planner import Request, make
from migrate.platforms.kore.catalogue import TRAITS
from migrate.platforms.kore.documents import role_from_document
from migrate.platforms.kore.importfile import ImportFile, build
from migrate.verification import Verification, verify
from tests.core.strategies import KNOWN, VALUES, matched, snapshot

_ids = count()


@dataclass(frozen=True)
class Account:
    """What an account does with an import; the defaults say: as it is told."""

    full_deletes: bool = True
    merges: bool = False
    fills: bool = False
    drops: bool = False
    mints: bool = False
    by_ref: bool = False

    def after(self, state: State, file: ImportFile) -> State:
        """The state after one import, from nothing but the file's bytes."""
        held = state.roles[file.role_type].roles
        touched: dict[int, Role] = {}
        created: list[Role] = []
        for document in loads(file.data, where="upload"):
            sent = role_from_document(document)
            place = self._match(held, sent)
            if place is None:
                created.append(self._stored(None, sent))
            elif TRAITS.is_untouchable(file.role_type, held[place].name):
                touched[place] = held[place]
            else:
                assert place not in touched, "two documents for one role"
                touched[place] = self._stored(held[place], sent)
        left = [
            touched.get(place, role)
            for place, role in enumerate(held)
            if place in touched or not (file.full and self.full_deletes)
        ]
        roles = (*left, *created)
        assert len({role.name for role in roles}) == len(roles), "a name was used twice"
        return State({**state.roles, file.role_type: Section.of(roles)})

    def _match(self, held: tuple[Role, ...], sent: Role) -> int | None:
        for place, role in enumerate(held):
            if self.by_ref and sent.ref_id is not None:
                found = role.ref_id == sent.ref_id
            elif self.by_ref and sent.id is not None:
                found = role.id == sent.id
            else:
                found = not self.by_ref and role.name == sent.name
            if found:
                return place
        return None

    def _stored(self, old: Role | None, sent: Role) -> Role:
        known = KNOWN[sent.role_type]
        permissions = dict(sent.permissions)
        if self.drops:
            permissions = {name: held for name, held in permissions.items() if name in known}
        if self.merges and old is not None:
            permissions = {**old.permissions, **permissions}
        if self.fills:
            denied = "NO" if isinstance(VALUES[sent.role_type][0], str) else ("NO",)
            permissions = {**dict.fromkeys(known, denied), **permissions}
        number = next(_ids)
        return Role(
            sent.role_type,
            sent.name,
            sent.description,
            permissions,
            id=f"minted-{number}" if old is None or self.mints else old.id,
            ref_id=sent.ref_id or (old.ref_id if old else f"made-{number}"),
        )


def planned(source: State, target: State, request, behaviour=None, *, narrowed=None) -> Plan:
    """A plan between two states, under a fixed id and time."""
    return make(
        Source.of(snapshot(source, "dev", narrowed)),
        snapshot(target, "prod"),
        request,
        behaviour=behaviour or Behaviour(),
        traits=TRAITS,
        plan_id="01234567-89ab-cdef-0123-456789abcdef",
        created_at="2026-01-31T12:00:01Z",
        version="1.0",
    )


def planned_again(
    source: State, target: State, request: Request, behaviour: Behaviour, narrowed: Selection
) -> Plan:
    """A plan like an earlier one; empty where a pattern has nothing left to match."""
    names = {role.name for state in (source, target) for role in state.all_roles()}
    if not all(matched(pattern, names) for pattern in request.selection.include):
        request = replace(request, selection=Selection(exclude=("*",)))
    return planned(source, target, request, behaviour, narrowed=narrowed)


def run(plan: Plan, target: State, account: Account) -> tuple[State, Verification]:
    """Apply a plan and verify, as a run does: only the role types that change are read back."""
    files = build(plan, target)
    found = target
    for file in files:
        found = account.after(found, file)
    read = State({role_type: found.roles[role_type] for role_type in plan.role_types})
    sent = {role.key for file in files for role in file.roles}
    answered = {
        file.role_type
        for file in files
        for role in file.roles
        if not role.same_content(found.by_key().get(role.key, role))
    }
    return found, verify(target, desired(plan, target), read, plan.changes, sent, TRAITS, answered)
