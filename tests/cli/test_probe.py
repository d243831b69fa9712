"""`probe` as the command line meets it: it asks, refuses, stops, is killed, and puts back."""

import json
import re
import signal
import threading
import time

import pytest

from tests.cli.probed import ANN, BOB, BOT, DEE, account, answered, as_it_was, left_over
from tests.cli.world import IMPORT, UPLOAD, Ran, World

ASSIGN = "/api/public/adminroles/assignments/"
ASSIGNED = "POST"
"""An assignment among the calls: its path ends in a slash."""
PROBE = ("probe", "--env", "dev")


@pytest.fixture
def trial(world: World) -> World:
    """dev is an account to try things on."""
    world.put("dev", account())
    # What takes long here is a busy machine.
    world.configure("dev", timeout="20", verify_timeout="10")
    return world


def probe(world: World, *arguments: str) -> Ran:
    return world.run(*PROBE, "--yes", "--user", ANN, "--bot", BOT, *arguments)


def findings(world: World, *arguments: str) -> dict[tuple[str, str], str | None]:
    ran = probe(world, "--format", "json", *arguments)
    assert ran.code == 0, ran.err
    return answered(ran.json())


def why(world: World, question: str, role_type: str = "") -> str:
    """How something was seen, or why it is not settled, in the stored profile."""
    report = world.run(*PROBE, "--show", "--format", "json").json()
    return next(
        str(item["how"])
        for item in report["profile"]["findings"]
        if (item["question"], item["roleType"]) == (question, role_type)
    )


# before it writes


def test_it_says_what_it_will_write_and_writes_nothing_else(trial: World) -> None:
    ran = probe(trial)
    assert ran.code == 0, ran.err
    said = ran.err[: ran.err.index("settled: ")]
    assert "This writes to dev, the account sandbox-dev" in said
    mark = re.search(r'"role-migrate probe ([0-9a-f]{6}) 1"', said)
    assert mark
    for kind in ("admin", "bot"):
        last = re.search(
            rf'up to (\d+) {kind} roles, ".* 1" to "role-migrate probe \w+ (\d+)"', said
        )
        assert last
        made = {
            each["role"]
            for seq in range(trial.last() + 1)
            for each in left_over(trial.control(f"/state/dev?at={seq}"))
            if each["roleType"] == kind
        }
        assert made
        numbers = {int(name.removeprefix(f"role-migrate probe {mark[1]} ")) for name in made}
        assert max(numbers) <= int(last[1]) == int(last[2])
    assert f'give "{ANN}" the admin role "role-migrate probe {mark[1]} 2"' in said
    assert f'in the bot "{BOT}"' in said
    assert 'the same with the group "Inner"' in said
    assert f"role-migrate-probe-{mark[1]}@example.invalid" in said
    assert "import all 3 other admin roles" in said
    for entry in trial.log("dev"):
        if "assignments" in entry["path"]:
            assert json.dumps(entry["body"]).count("@") <= 2
            assert BOB not in json.dumps(entry["body"])


def test_without_a_terminal_and_yes_it_is_a_usage_error(trial: World) -> None:
    with trial.untouched("dev"):
        ran = trial.run(*PROBE)
    assert ran.code == 2
    ran.says("no terminal to ask on", "--yes")
    assert trial.calls("dev") == []


def test_on_a_terminal_it_asks_and_no_means_no(trial: World) -> None:
    with trial.untouched("dev"):
        code, said = trial.on_a_terminal(b"n\n", *PROBE)
    assert code == 130
    assert "Probe dev?" in said
    assert "not agreed to" in said
    assert trial.writes() == []


def test_on_a_terminal_it_asks_and_reads_again_under_the_lock(trial: World) -> None:
    before = as_it_was(trial.state("dev"))
    code, said = trial.on_a_terminal(b"y\n", *PROBE)
    assert code == 0, said
    assert as_it_was(trial.state("dev")) == before
    calls = trial.calls("dev")
    first = calls.index("POST uploadfile")
    assert calls[:first].count("GET export admin") == 2, "once to be shown, once under the lock"


def test_a_protected_environment_is_not_probed(trial: World) -> None:
    trial.configure("dev", protected="true")
    ran = probe(trial)
    assert ran.code == 2
    ran.says("dev is protected", "target: unchanged", "same platform version")
    assert trial.control("/log") == []


def test_an_account_that_is_protected_under_another_name_is_not_probed(trial: World) -> None:
    trial.settings["live"] = {**trial.settings["dev"], "protected": "true"}
    trial.write()
    ran = probe(trial)
    assert ran.code == 2
    ran.says("dev is protected")
    assert trial.control("/log") == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--user", "nobody@example.com"), 'no user "nobody@example.com"'),
        (("--user", ANN, "--bot", "Nobot"), 'no bot "Nobot"'),
        (("--bot", BOT), "it needs --user"),
        (("--report", "pdf=x"), "--report"),
    ],
)
def test_what_can_not_be_done_is_told_before_anything_is_written(
    trial: World, arguments: tuple[str, ...], words: str
) -> None:
    ran = trial.run(*PROBE, "--yes", *arguments)
    assert ran.code == 2
    ran.says(words)
    assert trial.writes() == []


def test_an_account_that_changes_while_somebody_thinks_is_asked_about_anew(trial: World) -> None:
    process = threading.Thread(target=_change_when_read, args=(trial,))
    process.start()
    code, said = trial.on_a_terminal(b"y\n", *PROBE, "--user", ANN)
    process.join()
    assert code == 5, said
    assert "the account changed while you were asked" in said
    assert trial.writes() == []


def _change_when_read(world: World) -> None:
    wait_for(world, "GET bots")
    document = world.state("dev")
    document["roles"][-1]["permissions"]["Tasks"] = ["VIEW"]
    document["roles"] += [{**document["roles"][-1], "role": "New", "_id": "f" * 24}]
    world.put("dev", document)


def wait_for(world: World, call: str) -> None:
    deadline = time.monotonic() + 20
    while call not in world.calls("dev"):
        assert time.monotonic() < deadline, world.calls("dev")
        time.sleep(0.01)


# what comes out


def test_what_was_found_is_shown_again_from_the_store(trial: World) -> None:
    none = trial.run(*PROBE, "--show")
    assert none.code == 2
    none.says("dev was not probed yet", "next: role-migrate probe --env dev")
    report, page = trial.folder / "report.json", trial.folder / "page.md"
    ran = probe(trial, "--report", f"json={report}", "--report", f"md={page}")
    assert ran.code == 0, ran.err
    for part in ("Settled: 34", "ids: a role's _id", "account: as it was before the probe"):
        assert part in ran.out
    assert page.read_text() == f"```text\n{ran.out}```\n"
    calls = trial.last()
    shown = trial.run(*PROBE, "--show")
    assert shown.code == 0
    assert trial.last() == calls, "showing asks nobody"
    table = ran.out[ran.out.index("Settled: ") :]
    assert shown.out.endswith(table)
    value = trial.run(*PROBE, "--show", "--format", "json").json()
    assert value["profile"] == json.loads(report.read_bytes())["profile"]
    assert value["stored"] is True


def test_a_user_who_holds_nothing_and_is_not_listed_will_do(trial: World) -> None:
    trial.switch("dev", roleless_users="omitted")
    before = as_it_was(trial.state("dev"))
    ran = trial.run(*PROBE, "--yes", "--user", DEE, "--format", "json")
    assert ran.code == 0, ran.err
    assert answered(ran.json())["members", "admin"] == "carried"
    assert as_it_was(trial.state("dev")) == before


def test_without_a_user_what_concerns_members_stays_unsettled(trial: World) -> None:
    ran = trial.run(*PROBE, "--yes", "--format", "json")
    assert ran.code == 0, ran.err
    found = answered(ran.json())
    unsettled = ("unknown_user", "unknown_group", "unknown_role", "group_rows")
    assert [found[name, ""] for name in unsettled] == [None] * 4
    assert found["members", "admin"] is found["members", "bot"] is None
    # Others hold roles here: without knowing what becomes of members nothing is imported in full.
    assert found["full_deletes", "admin"] is found["full_deletes", "bot"] is None
    assert "keeps members was not seen" in why(trial, "full_deletes", "admin")
    assert "--user" in why(trial, "unknown_user")
    assert ASSIGNED not in trial.calls("dev")


def test_encrypted_listings_are_an_answer_and_no_obstacle(trial: World) -> None:
    trial.switch("dev", payload_encryption="on")
    before = as_it_was(trial.state("dev"))
    found = findings(trial)
    assert found["payload_encryption", ""] == "on"
    assert found["ids", "admin"] == "kept"
    assert found["members", "admin"] is found["full_deletes", "admin"] is None
    assert found["unknown_user", ""] is found["offset_users", ""] is None
    assert found["offset_bots", ""] == "page"
    assert as_it_was(trial.state("dev")) == before


def test_rows_that_are_there_already_settle_how_groups_show(trial: World) -> None:
    document = account()
    ops = next(each for each in document["roles"] if each["role"] == "Ops")
    ops["holders"].append({"user": BOB})
    trial.put("dev", document)
    assert findings(trial)["group_rows", ""] == "one"
    bodies = [entry["body"] for entry in trial.log("dev") if "assignments" in entry["path"]]
    groups = {name for body in bodies for each in body for name in each["addGroups"]}
    assert not groups & {"Inner", "Outer", "Third"}, "no group needed to be given a role"


@pytest.mark.parametrize("form", ["retry_after", "bare", "message"])
def test_a_spent_budget_is_provoked_only_when_asked_for(trial: World, form: str) -> None:
    trial.configure("dev", limits="{ per_minute = 130, per_hour = 1000000 }")
    trial.switch("dev", rate_limit=form, limit_per_minute=130)
    found = findings(trial, "--include-rate-limit")
    assert found["rate_limit", ""] == form
    refused = [entry for entry in trial.log("dev") if entry["status"] in (400, 429)]
    assert refused[-1]["seq"] == trial.log("dev")[-1]["seq"], "the first refusal is the last call"


def test_a_budget_that_is_never_refused_settles_nothing(trial: World) -> None:
    trial.configure("dev", limits="{ per_minute = 130, per_hour = 1000000 }")
    found = findings(trial, "--include-rate-limit")
    assert found["rate_limit", ""] is None
    assert "140 requests in a row, none was refused" in why(trial, "rate_limit")


# roles of others


def test_names_that_an_import_might_read_otherwise_are_not_risked(trial: World) -> None:
    document = account()
    document["roles"].append({**document["roles"][-1], "role": " Blank ", "roleType": "bot"})
    document["roles"][-1].pop("holders")
    trial.put("dev", document)
    before = as_it_was(trial.state("dev"))
    found = findings(trial)
    assert found["full_deletes", "bot"] is None
    assert found["full_deletes", "admin"] == "yes"
    assert "might be read as another" in why(trial, "full_deletes", "bot")
    assert as_it_was(trial.state("dev")) == before


def test_a_permission_that_an_import_would_drop_from_a_role_of_others_is_not_risked(
    trial: World,
) -> None:
    document = account()
    document["catalogue"] = {"admin": ["Invite", "Preferences"]}
    trial.put("dev", document)
    trial.switch("dev", permissions="drop_unknown")
    before = as_it_was(trial.state("dev"))
    found = findings(trial)
    assert found["unknown_permissions", "admin"] == "dropped"
    assert found["full_deletes", "admin"] is None
    assert "changes the permission" in why(trial, "full_deletes", "admin")
    assert as_it_was(trial.state("dev")) == before


def test_what_somebody_else_changes_meanwhile_is_told_and_nothing_is_kept(trial: World) -> None:
    trial.fault("timeout_late", ASSIGN, environment="dev", seconds=0.3)
    trial.configure("dev", timeout="10")

    def colleague() -> None:
        wait_for(trial, ASSIGNED)
        trial.change("dev", "admin", "Auditor", Invite="YES")

    other = threading.Thread(target=colleague)
    other.start()
    ran = probe(trial)
    other.join()
    assert ran.code == 9, ran.err
    ran.says('admin role "Auditor" changed', "role-migrate drift --env dev --against sha256:")
    assert trial.roles("dev")["admin", "Auditor"]["permissions"]["Invite"] == "YES"
    assert "somebody changed roles meanwhile" in ran.out
    assert trial.run(*PROBE, "--show").code == 2, "what was found then is not kept"
    again = probe(trial)
    assert again.code == 0
    assert "did not end" not in again.out


# interrupted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_puts_back_and_names_what_is_left(
    trial: World, number: signal.Signals
) -> None:
    trial.configure("dev", timeout="1.5")
    before = as_it_was(trial.state("dev"))
    trial.fault("timeout_after", IMPORT, environment="dev", nth=3, seconds=60)
    process = trial.spawn(*PROBE, "--yes", "--user", ANN)
    deadline = time.monotonic() + 20
    while trial.calls("dev").count("POST import admin") < 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(number)
    ran = trial.ended(process)
    trial.calm()
    assert ran.code == 8, ran.err
    ran.says("interrupted", "until a call of unknown outcome has arrived", "holds of the probe")
    after = trial.state("dev")
    assert as_it_was(after) == before
    assert left_over(after)
    for each in left_over(after):
        assert each["holders"] == []
        assert set(each["permissions"].values()) == {"NO"}
        assert f"admin role {each['role']} (grants nothing)" in ran.err
    assert "Not settled" in ran.out, "what was found till then is shown"
    assert trial.run(*PROBE, "--show").code == 2
    assert probe(trial).code == 0
    assert left_over(trial.state("dev")) == []


def test_an_interrupt_before_any_write_leaves_everything_as_it_was(trial: World) -> None:
    trial.configure("dev", timeout="30")
    trial.fault("timeout_before", UPLOAD, environment="dev", seconds=60)
    process = trial.spawn(*PROBE, "--yes")
    wait_for(trial, "POST uploadfile")
    with trial.untouched("dev"):
        process.send_signal(signal.SIGINT)
        ran = trial.ended(process)
    assert ran.code == 130, ran.err
    ran.says("interrupted", "target: unchanged")


# the store


def test_findings_that_can_not_be_kept_are_shown_and_told(
    trial: World,
) -> None:
    before = as_it_was(trial.state("dev"))
    shelf = trial.folder / "store" / "profiles"
    shelf.parent.mkdir()
    shelf.write_text("")
    ran = probe(trial)
    assert ran.code == 7
    ran.says("target: as it was before the probe", "next: ")
    assert "result:  done, but not kept" in ran.out
    assert as_it_was(trial.state("dev")) == before
    assert left_over(trial.state("dev")) == []


def test_what_was_learned_and_is_damaged_is_written_anew(trial: World) -> None:
    assert probe(trial).code == 0
    shelf = next((trial.folder / "store").glob("kore-sandbox-dev-*"))
    (shelf / "behaviour.json").write_bytes(b"{")
    assert trial.run(*PROBE, "--show").code == 3
    assert probe(trial).code == 0
    assert trial.run(*PROBE, "--show").code == 0
