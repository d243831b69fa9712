"""Who holds what, promoted: planned by name, assigned in batches, read back, and settled."""

import json
from typing import Any

import pytest

from migrate.sandbox.kore.seed import built_in_roles
from tests.cli.staffed import (
    ADMIN_CALL,
    ANN,
    BOB,
    BOT_CALL,
    CY,
    DEE,
    HELPER,
    KEEPER,
    OPERATOR,
    OPS,
    USERS,
    Held,
    account,
    assigns,
    edit,
    held,
    holdings,
    one_line,
    section,
)
from tests.cli.world import Ran, World

EXACT = ("--assignments", "exact")
FULL = ("--mode", "full", "--allow", "max_deletions", "--reason", "a test")


def contents(world: World, name: str) -> dict[tuple[str, str], tuple[str, Any]]:
    return {key: (role["rDesc"], role["permissions"]) for key, role in world.roles(name).items()}


def equal(world: World) -> None:
    """Both sides hold the same, by name."""
    assert holdings(world) == holdings(world, "dev")
    assert contents(world, "prod") == contents(world, "dev")


def plan(world: World, *arguments: str, code: int = 0) -> Ran:
    ran = world.run("plan", "--from", "dev", "--to", "prod", *arguments)
    assert ran.code == code, ran.err
    return ran


def moves(world: World, *arguments: str) -> tuple[set[Held], set[Held]]:
    """Whom the plan gives and takes what."""
    people = plan(world, "--format", "json", *arguments).json()["people"]
    given, taken = (
        {
            (
                each["roleType"],
                each["role"],
                each["kind"],
                each["principal"],
                each.get("scope", ""),
            )
            for each in people[word]
        }
        for word in ("adds", "removes")
    )
    return given, taken


# exact, merge, none


def test_exact_names_exactly_who_gains_and_loses_what(staffed: World) -> None:
    assert section(plan(staffed, *EXACT).out, "Assignments") == [
        f'+ admin role "Ops": {ANN}',
        f'+ bot role "Helper" in bot "Helpdesk": {ANN}',
        '+ bot role "Helper" in bot "Sales": group Night',
        f'+ bot role "New" in bot "Helpdesk": {DEE}',
        f'- admin role "Ops": {BOB}',
        '- bot role "Helper" in bot "Helpdesk": group Desk',
        f'- bot role "Helper" in bot "Sales": {ANN}',
        "order for admin roles: add, remove",
        "order for bot roles: import, add, remove",
    ]
    adds, removes = moves(staffed, *EXACT)
    before, source = holdings(staffed), holdings(staffed, "dev")
    assert adds == source - before
    assert removes == {item for item in before - source if item[1] != "Leftover"}
    assert staffed.writes() == []


@pytest.mark.parametrize("ids", ["kept", "minted"])
@pytest.mark.parametrize("members", ["carried", "dropped"])
def test_a_full_and_exact_promotion_ends_with_both_sides_equal(
    staffed: World, ids: str, members: str
) -> None:
    staffed.switch(ids=ids, minted_members=members)
    ran = staffed.promote(
        "--yes", *FULL, *EXACT, "--prune-held", "--allow-membership-gap", "--reason", "a test"
    )
    assert ran.code == 0, ran.err
    equal(staffed)
    seen = staffed.last()
    again = plan(staffed, "--mode", "full", *EXACT, "--exit-code")
    assert "Nothing to change." in again.out
    assert staffed.promote("--yes", "--mode", "full", *EXACT).code == 0
    assert staffed.writes(seen) == []


@pytest.mark.parametrize("members", ["carried", "dropped"])
@pytest.mark.parametrize("mode", ["incremental", "full"])
def test_a_plain_promotion_leaves_who_holds_what_alone(
    staffed: World, mode: str, members: str
) -> None:
    staffed.switch(ids="minted", minted_members=members)
    staffed.change("dev", "admin", "Ops", Invite="NO")
    staffed.change("dev", "bot", "Helper", Testing=["FULL"])
    before = holdings(staffed)
    options = (*FULL, "--prune-held", "--allow-membership-gap") if mode == "full" else ()
    ran = staffed.promote("--yes", *options)
    assert ran.code == 0, ran.err
    kept = {item for item in before if mode == "incremental" or item[1] != "Leftover"}
    assert holdings(staffed) == kept


def test_merge_adds_and_takes_nothing(staffed: World) -> None:
    before = holdings(staffed)
    adds, removes = moves(staffed, "--assignments", "merge")
    assert (adds, removes) == (holdings(staffed, "dev") - before, set())
    assert staffed.promote("--yes", "--assignments", "merge").code == 0
    assert holdings(staffed) == before | holdings(staffed, "dev")
    assert plan(staffed, "--assignments", "merge", "--exit-code").code == 0


def test_exact_without_full_leaves_roles_that_the_source_does_not_have(staffed: World) -> None:
    ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 0, ran.err
    assert holdings(staffed) == holdings(staffed, "dev") | {("admin", "Leftover", "user", DEE, "")}
    said = one_line(plan(staffed, *EXACT).out)
    assert f'the source has no such role: admin role "Leftover": {DEE}' in said


def test_a_selection_moves_the_members_of_its_roles_only(staffed: World) -> None:
    adds, removes = moves(staffed, *EXACT, "--role", "Ops")
    assert adds == {("admin", "Ops", "user", ANN, "")}
    assert removes == {("admin", "Ops", "user", BOB, "")}
    assert staffed.promote("--yes", *EXACT, "--role", "Ops").code == 0
    assert assigns(staffed) == [ADMIN_CALL + "/"] * 2


def test_it_takes_one_call_per_batch_and_reads_no_role_or_user_by_itself(staffed: World) -> None:
    names = [f"user{number}@example.com" for number in range(150)]
    users = [{"username": name} for name in (*USERS, *names)]
    edit(staffed, "dev", held(KEEPER, OPERATOR), held(OPS, ANN, *names), users=users)
    edit(staffed, "prod", held(KEEPER, OPERATOR), held(OPS, ANN), users=users)
    seen = staffed.last()
    ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 0, ran.err
    equal(staffed)
    assert assigns(staffed, seen) == [ADMIN_CALL + "/"] * 2
    assert len(staffed.calls("prod", seen)) < 25


# who is only there, or called otherwise


def test_names_that_the_target_lacks_are_listed_all_at_once_or_skipped(staffed: World) -> None:
    users = [{"username": name} for name in (*USERS, "eve@example.com", "fay@example.com")]
    edit(
        staffed,
        "dev",
        held(KEEPER, OPERATOR),
        held(OPS, ANN, "eve@example.com", "fay@example.com", "@Early"),
        held(HELPER),
        users=users,
        groups=[{"gN": "Desk", "users": [CY]}, {"gN": "Early", "users": [ANN]}],
    )
    with staffed.untouched():
        ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 3
    ran.says("3 names", "eve@example.com", "fay@example.com", "Early", "--on-unresolved skip")
    ran.says("target: unchanged")
    assert staffed.writes() == []
    ran = staffed.promote("--yes", *EXACT, "--on-unresolved", "skip")
    assert ran.code == 0, ran.err
    for name in ("eve@example.com", "fay@example.com", "Early"):
        assert name in one_line(ran.err)
    assert {item[3] for item in holdings(staffed) if item[1] == "Ops"} == {ANN}


def test_two_names_that_mean_the_same_are_an_error_also_where_unresolved_ones_are_skipped(
    staffed: World,
) -> None:
    staffed.configure(identity='{ domains = { "@dev.example.com" = "@example.com" } }')
    twin = "ann@dev.example.com"
    users = [{"username": name} for name in (*USERS, twin)]
    edit(staffed, "dev", held(KEEPER, OPERATOR), held(OPS, ANN, twin), users=users)
    with staffed.untouched():
        ran = staffed.promote("--yes", *EXACT, "--on-unresolved", "skip")
    assert ran.code == 3, ran.err
    ran.says(ANN, twin, "cannot be told apart", "target: unchanged")
    assert staffed.writes() == []


def test_letters_that_only_look_alike_are_other_people(staffed: World) -> None:
    source, target = "straße@example.com", "strasse@example.com"
    users = [{"username": name} for name in USERS]
    edit(staffed, "dev", held(OPS, source), users=[*users, {"username": source}])
    edit(staffed, "prod", held(OPS, target), users=[*users, {"username": target}])
    with staffed.untouched():
        ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 3
    ran.says(f'user "{source}" (1 assignment): the target has none of that name', target)
    edit(
        staffed,
        "prod",
        held(OPS, target),
        users=[*users, *({"username": n} for n in (source, target))],
    )
    assert moves(staffed, *EXACT) == (
        {("admin", "Ops", "user", source, "")},
        {("admin", "Ops", "user", target, "")},
    )


def test_users_of_another_domain_are_found_by_a_rule(staffed: World) -> None:
    staffed.configure(identity='{ domains = { "@dev.example.com" = "@example.com" } }')
    name = "bob@dev.example.com"
    users = [{"username": OPERATOR}, {"username": name}]
    edit(staffed, "dev", held(KEEPER, OPERATOR), held(OPS, name), users=users, groups=[])
    desk = ("admin", "Ops", "group", "Desk", "")
    assert moves(staffed, *EXACT, "--role", "Ops") == (set(), {desk})


def test_a_snapshot_of_the_target_itself_goes_by_its_own_names(staffed: World) -> None:
    staffed.configure(
        identity=f'{{ users = {{ "{ANN}" = "{CY}" }}, roles = {{ "Ops" = "Operators" }} }}',
        permission_map='{ "Invite" = "Preferences" }',
    )
    path = staffed.folder / "prod.json"
    assert staffed.run("snapshot", "--env", "prod", "-o", path).code == 0
    ran = staffed.run("plan", "--from", f"file:{path}", "--to", "prod", *EXACT, "--exit-code")
    assert ran.code == 0, ran.out
    assert "Nothing to change." in ran.out
    # Nor are ids of an account paired with its own.
    staffed.change("prod", "admin", "Ops", Invite="NO")
    ran = staffed.run("promote", "--from", f"file:{path}", "--to", "prod", *EXACT, "--yes")
    assert ran.code == 0, ran.err
    assert staffed.roles()["admin", "Ops"]["permissions"]["Invite"] == "YES"
    assert not (staffed.shelf / "identity").exists()


def test_a_bot_that_was_renamed_is_found_by_the_table_or_by_its_id(staffed: World) -> None:
    document = staffed.state("prod")
    document["bots"][0]["name"] = "Help"
    staffed.put("prod", document)
    ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 3
    ran.says("Helpdesk", "bot")
    staffed.configure(identity='{ bots = { "Helpdesk" = "Help" } }')
    assert staffed.promote("--yes", *EXACT).code == 0
    here = {(*item[:4], item[4].replace("Help", "Helpdesk")) for item in holdings(staffed)}
    assert here - {("admin", "Leftover", "user", DEE, "")} == holdings(staffed, "dev")
    # Its id was remembered by then: the table is no longer needed.
    staffed.configure(identity=None)
    assert moves(staffed, *EXACT) == (set(), set())
    assert "remembered" in one_line(plan(staffed, *EXACT).out)


# roles that the source has renamed


@pytest.mark.parametrize("assignments", ["none", "exact"])
@pytest.mark.parametrize("mode", ["incremental", "full"])
def test_members_follow_a_role_that_the_source_has_renamed(
    staffed: World, mode: str, assignments: str
) -> None:
    first = staffed.promote("--yes", *EXACT, "--mode", "full", "--prune-held", *FULL[2:])
    assert first.code == 0, first.err
    document = staffed.state("dev")
    for each in document["roles"]:
        each["role"] = "Operators" if each["role"] == "Ops" else each["role"]
    staffed.put("dev", document)
    options = FULL if mode == "full" else ()
    ran = staffed.promote("--yes", *options, "--assignments", assignments)
    assert ran.code == 0, ran.err
    assert holdings(staffed) == holdings(staffed, "dev")
    there = ("admin", "Ops") in staffed.roles()
    assert there is (mode == "incremental")
    if there:
        assert "Ops" in ran.err
    assert plan(staffed, *options[:2], "--assignments", assignments, "--exit-code").code == 0


# what the platform never gives


def rename(world: World, name: str, old: str, new: str) -> None:
    document = world.state(name)
    for each in document["roles"]:
        each["role"] = new if each["role"] == old else each["role"]
    world.put(name, document)


def test_a_rename_is_named_and_stays_in_scope(staffed: World) -> None:
    assert staffed.promote("--yes", *EXACT).code == 0
    who = {item for item in holdings(staffed) if item[1] == "Ops"}
    rename(staffed, "dev", "Ops", "Operators")
    note = 'admin role "Ops" is called "Operators" in the source now: its holders move'
    ran = plan(staffed, "--format", "json")
    assert ran.json()["people"]["moved"] == [
        {"roleType": "admin", "role": "Ops", "becomes": "Operators"}
    ]
    assert note in ran.json()["people"]["notes"]
    assert note in one_line(plan(staffed).out)
    # Who holds a role that is out of scope is left alone, and a narrowed source proves no rename.
    narrow = staffed.folder / "narrow.json"
    staffed.run("snapshot", "--env", "dev", "--role", "Operators", "--out", narrow)
    for scope in (("--role", "Operators"), ("--exclude-role", "Ops")):
        ran = staffed.promote("--yes", "--dry-run", *scope)
        assert '"Ops" is out of scope' in one_line(ran.err + ran.out)
    ran = staffed.run("promote", "--from", f"file:{narrow}", "--to", "prod", "--yes")
    assert ran.code == 0, ran.err
    assert "not all roles of both sides are known" in one_line(ran.err)
    assert {item for item in holdings(staffed) if item[1] in ("Ops", "Operators")} == who


# roles that the target calls otherwise


@pytest.mark.parametrize(
    "scope",
    [(), ("--role", "Crew"), ("--role", "Ops"), ("--exclude-role", "Helper")],
)
@pytest.mark.parametrize("mode", ["incremental", "full"])
def test_a_role_with_an_alias_is_the_targets_own(
    staffed: World, mode: str, scope: tuple[str, ...]
) -> None:
    staffed.configure(identity='{ roles = { "Ops" = "Crew" } }')
    edit(staffed, "dev", held(KEEPER, OPERATOR), held({**OPS, "rDesc": "new"}, ANN, "@Desk"))
    edit(staffed, "prod", held(KEEPER, OPERATOR), held({**OPS, "role": "Crew"}, BOB, "@Desk"))
    ran = staffed.promote("--yes", *EXACT, "--mode", mode, *scope)
    assert ran.code == 0, ran.err
    assert {key[1] for key in staffed.roles() if key[0] == "admin"} == {"admin", "Keeper", "Crew"}
    assert staffed.roles()["admin", "Crew"]["rDesc"] == "new"
    assert {item[3] for item in holdings(staffed) if item[1] == "Crew"} == {ANN, "Desk"}
    assert plan(staffed, *EXACT, "--mode", mode, *scope, "--exit-code").code == 0


@pytest.mark.parametrize("pattern", ["Bot Developer", "App Developer"])
def test_a_built_in_with_an_alias_is_compared_under_either_name(
    staffed: World, pattern: str
) -> None:
    staffed.configure(identity='{ roles = { "Bot Developer" = "App Developer" } }')
    for name, who in (("dev", (ANN,)), ("prod", (ANN, BOB))):
        document = staffed.state(name)
        for each in document["roles"]:
            if each["role"] == "Bot Developer":
                each["holders"] = [{"user": one, "bot": f"st-sales-{name}"} for one in who]
        staffed.put(name, document)
    rename(staffed, "prod", "Bot Developer", "App Developer")
    staffed.change("prod", "bot", "App Developer", Tasks=["VIEW"])
    with staffed.untouched():
        ran = plan(staffed, *EXACT, "--role", pattern)
    assert "built-in: bot role \"App Developer\": permission 'Tasks'" in one_line(ran.out)
    assert moves(staffed, *EXACT, "--role", pattern) == (
        set(),
        {("bot", "App Developer", "user", BOB, "Sales")},
    )


def test_what_cannot_be_assigned_is_said_by_the_plan_and_never_sent(staffed: World) -> None:
    master, owner = built_in_roles("admin"), built_in_roles("bot")
    held_by = {"admin": [{"user": ANN}], "Bot Owner": [{"user": BOB, "bot": "st-sales-dev"}]}
    base = [{**each, "holders": held_by.get(each["role"], [])} for each in (*master, *owner)]
    document = {**account(), "roles": [*base, held(KEEPER, OPERATOR)]}
    staffed.put("dev", document)
    edit(staffed, "prod", held(KEEPER, OPERATOR))
    adds, _ = moves(staffed, *EXACT)
    assert not [item for item in adds if item[1] == "Bot Owner"]
    said = one_line(plan(staffed, *EXACT).out)
    assert '"Bot Owner" cannot be assigned' in said
    ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 0, ran.err
    assert not [item for item in holdings(staffed) if item[1] == "Bot Owner"]
    assert BOT_CALL + "/" not in assigns(staffed)


def test_a_group_that_nobody_is_in_is_left_for_what_it_holds_cannot_be_read_back(
    staffed: World,
) -> None:
    early = held(OPS, ANN, BOB, "@Desk", "@Early")
    desk = {"gN": "Desk", "users": [CY]}
    edit(
        staffed,
        "dev",
        held(KEEPER, OPERATOR),
        early,
        groups=[desk, {"gN": "Early", "users": [BOB]}],
    )
    edit(staffed, "prod", held(KEEPER, OPERATOR), held(OPS), groups=[desk, {"gN": "Early"}])
    ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 0, ran.err
    assert "nobody is in this group" in one_line(ran.err)
    assert {item[3] for item in holdings(staffed) if item[1] == "Ops"} == {ANN, BOB, "Desk"}


def test_what_a_group_gives_is_the_groups_own(staffed: World) -> None:
    adds, removes = moves(staffed, *EXACT, "--role", "Helper")
    assert {item[3] for item in adds | removes if item[2] == "user"} == {ANN}
    ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 0, ran.err
    assert ("bot", "Helper", "group", "Night", "Sales") in holdings(staffed)
    assert ("bot", "Helper", "user", DEE, "Sales") not in holdings(staffed)


# trouble


@pytest.mark.parametrize("path", [ADMIN_CALL, BOT_CALL])
def test_an_entry_that_fails_once_is_sent_once_more(staffed: World, path: str) -> None:
    staffed.fault("assign_partial", path, times=1)
    ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 0, ran.err
    ran.says("of an assignment failed", "sending it once more")
    assert moves(staffed, *EXACT) == (set(), set())


@pytest.mark.parametrize("path", [ADMIN_CALL, BOT_CALL])
def test_where_an_entry_keeps_failing_nothing_is_taken_away(staffed: World, path: str) -> None:
    before = holdings(staffed)
    staffed.fault("assign_partial", path, times=99)
    ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 8, ran.err
    ran.says("of an assignment failed", "role-migrate resume", "role-migrate rollback")
    kind = "admin" if path == ADMIN_CALL else "bot"
    assert {each for each in before if each[0] == kind} <= holdings(staffed)
    staffed.calm()
    ran = staffed.run("resume", staffed.runs()[0], "--yes")
    assert ran.code == 0, ran.err
    assert moves(staffed, *EXACT) == (set(), set())


def test_a_status_that_says_nothing_is_no_failure_where_reading_back_shows_it_done(
    staffed: World,
) -> None:
    staffed.fault("assign_odd_status", ADMIN_CALL, times=9)
    ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 0, ran.err
    assert moves(staffed, *EXACT) == (set(), set())


ACTED = ("reset_after", "500_after", "502_html_after", "200_cut_json", "200_empty", "200_short")
NOT_DONE = ("reset_before", "500", "503", "200_html")


@pytest.mark.parametrize("fault", [*ACTED, *NOT_DONE])
@pytest.mark.parametrize("path", [ADMIN_CALL, BOT_CALL])
def test_a_call_of_unknown_outcome_is_settled(staffed: World, fault: str, path: str) -> None:
    staffed.configure(timeout="0.5")
    staffed.fault(fault, path)
    ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 0, ran.err
    assert {item for item in holdings(staffed) if item[1] != "Leftover"} == holdings(staffed, "dev")
    assert moves(staffed, *EXACT) == (set(), set())


def test_a_call_that_comes_too_soon_is_sent_again(staffed: World) -> None:
    staffed.fault("429_retry_after", BOT_CALL, seconds=0)
    ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 0, ran.err
    assert moves(staffed, *EXACT) == (set(), set())


@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after"])
def test_a_call_without_an_answer_is_settled(staffed: World, fault: str) -> None:
    staffed.configure(timeout="0.3")
    staffed.fault(fault, BOT_CALL, seconds=0.8)
    ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 0, ran.err
    assert moves(staffed, *EXACT) == (set(), set())


@pytest.mark.parametrize("change", ["given", "taken"])
def test_somebody_who_assigns_meanwhile_makes_the_plan_stale(staffed: World, change: str) -> None:
    path = staffed.plan(*EXACT)
    document = staffed.state("prod")
    for each in document["roles"]:
        if each["role"] == "Ops":
            users = [ANN, BOB] if change == "given" else []
            each["holders"] = [{"group": "Desk"}, *({"user": name} for name in users)]
    staffed.put("prod", document)
    with staffed.untouched():
        ran = staffed.run("apply", path, "--yes")
    assert ran.code == 5
    ran.says(ANN if change == "given" else BOB, "Ops", "target: unchanged", "Make a new plan")
    assert staffed.writes() == []


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_what_can_t_be_read_for_encryption_is_not_asked_for_otherwise(
    staffed: World, name: str
) -> None:
    staffed.switch(name, payload_encryption="on")
    for words in (("plan",), ("promote", "--yes"), ("promote", "--dry-run")):
        with staffed.untouched():
            ran = staffed.run(*words, "--from", "dev", "--to", "prod", *EXACT)
        assert ran.code == 7
        ran.says(f"{name}: Get User Roles Details", "payload encryption is on")
        ran.says("target: unchanged", "next: Turn payload encryption off for the app")
        ran.says("Or leave --assignments out: roles can travel alone.")
    allowed = ("--accept-membership-risk", "--reason", "a test")
    assert staffed.promote("--yes", *allowed).code == 0


def test_what_holds_no_assignments_is_named_as_such(staffed: World) -> None:
    export = staffed.file("export.json", staffed.export("admin"))
    staffed.switch("dev", payload_encryption="on")
    snapshot = staffed.folder / "dev.json"
    assert staffed.run("snapshot", "--env", "dev", "--out", snapshot).code == 0
    assert staffed.promote("--yes").code == 0
    run = staffed.runs()[0]
    for source, why in (
        ((f"file:{export}", "--source-env", "dev"), "a bare export holds roles alone"),
        ((f"file:{snapshot}",), "the snapshot does not hold them"),
        ((f"run:{run}",), "when it was captured, only who holds roles was read"),
    ):
        seen = staffed.last()
        ran = staffed.run("plan", "--from", *source, "--to", "prod", *EXACT)
        assert ran.code == 2
        ran.says("those of the source are not known", why, "target: unchanged")
        ran.says("snapshots that hold assignments")
        assert staffed.calls("prod", seen) == []


LEDGER = """[environments.ledger]
platform = "faircom"
url = "https://127.0.0.1:1"
account = "ledger"
login = { username = "ADMIN", password = { env = "NOBODY_SETS_THIS" } }
"""


def test_names_of_another_platform_are_not_looked_up_in_the_target(staffed: World) -> None:
    path = staffed.folder / "dev.json"
    assert staffed.run("snapshot", "--env", "dev", "-o", path).code == 0
    document = json.loads(path.read_bytes())
    document["environment"], document["identity"]["platform"] = "ledger", "faircom"
    path.write_text(json.dumps(document))
    staffed.extra = LEDGER
    staffed.configure()
    seen = staffed.last()
    told = "'ledger' is a faircom environment and 'prod' a kore one: roles cannot travel"
    for source in (f"file:{path}", "ledger"):
        for command in (("plan",), ("promote", "--yes")):
            ran = staffed.run(*command, "--from", source, "--to", "prod", *EXACT)
            assert ran.code == 2, ran.err
            ran.says(told, "target: unchanged")
    assert staffed.calls("prod", seen) == []


def test_an_old_snapshot_must_not_give_leavers_their_access_back(staffed: World) -> None:
    path = staffed.folder / "dev.json"
    assert staffed.run("snapshot", "--env", "dev", "-o", path).code == 0
    promotion = ("promote", "--from", f"file:{path}", "--to", "prod", "--yes", *EXACT)
    document = json.loads(path.read_bytes())
    document["capturedAt"] = "2024-01-01T00:00:00Z"
    path.write_text(json.dumps(document))
    with staffed.untouched():
        ran = staffed.run(*promotion)
    assert ran.code == 2, ran.err
    ran.says("2024-01-01T00:00:00Z", "too old", "max_source_age", "target: unchanged")
    staffed.configure(max_source_age='"3650d"')
    assert staffed.run(*promotion).code == 0
    assert moves(staffed, *EXACT) == (set(), set())


def test_a_plan_that_was_saved_ends_as_one_in_one_go_does(staffed: World) -> None:
    path = staffed.plan(*EXACT, *FULL, "--prune-held")
    ran = staffed.run("apply", path, "--yes")
    assert ran.code == 0, ran.err
    equal(staffed)
    assert staffed.run("apply", path, "--yes").code == 5
