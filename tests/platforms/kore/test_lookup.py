"""Users looked up by e-mail: who is there, who is not, and no answer that leaves it open."""

import pytest

from migrate.errors import AccessDenied, PlatformFailed
from migrate.model import Principal, PrincipalKind
from migrate.platforms.base import Found, PeopleUnreadable
from migrate.platforms.kore.assign_calls import ASSIGN
from migrate.platforms.kore.channel import LOOK_UPS, USERS_INFO
from migrate.platforms.kore.lookup import MOST, find_users
from migrate.platforms.kore.people import PeopleEncrypted
from migrate.platforms.kore.reader import EXPORT
from migrate.platforms.kore.uploads import UPLOAD
from migrate.platforms.kore.writer import IMPORT
from migrate.sandbox import account_state
from migrate.sandbox.kore.seed import built_in_roles

NEW, IDLE, BOSS = "new@example.com", "Idle@example.com", "boss@example.com"
STATE = {
    "platform": "kore",
    "roles": [
        *built_in_roles("bot"),
        {**built_in_roles("admin")[0], "holders": [{"user": BOSS}]},
    ],
    "users": [
        {"username": NEW, "userId": "u-new"},
        {"username": IDLE, "userId": "u-idle", "status": "not active"},
        {"username": BOSS},
        {"orgUserId": "KIOSK"},
    ],
}


def user(name, number=None):
    return Principal(PrincipalKind.USER, name, number)


def find(here, *names):
    return find_users(here.channel, names, where="prod")


def asked(here):
    """The number of look-ups, each of them answered or not."""
    return [entry["path"] for entry in here.log()].count(USERS_INFO)


def test_who_is_there_is_told_from_who_is_not(place):
    here = place(STATE, roleless_users="omitted")
    found = find(here, NEW, "gone@example.com", IDLE, "no e-mail", "KIOSK")
    assert found == (Found(user(IDLE, "u-idle"), "not active"), Found(user(NEW, "u-new")))
    assert find(here, "gone@example.com") == ()


def test_nobody_costs_no_call(place):
    here = place(STATE)
    assert find(here) == ()
    assert here.log() == []


@pytest.mark.parametrize("count", [1, MOST, MOST + 1, 2 * MOST + 1])
def test_it_costs_one_call_per_batch(place, count):
    here = place(account_state(1, 1, users=0) | {"users": [{"username": NEW}]})
    names = [f"user{number}@example.com" for number in range(count - 1)]
    assert [each.user.name for each in find(here, *names, NEW)] == [NEW]
    assert asked(here) == -(-count // MOST)


@pytest.mark.parametrize(
    ("case", "name", "calls"),
    [
        *((case, NEW, 1) for case in ("exact", "any")),
        # As it is spelled, else in lower case, as most platforms keep e-mails.
        ("exact", "New@Example.com", 2),
        ("any", "New@Example.com", 1),
        ("exact", IDLE, 1),
        ("any", IDLE.lower(), 1),
    ],
)
def test_case_is_minded_or_not(place, case, name, calls):
    here = place(STATE, look_up_case=case)
    (found,) = find(here, name)
    assert found.user.name == {NEW: NEW, IDLE.lower(): IDLE}[name.lower()]
    assert asked(here) == calls


def test_what_is_only_spelled_otherwise_is_not_there_where_case_is_minded(place):
    here = place(STATE)
    assert find(here, IDLE.lower(), "GONE@example.com") == ()
    assert asked(here) == 2


@pytest.mark.parametrize("case", ["exact", "any"])
def test_names_that_differ_only_by_case_are_one_user(place, case):
    here = place(STATE, look_up_case=case)
    assert find(here, NEW, NEW.upper(), NEW.title()) == (Found(user(NEW, "u-new")),)


def test_an_encrypted_answer_is_explained(place):
    here = place(STATE, payload_encryption="on")
    with pytest.raises(PeopleEncrypted, match="payload encryption is on") as caught:
        find(here, NEW)
    assert caught.value.where == "prod"
    assert caught.value.remedy.startswith("Turn payload encryption off")
    assert "--accept" not in caught.value.remedy


def test_an_app_without_the_scope_is_told_which(place):
    here = place(STATE, user_scope="missing")
    with pytest.raises(PeopleUnreadable, match="Scope is incorrect") as caught:
        find(here, NEW)
    assert "User Management > User Management" in caught.value.remedy
    assert "Role Management" not in caught.value.remedy


def test_wrong_credentials_are_no_matter_of_scope(place):
    here = place(STATE, clock_offset=-3600)
    with pytest.raises(AccessDenied, match="Invalid JWT token"):
        find(here, NEW)


def test_one_who_holds_a_role_means_that_the_capture_was_short(place):
    here = place(STATE)
    with pytest.raises(PlatformFailed, match=f'"{BOSS}" holds roles') as caught:
        find(here, NEW, BOSS)
    assert "try again" in caught.value.remedy


@pytest.mark.parametrize("nth", [1, 2])
def test_a_short_answer_is_an_error_and_names_who_is_missing(place, nth):
    here = place(STATE)
    here.fault("200_short", path=USERS_INFO, nth=nth)
    names = [f"u{number:03}@example.com" for number in range(MOST + 3)]
    with pytest.raises(PlatformFailed, match="says nothing of") as caught:
        find(here, *names)
    assert names[MOST - 1 if nth == 1 else -1] in caught.value.what
    here.fault("page_short", path=USERS_INFO)
    with pytest.raises(PlatformFailed, match="and 45 more"):
        find(here, *names)


@pytest.mark.parametrize(
    "fault", ["503", "502_html", "reset_before", "reset_after", "200_html", "200_cut_json"]
)
def test_it_may_be_sent_again_since_it_only_reads(place, fault):
    here = place(STATE)
    here.fault(fault, path=USERS_INFO)
    if fault in ("200_html", "200_cut_json"):
        with pytest.raises(PlatformFailed, match=r"no sound JSON|HTML page"):
            find(here, NEW)
        assert asked(here) == 1
    else:
        assert find(here, NEW) == (Found(user(NEW, "u-new")),)
        assert asked(here) == 2


def test_one_that_comes_too_soon_is_sent_again(place):
    here = place(STATE)
    here.fault("429_retry_after", path=USERS_INFO, seconds=0)
    assert find(here, NEW) == (Found(user(NEW, "u-new")),)
    assert asked(here) == 2


class Said:
    """A channel that answers one thing to every look-up."""

    def __init__(self, answer):
        self.answer = answer
        self.bodies = []

    def look_up(self, path, json, *, what):
        assert path in LOOK_UPS
        self.bodies.append(json)
        return self.answer


def entry(name=NEW, **info):
    return {"userInfo": {"emailId": name, "userId": "u-1", **info}}


def failure(name=NEW, **reason):
    return {"userInfo": {"emailId": name, "status": "failure", "reason": reason}}


def test_the_request_is_the_documented_one():
    channel = Said([entry("b@example.com"), failure("a@example.com")])
    find_users(channel, ["b@example.com", "a@example.com"], where="prod")
    assert channel.bodies == [{"emailIds": ["a@example.com", "b@example.com"], "status": "all"}]


INVALID = {"msg": "Invalid emailId", "code": 400}
NOT_FOUND = {"msg": "User not found. Please check the provided email address.", "code": 400}


@pytest.mark.parametrize(
    "reason",
    [
        *({"errors": [each]} for each in (INVALID, NOT_FOUND, {"msg": "Invalid emailId"})),
        {"status": 400, "errors": [{"msg": "Invalid emailId"}]},
        {"status": "404"},
        {},
    ],
)
def test_every_form_of_unknown_that_was_seen(reason):
    assert find_users(Said([failure(**reason)]), [NEW], where="prod") == ()
    stripped = failure(**reason)
    stripped["userInfo"]["status"] = "Failure "
    assert find_users(Said([stripped]), [NEW], where="prod") == ()


@pytest.mark.parametrize(
    "row",
    [
        entry(),
        entry(status=None),
        entry(status="active "),
        {**entry(status="Active"), "roles": {}},
        {**entry(), "roles": {"btRoles": [], "adminRoles": None}},
    ],
)
def test_every_form_of_a_user_who_holds_nothing(row):
    assert find_users(Said([row]), [NEW], where="prod") == (Found(user(NEW, "u-1")),)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({}, "it is an empty object, not a list"),
        ({"users": []}, "it is an object, not a list"),
        (5, "it is the number 5, not a list"),
        (None, "it is null, not a list"),
        ([], f'it says nothing of "{NEW}"'),
        (["x"], 'an entry is the string "x", without userInfo'),
        ([{}], "an entry is an empty object, without userInfo"),
        ([{"userInfo": []}], "an entry is an object, without userInfo"),
        ([entry(name="")], "a row has no emailId"),
        ([entry(name=7)], "emailId is the number 7, not a string"),
        ([entry(userId=None)], "a row has no userId"),
        ([entry(status=3)], "status is the number 3, not a string"),
        ([{**entry(), "roles": []}], "roles is an empty list, not an object"),
        ([{**entry(), "roles": {"btRoles": {}}}], "btRoles is an empty object, not a list"),
        ([entry(), entry("other@example.com")], 'tells of "other@example.com", who was not asked'),
        ([entry(), entry(NEW.upper())], "twice"),
        ([entry(), failure()], "twice"),
        ([failure(errors=[{"msg": "Try later", "code": 500}])], 'with code 500: "Try later"'),
        ([failure(status=429)], "failed with code 429"),
    ],
)
def test_answers_that_leave_it_open_are_errors(answer, message):
    with pytest.raises(PlatformFailed) as caught:
        find_users(Said(answer), [NEW], where="prod")
    assert type(caught.value) is PlatformFailed
    assert message in caught.value.what
    assert "Get User Information: the answer is not as documented" in caught.value.what
    assert (caught.value.where, bool(caught.value.remedy)) == ("prod", True)


@pytest.mark.parametrize(
    "path",
    [
        *(IMPORT, UPLOAD, EXPORT, *ASSIGN.values()),
        *(f"{USERS_INFO}/", USERS_INFO.lower(), f"{USERS_INFO}/../roles/import", "", "/"),
    ],
)
def test_the_read_channel_posts_to_nothing_else(place, path):
    here = place(STATE)
    with pytest.raises(AssertionError, match="not known to only read"):
        here.channel.look_up(path, {}, what="x")
    assert here.log() == []


def test_one_path_alone_is_known_to_only_read():
    assert frozenset({"/api/public/usersInfo"}) == LOOK_UPS
