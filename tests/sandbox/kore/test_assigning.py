from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.sandbox.kore.account import Account
from migrate.sandbox.kore.assigning import BatchRefused, assign, read_entries
from migrate.sandbox.kore.state import read_account
from migrate.sandbox.kore.switches import Switches

USERS = ["ada@example.com", "bo@example.com", "Cy@example.com"]
GROUPS = ["Ops", "Support, Tier 2"]
STATE: dict[str, Any] = {
    "users": [{"username": name, "orgUserId": f"E{n}"} for n, name in enumerate(USERS)]
    + [{"orgUserId": "KIOSK"}],
    "groups": [{"gN": name} for name in GROUPS],
    "bots": [{"_id": "st-1", "name": "One"}, {"_id": "st-2", "name": "Two"}],
    "roles": [
        {"roleType": "admin", "role": "admin", "_id": "master", "permissions": {}},
        {"roleType": "admin", "role": "A", "_id": "a", "permissions": {}},
        {"roleType": "bot", "role": "Bot Owner", "_id": "owner", "permissions": {}},
        {"roleType": "bot", "role": "Bot Tester", "_id": "tester", "permissions": {}},
        {"roleType": "bot", "role": "B", "_id": "b", "permissions": {}},
    ],
}
SUCCESS, BOT_SUCCESS = "success", "success "


def account() -> Account:
    return read_account(STATE, "dev")


def carry_out(
    role_type: str, *body: dict[str, Any], start: Account | None = None, **switches: Any
) -> tuple[Account, list[dict[str, Any]]]:
    entries = read_entries(list(body), role_type)
    assert entries is not None
    outcome = assign(start or account(), role_type, entries, Switches().changed(switches))
    return outcome.account, list(outcome.answers)


def held(account: Account, role_id: str) -> list[dict[str, str]]:
    return [dict(h) for role in account.roles if role.id == role_id for h in role.holders]


def test_the_answers_are_as_documented() -> None:
    _, admin = carry_out("admin", {"roleId": "a", "addUsers": [USERS[0]]})
    assert admin == [{"status": SUCCESS, "roleId": "a"}]
    _, bot = carry_out("bot", {"roleId": "b", "botId": "st-1", "addUsers": [USERS[0]]})
    assert bot == [{"status": BOT_SUCCESS}]
    for role_type, entry in (("admin", {"roleId": "a"}), ("bot", {"roleId": "b", "botId": "st-1"})):
        assert carry_out(role_type, entry, assign_status="plain")[1] == [{"status": SUCCESS}]


def test_users_are_called_by_e_mail_or_by_organisation_id_and_groups_by_name() -> None:
    entry = {
        "roleId": "a",
        "addUsers": [USERS[0], "", USERS[2]],
        "addOrgUserIds": ["KIOSK", "E1"],
        "addGroups": ["Support, Tier 2"],
        "removeUsers": [""],
        "removeGroups": [],
    }
    after, _ = carry_out("admin", entry)
    users = [{"user": name} for name in (USERS[0], USERS[2], "KIOSK", USERS[1])]
    assert held(after, "a") == [*users, {"group": "Support, Tier 2"}]
    gone = {"roleId": "a", "removeOrgUserIds": ["E0", "KIOSK"], "removeGroups": [GROUPS[1]]}
    after, _ = carry_out("admin", gone, start=after)
    assert held(after, "a") == [{"user": USERS[2]}, {"user": USERS[1]}]


def test_a_bot_role_is_held_in_one_bot() -> None:
    both = [{"roleId": "b", "botId": bot, "addUsers": [USERS[0]]} for bot in ("st-1", "st-2")]
    after, _ = carry_out("bot", *both)
    assert {entry["bot"] for entry in held(after, "b")} == {"st-1", "st-2"}
    after, _ = carry_out(
        "bot", {"roleId": "b", "botId": "st-1", "removeUsers": [USERS[0]]}, start=after
    )
    assert held(after, "b") == [{"user": USERS[0], "bot": "st-2"}]


def test_what_is_done_already_is_a_success() -> None:
    entry = {"roleId": "a", "addUsers": [USERS[0]], "removeUsers": [USERS[1]]}
    once, _ = carry_out("admin", entry)
    twice, answers = carry_out("admin", entry, start=once)
    assert twice == once
    assert [answer["status"] for answer in answers] == [SUCCESS]


def test_who_is_added_and_removed_in_one_entry_ends_up_without() -> None:
    after, _ = carry_out("admin", {"roleId": "a", "addUsers": USERS, "removeUsers": [USERS[0]]})
    assert held(after, "a") == [{"user": USERS[1]}, {"user": USERS[2]}]


UNKNOWN = [
    ("admin", {"roleId": "a", "addUsers": ["who@example.com"]}, "Invalid emailId"),
    ("admin", {"roleId": "a", "addUsers": [USERS[0].upper()]}, "Invalid emailId"),
    ("admin", {"roleId": "a", "addUsers": ["KIOSK"]}, "Invalid emailId"),
    ("admin", {"roleId": "a", "removeUsers": ["who@example.com"]}, "Invalid emailId"),
    ("admin", {"roleId": "a", "addOrgUserIds": [USERS[0]]}, "Invalid orgUserId"),
    ("admin", {"roleId": "a", "addGroups": ["ops"]}, "Invalid group"),
    ("admin", {"roleId": "zz", "addUsers": USERS}, "Invalid roleId"),
    ("admin", {"roleId": "b", "addUsers": USERS}, "Invalid roleId"),
    ("bot", {"roleId": "a", "botId": "st-1", "addUsers": USERS}, "Invalid roleId"),
    ("bot", {"roleId": "b", "botId": "st-3", "addUsers": USERS}, "Invalid botId"),
]


@pytest.mark.parametrize(("role_type", "entry", "reason"), UNKNOWN)
def test_somebody_unknown(role_type: str, entry: dict[str, Any], reason: str) -> None:
    good: dict[str, Any] = {"roleId": "a", "addUsers": [USERS[1]]}
    if role_type == "bot":
        good = {"roleId": "b", "botId": "st-1", "addUsers": [USERS[1]]}
    only_good, _ = carry_out(role_type, good)
    # A failed entry is not done in part, and hinders no other.
    partly = {**entry, "addUsers": [USERS[2], *entry.get("addUsers", [])]}
    after, answers = carry_out(role_type, partly, good)
    assert [answer["status"].strip() for answer in answers] == ["failure", "success"]
    assert answers[0]["reason"] == reason
    assert after == only_good
    with pytest.raises(BatchRefused):
        carry_out(role_type, good, entry, unknown_principal="refuse")
    _, answers = carry_out(role_type, entry, good, unknown_principal="silent")
    assert [answer["status"].strip() for answer in answers] == ["success", "success"]


def test_silent_passes_over_the_unknown_only() -> None:
    entry = {"roleId": "a", "addUsers": ["who@example.com", USERS[0]]}
    after, _ = carry_out("admin", entry, unknown_principal="silent")
    assert held(after, "a") == [{"user": USERS[0]}]
    nowhere = {"roleId": "b", "botId": "st-3", "addUsers": USERS}
    assert carry_out("bot", nowhere, unknown_principal="silent")[0] == account()


@pytest.mark.parametrize("way", Switches.choices()["unknown_principal"])
def test_what_cannot_be_assigned(way: str) -> None:
    groups = {"roleId": "master", "addGroups": ["Ops"], "addUsers": [USERS[0]]}
    after, answers = carry_out("admin", groups, unknown_principal=way)
    assert after == account()
    assert answers[0]["status"] == "failure"
    assert "groups" in answers[0]["reason"]
    after, _ = carry_out("admin", {"roleId": "master", "addUsers": [USERS[0]]})
    assert held(after, "master") == [{"user": USERS[0]}]
    owner = {"roleId": "owner", "botId": "st-1", "addUsers": [USERS[0]]}
    after, answers = carry_out("bot", owner, unknown_principal=way)
    assert after == account()
    assert answers[0]["status"] == "failure"
    tester = {"roleId": "tester", "botId": "st-1", "addGroups": ["Ops"]}
    assert carry_out("bot", tester)[1] == [{"status": BOT_SUCCESS}]


def test_half_a_batch() -> None:
    entries = read_entries([{"roleId": "a", "addUsers": [name]} for name in USERS], "admin")
    assert entries is not None
    outcome = assign(account(), "admin", entries, Switches(), most=1)
    assert [answer["status"] for answer in outcome.answers] == ["success", "failure", "failure"]
    assert held(outcome.account, "a") == [{"user": USERS[0]}]


@pytest.mark.parametrize(
    ("role_type", "body"),
    [
        ("admin", {}),
        ("admin", None),
        ("admin", ["a"]),
        ("admin", [{}]),
        ("admin", [{"roleId": ""}]),
        ("admin", [{"roleId": 1}]),
        ("admin", [{"roleId": "a", "botId": "st-1"}]),
        ("admin", [{"roleId": "a", "addUser": []}]),
        ("admin", [{"roleId": "a", "addUsers": "ada"}]),
        ("admin", [{"roleId": "a", "addUsers": [1]}]),
        ("bot", [{"roleId": "a"}]),
        ("bot", [{"roleId": "a", "botId": ""}]),
    ],
)
def test_a_body_that_is_none(role_type: str, body: Any) -> None:
    assert read_entries(body, role_type) is None


ENTRIES = st.lists(
    st.fixed_dictionaries(
        {"roleId": st.sampled_from(["b", "tester"]), "botId": st.sampled_from(["st-1", "st-2"])},
        optional={
            "addUsers": st.lists(st.sampled_from([*USERS, ""])),
            "removeUsers": st.lists(st.sampled_from(USERS)),
            "addGroups": st.lists(st.sampled_from(GROUPS)),
            "removeGroups": st.lists(st.sampled_from([*GROUPS, ""])),
        },
    ),
    max_size=8,
)


@given(ENTRIES)
def test_a_batch_is_sets_with_members_added_and_taken(body: list[dict[str, Any]]) -> None:
    model: set[tuple[str, ...]] = set()
    for entry in body:
        for kind, key in (("user", "Users"), ("group", "Groups")):
            place = (entry["roleId"], entry["botId"], kind)
            model |= {(*place, name) for name in entry.get(f"add{key}", []) if name}
            model -= {(*place, name) for name in entry.get(f"remove{key}", [])}
    after, answers = carry_out("bot", *body)
    assert answers == [{"status": BOT_SUCCESS}] * len(body)
    found = [
        (role.id, holder["bot"], kind, holder[kind])
        for role in after.roles
        for holder in role.holders
        for kind in ("user", "group")
        if kind in holder
    ]
    assert set(found) == model
    assert len(found) == len(model)
    assert read_account(after.as_document(), "dev") == after
