"""Pairs on a state, under every switch that nobody documents."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.sandbox.faircom.account import ADMIN, GUEST, MOST_ROLES, Server, folded
from migrate.sandbox.faircom.assigning import CODES, Outcome, Pair, assign
from migrate.sandbox.faircom.state import read_server
from migrate.sandbox.faircom.switches import Switches

STATE: dict[str, Any] = {
    "platform": "faircom",
    "roles": ["Read", "WRITE", "CLOSE", *(f"R{number}" for number in range(MOST_ROLES))],
    "accounts": [
        {"username": "ada", "roles": ["READ"]},
        {"username": "BO", "roles": ["CLOSE", "WRITE"]},
        {"username": "FULL", "roles": [f"R{number}" for number in range(MOST_ROLES)]},
        {"username": "GUEST"},
    ],
}
SERVER = read_server(STATE, "ledger")

WRONG = {
    "unknown_user": Pair(True, "READ", "nobody"),
    "unknown_role": Pair(True, "NEW", "ada"),
    "duplicate_add": Pair(True, "read", "ADA"),
    "absent_remove": Pair(False, "WRITE", "ada"),
    "guest_change": Pair(True, "GUEST", "ada"),
    "admin_change": Pair(True, "ADMIN", "ada"),
    "too_many_roles": Pair(True, "READ", "FULL"),
}
"""A pair for each thing that can be wrong, when it is not ADMIN who asks."""


def carry_out(
    *pairs: Pair, operator: str = "BO", most: int | None = None, **switches: Any
) -> Outcome:
    return assign(SERVER, pairs, operator, Switches().changed(switches), most=most)


def roles(server: Server, name: str) -> tuple[str, ...]:
    account = server.account(name)
    assert account
    return account.roles


def test_roles_are_added_at_the_end_and_removed_in_any_case() -> None:
    done = carry_out(
        Pair(True, "wRiTe", "ADA"), Pair(True, "CLOSE", "ada"), Pair(False, "close", "bo")
    )
    assert (done.warnings, done.error) == ((), None)
    assert roles(done.server, "ada") == ("READ", "WRITE", "CLOSE")
    assert roles(done.server, "BO") == ("WRITE",)
    assert roles(SERVER, "ada") == ("READ",)


def test_there_is_a_case_for_each_switch() -> None:
    assert set(WRONG) == set(CODES)


@pytest.mark.parametrize(
    ("trouble", "way"),
    [(name, way) for name in CODES for way in Switches.choices()[name] if way != "created"],
)
def test_what_is_wrong_is_not_done_and_told_as_the_switch_says(trouble: str, way: str) -> None:
    done = carry_out(WRONG[trouble], **{trouble: way})
    assert done.server == SERVER
    told = (*done.warnings, *((done.error,) if done.error else ()))
    assert [warned.code for warned in told] == ([] if way == "silent" else [CODES[trouble]])
    assert bool(done.error) is (way == "error")
    for warned in told:
        assert warned.message.startswith("Not able to ")
        assert f"[{folded(WRONG[trouble].username)}]" in warned.message


def test_a_role_that_is_not_known_can_come_to_be() -> None:
    done = carry_out(Pair(True, "New", "ada"), Pair(True, "NEW", "BO"), unknown_role="created")
    assert done.server.roles["NEW"] == "New"
    assert roles(done.server, "ada") == ("READ", "NEW")
    assert roles(done.server, "BO") == ("CLOSE", "WRITE", "NEW")
    taken = carry_out(Pair(False, "NEW", "ada"), unknown_role="created")
    assert taken.server == SERVER
    # In another case it is still the one that there is.
    exact = carry_out(Pair(True, "write", "ada"), unknown_role="created", role_case="exact").server
    assert (exact.roles["WRITE"], roles(exact, "ada")) == ("WRITE", ("READ", "WRITE"))


def test_only_admin_says_who_is_an_administrator() -> None:
    give, take = Pair(True, "admin", "ada"), Pair(False, "ADMIN", "ADMIN")
    for pair in (give, take):
        refused = carry_out(pair, operator="BO")
        assert refused.error
        assert refused.error.code == 924
    done = carry_out(give, take, operator=ADMIN)
    assert done.error is None
    assert roles(done.server, "ada") == ("READ", "ADMIN")
    assert roles(done.server, "ADMIN") == ()


def test_nobody_is_put_into_guest_and_guest_into_nothing() -> None:
    for pair in (
        Pair(True, GUEST, "ada"),
        Pair(False, GUEST, "ada"),
        Pair(True, "READ", "guest"),
    ):
        done = carry_out(pair, operator=ADMIN)
        assert done.server == SERVER
        assert [warned.code for warned in done.warnings] == [580]


@pytest.mark.parametrize(
    ("case", "spelling", "known"),
    [
        ("folded", "kept", {"Read", "READ", "read"}),
        ("exact", "kept", {"Read"}),
        ("exact", "upper", {"READ"}),
        ("exact", "example", {"READ"}),
    ],
)
def test_whether_the_case_of_a_role_matters(case: str, spelling: str, known: set[str]) -> None:
    found = {
        name
        for name in ("Read", "READ", "read")
        if not carry_out(Pair(True, name, "BO"), role_case=case, spelling=spelling).warnings
    }
    assert found == known


BATCH = (
    Pair(True, "WRITE", "ada"),
    Pair(True, "WRITE", "nobody"),
    Pair(True, "READ", "BO"),
    Pair(True, "NEW", "ada"),
)


@pytest.mark.parametrize(
    ("batch", "ada", "bo"),
    [
        ("each", ("READ", "WRITE"), ("CLOSE", "WRITE", "READ")),
        ("stops", ("READ", "WRITE"), ("CLOSE", "WRITE")),
        ("atomic", ("READ",), ("CLOSE", "WRITE")),
    ],
)
def test_what_an_error_leaves_done(batch: str, ada: tuple[str, ...], bo: tuple[str, ...]) -> None:
    done = carry_out(*BATCH, batch=batch, unknown_user="error")
    assert (roles(done.server, "ada"), roles(done.server, "BO")) == (ada, bo)
    assert done.error
    assert done.error.code == 450
    # After the error nothing is looked at any more, but for `each`.
    assert [each.code for each in done.warnings] == ([581] if batch == "each" else [])


@pytest.mark.parametrize("batch", Switches.choices()["batch"])
def test_warnings_leave_all_the_rest_done(batch: str) -> None:
    done = carry_out(*BATCH, batch=batch)
    assert roles(done.server, "BO") == ("CLOSE", "WRITE", "READ")
    assert [warned.code for warned in done.warnings] == [450, 581]


def test_no_account_holds_more_than_it_may() -> None:
    assert carry_out(Pair(True, "READ", "FULL")).error
    done = carry_out(Pair(False, "R0", "FULL"), Pair(True, "READ", "FULL"))
    assert done.error is None
    assert len(roles(done.server, "FULL")) == MOST_ROLES


def test_only_so_many_pairs_are_tried() -> None:
    done = carry_out(*BATCH, most=1)
    assert roles(done.server, "ada") == ("READ", "WRITE")
    assert done.warnings == ()


SENT = st.lists(
    st.builds(
        Pair,
        st.booleans(),
        st.sampled_from(["Read", "write", "CLOSE", "admin", "guest", "NEW", "R7"]),
        st.sampled_from(["ADA", "bo", "full", "guest", "admin", "nobody"]),
    ),
    max_size=8,
)
SWITCHES = st.fixed_dictionaries(
    {name: st.sampled_from(values) for name, values in Switches.choices().items()}
)


@given(SENT, st.sampled_from([ADMIN, "BO"]), SWITCHES)
def test_under_every_combination_a_state_stays_sound(
    pairs: list[Pair], operator: str, switches: dict[str, str]
) -> None:
    done = carry_out(*pairs, operator=operator, **switches)
    assert read_server(done.server.as_document(), "ledger") == done.server
    assert set(done.server.accounts) == set(SERVER.accounts)
    for before, after in zip(SERVER.accounts.values(), done.server.accounts.values(), strict=True):
        gained, lost = set(after.roles) - set(before.roles), set(before.roles) - set(after.roles)
        asked = {(p.give, folded(p.role)) for p in pairs if folded(p.username) == after.key}
        assert {(True, role) for role in gained} | {(False, role) for role in lost} <= asked
        if operator != ADMIN:
            assert ADMIN not in gained | lost
    if done.error and switches["batch"] == "atomic":
        assert done.server == SERVER


def test_every_value_of_every_switch_of_an_assignment_is_tried_with_every_pair() -> None:
    names = [*CODES, "batch", "role_case", "spelling"]
    for name, pair in product(names, WRONG.values()):
        for value in Switches.choices()[name]:
            done = carry_out(pair, Pair(True, "WRITE", "ada"), **{name: value})
            assert read_server(done.server.as_document(), "ledger") == done.server
