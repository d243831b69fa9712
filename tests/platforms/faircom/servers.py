"""Lists of accounts as servers answer, and plans on them."""

from collections.abc import Mapping
from typing import Any

from migrate.behaviour import Behaviour
from migrate.diff import Rules
from migrate.model import Assignments, Identity, Mode, Selection, Snapshot, State
from migrate.peopleplanner import PeopleRequest
from migrate.plan import Plan, Source
from migrate.planner import Request, make
from migrate.platforms.faircom.accounts import state_of
from migrate.platforms.faircom.catalogue import TRAITS

Held = Mapping[str, tuple[str, ...]]
"""The roles of each account, in their order."""

ADMIN: Held = {"ADMIN": ("ADMIN",)}


def row(name: str, roles: tuple[str, ...], shape: str = "objects") -> dict[str, Any]:
    """An account as it is listed, in one of the documented shapes."""
    if shape == "names":
        return {"username": name, "roleNames": list(roles)}
    listed = [{"roleName": role} for role in roles] if shape == "objects" else list(roles)
    return {"username": name, "accountDescription": "", "roles": listed}


def listed(held: Held, shape: str = "objects") -> dict[str, Any]:
    """The result of listAccounts, with ADMIN in it."""
    return {"accounts": [row(name, roles, shape) for name, roles in {**ADMIN, **held}.items()]}


def state(held: Held, shape: str = "objects", operator: str = "admin") -> State:
    return state_of(listed(held, shape), operator=operator, where="prod")


def snapshot(held: State, name: str) -> Snapshot:
    identity = Identity("faircom", f"https://{name}.example.com", "ledger")
    return Snapshot(name, identity, "2026-01-31T12:00:00Z", "1.0", Selection(), held)


def planned(source: State, target: State, assignments: Assignments = Assignments.EXACT) -> Plan:
    """A plan between two states, as ADMIN."""
    request = Request(
        Mode.INCREMENTAL,
        Selection(),
        Rules(),
        (),
        (),
        "directory",
        operator=("user", "ADMIN"),
        people=PeopleRequest(assignments, skip_unresolved=True),
    )
    return make(
        Source.of(snapshot(source, "dev")),
        snapshot(target, "prod"),
        request,
        behaviour=Behaviour(),
        traits=TRAITS,
        plan_id="01234567-89ab-cdef-0123-456789abcdef",
        created_at="2026-01-31T12:00:01Z",
        version="1.0",
    )
