"""FairCom runs that are cut off, meet trouble, are verified, and what is read back from servers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli.ledger import (
    ASSIGN,
    BEFORE,
    EXACT,
    PROD,
    accounts,
    box,
    holdings,
    ledger,
    log_in_as,
    promote,
    server,
)
from tests.cli.test_locks import expire
from tests.cli.world import Ran, World

__all__ = ["box", "ledger"]

EXACTLY = ("promote", "--from", "dev", "--to", "prod", "--assignments", "exact", "--yes")


def wait_for(world: World, count: int, since: int = 0) -> None:
    """Wait until so many calls to assign roles have arrived."""
    deadline = time.monotonic() + 20
    while world.calls("prod", since).count(ASSIGN) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def killed(world: World) -> Iterator[None]:
    """What happens inside ends with a process killed, whose session nobody closes."""
    yield
    world.control("/reset", {}, "POST")


@pytest.mark.parametrize("words", ["resume", "rollback"])
@pytest.mark.parametrize("fault", ["timeout_after", "timeout_before"])
def test_a_run_killed_in_a_call_goes_on_or_goes_back(ledger: World, fault: str, words: str) -> None:
    with killed(ledger):
        ledger.configure(timeout="30")
        ledger.fault(fault, "/api", action=ASSIGN, nth=2, seconds=60)
        process = ledger.spawn(*EXACTLY)
        wait_for(ledger, 2)
        process.kill()
        process.communicate()
        ledger.calm()
        ledger.configure(timeout="0.5")
        expire(ledger)
        seen = ledger.last()
        ran = ledger.run(words, ledger.runs()[0], "--yes")
        assert ran.code == 0, ran.err
        assert holdings(ledger) == (EXACT if words == "resume" else BEFORE)
        sent = ledger.calls("prod", seen).count(ASSIGN)
        assert (
            sent
            == {
                ("resume", "timeout_after"): 0,
                ("resume", "timeout_before"): 1,
                ("rollback", "timeout_after"): 2,
                ("rollback", "timeout_before"): 1,
            }[words, fault]
        )


def test_what_the_server_leaves_undone_is_found_out(ledger: World) -> None:
    ledger.configure(timeout="0.4")
    ledger.fault("assign_half", "/api", action=ASSIGN)
    ran = promote(ledger, "exact")
    assert ran.code == 8, ran.err
    ran.says("the server answered success", '"BOB" in "LEDGER"', "resume", "rollback")
    run = ledger.runs()[0]
    ledger.calm()
    ran = ledger.run("resume", run, "--yes")
    assert ran.code == 0, ran.err
    assert holdings(ledger) == EXACT


def test_what_nothing_was_done_of_is_said_to_be_unchanged(ledger: World) -> None:
    ledger.configure(timeout="0.4")
    ledger.fault("assign_ignored", "/api", action=ASSIGN)
    with ledger.untouched():
        ran = promote(ledger, "exact")
    assert ran.code == 7, ran.err
    ran.says("2 of 2 do not show", "target: unchanged")
    assert promote(ledger, "exact").code == 0


def test_somebody_who_meddles_meanwhile_is_found_by_the_verification(ledger: World) -> None:
    ledger.fault("slow_body", "/api", action="listAccounts", nth=3, seconds=1)
    process = ledger.spawn(*EXACTLY)
    wait_for(ledger, 2)
    document = ledger.state()
    for account in document["accounts"]:
        if account["username"] == "ANN":
            account["roles"].append("PILOT")
    ledger.put("prod", document)
    ran = ledger.ended(process)
    assert ran.code == 9, ran.err
    ran.says("PILOT", "should not be held by user ANN", "rollback")


def test_drift_is_in_who_holds_what(ledger: World) -> None:
    assert ledger.run("snapshot", "--env", "prod").code == 0
    ran = ledger.run("drift", "--env", "prod", "--exit-code")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "No drift.")
    ledger.put("prod", server({**accounts(PROD), "ANN": "PILOT"}))
    ran = ledger.run("drift", "--env", "prod", "--exit-code")
    assert ran.code == 10
    assert ran.out.splitlines()[1:] == [
        '  + account role "PILOT": ANN',
        '  - account role "SALES": ANN',
        "Assignments: 1 new, 1 gone.",
    ]
    ran = ledger.run("drift", "--env", "prod", "--role", "pi*", "--format", "json")
    value = ran.json()
    assert value["moved"] is True
    assert [item["role"] for item in value["assignments"]["given"]] == ["PILOT"]
    assert value["assignments"]["taken"] == []


def test_a_snapshot_says_what_was_seen(ledger: World) -> None:
    ran = ledger.run(
        "snapshot", "--env", "dev", "--format", "json", "-o", ledger.folder / "dev.json"
    )
    value = ran.json()
    assert value["state"]["roles"]["account"]["capture"] == "seen in use"
    roles = value["state"]["roles"]["account"]["items"]
    assert {"name": "LEDGER", "id": "Ledger"}.items() <= roles[2].items()
    principals = {each["folded"]: each for each in value["state"]["assignments"]["principals"]}
    assert principals["ANN"] == {
        "kind": "user",
        "folded": "ANN",
        "name": "ann",
        "primary": "SALES",
    }
    file = ledger.file("dev.json", value)
    checked = ledger.run("validate", file)
    assert checked.code == 0, checked.out
    assert promote_from(ledger, f"file:{file}").code == 0
    assert holdings(ledger) == EXACT
    narrowed = ledger.run("snapshot", "--env", "dev", "--role", "ledger", "--format", "json").json()
    assert [role["name"] for role in narrowed["state"]["roles"]["account"]["items"]] == ["LEDGER"]


def test_who_holds_a_role_is_told_in_the_platforms_words(ledger: World) -> None:
    assert ledger.run("snapshot", "--env", "prod").code == 0
    ran = ledger.run("who", "--permission", "SALES", "--env", "prod")
    assert ran.code == 0, ran.err
    holders = {who for who, role in holdings(ledger) if role == "SALES"}
    assert holders
    assert f"{len(holders)} held by accounts." in ran.out.splitlines()


def promote_from(world: World, source: str) -> Ran:
    return world.run(*("promote", "--from", source, *EXACTLY[3:]))


def test_a_snapshot_of_another_platform_is_refused_by_name(ledger: World) -> None:
    value = ledger.run("snapshot", "--env", "dev", "--format", "json").json()
    from migrate import snapshot

    taken = snapshot.from_value(value, where="dev")
    from dataclasses import replace

    identity = replace(taken.identity, platform="kore")
    other = replace(taken, environment="console", identity=identity)
    file = ledger.file("other.json", snapshot.to_value(other))
    told = "'console' is a kore environment and 'prod' a faircom one"
    ledger.run("snapshot", "--env", "prod", "--out", ledger.folder / "prod.json")
    for words in (
        ("plan", "--from", f"file:{file}", "--to", "prod", "--assignments", "merge"),
        ("drift", "--env", "prod", "--against", f"file:{file}"),
        (
            *("plan", "--from", f"file:{file}", "--to", f"file:{ledger.folder}/prod.json"),
            *("--assignments", "merge"),
        ),
    ):
        ran = ledger.run(*words)
        assert ran.code == 2, ran.err
        ran.says(told, "next: ")
    ran = ledger.run(
        *("plan", "--from", "dev", "--to", "prod", "--assignments", "merge"),
        *("--target-snapshot", f"file:{file}"),
    )
    assert ran.code == 2
    ran.says("the snapshot is of 'console', not of 'prod'")


def test_plans_are_made_and_compared_without_the_target(ledger: World) -> None:
    for name in ("dev", "prod"):
        ledger.run("snapshot", "--env", name, "--out", ledger.folder / f"{name}.json")
    seen = ledger.last()
    ran = ledger.run(
        *("plan", "--from", f"file:{ledger.folder}/dev.json", "--assignments", "exact"),
        *("--to", f"file:{ledger.folder}/prod.json"),
    )
    assert ran.code == 0, ran.err
    assert '- account role "SALES": BOB, CY, EVE' in ran.out
    ran = ledger.run(
        *("plan", "--from", f"file:{ledger.folder}/dev.json", "--assignments", "exact"),
        *("--to", "prod", "--target-snapshot", "last", "--out", ledger.folder / "plan.json"),
    )
    assert ran.code == 0, ran.err
    assert ledger.last() == seen
    assert ledger.run("apply", ledger.folder / "plan.json", "--yes").code == 0
    assert holdings(ledger) == EXACT
    none = ledger.run(
        *("plan", "--from", f"file:{ledger.folder}/dev.json"),
        *("--to", f"file:{ledger.folder}/prod.json"),
    )
    assert none.code == 2


# sessions and logins


def test_a_session_that_the_server_forgot_is_opened_again_once(ledger: World) -> None:
    ledger.fault("session_lost", "/api", action=ASSIGN)
    assert promote(ledger, "exact").code == 0
    assert holdings(ledger) == EXACT
    calls = ledger.calls("prod")
    assert calls[2:5] == [ASSIGN, "createSession", ASSIGN]
    ledger.control("/reset", {}, "POST")
    ledger.fault("session_lost", "/api", action="listAccounts", times=2)
    ran = promote(ledger, "exact")
    assert ran.code == 7
    ran.says("does not know the session that it has just opened", "target: unchanged")
    ledger.control("/reset", {}, "POST")


def test_the_session_is_closed_when_a_run_is_interrupted(ledger: World) -> None:
    ledger.configure(timeout="30")
    ledger.fault("timeout_before", "/api", action=ASSIGN, seconds=60)
    process = ledger.spawn(*EXACTLY)
    wait_for(ledger, 1)
    process.terminate()
    ran = ledger.ended(process)
    assert ran.code == 8, ran.err
    assert ledger.calls("prod")[-1] == "deleteSession"
    ledger.configure(timeout="0.5")
    ledger.calm()
    assert ledger.run("resume", ledger.runs()[0], "--yes").code == 0
    assert holdings(ledger) == EXACT


@pytest.mark.parametrize("what", ["plan", "doctor", "snapshot", "drift"])
def test_the_session_is_closed_though_the_list_is_no_list(ledger: World, what: str) -> None:
    ledger.run("snapshot", "--env", "prod")
    ledger.fault("200_html", "/api", action="listAccounts", times=9)
    words = {
        "plan": ("plan", "--from", "dev", "--to", "prod", "--assignments", "merge"),
        "doctor": ("doctor", "--env", "prod"),
        "snapshot": ("snapshot", "--env", "prod"),
        "drift": ("drift", "--env", "prod"),
    }[what]
    assert ledger.run(*words).code == 7


@pytest.mark.parametrize("rights", ["short", "empty", "12030", "589"])
def test_a_login_without_the_right_is_told_which(ledger: World, rights: str) -> None:
    log_in_as(ledger, "CY")
    ledger.switch(list_rights=rights)
    ran = promote(ledger, "exact")
    assert ran.code == 7, ran.err
    ran.says("listAccounts", "Log in as an account that holds the role ADMIN", "target: unchanged")
    doctor = ledger.run("doctor", "--env", "prod")
    assert doctor.code == 7
    assert "FAIL accounts" in doctor.out
    assert ledger.writes() == []


def test_a_list_that_loses_somebody_is_read_again(ledger: World) -> None:
    ledger.fault("200_short", "/api", action="listAccounts", nth=2)
    assert promote(ledger, "exact").code == 0
    assert holdings(ledger) == EXACT
    ledger.put("prod", PROD)
    ledger.fault("200_wrong", "/api", action="listAccounts")
    ran = promote(ledger, "exact")
    assert ran.code == 7
    ran.says('"ADMIN" does not show the role ADMIN')


@pytest.mark.parametrize("bad_login", ["native", "12033"])
def test_a_password_that_was_changed_is_read_again_or_the_next_one_is_tried(
    ledger: World, bad_login: str
) -> None:
    ledger.switch(bad_login=bad_login)
    following = ledger.folder / "secrets" / "next"
    following.write_text("the next pässword")
    following.chmod(0o600)
    login = ledger.settings["prod"]["login"].rstrip(" }")
    ledger.configure(login=f'{login} }}, password_next = {{ file = "secrets/next" }} }}')
    doctor = ledger.run("doctor", "--env", "prod")
    assert "login: password_next: can be fetched, for a rotation" in doctor.out
    ledger.control(
        "/secrets/prod", {"username": "ADMIN", "password": "the next pässword", "nth": 1}
    )
    ledger.fault("session_lost", "/api", action=ASSIGN, nth=2)
    ran = promote(ledger, "exact")
    assert ran.code == 0, ran.err
    ran.says("environments.prod.login: password is refused and password_next works")
    doctor = ledger.run("doctor", "--env", "prod")
    assert doctor.code == 0
    assert "only password_next is taken" in doctor.out
    ledger.control("/secrets/prod", {"username": "ADMIN", "password": "neither of both"})
    ran = promote(ledger, "exact")
    assert ran.code == 7
    ran.says("does not let 'ADMIN' in: error", "password_next is refused, too", "next: ")
    ledger.control("/reset", {}, "POST")  # who was not let in need not log out


def test_doctor_says_what_a_promotion_rests_on(ledger: World) -> None:
    ran = ledger.run("doctor")
    assert ran.code == 0, ran.out
    for text in (
        "ok   reachable: a FairCom server answers",
        "ok   login: ADMIN is let in; password is taken",
        "ok   accounts: 7 accounts show, and 6 roles in use",
        "ok   administrators: this login can change who holds the role ADMIN",
    ):
        assert text in ran.out
    assert "upload" not in ran.out
    log_in_as(ledger, "OPS")
    ran = ledger.run("doctor", "--env", "prod")
    assert ran.code == 0
    assert "WARN administrators: OPS can't change who holds the role ADMIN" in ran.out


@pytest.mark.parametrize(
    "words",
    [
        ("probe", "--env", "dev", "--yes"),
        ("probe", "--env", "dev", "--show"),
        ("plan", "--from", "file:export.json", "--source-env", "dev", "--to", "prod"),
    ],
)
def test_what_servers_do_not_have_is_said(ledger: World, words: tuple[str, ...]) -> None:
    file = ledger.file("export.json", [])
    spelled = [word.replace("export.json", str(file)) for word in words]
    more = ["--assignments", "merge"] if words[0] == "plan" else []
    ran = ledger.run(*spelled, *more)
    assert ran.code == 2, ran.err
    ran.says("target: unchanged", "next: ")
    assert "faircom" in ran.err.lower()


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_password_and_no_token_is_told_at_length(ledger: World, log_format: str) -> None:
    ledger.switch("dev", default_debug="max")
    ledger.switch("prod", default_debug="max", error_code="string")
    first = ("-v", "--log-format", log_format)
    options = ("--yes", "--assignments", "exact", "--report", f"json={ledger.folder}/report.json")
    told = [
        ledger.run("doctor", first=first),
        ledger.promote(*options, first=first),
        ledger.run("runs", "show", ledger.runs()[0], first=first),
    ]
    assert [ran.code for ran in told] == [0, 0, 0]
    assert "debugInfo" not in "".join(ran.out + ran.err for ran in told)


def test_a_server_has_no_log_of_who_did_by_hand_what_a_plan_takes_back(ledger: World) -> None:
    assert promote(ledger, "exact").code == 0
    document = ledger.state()
    for account in document["accounts"]:
        if account["username"] == "ANN":
            account["roles"].append("AUDIT")
    ledger.put("prod", document)
    options = ("--from", "dev", "--to", "prod", "--assignments", "exact")
    shown = ledger.run("plan", *options)
    assert shown.code == 4, shown.err
    assert "it, and loses it" in shown.out
    assert "prod has no audit log that can be read" in shown.out
