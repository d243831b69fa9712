"""Users who hold nothing in the target, and may not be listed there: found by name, or said so."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migrate.sandbox import Sandbox
from tests.cli.staffed import (
    ANN,
    BOB,
    BOT_CALL,
    KEEPER,
    OPERATOR,
    OPS,
    account,
    held,
    holdings,
    one_line,
    section,
)
from tests.cli.world import LOOK_UP, USERS_INFO, Ran, World, world_on

EVE, FAY, GIL = "eve@example.com", "fay@example.com", "gil@example.com"
IDLE = "idle@example.com"
ONLY_DEV = "left@example.com"
HELPER = {"roleType": "bot", "role": "Helper", "rDesc": "", "permissions": {"Tasks": ["VIEW"]}}


def users(*names: str) -> list[dict[str, str]]:
    """The five of every account, and these; a name in brackets is an organisation id."""
    known = (ANN, BOB, "cy@example.com", "dee@example.com", OPERATOR, *names)
    return [
        {"orgUserId": name[1:-1]} if name.startswith("[") else {"username": name} for name in known
    ]


NEWCOMERS = (EVE, FAY, GIL)
DEV = account(
    held(KEEPER, OPERATOR),
    held(OPS, ANN, EVE),
    held(HELPER, f"{FAY}/Sales"),
    users=users(*NEWCOMERS),
)
PROD = account(
    held(KEEPER, OPERATOR),
    held(OPS, ANN, BOB),
    held(HELPER, f"{ANN}/Sales", side="prod"),
    users=users(*NEWCOMERS),
    side="prod",
)
"""In prod, eve and fay hold nothing yet."""


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("box")
    with Sandbox({"dev": DEV, "prod": PROD}, folder, s3=False) as started:
        yield started


@pytest.fixture
def hiding(box: Sandbox, tmp_path: Path) -> Iterator[World]:
    """A world whose prod lists only users who hold a role."""
    with world_on(box, tmp_path / "work") as made:
        made.switch(roleless_users="omitted")
        yield made


def look_ups(world: World, since: int = 0) -> int:
    """How many look-ups prod was sent; dev gets none."""
    assert LOOK_UP not in world.calls("dev")
    return world.calls("prod", since).count(LOOK_UP)


def asked(world: World) -> list[list[str]]:
    """The names in each look-up that prod was sent."""
    return [entry["body"]["emailIds"] for entry in world.log() if entry["path"] == USERS_INFO]


def put(world: World, name: str, *roles: dict[str, Any], **more: Any) -> None:
    world.put(name, account(*roles, side=name, **more))


def who(world: World, role: str) -> set[str]:
    return {item[3] for item in holdings(world) if item[1] == role}


MODES = pytest.mark.parametrize("assignments", ["merge", "exact"])


@MODES
@pytest.mark.parametrize("listed", ["listed", "omitted"])
def test_a_newcomer_gets_a_first_role(hiding: World, assignments: str, listed: str) -> None:
    hiding.switch(roleless_users=listed)
    ran = hiding.promote("--yes", "--assignments", assignments)
    assert ran.code == 0, ran.err
    assert who(hiding, "Ops") == {ANN, EVE} | ({BOB} if assignments == "merge" else set())
    assert ("bot", "Helper", "user", FAY, "Sales") in holdings(hiding)
    assert look_ups(hiding) == (listed == "omitted")
    said = one_line(ran.err)
    assert "1 user gains Invite in prod, through Ops" in said
    # By now everybody shows.
    seen = hiding.last()
    ran = hiding.promote("--yes", "--assignments", assignments)
    assert (ran.code, look_ups(hiding, seen), hiding.writes(seen)) == (0, 0, [])
    assert "nothing to do" in one_line(ran.out)


@MODES
def test_a_saved_plan_looks_up_once_more_when_it_is_applied(
    hiding: World, assignments: str
) -> None:
    path = hiding.plan("--assignments", assignments)
    assert look_ups(hiding) == 1
    ran = hiding.run("apply", path, "--yes")
    assert ran.code == 0, ran.err
    assert look_ups(hiding) == 2
    assert "since the plan was made" not in ran.out + ran.err
    assert who(hiding, "Ops") >= {ANN, EVE}
    assert ("bot", "Helper", "user", FAY, "Sales") in holdings(hiding)


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "--from", "dev", "--to", "prod"),
        ("plan", "--from", "dev", "--to", "prod", "--assignments", "exact", "--role", "Keeper"),
        ("promote", "--from", "dev", "--to", "prod", "--yes"),
        ("snapshot", "--env", "prod"),
        ("drift", "--env", "prod", "--against", "dev"),
    ],
)
def test_where_nobody_is_missing_nobody_is_looked_up(
    hiding: World, arguments: tuple[str, ...]
) -> None:
    assert hiding.run(*arguments).code == 0
    assert look_ups(hiding) == 0


def test_only_those_are_asked_for_whom_the_plan_turns_on(hiding: World) -> None:
    assert hiding.run(*PLAN, "--role", "Ops").code == 0
    assert hiding.run(*PLAN, "--exclude-role", "Ops").code == 0
    assert hiding.run(*PLAN).code == 0
    assert asked(hiding) == [[EVE], [FAY], [EVE, FAY]]


PLAN = ("plan", "--from", "dev", "--to", "prod", "--assignments", "exact")
GONE = ("gone@example.com", "lost@example.com")


def strangers(world: World) -> None:
    """In dev, a group and two users hold a role whom prod does not have."""
    put(
        world,
        "dev",
        held(KEEPER, OPERATOR),
        held(OPS, ANN, EVE, *GONE, "@Early"),
        users=users(EVE, *GONE),
        groups=[{"gN": "Early", "users": [ANN]}],
    )


@MODES
def test_who_is_not_there_at_all_is_listed_with_all_others(hiding: World, assignments: str) -> None:
    strangers(hiding)
    with hiding.untouched():
        ran = hiding.promote("--yes", "--assignments", assignments)
    assert ran.code == 3
    ran.says("3 names", *GONE, "Early", "--on-unresolved skip", "target: unchanged")
    assert EVE not in ran.err
    assert "could not be looked up" not in one_line(ran.err)
    assert (look_ups(hiding), hiding.writes()) == (1, [])
    ran = hiding.promote("--yes", "--assignments", assignments, "--on-unresolved", "skip")
    assert ran.code == 0, ran.err
    assert all(f'skipped: user "{name}"' in one_line(ran.err) for name in GONE)
    assert who(hiding, "Ops") >= {ANN, EVE}


def test_many_are_asked_for_in_batches(hiding: World) -> None:
    names = [f"user{number:03}@example.com" for number in range(201)]
    put(hiding, "dev", held(KEEPER, OPERATOR), held(OPS, ANN, *names), users=users(*names))
    put(hiding, "prod", held(KEEPER, OPERATOR), held(OPS, ANN), users=users(*names))
    ran = hiding.promote("--yes", "--assignments", "exact")
    assert ran.code == 0, ran.err
    assert who(hiding, "Ops") == {ANN, *names}
    assert [len(batch) for batch in asked(hiding)] == [100, 100, 1]


# called otherwise


def test_a_rewritten_name_is_looked_up_and_goes_before_ones_own(hiding: World) -> None:
    hiding.configure(identity='{ domains = { "@dev.example.com" = "@example.com" } }')
    name = "eve@dev.example.com"
    put(hiding, "dev", held(KEEPER, OPERATOR), held(OPS, ANN, name), users=users(name))
    # Somebody of the very same name is there, too, and holds something.
    put(hiding, "prod", held(KEEPER, OPERATOR, name), held(OPS, ANN), users=users(EVE, name))
    ran = hiding.promote("--yes", "--assignments", "merge")
    assert ran.code == 0, ran.err
    assert asked(hiding) == [[EVE]]
    assert who(hiding, "Ops") == {ANN, EVE}


def test_what_the_table_gives_is_looked_up(hiding: World) -> None:
    temp = "temp@example.com"
    hiding.configure(identity=f'{{ users = {{ "{temp}" = "{EVE}" }} }}')
    put(hiding, "dev", held(KEEPER, OPERATOR), held(OPS, temp), users=users(temp))
    assert hiding.promote("--yes", "--assignments", "merge").code == 0
    assert (asked(hiding), who(hiding, "Ops")) == ([[EVE]], {ANN, BOB, EVE})


@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize(
    ("case", "there"), [("any", EVE), ("exact", "EVE@example.com"), ("exact", EVE.upper())]
)
def test_names_are_sent_as_the_target_spells_them(
    hiding: World, case: str, there: str, saved: bool
) -> None:
    here = "EVE@example.com"
    put(hiding, "dev", held(KEEPER, OPERATOR), held(OPS, there), users=users(there))
    put(hiding, "prod", held(KEEPER, OPERATOR), held(OPS, ANN), users=users(here))
    hiding.switch(look_up_case=case)
    if there == EVE.upper():
        ran = hiding.promote("--yes", "--assignments", "merge")
        assert ran.code == 3, ran.err
        assert asked(hiding) == [[EVE.upper()], [EVE]]
        return
    if saved:
        ran = hiding.run("apply", hiding.plan("--assignments", "merge"), "--yes")
    else:
        ran = hiding.promote("--yes", "--assignments", "merge")
    assert ran.code == 0, ran.err
    assert who(hiding, "Ops") == {ANN, here}


def test_an_id_in_the_organisation_finds_whoever_shows_and_nobody_else(hiding: World) -> None:
    kiosk = {"user": "K-7"}
    for name, holders in (("dev", [kiosk]), ("prod", [])):
        both = {**KEEPER, "holders": [{"user": OPERATOR}, *holders]}
        put(hiding, name, both, held(OPS, ANN), users=users("[K-7]"))
    ran = hiding.promote("--yes", "--assignments", "merge")
    assert ran.code == 3
    assert "K-7" in ran.err and "can't be looked up" in one_line(ran.err)
    assert look_ups(hiding) == 0
    hiding.switch(roleless_users="listed")
    ran = hiding.promote("--yes", "--assignments", "merge")
    assert ran.code == 0, ran.err
    assert who(hiding, "Keeper") == {OPERATOR, "K-7"}


def test_who_is_not_active_is_given_a_role_with_a_note(hiding: World) -> None:
    idle = [{"username": IDLE, "status": "not active"}]
    put(hiding, "dev", held(KEEPER, OPERATOR), held(OPS, ANN, IDLE), users=users(IDLE))
    put(hiding, "prod", held(KEEPER, OPERATOR), held(OPS, ANN), users=[*users(), *idle])
    ran = hiding.run(*PLAN)
    note = f'user "{IDLE}" is "not active" in the target, and is given 1 assignment'
    assert " ".join(section(ran.out, "Notes")) == note
    assert hiding.promote("--yes", "--assignments", "exact").code == 0
    assert who(hiding, "Ops") == {ANN, IDLE}


# trouble


@pytest.mark.parametrize("fault", ["200_short", "200_html", "200_cut_json", "500"])
def test_an_answer_that_leaves_it_open_stops_it(hiding: World, fault: str) -> None:
    hiding.fault(fault, USERS_INFO)
    with hiding.untouched():
        ran = hiding.promote("--yes", "--assignments", "exact", "--on-unresolved", "skip")
    assert ran.code == 7, ran.err
    ran.says("Get User Information", "target: unchanged", "next: ")
    assert hiding.writes() == []


@pytest.mark.parametrize("fault", ["429_retry_after", "503", "reset_after"])
def test_a_passing_trouble_is_waited_out(hiding: World, fault: str) -> None:
    hiding.fault(fault, USERS_INFO, seconds=0)
    ran = hiding.promote("--yes", "--assignments", "exact")
    assert ran.code == 0, ran.err
    assert look_ups(hiding) == 2
    assert who(hiding, "Ops") == {ANN, EVE}


def test_where_both_are_encrypted_the_listing_says_so_first(hiding: World) -> None:
    hiding.switch(payload_encryption="on")
    ran = hiding.promote("--yes", "--assignments", "exact")
    assert ran.code == 7
    ran.says("Get User Roles Details", "payload encryption is on")
    assert look_ups(hiding) == 0


def test_an_app_without_the_scope_is_told_so_beside_the_names(hiding: World) -> None:
    strangers(hiding)
    hiding.switch(user_scope="missing")
    with hiding.untouched():
        ran = hiding.promote("--yes", "--assignments", "exact")
    assert ran.code == 3
    ran.says("4 names", EVE, *GONE, "Early", "Scope is incorrect")
    ran.says("could not be looked up", "User Management > User Management", "target: unchanged")
    ran = hiding.promote("--yes", "--assignments", "exact", "--on-unresolved", "skip")
    assert ran.code == 0, ran.err
    said = one_line(ran.err)
    assert "could not be looked up: Get User Information: access denied" in said
    assert f'skipped: user "{EVE}"' in said
    # Nobody is missing: then it does not matter.
    hiding.switch(roleless_users="listed")
    put(hiding, "dev", held(KEEPER, OPERATOR), held(OPS, ANN, EVE), users=users(EVE))
    assert hiding.promote("--yes", "--assignments", "exact").code == 0


def test_an_app_that_loses_the_scope_before_the_run_changes_nothing(hiding: World) -> None:
    path = hiding.plan("--assignments", "exact")
    hiding.switch(user_scope="missing")
    with hiding.untouched():
        ran = hiding.run("apply", path, "--yes")
    assert ran.code == 7
    ran.says("User Management > User Management", "target: unchanged")
    # It was not used up.
    hiding.switch(user_scope="granted")
    assert hiding.run("apply", path, "--yes").code == 0
    assert who(hiding, "Ops") == {ANN, EVE}


@pytest.mark.parametrize(
    ("section", "name", "words"),
    [
        ("users", EVE, f'user "{EVE}"'),
        ("groups", "Desk", 'group "Desk"'),
        ("bots", "Helpdesk", 'bot "Helpdesk"'),
    ],
)
@pytest.mark.parametrize("listed", ["listed", "omitted"])
def test_what_is_gone_since_the_plan_makes_it_stale(
    hiding: World, section: str, name: str, words: str, listed: str
) -> None:
    hiding.switch(roleless_users=listed)
    roles = (held(OPS, ANN, EVE, "@Desk"), held(HELPER, f"{ANN}/Helpdesk"))
    put(hiding, "dev", held(KEEPER, OPERATOR), *roles, users=users(EVE))
    path = hiding.plan("--assignments", "merge")
    document = hiding.state()
    document[section] = [
        each
        for each in document[section]
        if name not in (each.get("username"), each.get("gN"), each.get("name"))
    ]
    hiding.put("prod", document)
    with hiding.untouched():
        ran = hiding.run("apply", path, "--yes")
    assert ran.code == 5, ran.err
    ran.says(words, "not there any more", "target: unchanged", "Make a new plan")
    assert hiding.writes() == []


def test_a_plan_without_the_targets_credentials_cannot_look_anybody_up(hiding: World) -> None:
    assert hiding.run("snapshot", "--env", "prod").code == 0
    stand_in = (*PLAN, "--target-snapshot", "last")
    ran = hiding.run(*stand_in)
    assert ran.code == 3
    ran.says("2 names", EVE, FAY, "could not be looked up", "without --target-snapshot")
    assert look_ups(hiding) == 0
    ran = hiding.run(*stand_in, "--on-unresolved", "skip")
    assert ran.code == 0, ran.err
    assert "could not be looked up: the target itself is not read" in one_line(ran.out)
    # What a plan finds is not the environment's last snapshot: a listing is.
    assert hiding.run(*PLAN).code == 0
    assert hiding.run(*stand_in).code == 3
    # Those of them who hold something after a run are in it.
    assert hiding.promote("--yes", "--assignments", "exact").code == 0
    assert hiding.run(*stand_in, "--exit-code").code == 0


def test_comparing_files_says_the_same(hiding: World) -> None:
    files = [hiding.folder / f"{name}.json" for name in ("dev", "prod")]
    for file in files:
        assert hiding.run("snapshot", "--env", file.stem, "--out", file).code == 0
    sides = ("--from", f"file:{files[0]}", "--to", f"file:{files[1]}")
    ran = hiding.run("plan", *sides, "--assignments", "merge")
    assert ran.code == 3
    ran.says(EVE, FAY, "could not be looked up", "Name the target as an environment")


@pytest.mark.parametrize("members", ["carried", "dropped"])
def test_a_newcomer_whom_an_import_drops_is_put_back(hiding: World, members: str) -> None:
    hiding.switch(ids="minted", minted_members=members)
    hiding.change("dev", "admin", "Ops", Invite="NO", Preferences="NO")
    ran = hiding.promote("--yes", "--assignments", "merge")
    assert ran.code == 0, ran.err
    assert who(hiding, "Ops") == {ANN, BOB, EVE}


def test_the_report_and_the_backup_of_a_run_hold_together(hiding: World) -> None:
    ran = hiding.promote("--yes", "--assignments", "exact", "--format", "json")
    assert ran.code == 0, ran.err
    report = hiding.report()
    for word in ("backup", "after"):
        shown = hiding.run("drift", "--env", "prod", "--against", f"sha256:{report[word]}")
        assert shown.code == 0, shown.err


# beside promotions


def assign(world: World, *lines: str, arguments: tuple[str, ...] = ("--yes",)) -> Ran:
    header = "kind,principal,role_type,role,bot,action"
    file = world.file("who.csv", "\n".join([header, *lines, ""]))
    return world.run("assign", "-f", file, "--env", "prod", *arguments)


@pytest.mark.parametrize("listed", ["listed", "omitted"])
def test_an_assignments_file_may_name_a_newcomer(hiding: World, listed: str) -> None:
    hiding.switch(roleless_users=listed)
    lines = (
        f"user,{EVE.title()},admin,Ops,,",
        f"user,{FAY},bot,Helper,Sales,add",
        f"user,{GIL},admin,Ops,,remove",
    )
    ran = assign(hiding, *lines)
    assert ran.code == 0, ran.err
    assert who(hiding, "Ops") == {ANN, BOB, EVE}
    assert ("bot", "Helper", "user", FAY, "Sales") in holdings(hiding)
    assert "1 of 3 is already so" in one_line(ran.err)
    # One more for the name that is not spelled as it is there.
    assert look_ups(hiding) == (2 if listed == "omitted" else 0)
    seen = hiding.last()
    ran = assign(hiding, *lines[:2])
    assert (ran.code, look_ups(hiding, seen), hiding.writes(seen)) == (0, 0, [])


def test_a_file_that_names_strangers_lists_them_all(hiding: World) -> None:
    lines = [f"user,{name},admin,Ops,," for name in (EVE, *GONE)]
    with hiding.untouched():
        ran = assign(hiding, *lines)
    assert ran.code == 3
    ran.says("2 things", *GONE, "--on-unresolved skip", "target: unchanged")
    assert EVE not in ran.err
    assert look_ups(hiding) == 1
    ran = assign(hiding, *lines, arguments=("--yes", "--on-unresolved", "skip"))
    assert ran.code == 0, ran.err
    assert who(hiding, "Ops") == {ANN, BOB, EVE}


def test_a_file_whose_users_can_not_be_looked_up_says_why(hiding: World) -> None:
    hiding.switch(user_scope="missing")
    ran = assign(hiding, f"user,{EVE},admin,Ops,,")
    assert ran.code == 3
    ran.says(EVE, "could not be looked up", "User Management > User Management")
    ran = assign(
        hiding,
        f"user,{EVE},admin,Ops,,",
        f"user,{BOB},admin,Ops,,remove",
        arguments=("--yes", "--on-unresolved", "skip"),
    )
    assert ran.code == 0, ran.err
    said = one_line(ran.err)
    assert "could not be looked up" in said and f'skipped: line 2: user "{EVE}"' in said
    hiding.switch(user_scope="granted")
    assert hiding.run("snapshot", "--env", "prod").code == 0
    file = hiding.file("eve.csv", f"kind,principal,role_type,role\nuser,{EVE},admin,Ops\n")
    stand_in = ("--to", "prod", "--target-snapshot", "last")
    ran = hiding.run("plan", "--assignments-file", file, *stand_in)
    assert ran.code == 3
    ran.says(EVE, "could not be looked up", "without --target-snapshot")


def test_a_file_notes_who_is_not_active(hiding: World) -> None:
    idle = {"username": IDLE, "status": "not active"}
    put(hiding, "prod", held(KEEPER, OPERATOR), held(OPS, ANN), users=[idle, *users()])
    ran = assign(hiding, f"user,{IDLE},admin,Ops,,", arguments=("--yes", "--format", "json"))
    assert ran.code == 0, ran.err
    assert f'user "{IDLE}" is "not active" in the target' in one_line(ran.err)


def test_a_newcomer_team_gets_a_first_role(hiding: World) -> None:
    """Nobody in it is listed before; everybody is after."""
    team = [{"gN": "Team", "users": [EVE, FAY]}, {"gN": "Nobody", "users": []}]
    put(
        hiding,
        "dev",
        held(KEEPER, OPERATOR),
        held(OPS, ANN, "@Team", "@Nobody"),
        users=users(EVE, FAY),
        groups=[team[0], {"gN": "Nobody", "users": [ANN]}],
    )
    put(hiding, "prod", held(KEEPER, OPERATOR), held(OPS, ANN), users=users(EVE, FAY), groups=team)
    ran = hiding.promote("--yes", "--assignments", "exact")
    assert ran.code == 0, ran.err
    assert who(hiding, "Ops") == {ANN, "Team"}
    assert "nobody is in this group" in one_line(ran.err)
    assert look_ups(hiding) == 0
    ran = assign(hiding, "group,Team,bot,Helper,Sales,", "group,Nobody,admin,Ops,,")
    assert ran.code == 3
    ran.says('group "Nobody": nobody is in it')
    assert 'group "Team"' not in ran.err


def test_a_run_that_was_cut_off_goes_on_with_its_newcomers(hiding: World) -> None:
    hiding.configure(timeout="0.3")
    path = hiding.plan("--assignments", "merge")
    hiding.fault("500", BOT_CALL, times=10)
    ran = hiding.run("apply", path, "--yes")
    assert ran.code == 8, ran.err
    assert who(hiding, "Ops") == {ANN, BOB, EVE}
    hiding.calm()
    seen = hiding.last()
    ran = hiding.run("resume", hiding.runs()[0], "--yes")
    assert ran.code == 0, ran.err
    assert ("bot", "Helper", "user", FAY, "Sales") in holdings(hiding)
    # They are in the state that the run began on, which was kept.
    assert look_ups(hiding, seen) == 0


@pytest.mark.parametrize("listed", ["listed", "omitted"])
def test_who_lost_the_only_role_to_a_run_gets_it_back_when_it_is_rolled_back(
    hiding: World, listed: str
) -> None:
    hiding.switch(roleless_users=listed)
    before = holdings(hiding)
    assert hiding.promote("--yes", "--assignments", "exact").code == 0
    assert who(hiding, "Ops") == {ANN, EVE}
    seen = hiding.last()
    ran = hiding.run("rollback", hiding.runs()[0], "--yes")
    assert ran.code == 0, ran.err
    assert holdings(hiding) == before
    assert look_ups(hiding, seen) == (listed == "omitted")
