"""Get User Roles Details, Get Groups, Get Bots, Get User Information over HTTP (kore.md D)."""

import base64
import time
from collections.abc import Callable
from typing import Any

import pytest

from migrate.sandbox import account_state
from tests.sandbox.conftest import BOTS, GROUPS, USER_ROLES, USERS_INFO, Account

SECRET = "rXq0bL5mJt8mC1f2Qm1o9dTq1vVb0kQm3wX4yZ5aB6c="
STATE: dict[str, Any] = {
    "accountId": "5c04ae921ad9976d311e9b4b",
    "users": [
        {"username": "Ada@example.com", "orgUserId": "E1", "firstName": "Ada", "lastName": "Ö"},
        {"username": "bo@example.com", "isDeveloper": False, "canCreateBot": True},
        {"username": "idle@example.com", "status": "not active"},
    ],
    "groups": [
        {"gN": "Ops", "gDesc": "d", "users": ["Ada@example.com", "bo@example.com"]},
        {"gN": "All", "groups": ["Ops"]},
        {"gN": "Nobody"},
        {"gN": "Rest", "users": ["idle@example.com"]},
    ],
    "bots": [
        {
            "_id": "st-1",
            "name": "Helper",
            "jwtApps": [{"name": "Web", "clientId": "cs-1", "clientSecret": SECRET}],
        }
    ],
    "roles": [
        {
            "roleType": "admin",
            "role": "A",
            "_id": "a" * 24,
            "permissions": {},
            "holders": [{"user": "Ada@example.com"}, {"group": "All"}, {"group": "Nobody"}],
        },
        {
            "roleType": "bot",
            "role": "B",
            "_id": "b" * 24,
            "permissions": {},
            "holders": [{"user": "bo@example.com", "bot": "st-1"}],
        },
    ],
}
KINDS = {USER_ROLES: "users", GROUPS: "groups", BOTS: "bots"}


@pytest.fixture
def people(serve: Callable[..., Account]) -> Account:
    return serve(STATE)


@pytest.fixture
def many(serve: Callable[..., Account]) -> Account:
    return serve(account_state(5, 5, users=130, groups=120, bots=110))


def listed(account: Account, path: str, **query: Any) -> Any:
    answer = account.call("GET", path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(page: Any, path: str) -> list[str]:
    return [row.get("_id") or row["userId"] for row in page[KINDS[path]]]


def test_user_roles_as_documented(people: Account) -> None:
    page = listed(people, USER_ROLES)
    assert (page["total"], page["availableMore"]) == (3, False)
    ada, bo, idle = page["users"]
    direct = {"roleId": "a" * 24, "roleName": "A", "groups": []}
    through = {**direct, "groups": ["All"]}
    assert ada == {
        "username": "Ada@example.com",
        "orgUserId": "E1",
        "accountId": "5c04ae921ad9976d311e9b4b",
        "isDeveloper": True,
        "canCreateBot": False,
        "userId": people.state()["users"][0]["userId"],
        "btRoles": [],
        "adminRoles": [direct, through],
    }
    in_bot = {"roleId": "b" * 24, "roleName": "B", "groups": []}
    assert bo["btRoles"] == [{**in_bot, "botId": "st-1", "botName": "Helper"}]
    assert bo["adminRoles"] == [through]
    assert (bo["isDeveloper"], bo["canCreateBot"]) == (False, True)
    assert idle["btRoles"] == idle["adminRoles"] == []


def test_switches_of_user_roles(people: Account) -> None:
    people.switch(group_rows="merged")
    ada = people.rows()["Ada@example.com"]
    assert [row["groups"] for row in ada["adminRoles"]] == [["All"]]
    people.switch(group_rows="one", roleless_users="omitted")
    page = listed(people, USER_ROLES)
    assert (page["total"], len(page["users"])) == (2, 2)
    assert len(page["users"][0]["adminRoles"]) == 2


@pytest.mark.parametrize(
    ("way", "child"),
    [
        ("objects", lambda ops: {"_id": ops["_id"], "gN": "Ops"}),
        ("names", lambda _ops: "Ops"),
        ("ids", lambda ops: ops["_id"]),
    ],
)
def test_groups_as_documented(people: Account, way: str, child: Any) -> None:
    people.switch(group_children=way)
    page = listed(people, GROUPS)
    assert (page["total"], page["availableMore"]) == (4, False)
    ops, whole, nobody, rest = page["groups"]
    assert set(ops) == {"_id", "gN", "gDesc", "groups", "users", "userCount"}
    assert (ops["gN"], ops["gDesc"], ops["groups"], ops["userCount"]) == ("Ops", "d", [], 2)
    ada = ops["users"][0]
    assert set(ada) == {
        *("_id", "emailId", "firstName", "lastName", "profImage", "profColour"),
        *("activationStatus", "jTitle", "orgId"),
    }
    assert ada["_id"] == people.rows()["Ada@example.com"]["userId"]
    assert (ada["emailId"], ada["lastName"]) == ("Ada@example.com", "Ö")
    assert (whole["groups"], whole["users"], whole["userCount"]) == ([child(ops)], [], 0)
    assert nobody["groups"] == nobody["users"] == []
    states = [user["activationStatus"] for user in (*ops["users"], *rest["users"])]
    assert states == ["active", "active", "not active"]


def test_bots_come_with_the_secrets_of_their_apps(people: Account) -> None:
    (bot,) = listed(people, BOTS)["bots"]
    assert (bot["_id"], bot["name"], bot["type"]) == ("st-1", "Helper", "default")
    assert bot["accountId"] == "5c04ae921ad9976d311e9b4b"
    (app,) = bot["jwtApps"]
    assert (app["clientId"], app["clientSecret"]) == ("cs-1", SECRET)
    assert SECRET not in str(people.log())


def ask(account: Account, *, auth: str | None = "", **body: Any) -> Any:
    return account.call("POST", USERS_INFO, json=body, auth=auth)


def test_user_information(people: Account) -> None:
    emails = ["bo@example.com", "BO@example.com", "idle@example.com"]
    bo, unknown, idle = ask(people, emailIds=emails).json()
    assert bo["userInfo"]["userId"] == people.rows()["bo@example.com"]["userId"]
    assert [row["roleName"] for row in bo["roles"]["btRoles"]] == ["B"]
    assert [row["groups"] for row in bo["roles"]["adminRoles"]] == [["All"]]
    assert [group["groupName"] for group in bo["groups"]] == ["Ops", "All"]
    assert unknown["userInfo"]["status"] == "failure"
    assert unknown["userInfo"]["reason"]["errors"] == [{"msg": "Invalid emailId", "code": 400}]
    assert idle["userInfo"]["status"] == "not active"
    assert len(ask(people, emailIds=emails, status="active").json()) == 2
    assert len(ask(people, emailIds=emails, status="not active").json()) == 2


def test_user_information_may_not_mind_the_case_of_e_mails(people: Account) -> None:
    people.switch(look_up_case="any")
    ada, nobody = ask(people, emailIds=["aDA@example.com", "no@example.com"]).json()
    assert ada["userInfo"]["emailId"] == "Ada@example.com"
    assert nobody["userInfo"]["status"] == "failure"


@pytest.mark.parametrize(
    ("switch", "statuses"), [("user_scope", (200, 401)), ("admin_scope", (401, 200))]
)
def test_user_information_has_a_scope_of_its_own(
    people: Account, switch: str, statuses: tuple[int, int]
) -> None:
    people.switch(**{switch: "missing"})
    answers = (people.call("GET", USER_ROLES), ask(people, emailIds=[]))
    assert tuple(answer.status_code for answer in answers) == statuses
    assert ask(people, emailIds=[], auth=people.token("builder_app")).status_code == 401


@pytest.mark.parametrize("body", [{}, {"emailIds": "a"}, {"emailIds": [1]}])
def test_user_information_needs_e_mails(people: Account, body: Any) -> None:
    assert ask(people, **body).status_code == 412
    assert ask(people, emailIds=[], status="gone").status_code == 412


def test_encrypted_payloads_tell_nothing(people: Account) -> None:
    plain = people.call("GET", USER_ROLES)
    people.switch(payload_encryption="on")
    for answer in (people.call("GET", USER_ROLES), ask(people, emailIds=["bo@example.com"])):
        assert answer.status_code == 200
        assert set(answer.json()) == {"encryptedKey", "iv", "payload", "authTag"}
        assert all(base64.b64decode(value) for value in answer.json().values())
        assert "example" not in answer.text
    size = len(base64.b64decode(people.call("GET", USER_ROLES).json()["payload"]))
    assert 0.8 < size / len(plain.content) < 1.2
    # Not on the vendor's list of encrypted calls (kore.md E).
    assert listed(people, GROUPS)["total"] == 4
    assert listed(people, BOTS)["total"] == 1


@pytest.mark.parametrize(
    ("path", "switch", "usual"),
    [
        (USER_ROLES, "offset_users", "record"),
        (GROUPS, "offset_groups", "page"),
        (BOTS, "offset_bots", "page"),
    ],
)
def test_pages_under_either_meaning_of_offset(
    many: Account, path: str, switch: str, usual: str
) -> None:
    everything = [
        row
        for start in range(0, 150, 50)
        for row in ids(
            listed(many, path, limit=50, offset=start // (1 if usual == "record" else 50)), path
        )
    ]
    assert len(set(everything)) == len(everything) > 100
    # Of users no largest page is documented (kore.md D): more than 50 come in one answer.
    most = len(everything) if path == USER_ROLES else 50
    assert ids(listed(many, path, limit=1000), path) == everything[:most]
    many.switch(largest_page=50)
    assert many.control("GET", "/switches/dev").json()[switch] == usual
    for way, step in (("page", 1), ("record", 50)):
        many.switch(**{switch: way})
        pages = [listed(many, path, offset=n * step, limit=99) for n in range(3)]
        assert [row for page in pages for row in ids(page, path)] == everything
        assert [page["availableMore"] for page in pages] == [True, True, False]
        assert {page["total"] for page in pages} == {len(everything)}
    assert ids(listed(many, path), path) == everything[:50]
    many.switch(default_page=7)
    assert ids(listed(many, path), path) == everything[:7]
    assert listed(many, path, offset=1000)[KINDS[path]] == []
    assert many.call("GET", path, params={"offset": "x"}).status_code == 412


@pytest.mark.parametrize("path", list(KINDS))
def test_faults_of_pages(many: Account, path: str) -> None:
    step = 40 if path == USER_ROLES else 1
    pages = [listed(many, path, offset=n * step, limit=40) for n in range(2)]
    many.fault("page_repeats", path=path, nth=2)
    assert listed(many, path, limit=40) == pages[0]
    assert listed(many, path, offset=step, limit=40) == pages[0]
    assert listed(many, path, offset=step, limit=40) == pages[1]
    many.fault("page_short", path=path)
    short = listed(many, path, limit=40)
    assert (len(short[KINDS[path]]), short["availableMore"]) == (20, True)
    assert short["total"] == pages[0]["total"]
    many.fault("total_moves", path=path, nth=2, times=2)
    totals = [listed(many, path, limit=40)["total"] - short["total"] for _ in range(4)]
    assert totals == [0, 2, 3, 0]
    many.fault("200_short", path=path)
    assert len(listed(many, path, limit=40)[KINDS[path]]) == 39


def test_a_write_shows_late_in_all_of_them(people: Account) -> None:
    before = listed(people, USER_ROLES)
    people.switch(read_lag=0.3)
    entry = {"roleId": "a" * 24, "addUsers": ["idle@example.com"]}
    assert people.assign("admin", entry).status_code == 200
    assert listed(people, USER_ROLES) == before
    deadline = time.monotonic() + 5
    while listed(people, USER_ROLES) == before:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    (idle,) = ask(people, emailIds=["idle@example.com"]).json()
    assert [row["roleName"] for row in idle["roles"]["adminRoles"]] == ["A"]


@pytest.mark.parametrize(("members", "shown"), [("carried", True), ("dropped", False)])
def test_members_of_a_role_that_got_a_new_id(people: Account, members: str, shown: bool) -> None:
    people.switch(ids="minted", minted_members=members)
    people.import_roles(people.export().json())
    new = people.export().json()[0]["_id"]
    assert new != "a" * 24
    held = {row["roleId"] for row in people.rows()["Ada@example.com"]["adminRoles"]}
    assert held == ({new} if shown else set())


def test_a_user_who_is_known_by_organisation_id_only(serve: Callable[..., Account]) -> None:
    role = {**STATE["roles"][0], "holders": [{"user": "KIOSK"}]}
    kiosk = serve({"users": [{"orgUserId": "KIOSK"}], "roles": [role]})
    (row,) = listed(kiosk, USER_ROLES)["users"]
    assert (row["username"], row["orgUserId"], len(row["adminRoles"])) == ("", "KIOSK", 1)
    assert ask(kiosk, emailIds=["", "KIOSK"]).text.count("Invalid emailId") == 2


def test_credentials_and_budget_are_those_of_every_call(people: Account) -> None:
    builder = people.token("builder_app")
    for path in KINDS:
        assert people.call("GET", path, auth=None).status_code == 401
        assert people.call("GET", path, auth=builder).status_code == 401
    people.switch(limit_per_minute=3)
    assert [people.call("GET", path).status_code for path in KINDS] == [200, 200, 200]
    assert people.call("GET", USER_ROLES).status_code == 429
    assert ask(people, emailIds=[]).status_code == 429
    assert people.assign("admin").status_code == 429


def test_five_thousand_users(serve: Callable[..., Account]) -> None:
    large = serve(account_state(30, 20, users=5000, groups=100, bots=10))
    large.switch(limit_per_minute=0)
    started = time.monotonic()
    seen = [
        ids(listed(large, USER_ROLES, offset=n, limit=50), USER_ROLES) for n in range(0, 5000, 50)
    ]
    assert len({user for page in seen for user in page}) == 5000
    # Generous: to work out all rows for every page would take half a minute.
    assert time.monotonic() - started < 10
