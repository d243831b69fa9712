"""What `plan` shows, saves and refuses; every spelling of a source and a target."""

import hashlib
import json
from typing import Any

import pytest

from tests.cli.world import World, role


def actions(plan: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for change in plan["changes"]:
        found.setdefault(change["action"], []).append(change["name"])
    return found


INCREMENTAL = {"create": ["Prüferin / ⚖", "Builder"], "update": ["Auditor", "Reviewer"]}


def test_a_plan_shows_every_change_and_writes_to_nobody(world: World) -> None:
    with world.untouched(), world.untouched("dev"):
        ran = world.run("plan", "--from", "dev", "--to", "prod")
    assert ran.code == 0
    assert world.writes() == []
    for line in (
        '~ update admin role "Auditor"',
        'description: "reads" → "reads all"',
        "Invite: YES → NO",
        '+ create admin role "Prüferin / ⚖"',
        'admin role "Leftover"',
        "2 roles to create, 2 to update, 0 to delete",
    ):
        assert line in ran.out


def test_the_saved_plan_the_printed_one_and_the_stored_one_are_the_same(world: World) -> None:
    path = world.folder / "p.json"
    ran = world.run("plan", "--from", "dev", "--to", "prod", "-o", path, "--format", "json")
    plan = json.loads(path.read_bytes())
    assert plan == ran.json()
    assert actions(plan) == INCREMENTAL
    stored = world.shelf / "plans" / f"{plan['id']}.json"
    assert stored.read_bytes() == path.read_bytes()
    assert world.run("validate", path).code == 0
    assert path.stat().st_mode & 0o077 == 0


def test_the_exit_code_can_tell_that_changes_are_pending(world: World) -> None:
    assert world.run("plan", "--from", "dev", "--to", "prod", "--exit-code").code == 10
    refused = world.run("plan", "--from", "dev", "--to", "prod", "--exit-code", "--mode", "full")
    assert refused.code == 4
    world.put("prod", world.state("dev"))
    assert world.run("plan", "--from", "dev", "--to", "prod", "--exit-code").code == 0


def test_a_refused_plan_is_saved_and_shown(world: World) -> None:
    path = world.folder / "p.json"
    ran = world.run("plan", "--from", "dev", "--to", "prod", "--mode", "full", "-o", path)
    assert ran.code == 4
    assert "REFUSE: max_deletions" in ran.out
    assert actions(json.loads(path.read_bytes()))["delete"] == ["Leftover"]
    ran.says("max_deletions", "prod", "target: unchanged", '--allow max_deletions --reason "why"')


def test_import_files_hold_the_very_bytes_that_are_uploaded(world: World) -> None:
    files = world.folder / "files"
    path = world.plan("--write-import-files", str(files))
    written = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files.iterdir()}
    assert written.keys() == {"import-kore-admin.json", "import-kore-bot.json"}
    checked = world.run("validate", *sorted(files.iterdir()))
    assert checked.code == 0, checked.out
    assert world.run("apply", path, "--yes").code == 0
    uploaded = [
        entry["body"]["file"]["sha256"]
        for entry in world.log()
        if entry["path"].endswith("uploadfile")
    ]
    assert uploaded == [written["import-kore-admin.json"], written["import-kore-bot.json"]]


def test_a_full_import_file_says_so_in_its_name_and_holds_what_stays(world: World) -> None:
    files = world.folder / "files"
    world.plan("--mode", "full", "--write-import-files", str(files))
    full = json.loads((files / "import-kore-admin-full.json").read_bytes())
    kept = world.roles()
    assert {held["role"] for held in full} == {"admin", "Night Shift", "Auditor", "Prüferin / ⚖"}
    assert {held["role"]: held.get("_id") for held in full} == {
        "Prüferin / ⚖": None,
        **{name: kept["admin", name]["_id"] for name in ("admin", "Night Shift", "Auditor")},
    }
    assert "import-kore-bot.json" in {file.name for file in files.iterdir()}


def test_a_plan_on_the_last_snapshot_needs_no_credentials_of_the_target(world: World) -> None:
    assert world.run("snapshot", "--env", "prod").code == 0
    for secret in (world.folder / "secrets").glob("prod-*"):
        secret.unlink()
    since = world.last()
    path = world.plan("--target-snapshot", "last")
    assert world.calls("prod", since) == []
    assert actions(json.loads(path.read_bytes())) == INCREMENTAL


def test_a_plan_on_a_snapshot_can_be_applied_while_the_target_is_still_that(world: World) -> None:
    taken = world.folder / "prod.json"
    world.run("snapshot", "--env", "prod", "--out", taken)
    path = world.plan("--target-snapshot", f"file:{taken}")
    assert world.run("apply", path, "--yes").code == 0
    world.assert_promoted()


def test_a_snapshot_of_another_environment_cannot_stand_in_for_the_target(world: World) -> None:
    taken = world.folder / "dev.json"
    world.run("snapshot", "--env", "dev", "--out", taken)
    ran = world.run(
        *("plan", "--from", "dev", "--to", "prod", "--target-snapshot", f"file:{taken}")
    )
    assert ran.code == 2
    ran.says("of 'dev', not of 'prod'", "next: ")


@pytest.mark.parametrize("given", ["last", "newest"])
def test_a_snapshot_to_stand_in_must_be_there(world: World, given: str) -> None:
    ran = world.run("plan", "--from", "dev", "--to", "prod", "--target-snapshot", given)
    assert ran.code == 2
    ran.says("snapshot", "target: unchanged")


def test_a_comparison_of_files_cannot_be_applied(world: World) -> None:
    for name in ("dev", "prod"):
        world.run("snapshot", "--env", name, "--out", world.folder / f"{name}.json")
    since, path = world.last(), world.folder / "p.json"
    ran = world.run(
        "plan",
        *("--from", f"file:{world.folder}/dev.json"),
        *("--to", f"file:{world.folder}/prod.json"),
        *("--out", path),
    )
    assert ran.code == 0
    assert "it can't be applied" in ran.out
    assert world.control(f"/log?since={since}") == []
    applied = world.run("apply", path, "--yes")
    assert applied.code == 2
    applied.says("can't be applied", "target: unchanged", "next: ")
    assert world.control(f"/log?since={since}") == []


def test_a_bare_export_is_a_source_for_its_own_role_type(world: World) -> None:
    export = world.file("export.json", world.export("admin"))
    path = world.folder / "p.json"
    ran = world.run(
        *("plan", "--from", f"file:{export}", "--source-env", "dev", "--to", "prod"),
        *("--out", path, "--mode", "full", "--allow", "max_deletions", "--reason", "x"),
    )
    assert ran.code == 0, ran.err
    plan = json.loads(path.read_bytes())
    # The bot roles were not captured: nothing is known of them, so nothing is deleted.
    assert {change["roleType"] for change in plan["changes"]} == {"admin"}
    assert "not captured" in ran.out
    assert world.run("apply", path, "--yes").code == 0
    assert world.roles()["admin", "Auditor"]["rDesc"] == "reads all"


def test_a_bare_export_does_not_say_where_it_came_from(world: World) -> None:
    export = world.file("export.json", world.export("admin"))
    ran = world.run("plan", "--from", f"file:{export}", "--to", "prod")
    assert ran.code == 2
    ran.says(str(export), "--source-env", "target: unchanged")


def test_an_empty_export_needs_its_role_type_and_never_empties_a_target(world: World) -> None:
    export = world.file("export.json", [])
    source = ("--from", f"file:{export}", "--source-env", "dev", "--to", "prod", "--mode", "full")
    untold = world.run("plan", *source)
    assert untold.code == 3
    untold.says("--role-type admin|bot")
    ran = world.run("plan", *source, "--role-type", "admin")
    assert ran.code == 4
    ran.says("empty_source", "can't be allowed", "target: unchanged")


def test_a_snapshot_in_the_store_is_a_source_by_its_digest(world: World) -> None:
    taken = world.run("snapshot", "--env", "dev", "--format", "json").json()
    since = world.last()
    ran = world.run(
        *("plan", "--from", f"sha256:{taken['digests']['state']}", "--to", "prod"),
        *("--format", "json"),
    )
    assert actions(ran.json()) == INCREMENTAL
    assert world.calls("dev", since) == []


def test_what_a_run_left_is_a_source_for_the_next_environment(world: World) -> None:
    assert world.promote("--yes").code == 0
    run = world.runs()[0]
    world.change("prod", "admin", "Auditor", Invite="YES")
    ran = world.run("plan", "--from", f"run:{run}", "--to", "prod", "--format", "json")
    assert actions(ran.json()) == {"update": ["Auditor"]}


def test_the_backup_of_a_run_is_the_way_back(world: World) -> None:
    before = world.roles()
    assert world.promote("--yes").code == 0
    backup = world.report()["backup"]
    ran = world.run(
        *("promote", "--from", f"sha256:{backup}", "--to", "prod", "--mode", "full", "--yes"),
        *("--allow", "max_deletions", "--allow", "shrunk_source", "--reason", "back"),
    )
    assert ran.code == 0, ran.err
    after = world.roles()
    assert after.keys() == before.keys()
    for key, held in before.items():
        assert after[key]["permissions"] == held["permissions"]
        assert after[key]["rDesc"] == held["rDesc"]


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("sha256:", 2, "names nothing"),
        ("sha256:123", 2, "64 hexadecimal digits"),
        (f"sha256:{'0' * 64}", 2, "no snapshot"),
        ("run:20200101T000000Z-000000", 2, "no run"),
        ("run:../../secrets/dev-admin_app", 2, "run id"),
        ("file:nowhere.json", 2, "no such file"),
        ("file:.", 2, "directory"),
        ("devv", 2, "did you mean dev?"),
        ("prod", 2, "the same account"),
    ],
)
def test_a_source_that_is_not_there_is_named(
    world: World, source: str, code: int, words: str
) -> None:
    ran = world.run("plan", "--from", source, "--to", "prod")
    assert ran.code == code, ran.err
    ran.says(words)
    assert world.writes() == []


@pytest.mark.parametrize("target", ["run:20200101T000000Z-000000", f"sha256:{'0' * 64}"])
def test_only_an_environment_can_be_written_to(world: World, target: str) -> None:
    for command in ("plan", "promote"):
        ran = world.run(command, "--from", "dev", "--to", target, "--", *[])
        assert ran.code == 2
    ran = world.run("promote", "--yes", "--from", "dev", "--to", "file:prod.json")
    assert ran.code == 2
    ran.says("can't be written to", "target: unchanged")


def test_only_the_roles_that_are_asked_for_are_planned(world: World) -> None:
    only = json.loads(world.plan("--role", "*itor", "--role", "Builder").read_bytes())
    assert actions(only) == {"update": ["Auditor"], "create": ["Builder"]}
    less = json.loads(world.plan("--exclude-role", "Auditor").read_bytes())
    assert actions(less) == {
        "create": ["Prüferin / ⚖", "Builder"],
        "update": ["Reviewer"],
    }
    full = world.plan("--mode", "full", "--exclude-role", "Left*")
    assert "delete" not in actions(json.loads(full.read_bytes()))
    ran = world.run("plan", "--from", "dev", "--to", "prod", "--role", "auditor")
    assert ran.code == 2
    ran.says("'auditor' matches no role", "case included", "target: unchanged")


def test_what_the_config_keeps_stays(world: World) -> None:
    world.configure(keep='["Left*"]')
    path = world.plan("--mode", "full")
    plan = json.loads(path.read_bytes())
    assert "delete" not in actions(plan)
    assert {"roleType": "admin", "name": "Leftover", "reason": "kept", "details": []} in plan[
        "left"
    ]


def test_permissions_that_the_target_does_not_know_are_found_when_planning(world: World) -> None:
    document = world.state("dev")
    document["roles"].append(role("admin", "Biller", Billing_Console="YES"))
    world.put("dev", document)
    ran = world.run("plan", "--from", "dev", "--to", "prod")
    assert ran.code == 0
    assert "unknown_permissions" in ran.out
    assert "Billing Console" in ran.out
    world.configure(permission_map='{ "Billing Console" = "Preferences" }')
    renamed = json.loads(world.plan().read_bytes())
    biller = next(change for change in renamed["changes"] if change["name"] == "Biller")
    assert biller["after"]["permissions"] == {"Preferences": "YES"}
    assert renamed["unknownPermissions"] == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--allow", "max_deletions"), "--reason"),
        (("--allow", "max_deletions", "--reason", "  "), "--reason"),
        (("--allow", "empty_source", "--reason", "x"), "always holds"),
        (("--allow", "max_deletion", "--reason", "x"), "is no guard"),
    ],
)
def test_an_override_needs_a_guard_that_can_be_allowed_and_a_reason(
    world: World, given: tuple[str, ...], words: str
) -> None:
    ran = world.run("plan", "--from", "dev", "--to", "prod", *given)
    assert ran.code == 2
    ran.says(words, "target: unchanged")


def test_a_plan_cannot_be_written_where_there_is_no_folder(world: World) -> None:
    ran = world.run(
        "plan", "--from", "dev", "--to", "prod", "--out", world.folder / "no" / "p.json"
    )
    assert ran.code == 2
    ran.says("no/p.json", "next: ")


def test_options_that_permit_something_do_not_come_from_the_environment(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for prefix in ("ROLE_MIGRATE_", "ROLE_MIGRATE_PROMOTE_", "CLI_", "CLI_PROMOTE_"):
        for option in ("YES", "ALLOW", "REASON", "MODE"):
            value = {"YES": "1", "ALLOW": "max_deletions", "MODE": "full"}.get(option, "x")
            monkeypatch.setenv(prefix + option, value)
    assert world.promote().code == 2
    assert json.loads(world.plan().read_bytes())["mode"] == "incremental"


def test_a_pattern_that_is_to_protect_and_matches_nothing_is_warned_about(world: World) -> None:
    world.configure(keep='["Leftovr*"]')
    names = 'names = ["Audtr", "Leftover"]\n'
    world.guards(f'[[guards]]\nrule = "protected_names"\n{names}')
    ran = world.run("plan", "--from", "dev", "--to", "prod", "--exclude-role", "Audtor")
    assert ran.code == 0
    ran.says("warning: --exclude-role 'Audtor' matches no role", "warning: keep 'Leftovr*'")
    ran.says("warning: guard protected_names: 'Audtr' matches no role")
    assert "'Leftover' matches no role" not in ran.err
    quiet = world.run("plan", "--from", "dev", "--to", "prod", "--exclude-role", "Auditor")
    assert "Auditor' matches no role" not in quiet.err
