"""Assignments from a file: planned, applied, in one go, and each way in which a file can be bad."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from migrate import resources
from migrate.canonical import sha256
from migrate.cli import options
from migrate.sandbox.kore.seed import built_in_roles
from migrate.validation import validate
from tests.cli.staffed import (
    ADMIN_CALL,
    ANN,
    BOB,
    BOT_CALL,
    BOTS,
    CY,
    DEE,
    HELPER,
    KEEPER,
    OPERATOR,
    OPS,
    USERS,
    assigns,
    edit,
    held,
    holdings,
    one_line,
    section,
)
from tests.cli.world import Ran, World, role

HEADER = "kind,principal,role_type,role,bot,action\n"
ROWS = (
    "user,ANN@example.com,admin,Ops,,\n"
    f"user,{BOB},admin,Ops,,remove\n"
    "group,Night,bot,Helper,Sales,add\n"
    f"user,{BOB},bot,Helper,Sales,add\n"
    "group,Desk,bot,Helper,Helpdesk,REMOVE\n"
)
ADDS = {("admin", "Ops", "user", ANN, ""), ("bot", "Helper", "group", "Night", "Sales")}
REMOVES = {("admin", "Ops", "user", BOB, ""), ("bot", "Helper", "group", "Desk", "Helpdesk")}


@pytest.fixture
def table(staffed: World) -> Path:
    return staffed.file("who.csv", HEADER + ROWS)


def plan(world: World, file: Path | str, *arguments: str, code: int = 0) -> Ran:
    ran = world.run("plan", "--assignments-file", file, "--to", "prod", *arguments)
    assert ran.code == code, ran.err
    return ran


def assign(world: World, file: Path | str, *arguments: str) -> Ran:
    return world.run("assign", "-f", file, "--env", "prod", *arguments)


def rows(*lines: str) -> str:
    return HEADER + "".join(f"{line}\n" for line in lines)


def as_json(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"formatVersion": 1, "assignments": entries}


def ids(world: World) -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    """The ids of prod's roles by type and name, and of its bots by name."""
    found = {key: held["_id"] for key, held in world.roles().items()}
    return found, {name: f"{own}-prod" for name, own in BOTS.items()}


def same_in_json(world: World) -> Any:
    ops, helper = {"roleType": "admin", "role": "Ops"}, {"roleType": "bot", "role": "Helper"}
    return as_json(
        {"kind": "user", "principal": ANN, **ops},
        {"kind": "user", "principal": BOB, **ops, "action": "remove"},
        {"kind": "group", "principal": "Night", **helper, "bot": "Sales", "action": "add"},
        {"kind": "user", "principal": BOB, **helper, "bot": "Sales"},
        {"kind": "group", "principal": "Desk", **helper, "bot": "Helpdesk", "action": "remove"},
    )


def same_as_requests(world: World) -> Any:
    """The vendor's bodies for both calls in one list, with the lists it writes for nobody."""
    own, bots = ids(world)
    ops, helper = {"roleId": own["admin", "Ops"]}, {"roleId": own["bot", "Helper"]}
    nobody = {"addUsers": [], "removeUsers": [], "addGroups": [""], "removeGroups": [""]}
    return [
        {**ops, **nobody, "addUsers": [ANN], "removeUsers": [BOB]},
        {**helper, "botId": bots["Sales"], **nobody, "addUsers": [BOB], "addGroups": ["Night"]},
        {**helper, "botId": bots["Helpdesk"], "removeGroups": ["Desk"]},
    ]


FORMS: dict[str, Callable[[World], Any]] = {
    "csv": lambda world: HEADER + ROWS,
    "csv of a spreadsheet": lambda world: "\ufeff" + (HEADER + ROWS).replace("\n", "\r\n"),
    "json": same_in_json,
    "requests": same_as_requests,
}


# What a plan says and what a run does


def test_the_plan_holds_just_what_the_file_asks_for(staffed: World, table: Path) -> None:
    with staffed.untouched():
        ran = plan(staffed, table)
    assert section(ran.out, "Assignments") == [
        f'+ admin role "Ops": {ANN}',
        '+ bot role "Helper" in bot "Sales": group Night',
        f'- admin role "Ops": {BOB}',
        '- bot role "Helper" in bot "Helpdesk": group Desk',
        "order for admin roles: add, remove",
        "order for bot roles: add, remove",
    ]
    assert section(ran.out, "Notes") == ["1 of 5 is already so"]
    assert "No role changes." in ran.out
    assert "Left as it is" not in ran.out
    assert staffed.writes() == []
    assert staffed.calls("dev") == []


def test_the_plan_calls_the_file_its_source_and_not_a_capture(staffed: World, table: Path) -> None:
    digest = sha256(table.read_bytes())
    ran = plan(staffed, table)
    assert f"  from    {table} (sha256:{digest})\n" in ran.out
    assert "  mode    just what the file asks for\n" in ran.out
    value = plan(staffed, table, "--format", "json").json()
    assert validate(value, None, resources.schema("plan"), where="plan") == ()
    source = value["source"]
    assert (source["origin"], source["environment"]) == ("assignments file", str(table))
    assert (source["digest"], source["snapshot"]) == (digest, "")
    assert source["identity"] == value["target"]["identity"]
    assert value["target"]["origin"] == "snapshot"
    # What is in the store was captured, and nothing was learned of who is who.
    kept = [json.loads(path.read_bytes()) for path in (staffed.shelf / "snapshots").glob("*.json")]
    assert {each["environment"] for each in kept if "environment" in each} == {"prod"}
    assert len(kept) == 2, "the target, and last.json"
    assign(staffed, table, "--yes")
    assert not (staffed.shelf / "identity").exists()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", ["saved", "in one go"])
def test_every_form_ends_as_it_asks_and_the_second_run_writes_nothing(
    staffed: World, form: str, way: str
) -> None:
    file = staffed.file("who", FORMS[form](staffed))
    before, roles = holdings(staffed), staffed.roles()
    if way == "saved":
        saved = staffed.folder / "plan.json"
        plan(staffed, file, "--out", str(saved))
        assert staffed.run("validate", saved).code == 0
        file.unlink()  # a plan is all that its run needs
        ran = staffed.run("apply", saved, "--yes")
    else:
        ran = assign(staffed, file, "--yes")
    assert ran.code == 0, ran.err
    assert holdings(staffed) == before - REMOVES | ADDS
    file = staffed.file("who", FORMS[form](staffed))
    assert {key: {**each, "holders": []} for key, each in staffed.roles().items()} == {
        key: {**each, "holders": []} for key, each in roles.items()
    }
    report = staffed.report()
    assert (report["source"], report["result"]) == (str(file), "done")
    seen = staffed.last()
    again = assign(staffed, file, "--yes")
    assert again.code == 0
    assert "nothing to do" in again.out
    assert "5 of 5 are already so" in again.err
    assert plan(staffed, file, "--exit-code").code == 0
    assert staffed.writes(seen) == []


def test_a_plan_of_a_file_runs_once_and_only_while_it_holds(staffed: World, table: Path) -> None:
    saved = staffed.folder / "plan.json"
    plan(staffed, table, "--exit-code", "--out", str(saved), code=10)
    assert assign(staffed, staffed.file("one.csv", HEADER + ROWS[:33]), "--yes").code == 0
    seen = staffed.last()
    with staffed.untouched():
        ran = staffed.run("apply", saved, "--yes")
    assert ran.code == 5
    ran.says(ANN, "Ops", "target: unchanged", "Make a new plan")
    assert staffed.writes(seen) == []
    plan(staffed, table, "--out", str(saved))
    assert staffed.run("apply", saved, "--yes").code == 0
    assert staffed.run("apply", saved, "--yes").code == 5


def test_it_takes_one_call_per_batch_and_as_few_reads_as_a_promotion(staffed: World) -> None:
    names = [f"user{number}@example.com" for number in range(150)]
    users = [{"username": name} for name in (*USERS, *names)]
    edit(staffed, "prod", held(KEEPER, OPERATOR), held(OPS, ANN), held(HELPER), users=users)
    lines = [f"user,{name},admin,Ops,," for name in names]
    lines += [f"user,{name},bot,Helper,Sales," for name in names[:5]]
    seen = staffed.last()
    ran = assign(staffed, staffed.file("who.csv", rows(*lines)), "--yes")
    assert ran.code == 0, ran.err
    assert assigns(staffed, seen) == [ADMIN_CALL + "/"] * 2 + [BOT_CALL + "/"]
    # With --yes the capture under the lock is the one that is planned on: read, write, read back.
    reads = {"GET export admin", "GET export bot", "GET alluserroles", "GET groups", "GET bots"}
    calls = staffed.calls("prod", seen)
    assert (set(calls[:5]), calls[5:8], set(calls[8:])) == (reads, ["POST"] * 3, reads)
    assert len(calls) == 13
    assert staffed.calls("dev", seen) == []


def test_the_lock_comes_first(staffed: World, table: Path) -> None:
    staffed.fault("timeout_after", ADMIN_CALL, seconds=1)
    first = staffed.spawn("assign", "-f", table, "--env", "prod", "--yes")
    while not assigns(staffed):
        assert first.poll() is None
        time.sleep(0.02)
    seen = staffed.last()
    second = assign(staffed, table, "--yes")
    assert second.code == 6
    second.says("holds the lock", f"process {first.pid}", "target: unchanged")
    assert staffed.calls("prod", seen) == []
    assert staffed.ended(first).code == 0


def test_a_dry_run_is_the_plan(staffed: World, table: Path) -> None:
    report = staffed.folder / "plan.txt"
    with staffed.untouched():
        ran = assign(staffed, table, "--dry-run", "--report", f"text={report}")
    assert ran.code == 0, ran.err
    assert "Assignments: 2 to add, 2 to remove." in ran.out
    assert report.read_text() == ran.out
    assert staffed.writes() == []


@pytest.mark.parametrize("said", [True, False])
def test_it_asks_on_a_terminal(
    staffed: World, table: Path, said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = holdings(staffed)
    asked: list[str] = []
    monkeypatch.setattr(options, "must_be_able_to_ask", lambda yes: None)
    monkeypatch.setattr(options, "confirm", lambda question: bool(asked.append(question)) or said)
    ran = assign(staffed, table)
    assert asked == ["Apply it to prod?"]
    assert ran.code == (0 if said else 130)
    assert holdings(staffed) == (before - REMOVES | ADDS if said else before)


def test_without_a_terminal_it_must_be_told(staffed: World, table: Path) -> None:
    ran = staffed.ended(staffed.spawn("assign", "-f", table, "--env", "prod"))
    assert ran.code == 2
    ran.says("no terminal to ask on", "target: unchanged", "--yes")
    assert staffed.control("/log") == []


def test_a_file_can_be_planned_on_a_snapshot_without_the_targets_credentials(
    staffed: World, table: Path
) -> None:
    assert staffed.run("snapshot", "--env", "prod").code == 0
    seen = staffed.last()
    saved = staffed.folder / "plan.json"
    plan(staffed, table, "--target-snapshot", "last", "--out", str(saved))
    assert staffed.calls("prod", seen) == []
    before = holdings(staffed)
    assert staffed.run("apply", saved, "--yes").code == 0
    assert holdings(staffed) == before - REMOVES | ADDS


# Standard input


def piped(world: World, data: str, *words: str) -> Ran:
    process = world.spawn(*words, stdin=-1)
    assert process.stdin is not None
    process.stdin.write(data.encode())
    process.stdin.close()
    process.stdin = None
    return world.ended(process)


def test_a_file_may_come_on_standard_input(staffed: World) -> None:
    before = holdings(staffed)
    data = HEADER + ROWS
    shown = piped(staffed, data, "plan", "--assignments-file", "-", "--to", "prod")
    assert shown.code == 0, shown.err
    assert f"from    standard input (sha256:{sha256(data.encode())})" in shown.out
    ran = piped(staffed, data, "assign", "-f", "-", "--env", "prod", "--yes")
    assert ran.code == 0, ran.err
    assert holdings(staffed) == before - REMOVES | ADDS


def test_nobody_can_be_asked_where_standard_input_is_the_file(
    staffed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "must_be_able_to_ask", lambda yes: None)
    ran = assign(staffed, "-")
    assert ran.code == 2
    ran.says("standard input is the file", "target: unchanged", "--yes")


def test_a_closed_standard_input_is_told(staffed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    for words in (("assign", "-f", "-", "--env", "prod", "--yes"), ("validate", "-")):
        ran = staffed.run(*words)
        assert ran.code == 2
        ran.says("standard input is closed")


# Bad files


GOOD = "user,ann@example.com,admin,Ops,,"
BAD: dict[str, tuple[bytes, tuple[int, ...], tuple[str, ...]]] = {
    "empty": (b"", (1,), ("the file is empty",)),
    "wrong column": (
        b"kind,principle,role_type,role\nuser,a@x,admin,Ops\n",
        (1,),
        ('"principle" is unknown (did you mean "principal"?)', '"principal" is missing'),
    ),
    "semicolons": (b"kind;principal;role_type;role\n", (1,), ("separated by semicolons",)),
    "UTF-16": ((HEADER + ROWS).encode("utf-16"), (), ("looks like UTF-16",)),
    "latin 1": (
        HEADER.encode() + "user,zoë@example.com,admin,Ops,,\n".encode("latin-1"),
        (2,),
        ("is not UTF-8",),
    ),
    "every fault": (
        rows("person,a@x,admin,Ops,,", "user,,admin,Ops,,", "user,a@x,bot,Helper,,").encode(),
        (2, 3, 4),
        ("must be user or group", "the cell is empty", "needs a bot"),
    ),
    "case": (
        rows(GOOD, "user,Ann@Example.com,admin,Ops,,").encode(),
        (3,),
        ("differ only by case; the other is line 2",),
    ),
    "both ways": (rows(GOOD, GOOD + "remove").encode(), (3,), ("are added and removed",)),
    "text": (b"ann is to hold Ops", (1,), ('the column "kind" is missing',)),
    "broken JSON": (b'{"formatVersion": 1, "assignments": [', (1,), ("cut off",)),
    "another version": (
        b'{"formatVersion": 2, "assignments": []}',
        (1,),
        ("format version 2",),
    ),
    "a wrong entry": (
        b'{"formatVersion": 1, "assignments": [\n{"kind": "user", "rol": "Ops"}]}',
        (2,),
        ('"rol" is unknown', '"principal" is missing', '"role" is missing'),
    ),
    "a wrong request": (
        b'[{"roleId": "1", "addUsers": ["a@x"], "addUser": ["a@x"]}]',
        (1,),
        ('"addUser" is unknown',),
    ),
}


@pytest.mark.parametrize("trouble", BAD)
def test_a_bad_file_is_refused_whole_before_anything_is_asked(staffed: World, trouble: str) -> None:
    data, lines, words = BAD[trouble]
    file = staffed.file("who.json" if data[:1] in (b"{", b"[") else "who.csv", data)
    for ran in (
        assign(staffed, file, "--yes"),
        plan(staffed, file, code=3),
        plan(staffed, file, "--on-unresolved", "skip", code=3),
    ):
        assert ran.code == 3, ran.err
        places = tuple(f"line {line}" for line in lines)
        ran.says(str(file), *places, *words, "target: unchanged", "next: ")
        assert ran.out == ""
    assert staffed.control("/log") == []
    (checked,) = staffed.run("validate", file, "--format", "json").json()["files"]
    assert not checked["sound"]
    assert {fault["line"] for fault in checked["faults"]} - {None} == set(lines)
    told = "; ".join(fault["message"] for fault in checked["faults"])
    assert all(each in told for each in words)


def test_a_file_that_is_not_there_or_no_file_is_wrong_usage(staffed: World) -> None:
    for name in ("nowhere.csv", str(staffed.folder)):
        ran = assign(staffed, name, "--yes")
        assert ran.code == 2
        ran.says(name, "target: unchanged")
    assert staffed.control("/log") == []


def test_cells_that_look_like_formulas_are_taken_as_they_are_with_a_warning(
    staffed: World,
) -> None:
    odd = role("admin", '=HYPERLINK("x")', Invite="YES")
    edit(staffed, "prod", held(KEEPER, OPERATOR), odd)
    file = staffed.file("who.csv", rows(f'user,{ANN},admin,"=HYPERLINK(""x"")",,', GOOD))
    ran = assign(staffed, file, "--yes")
    assert ran.code == 3
    ran.says("warning: ", "line 2", "starts as a formula does", 'admin role "Ops"')
    file = staffed.file("who.csv", rows(f'user,{ANN},admin,"=HYPERLINK(""x"")",,'))
    assert assign(staffed, file, "--yes").code == 0
    assert ("admin", '=HYPERLINK("x")', "user", ANN, "") in holdings(staffed)


# Names


UNKNOWN = rows(
    "user,anne@example.com,admin,Ops,,",
    "user,eve@example.com,admin,Opps,,remove",
    "group,Nite,bot,Helper,Sale,",
    "user,anne@example.com,bot,Helper,Sales,",
    f"user,{DEE},admin,Ops,,",
)


def test_all_that_the_target_does_not_have_is_listed_at_once_or_skipped(staffed: World) -> None:
    file = staffed.file("who.csv", UNKNOWN)
    before = holdings(staffed)
    ran = assign(staffed, file, "--yes")
    assert ran.code == 3
    ran.says(
        "5 things",
        'line 2, line 5: user "anne@example.com": the target has none of that name (did you mean '
        '"ann@example.com"?)',
        'line 3: user "eve@example.com": the target has none',
        'line 3: admin role "Opps": the target has none of that name (did you mean "Ops"?)',
        'line 4: group "Nite": the target has none',
        'line 4: bot "Sale": the target has none of that name (did you mean "Sales"?)',
        "target: unchanged",
        "--on-unresolved skip",
    )
    assert staffed.writes() == []
    value = plan(staffed, file, "--on-unresolved", "skip", "--format", "json").json()
    notes = value["people"]["notes"]
    assert len(notes) == 5
    assert notes[0].startswith('skipped: line 2, line 5: user "anne@example.com"')
    ran = assign(staffed, file, "--yes", "--on-unresolved", "skip")
    assert ran.code == 0, ran.err
    assert holdings(staffed) == before | {("admin", "Ops", "user", DEE, "")}


def test_ids_of_another_environment_are_listed_with_their_places(staffed: World) -> None:
    own, _ = ids(staffed)
    requests = [
        {"roleId": "5bf13238", "addUsers": [ANN]},
        {"roleId": own["bot", "Helper"], "botId": "st-sales-dev", "addUsers": [ANN]},
        {"roleId": own["admin", "Ops"], "roleName": "Keeper", "addUsers": [ANN]},
    ]
    file = staffed.file("who.json", requests)
    assert staffed.run("validate", file).code == 0
    ran = assign(staffed, file, "--yes", "--on-unresolved", "skip")
    assert ran.code == 3
    ran.says(
        '$[0].addUsers[0]: role with the id "5bf13238": the target has none',
        '$[1].addUsers[0]: bot with the id "st-sales-dev": the target has none',
        'is the admin role "Ops", not "Keeper"',
    )
    ran = assign(staffed, staffed.file("who.json", requests[:2]), "--yes")
    assert ran.code == 3
    assert "Keeper" not in ran.err


def test_users_are_found_by_their_id_in_the_organisation(staffed: World) -> None:
    users = [
        {"username": ANN, "orgUserId": "E1"},
        {"orgUserId": "E2"},
        *({"username": name, "orgUserId": name} for name in (OPERATOR, CY, DEE)),
    ]
    edit(staffed, "prod", held(KEEPER, OPERATOR), held(OPS, OPERATOR), users=users)
    requests = [{"roleName": "Ops", "addOrgUserIds": ["E1", "E2"], "removeOrgUserIds": [OPERATOR]}]
    ran = assign(staffed, staffed.file("who.json", requests), "--yes")
    assert ran.code == 0, ran.err
    assert {item[3] for item in holdings(staffed) if item[1] == "Ops"} == {ANN, "E2"}
    bodies = [entry for entry in staffed.log() if "assignments" in entry["path"]]
    assert len(bodies) == 2


def test_bots_of_one_name_have_to_be_told_apart(staffed: World) -> None:
    twins = [{"_id": f"st-{number}", "name": "Helpdesk"} for number in (1, 2)]
    edit(staffed, "prod", held(KEEPER, OPERATOR), HELPER, bots=twins)
    ran = assign(staffed, staffed.file("a.csv", rows(f"user,{ANN},bot,Helper,Helpdesk,")), "--yes")
    assert ran.code == 3
    ran.says("line 2", '"Helpdesk [st-1]" or "Helpdesk [st-2]"')
    good = rows(f"user,{ANN},bot,Helper,Helpdesk [st-2],")
    assert assign(staffed, staffed.file("a.csv", good), "--yes").code == 0
    (found,) = [each for each in staffed.state()["roles"] if each["role"] == "Helper"]
    assert found["holders"] == [{"user": ANN, "bot": "st-2"}]


def test_names_of_a_file_are_the_targets_own_and_are_not_mapped(staffed: World) -> None:
    staffed.configure(
        identity=f'{{ users = {{ "{ANN}" = "{BOB}" }}, roles = {{ "Ops" = "Keeper" }}, '
        'bots = { "Sales" = "Helpdesk" }, domains = { "@example.com" = "@example.org" } }',
        permission_map='{ "Invite" = "Preferences" }',
    )
    before = holdings(staffed)
    ran = assign(staffed, staffed.file("who.csv", HEADER + ROWS), "--yes")
    assert ran.code == 0, ran.err
    assert holdings(staffed) == before - REMOVES | ADDS


# What the platform never does, and what it does not show


def test_what_the_platform_never_does_is_refused_with_its_line(staffed: World) -> None:
    file = staffed.file(
        "who.csv", rows(GOOD, f"user,{BOB},bot,Bot Owner,Sales,", "group,Desk,admin,admin,,")
    )
    for arguments in ((), ("--on-unresolved", "skip")):
        with staffed.untouched():
            ran = assign(staffed, file, "--yes", *arguments)
        assert ran.code == 3
        ran.says('line 3: "Bot Owner" cannot be assigned', 'line 4: "admin" (Master Admin)')
    assert staffed.writes() == []


def test_a_group_that_nobody_is_in_is_not_taken_for_one_without_roles(staffed: World) -> None:
    groups = [{"gN": "Desk", "users": [CY]}, {"gN": "Early"}]
    edit(staffed, "prod", held(KEEPER, OPERATOR), held(OPS, "@Early"), groups=groups)
    file = staffed.file("who.csv", rows("group,Early,admin,Ops,,remove", GOOD))
    ran = assign(staffed, file, "--yes")
    assert ran.code == 3
    ran.says('line 2: group "Early": nobody is in it', "--on-unresolved skip")
    assert assign(staffed, file, "--yes", "--on-unresolved", "skip").code == 0


@pytest.mark.parametrize("row", ["one", "merged"])
def test_who_keeps_a_role_through_a_group_is_said(staffed: World, row: str) -> None:
    edit(staffed, "prod", held(KEEPER, OPERATOR), held(OPS, CY, "@Desk"))
    staffed.switch(group_rows=row)
    file = staffed.file("who.csv", rows(f"user,{CY},admin,Ops,,remove"))
    ran = assign(staffed, file, "--yes")
    assert ran.code == 0, ran.err
    note = f'line 2: "{CY}" keeps the admin role "Ops" through "Desk"'
    assert note in one_line(ran.err)
    direct = ("admin", "Ops", "user", CY, "") in holdings(staffed)
    # Where one row stands for both ways nobody can tell whether there is anything to take.
    assert direct is (row == "merged")
    assert ("not shown here" in ran.err) is (row == "merged")


@pytest.mark.parametrize("row", ["one", "merged"])
def test_who_gets_directly_what_the_group_loses_is_never_without_it(
    staffed: World, row: str
) -> None:
    edit(staffed, "prod", held(KEEPER, OPERATOR), held(OPS, "@Desk"))
    staffed.switch(group_rows=row)
    file = staffed.file("who.csv", rows(f"user,{CY},admin,Ops,,", "group,Desk,admin,Ops,,remove"))
    ran = assign(staffed, file, "--yes")
    assert ran.code == 0, ran.err
    assert {item[3] for item in holdings(staffed) if item[1] == "Ops"} == {CY}
    assert "order for admin roles: add, remove" in ran.err
    assert plan(staffed, file, "--exit-code").code == 0


def test_where_it_is_not_known_who_holds_what_nothing_is_planned(
    staffed: World, table: Path
) -> None:
    staffed.switch(payload_encryption="on")
    ran = assign(staffed, table, "--yes")
    assert ran.code == 7
    ran.says("prod: Get User Roles Details", "payload encryption is on", "target: unchanged")
    ran.says("next: Turn payload encryption off for the app in the admin console.")
    assert "--assignments" not in ran.err
    assert staffed.writes() == []


# Guards


def test_a_gain_that_deserves_an_eye_is_warned_about(staffed: World) -> None:
    sign_on = role("admin", "Sign On", Single_Sign_On="YES", Manage_Bot_Roles="YES")
    edit(staffed, "prod", held(KEEPER, OPERATOR), sign_on)
    file = staffed.file("who.csv", rows(f"user,{ANN},admin,Sign On,,"))
    ran = plan(staffed, file)
    assert "warn: no_gain" in ran.out
    # The console's label stands beside the wire's name, which is all that JSON has.
    assert "1 user gains Manage Bot Roles [Manage App Roles] in prod" in one_line(ran.out)
    value = plan(staffed, file, "--format", "json")
    assert "Manage App Roles" not in value.out
    staffed.guards('[[guards]]\nrule = "no_gain"\nseverity = "refuse"\n')
    with staffed.untouched():
        refused = assign(staffed, file, "--yes")
    assert refused.code == 4
    refused.says("no_gain", "Single Sign On", "target: unchanged", "--allow no_gain")
    ran = assign(staffed, file, "--yes", "--allow", "no_gain", "--reason", "on call")
    assert ran.code == 0, ran.err
    assert {item["reason"] for item in staffed.report()["verdicts"]} >= {"on call"}


def test_the_last_who_manages_roles_is_not_taken_away(staffed: World) -> None:
    file = staffed.file("who.csv", rows(f"user,{OPERATOR},admin,Keeper,,remove"))
    with staffed.untouched():
        ran = assign(staffed, file, "--yes")
    assert ran.code == 4
    ran.says("somebody_holds", "Manage Custom Admin Roles", OPERATOR, "target: unchanged")
    assert plan(staffed, file, code=4).code == 4
    assert staffed.writes() == []


# Options


NOT_WITH_A_FILE = (
    ("--mode", "full"),
    ("--assignments", "exact"),
    ("--role", "Ops"),
    ("--exclude-role", "Ops"),
    ("--relearn",),
    ("--prune-held",),
    ("--allow-membership-gap",),
    ("--accept-membership-risk",),
    ("--source-env", "dev"),
    ("--role-type", "admin"),
    ("--write-import-files", "files"),
)


@pytest.mark.parametrize("words", NOT_WITH_A_FILE, ids=lambda words: words[0])
def test_options_that_mean_nothing_to_a_file_are_refused(
    staffed: World, table: Path, words: tuple[str, ...]
) -> None:
    ran = plan(staffed, table, *words, code=2)
    ran.says(words[0], "does not go with --assignments-file", "target: unchanged")
    assert staffed.control("/log") == []


def test_a_plan_has_just_one_source(staffed: World, table: Path) -> None:
    both = plan(staffed, table, "--from", "dev", code=2)
    both.says("--from S, or --assignments-file F", "Leave one of them out", "target: unchanged")
    neither = staffed.run("plan", "--to", "prod")
    assert neither.code == 2
    neither.says("--from S, or --assignments-file F", "Add one of them", "target: unchanged")
    offline = staffed.run("plan", "--assignments-file", table, "--to", "file:prod.json")
    assert offline.code == 2
    offline.says("--target-snapshot")
    assert plan(staffed, table, "--mode", "incremental").code == 0


@pytest.mark.parametrize("name", ["nowhere", "file:prod.json", "sha256:00"])
def test_assign_takes_an_environment_of_the_config(staffed: World, table: Path, name: str) -> None:
    ran = staffed.run("assign", "-f", table, "--env", name, "--yes")
    assert ran.code == 2
    ran.says(name)


# Trouble


def test_a_run_that_was_cut_off_is_gone_on_with_without_the_file(
    staffed: World, table: Path
) -> None:
    before = holdings(staffed)
    staffed.fault("500", "/api/public/groups", nth=2, times=9)
    ran = assign(staffed, table, "--yes")
    assert ran.code == 8, ran.err
    (run,) = staffed.runs()
    ran.says("could not be read back", f"role-migrate resume {run}")
    staffed.calm()
    table.unlink()
    resumed = staffed.run("resume", run, "--yes")
    assert resumed.code == 0, resumed.err
    assert holdings(staffed) == before - REMOVES | ADDS


def test_a_run_that_stopped_half_way_ends_as_the_file_asks(staffed: World, table: Path) -> None:
    before = holdings(staffed)
    staffed.configure(timeout="0.3")
    staffed.fault("500", BOT_CALL, times=9)
    saved = staffed.folder / "plan.json"
    plan(staffed, table, "--out", str(saved))
    ran = staffed.run("apply", saved, "--yes")
    assert ran.code == 8, ran.err
    half = holdings(staffed)
    assert half not in (before, before - REMOVES | ADDS)
    staffed.calm()
    again = staffed.run("apply", saved, "--yes")
    assert again.code == 0, again.err
    assert holdings(staffed) == before - REMOVES | ADDS


def test_what_a_file_changed_can_be_taken_back(staffed: World, table: Path) -> None:
    before = holdings(staffed)
    assert assign(staffed, table, "--yes").code == 0
    ran = staffed.run("rollback", staffed.runs()[0], "--yes")
    assert ran.code == 0, ran.err
    assert holdings(staffed) == before


@pytest.mark.parametrize("path", [ADMIN_CALL, BOT_CALL])
def test_an_entry_that_fails_once_is_sent_once_more(staffed: World, table: Path, path: str) -> None:
    staffed.fault("assign_partial", path, times=1)
    before = holdings(staffed)
    ran = assign(staffed, table, "--yes")
    assert ran.code == 0, ran.err
    assert holdings(staffed) == before - REMOVES | ADDS


# validate and schema


def test_validate_knows_assignments_files_of_every_form(staffed: World) -> None:
    forms = {
        "a.csv": HEADER + ROWS,
        "table": HEADER + ROWS,
        "a.json": same_in_json(staffed),
        "b.json": {"$schema": "urn:role-migrate:schema:assignments:1", **same_in_json(staffed)},
        "c.json": same_as_requests(staffed),
    }
    paths = [staffed.file(name, content) for name, content in forms.items()]
    ran = staffed.run("validate", *paths)
    assert ran.code == 0, ran.out
    assert ran.out == "".join(f"{path}: this assignments file is sound\n" for path in paths)
    for content in (HEADER + ROWS, json.dumps(same_as_requests(staffed))):
        piped_in = piped(staffed, content, "validate", "-")
        assert piped_in.out == "standard input: this assignments file is sound\n"


def test_validate_tells_faults_and_warnings_with_line_and_path(staffed: World) -> None:
    csv = staffed.file("a.csv", rows("group,=x,admin,Ops,,", "user,a@x,amdin,Ops,,"))
    entry = {"kind": "user", "principal": "a@x", "roleType": "admin", "role": "Ops"}
    bodies = staffed.file("b.json", as_json(entry, entry, {**entry, "bot": "Sales"}))
    ran = staffed.run("validate", csv, bodies)
    assert ran.code == 3
    lines = ran.out.splitlines()
    assert lines[0].startswith(f"{csv}:2: warning: column principal: ")
    assert lines[1].startswith(f"{csv}:3: error: column role_type: must be admin, bot or account")
    assert lines[2] == f"{csv}: this assignments file has 1 error, 1 warning"
    assert f"{bodies}:1: warning: $.assignments[1]: " in ran.out
    assert f"{bodies}:1: error: $.assignments[2]: " in ran.out
    files = staffed.run("validate", csv, "--format", "json").json()["files"]
    assert [fault["line"] for fault in files[0]["faults"]] == [2, 3]
    assert (files[0]["kind"], files[0]["sound"]) == ("assignments file", False)
    warned = staffed.run("validate", staffed.file("a.csv", rows("group,=x,admin,Ops,,")))
    assert warned.code == 0
    assert "0 errors, 1 warning" in warned.out


def test_the_schema_can_be_printed(staffed: World) -> None:
    ran = staffed.run("schema", "assignments")
    assert ran.code == 0
    assert validate(same_in_json(staffed), None, ran.json(), where="x") == ()
    assert "assignments" in staffed.run("schema").out.split()


def test_built_in_roles_are_given_as_any_other(staffed: World) -> None:
    assert "Bot Tester" in {each["role"] for each in built_in_roles("bot")}
    file = staffed.file(
        "who.csv", rows(f"user,{DEE},bot,Bot Tester,Sales,", f"user,{DEE},admin,admin,,")
    )
    ran = assign(staffed, file, "--yes")
    assert ran.code == 0, ran.err
    assert {item for item in holdings(staffed) if item[3] == DEE} >= {
        ("bot", "Bot Tester", "user", DEE, "Sales"),
        ("admin", "admin", "user", DEE, ""),
    }
