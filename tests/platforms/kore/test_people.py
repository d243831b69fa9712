import json
import logging
import threading

import pytest

from migrate.errors import AccessDenied, PlatformFailed
from migrate.model import Assignment, Role, Section
from migrate.platforms.kore import people as people_module
from migrate.platforms.kore.holdings import people_of
from migrate.platforms.kore.paging import Meaning, read_all
from migrate.platforms.kore.people import (
    BOTS,
    DOCUMENTED,
    GROUPS,
    USERS,
    Need,
    PeopleEncrypted,
    read_people,
)
from migrate.resources import seed
from migrate.sandbox import account_state

KNOWN = {USERS: Meaning.RECORD, GROUPS: Meaning.PAGE, BOTS: Meaning.PAGE}


def read(place, need=Need.ALL, **extra):
    return read_people(place.channel, need, where="prod", **extra)


def held(state):
    """Every (kind, folded name, role type, role, bot's name) of a state document."""
    bots = {bot["_id"]: bot["name"] for bot in state["bots"]}
    for role in state["roles"]:
        for holder in role.get("holders", ()):
            scope = bots[holder["bot"]] if "bot" in holder else ""
            kind = "user" if "user" in holder else "group"
            name = holder[kind].casefold() if kind == "user" else holder[kind]
            yield (kind, name, role["roleType"], role["role"], scope)


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_the_seed_is_read_as_it_is(place, name):
    state = seed(name)
    here = place(state)
    people = people_of(read(here).rows, here.roles(), where="prod")
    expected = {each for each in held(state) if each[1] not in people.unseen_groups}
    assert people.assignments == expected
    assert people.account_id == state["accountId"]
    assert people.complete
    assert people.maybe_direct == frozenset()
    assert {scope.id for scope in people.scopes.values()} == {bot["_id"] for bot in state["bots"]}
    kinds = [kind for kind, _ in people.principals]
    assert (kinds.count("user"), kinds.count("group")) == (
        len(state["users"]),
        len(state["groups"]),
    )
    empty = {group["gN"] for group in state["groups"] if not group["users"] + group["groups"]}
    assert empty
    assert people.unseen_groups == empty


@pytest.mark.parametrize("meaning", ["page", "record"])
@pytest.mark.parametrize("children", ["objects", "names", "ids"])
@pytest.mark.parametrize("largest", [7, 50, 1000])
def test_every_shape_of_the_listings_gives_the_same_people(place, meaning, children, largest):
    state = account_state(6, 3, users=60, groups=20, bots=9, roles_per_group=2)
    offsets = dict.fromkeys(["offset_users", "offset_groups", "offset_bots"], meaning)
    here = place(
        state, **offsets, group_children=children, largest_page=largest, roleless_users="omitted"
    )
    found = read(here)
    people = people_of(found.rows, here.roles(), where="prod")
    assert people.assignments == {
        each for each in held(state) if each[1] not in people.unseen_groups
    }
    if largest == 7:
        assert found.meanings == dict.fromkeys([USERS, GROUPS, BOTS], Meaning(meaning))


def test_it_costs_one_call_per_page_and_nothing_per_role_or_user(place):
    here = place(account_state(10, 5, users=230, groups=60, bots=55), largest_page=100)
    found = read(here)
    calls = [(entry["method"], entry["path"]) for entry in here.log()]
    assert sorted(calls) == sorted(
        [("GET", USERS)] * 3 + [("GET", GROUPS)] * 2 + [("GET", BOTS)] * 2
    )
    assert found.meanings == KNOWN

    before = len(here.log())
    assert read(here, Need.HOLDERS).rows.users == found.rows.users
    after = [(entry["path"], entry["query"]) for entry in here.log()[before:]]
    assert [path for path, _ in after] == [USERS] * 3
    assert {query["limit"] for _, query in after} == {"500"}


def test_what_an_offset_was_found_to_count_is_remembered(place):
    state = account_state(2, 2, users=120, groups=3, bots=1)
    here = place(state, offset_users="page", largest_page=50)
    found = read(here)
    assert found.meanings == {USERS: Meaning.PAGE}
    calls = len(here.log())
    assert read(here, meanings=found.meanings).rows == found.rows
    assert len(here.log()) - calls == 3 + 1 + 1
    assert DOCUMENTED == {USERS: Meaning.RECORD}


def test_holders_alone_come_without_groups_and_bots(place):
    state = seed("prod")
    here = place(state)
    rows = read(here, Need.HOLDERS).rows
    assert rows.groups is None
    assert rows.bots is None
    people = people_of(rows, here.roles(), where="prod")
    assert not people.complete
    assert people.unseen_groups == frozenset()
    named = {each[1] for each in people.assignments}
    assert people.assignments == {
        each for each in held(state) if each[0] == "user" or each[1] in named
    }


def test_the_listings_are_read_side_by_side(place):
    here = place(account_state(1, 1, users=3, groups=3, bots=3))
    together = threading.Barrier(3)

    class Channel:
        def get(self, path, params, *, what):
            together.wait(5)
            return here.channel.get(path, params, what=what)

    assert len(read_people(Channel(), Need.ALL, where="prod").rows.users) == 3


@pytest.mark.parametrize("fault", ["page_repeats", "page_short"])
@pytest.mark.parametrize("path", [USERS, GROUPS, BOTS])
def test_a_short_read_is_an_error(place, fault, path):
    here = place(account_state(2, 2, users=30, groups=25, bots=25), largest_page=10)
    # From its second page on, for good: a wrong hint is tried again from the start.
    here.fault(fault, path=path, nth=2, times=100)
    with pytest.raises(PlatformFailed, match="the list did not come whole"):
        read(here)


def test_a_total_that_moves_once_is_read_again_and_then_is_an_error(place):
    here = place(account_state(2, 2, users=30, groups=2, bots=2), largest_page=10)
    here.fault("total_moves", path=USERS, nth=2)
    assert len(read(here).rows.users) == 30
    here.fault("total_moves", path=USERS, nth=2, times=100)
    with pytest.raises(PlatformFailed, match="total changed from"):
        read(here)


def test_an_encrypted_answer_is_explained(place):
    here = place(seed("prod"), payload_encryption="on")
    for need in Need:
        with pytest.raises(PeopleEncrypted, match="payload encryption is on") as caught:
            read(here, need)
        assert "Turn payload encryption off" in caught.value.remedy
        assert caught.value.where == "prod"


class Said:
    """A channel that answers one thing to every call."""

    def __init__(self, answer):
        self.answer = answer

    def get(self, path, params, *, what):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    "answer",
    [
        "eyJhbGciOiJSU0EtT0FFUCJ9.AAAA",
        {"payload": "AAAA"},
        {"total": 2, "availableMore": False, "users": "AAAA"},
    ],
)
def test_other_forms_of_encrypted_answers(answer):
    with pytest.raises(PeopleEncrypted):
        read_people(Said(answer), Need.HOLDERS, where="prod")


@pytest.mark.parametrize("answer", [[], {}, 5, {"x": 5}, {"total": 1}, {"users": {"a": "b"}}])
def test_other_odd_answers_are_not_taken_for_encrypted(answer):
    with pytest.raises(PlatformFailed, match="did not come whole") as caught:
        read_people(Said(answer), Need.HOLDERS, where="prod")
    assert type(caught.value) is PlatformFailed


def test_where_one_listing_fails_the_others_are_given_up():
    failing, calls, total = threading.Event(), [], 20_000

    class Channel:
        def get(self, path, params, *, what):
            if path == GROUPS:
                failing.set()
                raise AccessDenied("scope")
            failing.wait(5)
            calls.append(path)
            offset = int(params["offset"])
            row = user(userId=f"u{offset}", _id=f"s{offset}", name="x")
            name = "users" if path == USERS else "bots"
            return {"total": total, "availableMore": offset + 1 < total, name: [row]}

    with pytest.raises(AccessDenied):
        read_people(Channel(), Need.ALL, where="prod")
    assert len(calls) < total


def test_the_first_real_failure_is_the_one_that_is_raised():
    with pytest.raises(AccessDenied, match="nobody"):
        read_people(Said(AccessDenied("nobody")), Need.ALL, where="prod")


def user(**fields):
    usual = {"userId": "u-1", "username": "a@example.com", "orgUserId": "", "accountId": "a"}
    return {**usual, "btRoles": [], "adminRoles": [], **fields}


ROLE = {"roleId": "1", "roleName": "Ops", "groups": []}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (user(username="", orgUserId=None), "neither username nor orgUserId"),
        (user(username=5), "username is the number 5, not a string"),
        (user(adminRoles={}), "adminRoles is an empty object, not a list"),
        (user(adminRoles=["Ops"]), 'adminRoles holds the string "Ops", not a role'),
        (user(adminRoles=[{"roleName": "Ops"}]), "a row has no roleId"),
        (user(btRoles=[ROLE]), "a row has no botId"),
        (user(adminRoles=[{**ROLE, "groups": "G"}]), 'groups is the string "G", not a list'),
        (user(adminRoles=[{**ROLE, "groups": [5]}]), "named by the number 5"),
        (user(adminRoles=[{**ROLE, "groups": [{}]}]), "named by an empty object"),
        ({"userId": "u-1", "username": "a"}, 'the row of "a" has no list of roles'),
    ],
)
def test_rows_that_are_not_as_documented(row, message):
    answer = {"total": 1, "availableMore": False, "users": [row]}
    with pytest.raises(PlatformFailed) as caught:
        read_people(Said(answer), Need.HOLDERS, where="prod")
    assert message in caught.value.what
    assert "Get User Roles Details: the answer is not as documented" in caught.value.what


def test_no_secret_of_a_bot_gets_past_the_edge(place, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    kept = []

    def spy(fetch, *arguments):
        def seen(offset, limit):
            kept.append(repr(answer := fetch(offset, limit)))
            return answer

        return read_all(seen, *arguments)

    monkeypatch.setattr(people_module, "read_all", spy)
    state = seed("prod")
    secrets = [app["clientSecret"] for bot in state["bots"] for app in bot["jwtApps"]]
    assert secrets
    here = place(state)
    found = read(here)
    everything = caplog.text + repr(found) + "".join(kept)
    here.fault("page_short", path=BOTS)
    with pytest.raises(PlatformFailed) as caught:
        read(here)
    everything += str(caught.value) + caught.value.remedy + caplog.text
    here.fault("200_cut_json", path=BOTS, times=10)
    with pytest.raises(PlatformFailed) as caught:
        read(here)
    everything += str(caught.value) + caught.value.remedy + caplog.text
    for secret in secrets:
        assert secret not in everything
        assert json.dumps(secret)[1:-1] not in everything
    assert "jwtApps" not in everything
    assert "clientSecret" not in everything


def listed(**rows):
    """A channel to an account of these rows."""

    class Channel:
        def get(self, path, params, *, what):
            name = {USERS: "users", GROUPS: "groups", BOTS: "bots"}[path]
            found = rows.get(name, [])
            return {"total": len(found), "availableMore": False, name: found}

    return read_people(Channel(), Need.ALL, where="prod").rows


def test_members_and_groups_are_understood_however_they_are_written():
    """No sample of the vendor's shows what is in these lists (kore.md D)."""
    groups = [
        {"_id": "e-1", "gN": "Top", "users": ["A@example.com", "u-2"], "groups": ["Low"]},
        {"_id": "e-2", "gN": "Low", "users": [{"userId": "u-3"}], "groups": None},
        {"_id": "e-3", "gN": "Aside", "users": [{"emailId": "A@Example.com"}], "userCount": 1},
    ]
    users = [user(userId=f"u-{n}", username=f"{name}@example.com") for n, name in enumerate("zabc")]
    users[3]["adminRoles"] = [{**ROLE, "groups": [{"groupId": "e-1"}]}]
    roles = {"admin": Section.of((Role("admin", "Ops", id="1"),))}
    people = people_of(listed(users=users, groups=groups), roles, where="prod")
    assert people.groups_of == {
        "a@example.com": {"Top", "Aside"},
        "b@example.com": {"Top"},
        "c@example.com": {"Low", "Top"},
    }
    assert people.assignments == {Assignment("group", "Top", "admin", "Ops", "")}
    assert people.principals["user", "a@example.com"].name == "a@example.com"


def test_where_groups_are_not_read_they_are_called_as_rows_call_them():
    refs = [{"groupId": "e-1"}, {"groupId": "e-2", "groupName": "Low"}, "Top"]
    rows = [user(adminRoles=[{**ROLE, "groups": refs}])]
    answer = {"total": 1, "availableMore": False, "users": rows}
    found = read_people(Said(answer), Need.HOLDERS, where="prod").rows
    roles = {"admin": Section.of((Role("admin", "Ops", id="1"),))}
    people = people_of(found, roles, where="prod")
    assert {each.principal for each in people.assignments} == {"e-1", "Low", "Top"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"groups": [{"_id": "e-1"}]}, "Get Groups: .*a row has no gN"),
        ({"groups": [{"_id": "e-1", "gN": "G", "userCount": "3"}]}, "userCount is the string"),
        ({"bots": [{"_id": "st-1"}]}, "Get Bots: .*a row has no name"),
        ({"bots": ["st-1"]}, "bots is not a list of objects"),
        ({"bots": {}}, "bots is not a list of objects"),
    ],
)
def test_groups_and_bots_that_are_not_as_documented(rows, message):
    with pytest.raises(PlatformFailed, match=message):
        listed(**rows)
