"""Roles in Git: written by `snapshot --split`, edited, checked, compared, and promoted from."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # comes with moto

from migrate.cli.commands import COMMANDS
from tests.cli.world import World

HOOKS = Path(__file__).resolve().parents[2] / ".pre-commit-hooks.yaml"


@pytest.fixture
def roles(world: World) -> Path:
    """dev's roles in a folder."""
    folder = world.folder / "roles"
    ran = world.run("snapshot", "--env", "dev", "--split", folder)
    assert ran.code == 0, ran.err
    return folder


def edit(path: Path, **changes: Any) -> None:
    value = json.loads(path.read_text())
    path.write_text(json.dumps(value | changes, indent=2), encoding="utf-8")


def ids(world: World, name: str) -> list[str]:
    return [each["_id"] for each in world.state(name)["roles"]]


def test_a_folder_has_each_role_and_no_id_time_or_person(world: World, roles: Path) -> None:
    files = {str(path.relative_to(roles)): path.read_text() for path in roles.rglob("*.json")}
    assert len(files) == len(world.roles("dev")) + 1
    assert "admin/Pr%c3%bcferin %2f %e2%9a%96.json" in files
    whole = "".join(files.values())
    assert not [each for each in ids(world, "dev") if each in whole]
    assert not re.search(r"\d{4}-\d\d-\d\dT|@", whole)


def test_what_changed_is_what_is_written(world: World, roles: Path) -> None:
    world.change("dev", "admin", "Auditor", Invite="YES")
    ran = world.run("snapshot", "--env", "dev", "--split", roles)
    equal = len(world.roles("dev")) - 1
    assert f"split   {roles}: 1 written, 0 removed, {equal} equal" in ran.out
    (roles / "admin" / "New.json").write_text(
        (roles / "admin" / "Auditor.json").read_text().replace("Auditor", "New")
    )
    world.run("snapshot", "--env", "dev", "--split", roles).says("New.json", "left as it is")


def test_a_folder_is_planned_from_as_its_environment_is(world: World, roles: Path) -> None:
    of_folder = world.run(
        "plan", "--from", f"dir:{roles}", "--to", "prod", "--mode", "full", "--format", "json"
    ).json()
    of_dev = world.run(
        "plan", "--from", "dev", "--to", "prod", "--mode", "full", "--format", "json"
    ).json()
    assert len(of_dev["changes"]) > 3

    def bare(plan: Any) -> Any:
        for change in plan["changes"]:
            (change["after"] or {}).pop("id", None)
            (change["after"] or {}).pop("refId", None)
        return plan["changes"]

    assert bare(of_folder) == bare(of_dev)
    assert of_folder["source"]["digest"] == of_dev["source"]["digest"]
    plan = world.folder / "plan.json"
    text = world.run("plan", "--from", f"dir:{roles}", "--to", "prod", "--out", plan).out
    assert "from    dev (from files): kore account" in text
    assert "without a time" in text
    # What is made again comes from the folder again, never from the environment that it is of.
    world.run("plan", "--refresh", plan).says("comes from files")
    ran = world.run("plan", "--refresh", plan, "--from", f"dir:{roles}")
    assert ran.code == 0
    ran.says("the same changes")


def test_what_was_edited_is_promoted_and_new_roles_get_ids_of_the_target(
    world: World, roles: Path
) -> None:
    auditor = roles / "admin" / "Auditor.json"
    edit(auditor, description="by hand")
    new = json.loads(auditor.read_text()) | {"name": "From Git"}
    (roles / "admin" / "From Git.json").write_text(json.dumps(new))
    ran = world.run("promote", "--from", f"dir:{roles}", "--to", "prod", "--yes")
    assert ran.code == 0, ran.err
    held = world.roles()
    assert held["admin", "Auditor"]["rDesc"] == "by hand"
    assert held["admin", "From Git"]["permissions"] == new["permissions"]
    assert held["admin", "From Git"]["_id"] not in ids(world, "dev")


def test_a_file_that_was_removed_is_a_role_to_delete_and_guards_hold(
    world: World, roles: Path
) -> None:
    arguments = ("plan", "--from", f"dir:{roles}", "--to", "dev", "--mode", "full")
    assert "0 roles to create, 0 to update, 0 to delete" in world.run(*arguments).out
    (roles / "admin" / "Auditor.json").unlink()
    ran = world.run(*arguments, "--format", "json").json()
    assert [(each["action"], each["name"]) for each in ran["changes"]] == [("delete", "Auditor")]
    for path in (roles / "bot").iterdir():
        path.unlink()
    ran = world.run(*arguments)
    assert ran.code == 4
    assert "empty_source" in ran.out


def test_assignments_cannot_come_from_a_folder(world: World, roles: Path) -> None:
    ran = world.run("plan", "--from", f"dir:{roles}", "--to", "prod", "--assignments", "merge")
    assert ran.code == 2
    ran.says("a folder of roles holds roles alone")


def test_every_fault_of_every_file_stops_it_before_the_target_is_read(
    world: World, roles: Path
) -> None:
    edit(roles / "admin" / "Auditor.json", description=5)
    (roles / "bot" / "Reviewer.json").write_text('{\n"name": "Reviewer",\n}')
    since = world.last()
    for words in (("plan",), ("promote", "--yes")):
        ran = world.run(*words, "--from", f"dir:{roles}", "--to", "prod")
        assert ran.code == 3
        ran.says("admin/Auditor.json, line 3, $.description", "bot/Reviewer.json, line 3")
        ran.says("target: unchanged", f"role-migrate validate {roles}")
    assert world.calls("prod", since) == []


def test_drift_against_a_folder(world: World, roles: Path) -> None:
    arguments = ("drift", "--env", "dev", "--against", f"dir:{roles}", "--exit-code")
    ran = world.run(*arguments)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "No drift.")
    world.change("dev", "admin", "Auditor", Invite="YES")
    ran = world.run(*arguments)
    assert ran.code == 10
    assert '~ update admin role "Auditor"' in ran.out
    value = world.run(*arguments, "--format", "json").json()
    assert value["against"] == {"environment": "dev (from files)", "capturedAt": None}


@pytest.mark.parametrize("what", ["roles", "dir", "nothing"])
def test_a_folder_that_is_none_is_told(world: World, what: str) -> None:
    (world.folder / "dir").mkdir()
    ran = world.run("plan", "--from", f"dir:{world.folder / what}", "--to", "prod")
    assert ran.code in (2, 3)
    ran = world.run("plan", "--from", "dir:", "--to", "prod")
    assert ran.code == 2


def test_only_whose_roles_show_are_split_and_only_into_their_own_folder(
    world: World, roles: Path
) -> None:
    since = world.last()
    ran = world.run("snapshot", "--env", "prod", "--split", roles)
    assert ran.code == 2
    ran.says('roles of "dev"')
    ran = world.run("snapshot", "--env", "dev", "--role", "A*", "--split", roles)
    assert ran.code == 2
    assert world.last() == since


def test_a_server_whose_roles_can_t_be_listed_has_none_to_split(world: World) -> None:
    world.settings["ledger"] = {
        "platform": '"faircom"',
        "url": '"https://ledger.example.com:8443"',
        "login": '{ username = "ADMIN", password = { env = "NONE" } }',
    }
    world.write()
    ran = world.run("snapshot", "--env", "ledger", "--split", world.folder / "roles")
    assert ran.code == 2
    ran.says("can't be listed")


# validate


def test_validate_takes_a_folder_and_its_files(world: World, roles: Path) -> None:
    files = [*roles.rglob("*.json")]
    ran = world.run("validate", roles, *files)
    assert ran.code == 0, ran.out
    assert f"{roles}: this folder of roles is sound" in ran.out
    assert f"{roles / 'role-migrate.json'}: this index of roles is sound" in ran.out
    assert f"{roles / 'admin' / 'Auditor.json'}: this role is sound" in ran.out


def test_validate_says_where_in_which_file(world: World, roles: Path) -> None:
    auditor = roles / "admin" / "Auditor.json"
    edit(auditor, permissions={"Invit": "YES"}, name="Other")
    ran = world.run("validate", roles)
    assert ran.code == 3
    assert f'{auditor}:5: error: $.name: the role "Other" belongs in the file' in ran.out
    assert "has 1 error, 0 warnings" in ran.out
    edit(auditor, name="Auditor")
    for what in (roles, auditor):
        ran = world.run("validate", what)
        assert ran.code == 0
        assert f"{auditor}:7: warning: $.permissions.Invit: " in ran.out
        assert 'did you mean "Invite"?' in ran.out
    found = world.run("validate", roles, "--format", "json").json()
    assert found["files"][0]["faults"][0]["file"] == "admin/Auditor.json"
    assert world.run("validate", world.folder).code == 3


def test_the_hook_runs_on_just_the_files_of_the_folder(world: World, roles: Path) -> None:
    (hook,) = yaml.safe_load(HOOKS.read_text(encoding="utf-8"))
    assert {"id", "name", "entry", "language", "files"} <= hook.keys()
    assert hook["language"] == "python"
    program, command, *rest = shlex.split(hook["entry"])
    assert (program, rest) == ("role-migrate", [])
    assert command in COMMANDS
    (roles / "admin" / "notes.md").write_text("x")
    names = [str(path.relative_to(world.folder)) for path in roles.rglob("*") if path.is_file()]
    chosen = [name for name in names if re.search(hook["files"], name)]
    assert sorted(set(names) - set(chosen)) == ["roles/admin/notes.md"]
    assert world.run(command, *(world.folder / name for name in chosen)).code == 0
    edit(roles / "admin" / "Auditor.json", permissions=[])
    assert world.run(command, *(world.folder / name for name in chosen)).code == 3


# diff


def test_two_folders_are_compared_without_a_config(
    world: World, roles: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(roles, other)
    (other / "bot" / "Builder.json").unlink()
    edit(other / "admin" / "Auditor.json", description="else")

    def diff(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "migrate", "diff", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    ran = diff(f"dir:{roles}", "dir:other", "--exit-code")
    assert ran.returncode == 10, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[:3] == [
        f"dir:other, against dir:{roles}",
        '  ~ update admin role "Auditor"',
        '      description: "reads all" → "else"',
    ]
    assert '  - delete bot role "Builder"' in lines
    assert lines[-1] == "0 new, 1 changed, 1 gone."
    assert diff("dir:other", "dir:other", "--exit-code").stdout.endswith("No difference.\n")
    assert diff("dir:other", "dir:other", "--exit-code").returncode == 0


def test_any_two_captures_are_compared(world: World, roles: Path) -> None:
    file = world.folder / "dev.json"
    made = world.run("snapshot", "--env", "dev", "--out", file, "--format", "json").json()
    digest = made["digests"]["state"]
    names = ("dev", f"file:{file}", f"sha256:{digest}", f"dir:{roles}")
    since = world.last()
    for one in names:
        for other in names:
            ran = world.run("diff", one, other, "--exit-code")
            assert ran.code == 0, (one, other, ran.out)
    assert world.last() == since
    assert world.promote("--yes").code == 0
    run = world.runs()[0]
    ran = world.run("diff", "dev", f"run:{run}", "--exit-code", "--format", "json")
    assert ran.code == 10
    value = ran.json()
    assert [(each["action"], each["name"]) for each in value["changes"]] == [("create", "Leftover")]
    assert (value["against"]["environment"], value["environment"]) == ("dev", f"run:{run}")
    assert world.run("diff", "dev", f"run:{run}", "--role", "A*", "--exit-code").code == 0


def test_what_can_t_be_compared_is_told(world: World, roles: Path) -> None:
    ran = world.run("diff", "prod", f"dir:{roles}")
    assert ran.code == 2
    ran.says("role-migrate snapshot --env prod")
    index = roles / "role-migrate.json"
    edit(index, roleTypes={"admin": "captured"})
    ran = world.run("diff", f"dir:{roles}", f"dir:{roles}")
    assert ran.code == 0
    export = world.file("export.json", world.export("admin"))
    ran = world.run("diff", f"file:{export}", f"dir:{roles}", "--source-env", "dev")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "No difference.")
    ran.says("not compared, since not captured: bot roles")
    assert world.run("diff", f"file:{export}", f"dir:{roles}").code == 2
