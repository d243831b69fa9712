"""The import's semantics under the switches, without a network."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.sandbox.kore.account import Account, StoredRole
from migrate.sandbox.kore.catalogue import ADMIN_NAMES, STOCK
from migrate.sandbox.kore.importing import Import, ImportRefused, Outcome, import_roles
from migrate.sandbox.kore.seed import account_state
from migrate.sandbox.kore.state import read_account
from migrate.sandbox.kore.switches import Switches


def account(*roles: dict[str, Any]) -> Account:
    state = account_state(0, 0)
    return read_account({"roles": [*state["roles"], *roles]}, "dev")


def stored(name: str, role_type: str = "admin", **extra: Any) -> dict[str, Any]:
    permissions = {"Invite": "YES"} if role_type == "admin" else {"Tasks": ["VIEW"]}
    return {"roleType": role_type, "role": name, "permissions": permissions, **extra}


def run(
    before: Account,
    *documents: dict[str, Any],
    role_type: str = "admin",
    full: bool = False,
    **switches: Any,
) -> Outcome:
    ids = (f"{number:024x}" for number in itertools.count(1))
    job = Import(role_type, full, "u-1", "2026-01-02T03:04:05.000Z", lambda: next(ids))
    return import_roles(before, documents, job, Switches().changed(switches))


def role(after: Account, name: str, role_type: str = "admin") -> StoredRole:
    return next(role for role in after.of_type(role_type) if role.name == name)


def names(after: Account, role_type: str = "admin") -> list[str]:
    return [role.name for role in after.of_type(role_type)]


HELD = stored("A", holders=[{"user": "ada@example.com"}])


def test_an_update_replaces_content_and_keeps_id_holders_and_the_rest() -> None:
    before = account(HELD, stored("B"))
    after = run(before, stored("A", rDesc="new", permissions={"Preferences": "NO"})).account
    old, new = role(before, "A"), role(after, "A")
    assert (new.description, new.permissions) == ("new", {"Preferences": "NO"})
    assert (new.id, new.ref_id, new.holders) == (old.id, old.ref_id, old.holders)
    assert (new.modified, new.created) == ("2026-01-02T03:04:05.000Z", old.created)
    assert names(after) == names(before)
    assert role(after, "B") == role(before, "B")


def test_a_new_role_gets_a_new_id_and_keeps_the_reference_id() -> None:
    after = run(account(), stored("N", _id="f" * 24, refId="r-1"), stored("M")).account
    assert (role(after, "N").id, role(after, "N").ref_id) == (f"{1:024x}", "r-1")
    assert role(after, "M").ref_id
    assert names(after) == ["admin", "N", "M"]


def test_a_missing_description_is_left_as_it_was() -> None:
    after = run(account(stored("A", rDesc="old")), stored("A")).account
    assert role(after, "A").description == "old"


@pytest.mark.parametrize(("switch", "left"), [("yes", False), ("no", True)])
def test_full_deletes(switch: str, left: bool) -> None:
    before = account(stored("A"), stored("B"), stored("Bot", "bot"))
    after = run(before, stored("A"), full=True, full_deletes=switch).account
    assert ("B" in names(after)) is left
    assert names(after)[:2] == ["admin", "A"]
    assert "Bot" in names(after, "bot")


def test_an_incremental_import_deletes_nothing() -> None:
    assert names(run(account(stored("B")), stored("A")).account) == ["admin", "B", "A"]


def test_minted_ids_carry_or_drop_the_holders() -> None:
    before = account(HELD)
    carried = role(run(before, stored("A"), ids="minted").account, "A")
    assert carried.id != role(before, "A").id
    assert carried.holders == role(before, "A").holders
    dropped = run(before, stored("A"), ids="minted", minted_members="dropped").account
    assert role(dropped, "A").holders == ()
    kept = run(before, stored("A"), minted_members="dropped").account
    assert role(kept, "A").holders == role(before, "A").holders


def test_a_minted_role_survives_the_full_import_that_minted_it_in_its_place() -> None:
    before = account(stored("A"), stored("B"))
    after = run(before, stored("A"), stored("B"), full=True, ids="minted").account
    assert names(after) == ["admin", "A", "B"]
    assert names(run(before, stored("A"), ids="minted").account) == ["admin", "A", "B"]


def test_matching_by_reference_id_renames() -> None:
    before = account(stored("Old", refId="r-1"))
    after = run(before, stored("New", refId="r-1"), match="ref_id").account
    assert names(after) == ["admin", "New"]
    assert role(after, "New").id == role(before, "Old").id
    by_name = run(before, stored("New", refId="r-1")).account
    assert names(by_name) == ["admin", "Old", "New"]


def test_matching_by_name_ignores_a_foreign_reference_id() -> None:
    before = account(stored("A", refId="r-a"), stored("B", refId="r-b"))
    after = run(before, stored("A", refId="r-b", rDesc="new")).account
    assert role(after, "A").description == "new"
    assert role(after, "A").ref_id == "r-a"
    assert role(after, "B") == role(before, "B")


def test_names_swapped_by_reference_id() -> None:
    before = account(stored("A", refId="r-a"), stored("B", refId="r-b"))
    after = run(before, stored("B", refId="r-a"), stored("A", refId="r-b"), match="ref_id").account
    assert role(after, "B").id == role(before, "A").id


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("document", [stored("A", refId="r-x"), stored("A")])
def test_matching_by_reference_id_refuses_a_name_in_use(
    document: dict[str, Any], full: bool
) -> None:
    before = account(stored("A", refId="r-a"))
    with pytest.raises(ImportRefused, match="already in use"):
        run(before, document, full=full, match="ref_id")


def test_matching_by_reference_id_refuses_two_documents_for_one_role() -> None:
    before = account(stored("A", refId="r-a"))
    with pytest.raises(ImportRefused, match="two roles"):
        run(before, stored("X", refId="r-a"), stored("Y", refId="r-a"), match="ref_id")


def test_a_reference_id_held_twice_means_the_role_of_that_name() -> None:
    before = account(stored("A", refId="r"), stored("B", refId="r"))
    after = run(before, stored("B", refId="r", rDesc="new"), match="ref_id").account
    assert (role(after, "A").description, role(after, "B").description) == ("", "new")


def test_a_document_without_id() -> None:
    assert run(account(), stored("A")).answered
    assert run(account(), stored("A", _id="x"), no_id="refused").answered
    with pytest.raises(ImportRefused, match="role 2: _id is required"):
        run(account(), stored("A", _id="x"), stored("B"), no_id="refused")


def test_what_becomes_of_permissions() -> None:
    before = account(stored("A", permissions={"Invite": "YES", "Old": "YES"}))
    sent = stored("A", permissions={"Preferences": "YES", "Unheard Of": "YES"})

    def after(**switches: str) -> Any:
        return role(run(before, sent, **switches).account, "A").permissions

    assert after() == {"Preferences": "YES", "Unheard Of": "YES"}
    assert after(permissions="drop_unknown") == {"Preferences": "YES"}
    assert after(update="merged") == {
        "Invite": "YES",
        "Old": "YES",
        "Preferences": "YES",
        "Unheard Of": "YES",
    }
    filled = after(permissions="fill_no")
    assert set(filled) == {*ADMIN_NAMES, "Unheard Of"}
    assert (filled["Invite"], filled["Preferences"]) == ("NO", "YES")
    assert after(permissions="fill_no", update="merged")["Invite"] == "YES"


def test_filled_bot_permissions_are_lists() -> None:
    after = run(account(), stored("A", "bot"), role_type="bot", permissions="fill_no").account
    assert role(after, "A", "bot").permissions["Channels"] == ["NO"]


@pytest.mark.parametrize("match", Switches.choices()["match"])
def test_built_ins_that_cannot_be_edited_are_skipped(match: str) -> None:
    before = account()
    owner = role(before, "admin")
    sent = stored("admin", refId=owner.ref_id)
    renamed = stored("Other", refId=owner.ref_id)
    assert run(before, sent, match=match).account == before
    assert run(before, sent, match=match).answered == ()
    assert run(before, sent, match=match, builtins_answered="yes").answered == (owner,)
    if match == "ref_id":
        assert run(before, renamed, match=match).account == before


def test_editable_built_ins_are_changed_and_answered_but_not_renamed() -> None:
    before = account()
    tester = role(before, "Bot Tester", "bot")
    sent = stored("Bot Tester", "bot", refId=tester.ref_id)
    outcome = run(before, sent, role_type="bot")
    assert [entry.permissions for entry in outcome.answered] == [{"Tasks": ["VIEW"]}]
    with pytest.raises(ImportRefused, match="cannot be renamed"):
        renamed = {**sent, "role": "Other"}
        run(before, renamed, role_type="bot", match="ref_id")


@pytest.mark.parametrize("switch", Switches.choices()["builtins_omitted"])
@pytest.mark.parametrize("full", [True, False])
def test_built_ins_that_a_full_file_lacks(switch: str, full: bool) -> None:
    edited = run(account(), stored("Bot Tester", "bot"), role_type="bot").account
    after = run(edited, role_type="bot", full=full, builtins_omitted=switch).account
    assert "Bot Owner" in names(after, "bot")
    if full and switch == "deleted":
        assert names(after, "bot") == ["Bot Owner"]
        return
    permissions = role(after, "Bot Tester", "bot").permissions
    reset = full and switch == "reset"
    assert permissions == (STOCK["Bot Tester"] if reset else {"Tasks": ["VIEW"]})


def test_scope_and_order_of_the_answer() -> None:
    before = account(stored("A"), stored("B"), stored("C"))
    sent = [stored("C"), stored("N"), stored("A")]

    def answered(**switches: str) -> list[str]:
        return [role.name for role in run(before, *sent, **switches).answered]

    assert answered() == ["C", "N", "A"]
    assert answered(response_scope="all") == ["A", "B", "C", "N"]
    assert answered(response_scope="all", builtins_answered="yes")[0] == "admin"
    mixed = answered(response_order="arbitrary")
    assert sorted(mixed) == ["A", "C", "N"]
    assert mixed != ["C", "N", "A"]


NAMES = st.sampled_from(["A", "B", "C", "D", "admin"])
MAPS = st.dictionaries(
    st.sampled_from(["Invite", "Preferences", "X"]), st.sampled_from(["YES", "NO"])
)
FILES = st.dictionaries(NAMES, MAPS).map(
    lambda entries: [stored(name, permissions=value) for name, value in entries.items()]
)
SWITCHES = st.fixed_dictionaries(
    {name: st.sampled_from(values) for name, values in Switches.choices().items()}
)


@given(FILES, FILES, st.booleans(), SWITCHES)
def test_under_every_combination_an_import_is_sound_or_refused(
    held: list[Any], sent: list[Any], full: bool, switches: dict[str, str]
) -> None:
    before = account(*(entry for entry in held if entry["role"] != "admin"))
    frozen = before.as_document()
    try:
        outcome = run(before, *sent, full=full, **switches)
    except ImportRefused:
        assert before.as_document() == frozen
        return
    after = outcome.account
    assert before.as_document() == frozen
    assert len(set(names(after))) == len(names(after))
    assert len({role.id for role in after.roles}) == len(after.roles)
    assert role(after, "admin") == role(before, "admin")
    assert all(entry in after.roles for entry in outcome.answered)
    assert {entry["role"] for entry in sent} <= set(names(after))
    if not full:
        assert set(names(before)) <= set(names(after)) or switches["match"] == "ref_id"
    again = run(after, *sent, full=full, **{**switches, "match": "name", "no_id": "accepted"})
    assert names(again.account) == names(after)


@given(st.lists(st.text("AB", min_size=1, max_size=5), max_size=4, unique=True))
def test_an_arbitrary_order_is_another_order(sent: list[str]) -> None:
    # The ids, and with them the order, follow from the names.
    before = account(*(stored(name) for name in sent))
    documents = [stored(name) for name in sent]
    plain = run(before, *documents).answered
    mixed = run(before, *documents, response_order="arbitrary").answered
    assert sorted(role.name for role in mixed) == sorted(role.name for role in plain)
    assert len(sent) < 2 or mixed != plain
