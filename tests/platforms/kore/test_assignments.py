from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import AccessDenied, OutcomeUnknown, PlanStale, PlatformFailed, RateLimited
from migrate.model import ACCOUNT, Assignment, People, Principal, Scope
from migrate.platforms.kore.assign_calls import ASSIGN, MOST_PARTS, EntryResult, send
from migrate.platforms.kore.assignments import MOST, Batch, Entry, batches
from migrate.platforms.kore.catalogue import not_assignable
from migrate.platforms.kore.holdings import people_of
from migrate.platforms.kore.people import Need, read_people
from migrate.sandbox import account_state

USERS = {
    ("user", "ann@example.com"): Principal("user", "Ann@Example.com", "u-1", "E1"),
    ("user", "bob@example.com"): Principal("user", "bob@example.com", "u-2"),
    ("user", "e7"): Principal("user", "E7", "u-3", "E7"),
    ("group", "Ops Team"): Principal("group", "Ops Team", "e-1"),
    ("group", "a, b"): Principal("group", "a, b", "e-2"),
}
TARGET = People(
    account_id="a",
    principals=USERS,
    scopes={"Shop": Scope("Shop", "st-1"), "Bank": Scope("Bank", "st-2")},
    assignments=frozenset(),
)
ROLE_IDS = {("admin", "Ops"): "1", ("admin", "Audit"): "2", ("bot", "Tester"): "9"}


def admin(kind, principal, role="Ops"):
    return Assignment(kind, principal, "admin", role, ACCOUNT)


def in_bot(kind, principal, scope="Shop"):
    return Assignment(kind, principal, "bot", "Tester", scope)


ANN, BOB = admin("user", "ann@example.com"), admin("user", "bob@example.com")
TEAM, BY_ORG_ID = admin("group", "Ops Team"), admin("user", "e7")


def bodies(found):
    return [(batch.role_type, batch.bodies) for batch in found]


def test_who_shares_an_e_mail_but_for_its_case_is_named_by_organisation_id():
    principals = {
        ("user", "ann@x [u-1]"): Principal("user", "Ann@x", "u-1", "E1"),
        ("user", "ann@x [u-2]"): Principal("user", "ann@x", "u-2"),
    }
    target = replace(TARGET, principals=principals)
    found = batches(
        [admin("user", "ann@x [u-1]")], [admin("user", "ann@x [u-2]")], target, ROLE_IDS
    )
    lists = [(entry.by_org_id, entry.add_users, entry.remove_users) for entry in found[0].entries]
    assert lists == [(False, (), ("ann@x",)), (True, ("E1",), ())]


def test_one_entry_per_role_and_scope_in_the_targets_spelling():
    found = batches([ANN, TEAM, in_bot("user", "bob@example.com")], [BOB], TARGET, ROLE_IDS)
    assert bodies(found) == [
        (
            "admin",
            [
                {
                    "roleId": "1",
                    "addUsers": ["Ann@Example.com"],
                    "removeUsers": ["bob@example.com"],
                    "addGroups": ["Ops Team"],
                    "removeGroups": [],
                }
            ],
        ),
        (
            "bot",
            [
                {
                    "roleId": "9",
                    "botId": "st-1",
                    "addUsers": ["bob@example.com"],
                    "removeUsers": [],
                    "addGroups": [],
                    "removeGroups": [],
                }
            ],
        ),
    ]


def test_users_known_by_organisation_id_only_are_an_entry_of_their_own():
    found = batches([BY_ORG_ID, ANN], [], TARGET, ROLE_IDS)
    ((_, (by_email, by_org_id)),) = bodies(found)
    assert by_email["addUsers"] == ["Ann@Example.com"]
    assert by_org_id == {
        "roleId": "1",
        "addOrgUserIds": ["E7"],
        "removeOrgUserIds": [],
        "addGroups": [],
        "removeGroups": [],
    }


def test_nothing_to_do_is_no_call():
    assert batches([], [], TARGET, ROLE_IDS) == ()


def test_batches_survive_a_journal():
    both = [ANN, BY_ORG_ID, TEAM, in_bot("user", "e7"), in_bot("group", "a, b", "Bank")]
    for batch in batches(both, [BOB], TARGET, ROLE_IDS):
        assert Batch.from_bodies(batch.role_type, batch.bodies) == batch


def test_what_the_target_does_not_have_is_listed_all_at_once():
    adds = [
        admin("user", "zoe@example.com"),
        admin("group", "ops team"),
        admin("user", "ann@example.com", "Gone"),
        in_bot("user", "ann@example.com", "Lost"),
    ]
    with pytest.raises(PlanStale) as caught:
        batches(adds, [], TARGET, ROLE_IDS)
    assert caught.value.what.endswith(
        'the admin role "Gone", the bot "Lost", the group "ops team", the user "zoe@example.com"'
    )


def test_the_same_is_never_added_and_removed():
    with pytest.raises(AssertionError, match="both added and removed"):
        batches([ANN], [ANN], TARGET, ROLE_IDS)


POSSIBLE = [
    *(admin(*holder, role) for holder in USERS for role in ("Ops", "Audit")),
    *(in_bot(*holder, scope) for holder in USERS for scope in TARGET.scopes),
]


@given(
    held=st.sets(st.sampled_from(POSSIBLE)),
    wanted=st.sets(st.sampled_from(POSSIBLE)),
    size=st.integers(1, 12),
    seed=st.randoms(),
)
def test_batches_do_exactly_the_difference(held, wanted, size, seed):
    adds, removes = list(wanted - held), list(held - wanted)
    found = batches(adds, removes, TARGET, ROLE_IDS, size)
    seed.shuffle(adds)
    seed.shuffle(removes)
    assert batches(adds, removes, TARGET, ROLE_IDS, size) == found

    roles = {own: key for key, own in ROLE_IDS.items()}
    bots = {scope.id: scope.name for scope in TARGET.scopes.values()}
    known = {
        ("Groups" if kind == "group" else "OrgUserIds" if name == "e7" else "Users", who.name): (
            kind,
            name,
        )
        for (kind, name), who in USERS.items()
    }
    now = set(held)
    for batch in found:
        names = 0
        for body in batch.bodies:
            assert not {"addUsers", "addOrgUserIds"} <= body.keys()
            for verb, change in (("add", now.add), ("remove", now.remove)):
                for part in ("Users", "OrgUserIds", "Groups"):
                    for name in body.get(verb + part, ()):
                        names += 1
                        scope = bots[body["botId"]] if "botId" in body else ACCOUNT
                        change(Assignment(*known[part, name], *roles[body["roleId"]], scope))
        assert 0 < names <= size
        places = [(each.role_id, each.bot_id, each.by_org_id) for each in batch.entries]
        assert len(places) == len(set(places))
    assert now == wanted
    by_type = [sum(each.role_type == kind for each in adds + removes) for kind in ("admin", "bot")]
    assert len(found) == sum(-(-count // size) for count in by_type)


@pytest.mark.parametrize(
    ("assignment", "reason"),
    [
        (admin("group", "Ops Team", "admin"), "held by users only, never by groups"),
        (admin("group", "Ops Team", "Master Admin"), "held by users only, never by groups"),
        (admin("user", "ann@example.com", "admin"), ""),
        (TEAM, ""),
        (in_bot("user", "ann@example.com"), ""),
        (in_bot("user", "ann@example.com")._replace(role="Bot Owner"), "cannot be assigned"),
        (in_bot("group", "a, b")._replace(role="App Owner"), "cannot be assigned"),
        (admin("user", "ann@example.com", "Bot Owner"), ""),
    ],
)
def test_what_the_platform_never_assigns(assignment, reason):
    found = not_assignable(assignment)
    assert reason in found
    assert bool(found) == bool(reason)


# Sending.


def entry(number, *users):
    return Entry(str(number), add_users=users or (f"u{number}",))


class Platform:
    """A channel that answers by itself, and counts."""

    def __init__(self, answer=lambda bodies: [{"status": "success"} for _ in bodies]):
        self.answer = answer
        self.calls = []

    def post(self, path, *, what, json):
        self.calls.append((path, json))
        return self.answer(json)


def refusing(*faulty):
    """Refuses every batch with one of these role ids in it."""

    def answer(bodies):
        if any(body["roleId"] in faulty for body in bodies):
            raise PlatformFailed("refused with HTTP 400: One or more entered emails not found")
        return [{"status": "success ", "roleId": body["roleId"]} for body in bodies]

    return Platform(answer)


def test_the_paths_are_as_documented():
    for role_type, path in ASSIGN.items():
        platform = Platform()
        batch = Batch(role_type, (entry(1),))
        assert send(platform, batch) == (EntryResult(entry(1)),)
        assert platform.calls == [(path, batch.bodies)]
    assert ASSIGN["admin"] == "/api/public/adminroles/assignments/"
    assert ASSIGN["bot"] == "/api/public/btroles/assignments/"


@pytest.mark.parametrize("status", ["success", "success ", " SUCCESS\n"])
def test_success_however_it_is_written(status):
    (result,) = send(Platform(lambda _: [{"status": status}]), Batch("bot", (entry(1),)))
    assert result.done


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"status": "failure", "reason": "Invalid emailId"}, '"failure": "Invalid emailId"'),
        (
            {"status": "failure", "reason": {"errors": [{"msg": "Invalid emailId", "code": 400}]}},
            '"failure": "Invalid emailId"',
        ),
        ({"status": "failure", "errors": [{"msg": "no"}]}, '"failure": "no"'),
        ({"status": "accepted"}, 'the platform says "accepted"'),
        ({"status": ""}, 'the platform says ""'),
        ({"status": None}, "without a status"),
        ({}, "without a status"),
        ("success", 'answered the string "success" without a status'),
        (None, "does not say what became of it"),
        ({"status": "success", "roleId": "77"}, "about another role"),
    ],
)
def test_anything_else_is_a_failure_of_that_entry(said, reason):
    platform = Platform(lambda _: [{"status": "success"}, said])
    first, second = send(platform, Batch("admin", (entry(1), entry(2))))
    assert first.done
    assert not second.done
    assert reason in second.reason


def test_entries_without_an_answer_are_failures():
    platform = Platform(lambda bodies: [{"status": "success"}])
    results = send(platform, Batch("bot", (entry(1), entry(2), entry(3))))
    assert [result.done for result in results] == [True, False, False]


@pytest.mark.parametrize("answer", [{"status": "success"}, [{"status": "success"}] * 3, "ok", None])
def test_an_answer_that_fits_no_entries_leaves_the_outcome_open(answer):
    with pytest.raises(OutcomeUnknown, match="2 entries were sent"):
        send(Platform(lambda _: answer), Batch("admin", (entry(1), entry(2))))


@pytest.mark.parametrize("faulty", [{"0"}, {"63"}, {"17", "18"}, {"3", "40"}])
def test_the_faulty_entries_of_a_refused_batch_are_found_by_halving(faulty):
    platform = refusing(*faulty)
    entries = tuple(entry(number) for number in range(64))
    results = send(platform, Batch("admin", entries))
    assert [result.entry for result in results] == list(entries)
    assert {result.entry.role_id for result in results if not result.done} == faulty
    assert all("emails not found" in result.reason for result in results if not result.done)
    assert len(platform.calls) <= 1 + 2 * 6 * len(faulty)
    # Nothing that was done is sent again.
    done = [body["roleId"] for _, json in platform.calls for body in json]
    accepted = [
        body["roleId"]
        for _, json in platform.calls
        if not faulty & {body["roleId"] for body in json}
        for body in json
    ]
    assert sorted(accepted) == sorted({each.role_id for each in entries} - faulty)
    assert faulty <= set(done)


def test_the_search_for_faulty_entries_is_bounded():
    platform = refusing(*map(str, range(MOST)))
    results = send(platform, Batch("admin", tuple(entry(number) for number in range(MOST))))
    assert not any(result.done for result in results)
    assert len(results) == MOST
    assert len(platform.calls) == MOST_PARTS + 1
    assert any("not tried" in result.reason for result in results)


@pytest.mark.parametrize("error", [RateLimited("slow"), AccessDenied("no"), OutcomeUnknown("?")])
def test_other_errors_are_not_searched(error):
    def answer(bodies):
        raise error

    platform = Platform(answer)
    with pytest.raises(type(error)):
        send(platform, Batch("admin", (entry(1), entry(2))))
    assert len(platform.calls) == 1


@pytest.mark.parametrize("error", [RateLimited("slow"), AccessDenied("no"), OutcomeUnknown("?")])
def test_an_error_after_a_part_is_done_leaves_the_outcome_open(error):
    def answer(bodies):
        if len(platform.calls) == 1:
            raise PlatformFailed("refused")
        if len(platform.calls) == 2:
            return [{"status": "success"}]
        raise error

    platform = Platform(answer)
    with pytest.raises(OutcomeUnknown):
        send(platform, Batch("admin", (entry(1), entry(2))))


def test_an_error_before_any_part_is_done_is_passed_on():
    def answer(bodies):
        if len(platform.calls) == 1:
            raise PlatformFailed("refused")
        raise RateLimited("slow")

    platform = Platform(answer)
    with pytest.raises(RateLimited):
        send(platform, Batch("admin", (entry(1), entry(2))))


# Against the sandbox.


def captured(here):
    rows = read_people(here.channel, Need.ALL, where="prod").rows
    return people_of(rows, here.roles(), where="prod")


def desired(people):
    """Every user's assignments handed on to the next user, group's to the next group."""
    for kind in ("user", "group"):
        names = sorted(
            name
            for own, name in people.principals
            if own == kind and name not in people.unseen_groups
        )
        after = dict(zip(names, [*names[1:], names[0]], strict=True))
        for each in people.assignments:
            if each.kind == kind:
                yield each._replace(principal=after[each.principal])


@pytest.mark.parametrize("unknown", ["entry", "refuse", "silent"])
@pytest.mark.parametrize("status", ["documented", "plain"])
def test_what_is_sent_is_what_is_held_afterwards(place, unknown, status):
    state = account_state(5, 3, users=40, groups=6, bots=3)
    state["users"][3]["username"] = ""
    for role in state["roles"]:
        role["holders"] = [each for each in role.get("holders", ()) if "user" in each]
        for holder in role["holders"]:
            if holder["user"] not in {user["username"] for user in state["users"]}:
                holder["user"] = state["users"][3]["orgUserId"]
    for members in state["groups"]:
        members["users"] = [state["users"][0]["username"]]
    here = place(state, unknown_principal=unknown, assign_status=status)
    before, ids = captured(here), {}
    for section in here.roles().values():
        ids |= {role.key: role.id for role in section.roles}
    wanted = frozenset(desired(before)) | {
        each._replace(kind="group", principal=state["groups"][0]["gN"])
        for each in before.assignments
    }
    start = len(here.log())
    for batch in batches(wanted - before.assignments, before.assignments - wanted, before, ids, 25):
        assert all(result.done for result in send(here.channel, batch))
    after = captured(here)
    assert after.assignments == wanted
    assert any(user.name == user.org_id for user in before.principals.values())
    posts = [entry for entry in here.log()[start:] if entry["method"] == "POST"]
    assert {post["status"] for post in posts} == {200}


@pytest.mark.parametrize("unknown", ["entry", "refuse"])
def test_an_unknown_user_fails_its_entry_alone(place, unknown):
    here = place(account_state(3, 1, users=9, groups=2, bots=1), unknown_principal=unknown)
    roles = here.roles()["admin"].roles[:3]
    name = captured(here).principals["user", next(iter(sorted(captured(here).groups_of)))].name
    entries = tuple(Entry(role.id, add_users=(name,)) for role in roles)
    faulty = Entry(roles[1].id, add_users=("nobody@example.com",))
    results = send(here.channel, Batch("admin", (*entries[:1], faulty, *entries[2:])))
    assert [result.done for result in results] == [True, False, True]
    assert "email" in results[1].reason


@pytest.mark.parametrize("fault", ["assign_partial", "assign_odd_status", "200_short"])
def test_faults_of_the_platform_show_as_failures_of_entries(place, fault):
    here = place(account_state(4, 1, users=9, groups=2, bots=1))
    roles = here.roles()["admin"].roles
    name = next(who.name for (kind, _), who in captured(here).principals.items() if kind == "user")
    here.fault(fault, path=ASSIGN["admin"])
    results = send(
        here.channel, Batch("admin", tuple(Entry(role.id, add_users=(name,)) for role in roles))
    )
    assert len(results) == len(roles)
    assert not all(result.done for result in results)
