"""`doctor`: each thing that can be in the way of a promotion is found, named, and told how to mend.

Here: the account on Kore.ai, the config and its secrets. Each failure is produced on the sandbox.
"""

import json
from typing import Any

import pytest

from migrate.causes import Cause
from migrate.diagnosis import State
from migrate.resources import schema
from tests.cli.examined import examine
from tests.cli.world import EXPORT, IMPORT, World

ACCOUNT = ["clock", "rate budget", "admin app", "members", "user look-up", "audit log"]


def swapped(world: World) -> None:
    settings = world.settings["prod"]
    world.configure(admin_app=settings["builder_app"], builder_app=settings["admin_app"])


def secret_of(world: World, kind: str = "admin_app") -> Any:
    return world.folder / "secrets" / f"prod-{kind}"


def test_the_schema_names_every_cause() -> None:
    finding = schema("doctor")["$defs"]["finding"]["properties"]
    assert finding["cause"]["enum"] == [*map(str, Cause), None]
    assert finding["state"]["enum"] == [*map(str, State)]


def test_all_is_well_and_nothing_is_written(world: World) -> None:
    world.configure("dev", limits=None)
    world.configure(limits=None)
    with world.untouched():
        ran = world.run("doctor")
    assert ran.code == 0, ran.out
    for word in ("FAIL", "WARN", "----"):
        assert word not in ran.out, ran.out
    assert world.writes() == []
    seen = examine(world)
    assert seen.code == 0
    assert {each["state"] for each in seen.found.values()} == {"ok"}
    names = [name for name in seen.found if name in ("reachable", "builder app", *ACCOUNT)]
    assert names == ["reachable", *ACCOUNT[:3], "builder app", *ACCOUNT[3:]]


def test_everything_that_fails_is_told_at_once(world: World) -> None:
    secret_of(world, "builder_app").write_text("w" * 40)
    (world.folder / "store").write_text("")
    world.switch(admin_scope="missing", clock_offset=-3600)
    world.configure(upload=None)
    seen = examine(world)
    assert seen.code == 7
    assert seen.failed() == ["clock", "admin app", "builder app", "store: readable", "upload"]
    seen.was_not_tried("members", "store: writable", "store: if-match")
    # Every other environment is looked at, too.
    text = world.run("doctor")
    assert text.code == 7
    lines = [line.strip() for line in text.out.splitlines()]
    assert lines.index("dev") < lines.index("ok   reachable: answers with HTTP 200")
    place = next(n for n, line in enumerate(lines) if line.startswith("FAIL admin app: "))
    assert lines.index("prod") < place
    assert lines[place + 1].startswith("next: ")
    assert any(line.startswith("---- members: not tried: ") for line in lines)
    assert lines[-1].startswith("6 failed, ")


# credentials


def test_a_wrong_secret(world: World) -> None:
    secret_of(world).write_text("w" * 40)
    seen = examine(world)
    assert seen.code == 7
    seen.fails("admin app", "credentials", "Invalid SDK credentials", "client_secret")
    seen.is_ok("builder app")
    seen.was_not_tried("members", "user look-up", "audit log")
    seen.is_ok("store: writable")


def test_a_wrong_secret_of_the_builder_app(world: World) -> None:
    secret_of(world, "builder_app").write_text("w" * 40)
    seen = examine(world)
    seen.fails("builder app", "credentials", "Invalid SDK credentials")
    assert seen.failed() == ["builder app"]


def test_the_scope_that_everything_needs(world: World) -> None:
    world.switch(admin_scope="missing")
    seen = examine(world)
    assert seen.code == 7
    seen.fails("admin app", "scope", "Scope is incorrect", "Role Management")
    seen.fails("members", "scope")
    seen.is_ok("user look-up")


@pytest.mark.parametrize(
    ("switch", "check", "scope"),
    [
        ("user_scope", "user look-up", "User Management > User Management"),
        ("audit_scope", "audit log", "Logs > Admin Console Audit Logs"),
    ],
)
def test_scopes_that_not_everybody_needs(world: World, switch: str, check: str, scope: str) -> None:
    world.switch(**{switch: "missing"})
    seen = examine(world)
    assert seen.code == 0
    seen.warns(check, "scope", "needed only", "Scope is incorrect", scope)


def test_the_apps_are_swapped(world: World) -> None:
    swapped(world)
    seen = examine(world)
    seen.fails("admin app", "wrong-app", "swapped", "builder_app")


def test_an_app_of_a_bot_in_the_place_of_an_admin_app(world: World) -> None:
    world.configure(admin_app=world.settings["prod"]["builder_app"], builder_app=None)
    seen = examine(world)
    seen.fails("admin app", "wrong-app", "admin console and not of a bot", "Role Management")


def test_tokens_must_be_encrypted(world: World) -> None:
    world.switch(jwe="on")
    seen = examine(world)
    seen.fails("admin app", "token-form", "Invalid JWT token", "JWE")


def test_enforced_jti_is_no_trouble(world: World) -> None:
    world.configure(limits=None)
    world.switch(jti="enforced")
    assert examine(world).code == 0


def test_payload_encryption(world: World) -> None:
    world.switch(payload_encryption="on")
    seen = examine(world)
    assert seen.code == 7
    seen.fails("members", "payload-encryption", "Turn payload encryption off")
    seen.warns("user look-up", "payload-encryption")
    seen.is_ok("admin app")


@pytest.mark.parametrize(("offset", "side"), [(3600, "behind"), (-3600, "ahead of")])
def test_a_clock_that_is_wrong(world: World, offset: int, side: str) -> None:
    world.switch(clock_offset=offset)
    seen = examine(world)
    seen.fails("clock", "clock", f" s {side} the platform's", "clock")
    seen.fails("admin app", "clock", "set the clock")


def test_a_clock_that_begins_to_be_wrong(world: World) -> None:
    world.switch(clock_offset=50)
    seen = examine(world)
    assert seen.code == 0
    seen.warns("clock", "clock", "behind", "NTP")


@pytest.mark.parametrize("told", ["retry_after", "bare", "message"])
def test_the_budget_of_calls_is_spent(world: World, told: str) -> None:
    world.switch(limit_per_minute=1, rate_limit=told)
    assert world.run("doctor", "--env", "prod").code == 7
    seen = examine(world)
    assert seen.code == 7
    seen.fails("rate budget", "rate-limit", "rate limit")
    seen.was_not_tried("admin app", "builder app", "members")


def test_the_budget_runs_out_on_the_way(world: World) -> None:
    """Nobody waits a minute to be told that there is nothing left."""
    world.switch(limit_per_minute=2)
    seen = examine(world)
    seen.is_ok("members")
    seen.fails("user look-up", "rate-limit")


def test_what_is_left_of_the_budget(world: World) -> None:
    world.configure(limits=None)
    world.switch(rate_headers="x_ratelimit", limit_per_minute=60)
    seen = examine(world)
    seen.is_ok("rate budget")
    assert "59 calls are left" in seen.found["rate budget"]["detail"]
    world.switch(rate_headers="x_ratelimit", limit_per_minute=12)
    seen = examine(world)
    seen.warns("rate budget", "rate-limit", "calls are left", "other tools")


def test_a_config_that_allows_more_calls_than_are_documented(world: World) -> None:
    world.configure(limits="{ per_minute = 61, per_hour = 1801 }")
    examine(world).warns("rate budget", "rate-limit", "61 a minute", "1,801 an hour")


def test_what_answers_is_a_page_to_log_in(world: World) -> None:
    world.fault("200_html", EXPORT, times=9)
    examine(world).fails("admin app", "not-the-platform", "HTML page", "login page")


def test_a_users_list_that_says_nothing_of_who_was_asked_for(world: World) -> None:
    world.fault("200_short", "/api/public/usersInfo")
    examine(world).fails("user look-up", "other", "says nothing of")


# config and secrets


def test_a_secret_file_that_is_not_there(world: World) -> None:
    secret_of(world).unlink()
    seen = examine(world)
    assert seen.code == 3
    seen.fails("admin app: client_secret", "secret", "cannot be read", "chmod 600")
    seen.is_ok("reachable")
    seen.is_ok("clock")
    seen.is_ok("builder app")
    seen.was_not_tried("admin app", "members")
    seen.is_ok("store: if-match")


def test_a_variable_that_is_not_set(world: World) -> None:
    world.configure(
        admin_app='{ client_id = "cs-1", client_secret = { env = "NOT_SET_ANYWHERE" } }'
    )
    seen = examine(world)
    assert seen.code == 3
    seen.fails("admin app: client_secret", "secret", "NOT_SET_ANYWHERE is not set", "Set NOT_SET")


def test_a_secret_that_others_can_read(world: World) -> None:
    secret_of(world).chmod(0o644)
    seen = examine(world)
    assert seen.code == 0
    path = str(secret_of(world))
    seen.warns("admin app: client_secret", "secret-open", path, f"chmod 600 {path}")


def test_a_next_secret_that_is_of_no_use(world: World) -> None:
    app = world.settings["prod"]["admin_app"].rstrip(" }")
    following = world.folder / "secrets" / "next"
    world.configure(admin_app=f'{app} }}, client_secret_next = {{ file = "secrets/next" }} }}')
    seen = examine(world)
    assert seen.code == 0
    seen.warns("admin app: client_secret_next", "secret", "a rotation needs")
    following.write_text(secret_of(world).read_text())
    following.chmod(0o600)
    examine(world).warns("admin app: client_secret_next", "secret-idle", "holds the same")
    following.write_text("another one, for later" * 2)
    examine(world).is_ok("admin app: client_secret_next")


def test_a_builder_app_that_nothing_goes_by(world: World) -> None:
    world.configure(upload='{ command = ["true"] }')
    seen = examine(world)
    seen.warns("upload: builder app", "secret-idle")
    seen.is_ok("upload")


def test_an_upload_command_that_is_not_there(world: World) -> None:
    world.configure(upload='{ command = ["./no-such-program"] }')
    seen = examine(world)
    assert seen.code == 7
    seen.fails("upload", "upload", "no-such-program", "Install it")


def test_a_config_that_does_not_say_how_files_are_uploaded(world: World) -> None:
    world.configure(upload=None)
    examine(world).fails("upload", "upload", "upload =")


def test_a_config_that_is_not_there_is_a_finding(world: World) -> None:
    world.config.unlink()
    seen = examine(world)
    assert seen.code == 2
    seen.fails("config", "config", "role-migrate.toml", "init")


def test_a_config_with_faults_is_a_finding_each(world: World) -> None:
    world.configure(url='"http://platform.example"', timout="3")
    seen = examine(world, None)
    assert seen.code == 3
    value = seen.ran.json()["findings"]
    assert {each["cause"] for each in value} == {"config"}
    told = " ".join(each["detail"] for each in value)
    assert "which shows tokens to everybody" in told
    assert "timout" in told
    assert "line " in told
    text = world.run("doctor")
    assert text.code == 3
    assert text.out.count("FAIL config: ") == len(value)


def test_a_warning_about_the_config_is_one_here(world: World) -> None:
    world.guards('[[guards]]\nrule = "max_deletions"\nmax = 1\nenvironments = ["nowhere"]\n')
    seen = examine(world)
    assert seen.code == 0
    found = [each for each in seen.ran.json()["findings"] if each["check"] == "config"]
    assert [each["state"] for each in found] == ["ok", "warning"]


def test_a_policy_that_is_not_the_one_that_is_pinned(world: World) -> None:
    world.file("policy.toml", "formatVersion = 1\n")
    world.guards(f'[policy]\nfile = "policy.toml"\ndigest = "sha256:{"0" * 64}"\n')
    seen = examine(world)
    assert seen.code == 3
    seen.fails("policy", "policy", "not the policy that the config names")


def test_signers_that_cannot_be_read(world: World) -> None:
    world.guards('[approval]\nallowed_signers = "nobody.txt"\n')
    seen = examine(world)
    assert seen.code == 3
    assert "approval" in seen.failed()


# what the store remembers


def test_another_account_than_the_one_first_met(staffed: World) -> None:
    staffed.plan()
    seen = examine(staffed)
    seen.is_ok("account")
    document = staffed.state()
    staffed.put("prod", {**document, "accountId": "0123456789abcdef01234567"})
    seen = examine(staffed)
    assert seen.code == 3
    seen.fails("account", "wrong-account", "not " + document["accountId"], "account_id")
    staffed.configure(account_id='"0123456789abcdef01234567"')
    examine(staffed).is_ok("account")


def test_a_run_that_was_never_finished(world: World) -> None:
    examine(world).is_ok("runs")
    world.fault("500", IMPORT, query={"roleType": "bot"}, times=10)
    assert world.promote("--yes").code == 8
    world.calm()
    seen = examine(world)
    assert seen.code == 0
    seen.warns("runs", "run-in-the-way", world.runs()[0], "role-migrate resume")


# the way there, by settings alone


def test_a_name_that_cannot_be_looked_up(world: World) -> None:
    world.configure(url='"https://kore.invalid"', timeout="0.3")
    seen = examine(world)
    assert seen.code == 7
    seen.fails("reachable", "dns", "kore.invalid")
    seen.was_not_tried(*ACCOUNT, "builder app")
    seen.is_ok("store: if-match")


def test_nobody_listens(world: World) -> None:
    world.configure(url='"http://127.0.0.1:1"', timeout="0.3")
    examine(world).fails("reachable", "connection-refused", "refused the connection")


def test_two_environments_are_examined_one_by_one(world: World) -> None:
    secret_of(world).unlink()
    ran = world.run("doctor", "--format", "json")
    assert ran.code == 3
    by_state = {
        each["environment"] for each in json.loads(ran.out)["findings"] if each["state"] == "failed"
    }
    assert by_state == {"prod"}
    assert world.run("doctor", "--env", "dev").code == 0


def test_an_unknown_environment(world: World) -> None:
    ran = world.run("doctor", "--env", "prud")
    assert ran.code == 2
    ran.says("did you mean prod")
