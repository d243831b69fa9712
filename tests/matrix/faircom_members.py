"""Memberships on FairCom, for the tests of assignments."""

from typing import Any

from hypothesis import strategies as st

from tests.cli.ledger import ASSIGN, server
from tests.cli.world import Ran, World
from tests.matrix.members import Case, Drawn, Grants, Held, Platform

DIMENSIONS: dict[str, list[Any]] = {
    "assignments": ["exact", "merge"],
    "novel": [False, True],
    "lost": [False, True],
    "api": ["optional", "required", "session"],
    "token_place": ["both", "result", "top"],
    "error_code": ["number", "string"],
    "error_result": ["absent", "empty"],
    "write_result": ["empty", "absent", "accounts"],
    "warning_shape": ["short", "long"],
    "default_debug": ["none", "max"],
    "dead_token_status": ["200", "401"],
    "error_status": ["200", "4xx"],
    "unknown_param": ["14702", "14700", "ignored"],
    "live_rights": ["at_once", "at_login"],
    "spelling": ["kept", "upper", "example"],
    "role_case": ["folded", "exact"],
    "role_names_key": ["exact", "any_case", "lower"],
    "role_shape": ["objects", "names", "strings"],
    "role_order": ["kept", "by_name"],
    "guest": ["shown", "hidden", "absent", "always"],
    "unknown_role": ["warning", "error", "silent", "created"],
    "duplicate_add": ["warning", "error", "silent"],
    "absent_remove": ["warning", "error", "silent"],
    "guest_change": ["warning", "error", "silent"],
    "admin_change": ["error", "warning", "silent"],
    "too_many_roles": ["error", "warning", "silent"],
    "batch": ["each", "stops", "atomic"],
    "order": ["add_first", "remove_first"],
    "read_lag": [0, 0.2],
}
NOT_SWITCHES = ("assignments", "novel", "lost")
"""Whether a role is promoted that the target does not have; whether its session gets lost."""

DEV = server(
    {"ann": "SALES Ledger", "Bob": "Ledger PILOT", "cy": "AUDIT", "dee": "", "ops": "ADMIN"}
)
NOVEL = server({"ann": "SALES Ledger", "Bob": "Ledger PILOT", "cy": "AUDIT NOVEL", "dee": ""})
PROD = server(
    {"ANN": "Sales", "BOB": "Sales", "Cy": "Audit Sales", "DEE": "LEDGER", "ops": "ADMIN"},
    "PILOT",
)
ALLOW = ("--allow-unseen-roles", "--allow=no_gain", "--reason", "a test")


def held(document: dict[str, Any]) -> Held:
    """(account, role), in capitals, of everybody who holds a role."""
    return frozenset(
        (account["username"].upper(), role.upper())
        for account in document["accounts"]
        for role in account["roles"]
        if role.upper() != "GUEST"
    )


def promote(world: World, case: Case) -> Ran:
    return world.promote("--yes", "--assignments", case["assignments"], *ALLOW)


def ended(world: World, case: Case, dev: Held, before: Held) -> Held | None:
    """Promote until the target is exact, or is known to take nothing of it."""
    world.configure(timeout="0.5", verify_timeout="1")
    if case["novel"]:
        world.put("dev", NOVEL)
        dev = held(world.state("dev"))
    if case["lost"]:
        world.fault("session_lost", "/api", action=ASSIGN)
    ran = promote(world, case)
    takes = case["role_names_key"] != "lower"
    if not takes or (case["novel"] and case["unknown_role"] != "created"):
        # What is not there, or not understood, shows when it is tried, before all else.
        assert ran.code in (7, 8), ran.err
        assert "next: " in ran.err
        if ran.code == 8:
            back = world.run("rollback", world.runs()[0], "--yes")
            assert back.code == 0, back.err
        assert held(world.state()) == before, ran.err
        return None
    assert ran.code == 0, ran.err
    return dev | before if case["assignments"] == "merge" else dev


def grants(document: dict[str, Any]) -> Grants:
    """What each account may do, and that it is more than a guest where it has any role."""
    found: Grants = {}
    for account in document["accounts"]:
        names = {role.upper() for role in account["roles"]} - {"GUEST"}
        names |= {"more than GUEST"} if names else set()
        found["user", account["username"].upper()] = frozenset(("", name, "") for name in names)
    return found


ROLES = st.lists(st.sampled_from(("A", "b", "C", "d", "E")), max_size=5, unique=True)


@st.composite
def servers(draw: st.DrawFn) -> dict[str, Any]:
    accounts = {name: " ".join(draw(ROLES)) for name in ("ann", "BOB", "Cy")}
    return server(accounts, "A", "B", "C", "D", "E")


SWITCHES = st.fixed_dictionaries(
    {
        "role_shape": st.sampled_from(["objects", "names", "strings"]),
        "role_order": st.sampled_from(["kept", "by_name"]),
        "guest": st.sampled_from(["shown", "hidden", "absent", "always"]),
        "spelling": st.sampled_from(["kept", "upper", "example"]),
        "batch": st.sampled_from(["each", "stops", "atomic"]),
        "order": st.sampled_from(["add_first", "remove_first"]),
        "duplicate_add": st.sampled_from(["warning", "error", "silent"]),
        "absent_remove": st.sampled_from(["warning", "error", "silent"]),
    }
)


def _drawn(dev: Any, prod: Any, switches: Case, assignments: str) -> Drawn:
    return Drawn(dev, prod, switches, {"assignments": assignments})


FAIRCOM = Platform(
    DEV,
    PROD,
    DIMENSIONS,
    NOT_SWITCHES,
    held,
    promote,
    ended,
    grants,
    writes=lambda entry: bool(entry["body"]["action"] == ASSIGN),
    imports=lambda entry: False,
    drawn=st.builds(_drawn, servers(), servers(), SWITCHES, st.sampled_from(["merge", "exact"])),
)
