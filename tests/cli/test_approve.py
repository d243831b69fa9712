"""Who may plan, approve and apply, and where what is promoted may come from."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migrate.canonical import dumps, sha256
from migrate.sandbox import Sandbox
from tests.cli.world import DEV, PROD, Ran, World, world_on

needs_ssh = pytest.mark.skipif(
    not shutil.which("ssh-keygen"), reason="OpenSSH is not installed: nothing can be signed"
)
PROTECTED = {"protected": "true", "approvals": "1"}


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    states = {"dev": DEV, "qa": PROD, "prod": PROD}
    with Sandbox(states, tmp_path_factory.mktemp("box"), s3=False) as started:
        yield started


@pytest.fixture
def world(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world_on(box, tmp_path / "work") as made:
        monkeypatch.setenv("GITLAB_USER_LOGIN", "pat")
        made.configure(**PROTECTED)
        yield made


def as_user(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("GITLAB_USER_LOGIN", name)


def approve(world: World, plan: Any, name: str = "alice", *more: Any) -> Ran:
    return world.run("approve", plan, "--change-ref", "CHG1", "--by", name, "--yes", *more)


def signed_by(world: World, name: str, principals: str | None = None) -> Path:
    """A key, and a line in the allowed signers of the config."""
    path = world.folder / name
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(words, check=True)
    public = " ".join(path.with_suffix(".pub").read_text().split()[:2])
    if principals != "":
        with (world.folder / "allowed_signers").open("a") as file:
            file.write(f"{principals or name} {public}\n")
    world.extra = '[approval]\nallowed_signers = "allowed_signers"\n'
    world.write()
    return path


def test_nothing_is_done_in_one_go_where_it_is_protected(world: World) -> None:
    lines = "kind,principal,role_type,role\nuser,a@b.example,admin,Auditor\n"
    path = world.file("joiners.csv", lines)
    for words in (
        ("promote", "--from", "dev", "--to", "prod", "--yes"),
        ("assign", "-f", path, "--env", "prod", "--yes"),
    ):
        seen = world.last()
        ran = world.run(*words)
        assert ran.code == 4, ran.err
        ran.says("prod is protected", "in one go", "target: unchanged", "approve PLAN")
        assert world.log("prod", seen) == []
    world.configure(protected="false", approvals="1")
    world.promote("--yes").says("prod asks for approval")


def test_a_plan_is_applied_once_somebody_else_approved_it(world: World) -> None:
    plan = world.plan()
    with world.untouched():
        ran = world.run("apply", plan, "--yes")
    assert ran.code == 4
    ran.says("asks for 1 approval, and this plan has 0", "target: unchanged")
    ran.says("next: Have it approved: role-migrate approve")
    agreed = approve(world, plan)
    assert agreed.code == 0, agreed.err
    agreed.says("1 of 1 approvals")
    assert "alice (" in agreed.out
    assert "CHG1: claimed" in agreed.out
    done = world.run("apply", plan, "--yes")
    assert done.code == 0, done.err
    world.assert_promoted()
    report = world.report()
    assert report["planner"]["name"] == "pat"
    assert [(each["name"], each["changeRef"]) for each in report["approvers"]] == [
        ("alice", "CHG1")
    ]
    assert "approved by alice" in world.run("runs", "show", world.runs()[0]).out
    assert "alice" in world.run("runs", "show", world.runs()[0], "--format", "md").out


def test_whoever_made_it_does_not_approve_it(world: World) -> None:
    plan = world.plan()
    before = world.stored()
    for name in ("pat", "Pat@example.com", ""):
        ran = approve(world, plan, name)
        assert ran.code == 2, ran.err
        ran.says("'pat' made this plan", "target: unchanged by this command")
    assert world.stored() == before


def test_two_are_two_people(world: World) -> None:
    world.configure(approvals="2")
    plan = world.plan()
    assert approve(world, plan, "alice").code == 0
    again = approve(world, plan, "ALICE@example.com")
    again.says("does not count", "approved already", "1 of 2 approvals")
    ran = world.run("apply", plan, "--yes")
    assert ran.code == 4
    ran.says("asks for 2 approvals, and this plan has 1", "approved already")
    assert approve(world, plan, "bob").code == 0
    assert world.run("apply", plan, "--yes").code == 0


def test_a_plan_made_again_keeps_its_approval_if_it_does_the_same(world: World) -> None:
    plan = world.plan()
    assert approve(world, plan).code == 0
    again = world.folder / "again.json"
    ran = world.run("plan", "--refresh", plan, "--out", again)
    assert ran.code == 0, ran.err
    ran.says("the same changes as plan", "1 of 1")
    world.change("dev", "admin", "Auditor", **{"Single Sign On": "YES"})
    other = world.folder / "other.json"
    changed = world.run("plan", "--refresh", plan, "--out", other)
    changed.says("other changes than plan", "approve this anew")
    assert world.run("apply", other, "--yes").code == 4
    assert world.run("apply", again, "--yes").code == 0


def test_what_does_not_go_with_refresh(world: World) -> None:
    plan = world.plan()
    ran = world.run("plan", "--refresh", plan, "--mode", "full")
    assert ran.code == 2
    ran.says("--mode does not go with --refresh")
    assert world.run("plan", "--from", "dev").code == 2
    assert world.run("plan", "--refresh", "nothing.json").code == 2


def test_an_altered_approval_stops_the_plan(world: World) -> None:
    plan = world.plan()
    assert approve(world, plan).code == 0
    (path,) = (world.folder / "store").glob("*/approvals/*/*.json")
    sound = json.loads(path.read_text())
    for what, code in (
        ({**sound, "statement": {**sound["statement"], "changes": "0" * 64}}, 4),
        ({**sound, "statement": {**sound["statement"], "at": "2999-01-01T00:00:00Z"}}, 4),
        ({**sound, "statement": {**sound["statement"], "at": "2001-01-01T00:00:00Z"}}, 4),
        ({**sound, "statement": {**sound["statement"], "at": "yesterday"}}, 3),
        ({**sound, "more": 1}, 3),
    ):
        path.write_text(json.dumps(what))
        with world.untouched():
            ran = world.run("apply", plan, "--yes")
        assert ran.code == code, ran.err
        ran.says("target: unchanged")
    path.write_text("{")
    assert world.run("apply", plan, "--yes").code == 3


def test_a_full_promotion_names_its_target(world: World) -> None:
    world.configure(**PROTECTED)
    allow = ("--allow", "max_deletions", "--allow", "no_profile", "--reason", "a test")
    plan = world.plan("--mode", "full", *allow)
    assert approve(world, plan).code == 0
    with world.untouched():
        ran = world.run("apply", plan, "--yes")
        assert ran.code == 4
        ran.says("--confirm-target prod")
        assert world.run("apply", plan, "--yes", "--confirm-target", "qa").code == 2
    assert world.run("apply", plan, "--yes", "--confirm-target", "prod").code == 0


def test_a_protected_environment_needs_a_store_that_all_share(world: World) -> None:
    plan = world.plan()
    assert approve(world, plan).code == 0
    world.store = 'directory = "store"\n'
    world.write()
    ran = world.run("apply", plan, "--yes")
    assert ran.code == 4
    ran.says("only this machine has what it holds", "durable = true")


def test_another_name_for_the_account_is_no_way_round(world: World) -> None:
    world.settings["live"] = {
        **{key: value for key, value in world.settings["prod"].items() if key not in PROTECTED},
    }
    world.write()
    ran = world.run("promote", "--from", "dev", "--to", "live", "--yes")
    assert ran.code == 4
    ran.says("live is protected")
    plan = world.folder / "live.json"
    assert world.run("plan", "--from", "dev", "--to", "live", "--out", plan).code == 0
    assert world.run("apply", plan, "--yes").code == 4


def test_a_rollback_is_planned_approved_and_applied_too(world: World) -> None:
    plan, before = world.plan(), world.roles()
    assert approve(world, plan).code == 0
    assert world.run("apply", plan, "--yes").code == 0
    run = world.runs()[0]
    assert world.run("rollback", run, "--yes").code == 4
    back = world.folder / "back.json"
    allow = ("--allow", "no_profile", "--allow", "max_deletions", "--reason", "a test")
    ran = world.run("rollback", run, "--dry-run", "--out", back, *allow)
    assert ran.code == 0, ran.err
    words = ("apply", back, "--yes", "--confirm-target", "prod")
    assert world.run(*words).code == 4
    assert approve(world, back).code == 0
    done = world.run(*words)
    assert done.code == 0, done.err
    assert {key: each["permissions"] for key, each in world.roles().items()} == {
        key: each["permissions"] for key, each in before.items()
    }


# signatures


@needs_ssh
def test_a_signature_proves_who_approved(world: World) -> None:
    key = signed_by(world, "alice")
    plan = world.plan()
    ran = approve(world, plan, "alice")
    assert ran.code == 4
    ran.says("it is not signed", "--sign-with KEY")
    signed = approve(world, plan, "alice", "--sign-with", key)
    assert signed.code == 0, signed.err
    assert "proven by SHA256:" in signed.out
    assert world.run("apply", plan, "--yes").code == 0
    assert world.report()["approvers"][0]["key"].startswith("SHA256:")


@needs_ssh
def test_keys_that_are_not_allowed_let_nothing_through(world: World) -> None:
    signed_by(world, "alice")
    stranger, planners = signed_by(world, "mallory", ""), signed_by(world, "pat")
    plan = world.plan()
    for name, key, why in (
        ("alice", stranger, "not among the allowed signers"),
        ("bob", planners, "'pat' made the plan"),
    ):
        ran = approve(world, plan, name, "--sign-with", key)
        assert ran.code == 4, ran.err
        ran.says("would not count", why)
    assert world.run("apply", plan, "--yes").code == 4


@needs_ssh
def test_one_key_under_two_names_is_one_approval(world: World) -> None:
    key = signed_by(world, "alice", "alice,ops")
    world.configure(approvals="2")
    plan = world.plan()
    assert approve(world, plan, "alice", "--sign-with", key).code == 0
    ran = approve(world, plan, "ops", "--sign-with", key)
    ran.says("its key approved already, as '", "1 of 2")
    assert world.run("apply", plan, "--yes").code == 4


@needs_ssh
def test_an_approval_ends_with_its_key(world: World) -> None:
    key = signed_by(world, "alice")
    plan = world.plan()
    assert approve(world, plan, "alice", "--sign-with", key).code == 0
    signers = world.folder / "allowed_signers"
    name, public = signers.read_text().split(" ", 1)
    signers.write_text(f'{name} valid-before="20200101Z" {public}')
    ran = world.run("apply", plan, "--yes")
    assert ran.code == 4
    ran.says("not among the allowed signers, or was not at that time")


@needs_ssh
def test_a_signature_holds_for_what_was_signed(world: World) -> None:
    key = signed_by(world, "alice")
    plan = world.plan()
    assert approve(world, plan, "alice", "--sign-with", key).code == 0
    (path,) = (world.folder / "store").glob("*/approvals/*/*.json")
    sound = json.loads(path.read_text())
    sound["statement"]["changeRef"] = "CHG2"
    path.write_text(json.dumps(sound))
    ran = world.run("apply", plan, "--yes")
    assert ran.code == 4
    ran.says("its signature does not fit")


# the promotion path


def test_roles_come_only_from_where_the_config_says(world: World) -> None:
    world.configure(protected="false", approvals="0", promotes_from='["qa"]')
    ran = world.promote("--yes")
    assert ran.code == 4, ran.err
    ran.says("prod takes roles only from qa, not from 'dev'", "target: unchanged", "Promote to qa")
    path = world.folder / "dev.json"
    assert world.run("snapshot", "--env", "dev", "--out", path).code == 0
    assert world.run("plan", "--from", f"file:{path}", "--to", "prod").code == 4
    assert world.run("promote", "--from", "qa", "--to", "prod", "--yes").code == 0


def test_only_what_was_verified_on_the_way_arrives(world: World) -> None:
    world.configure(protected="false", approvals="0", require_verified_in='"qa"')
    with world.untouched():
        ran = world.run("promote", "--from", "qa", "--to", "prod", "--yes")
    assert ran.code == 4, ran.err
    ran.says("only what was verified in qa", "no verified run")
    assert world.run("promote", "--from", "dev", "--to", "qa", "--yes").code == 0
    plan = world.folder / "plan.json"
    assert world.run("plan", "--from", "qa", "--to", "prod", "--out", plan).code == 0
    world.change("qa", "admin", "Auditor", **{"Single Sign On": "YES"})
    by_hand = world.run("promote", "--from", "qa", "--to", "prod", "--yes")
    assert by_hand.code == 4, by_hand.err
    by_hand.says("if somebody changed qa by hand")
    assert world.run("apply", plan, "--yes").code == 0


def test_names_in_the_path_are_environments_of_the_config(world: World) -> None:
    world.configure(promotes_from='["qq"]', require_verified_in='"prod"')
    ran = world.run("runs", "--env", "prod")
    assert ran.code == 3
    ran.says("no environment 'qq'", "names the environment itself")


# ways round


def forged(world: World, path: Path, **changes: Any) -> Path:
    """A plan file that somebody edited, with the digest that it then has."""
    value = json.loads(path.read_text())
    value |= changes
    value.pop("digest")
    value["digest"] = sha256(dumps(value))
    return world.file("forged.json", value)


def test_an_edited_plan_is_no_way_round_the_path(world: World) -> None:
    world.configure(protected="false", approvals="0")
    path = world.plan()
    source = json.loads(path.read_text())["source"]
    target = json.loads(path.read_text())["target"]
    world.configure(promotes_from='["qa"]')
    assert world.run("apply", path, "--yes").code == 4
    by_file = {
        **source,
        "origin": "assignments file",
        "snapshot": "",
        "identity": target["identity"],
    }
    with world.untouched():
        ran = world.run("apply", forged(world, path, source=by_file), "--yes")
        assert ran.code == 3, ran.err
        ran.says("changes no role", "target: unchanged")
        undoing = {**by_file, "origin": "run", "environment": "run 20260101T000000Z-abcdef"}
        ran = world.run("apply", forged(world, path, source=undoing), "--yes")
        assert ran.code in (3, 4), ran.err
        run = {"run": "20260101T000000Z-abcdef", "own": []}
        ran = world.run("apply", forged(world, path, source=undoing, undoes=run), "--yes")
        assert ran.code in (3, 4), ran.err
    world.change("qa", "admin", "Auditor", **{"Single Sign On": "YES"})
    assert world.run("promote", "--from", "qa", "--to", "prod", "--yes").code == 0
    done = {"run": world.runs()[0], "own": []}
    with world.untouched():
        ran = world.run("apply", forged(world, path, source=undoing, undoes=done), "--yes")
    assert ran.code in (4, 5, 6), ran.err


def test_what_was_done_by_hand_beside_a_run_is_not_verified_by_it(world: World) -> None:
    world.configure(protected="false", approvals="0", require_verified_in='"qa"')
    assert world.run("promote", "--from", "dev", "--to", "qa", "--yes").code == 0
    world.change("qa", "admin", "Auditor", **{"Single Sign On": "YES"})
    for words in (("--role", "Builder"), ("--role", "Reviewer")):
        world.change("dev", "bot", words[1], Tasks=["FULL"])
        ran = world.run("promote", "--from", "dev", "--to", "qa", "--yes", *words)
        assert ran.code == 0, ran.err
        ran = world.run("promote", "--from", "qa", "--to", "prod", "--yes")
        assert ran.code == 4, ran.err
        ran.says("no verified run has put just these roles into qa")


@needs_ssh
@pytest.mark.parametrize("principals", ["*@example.com", "alice,bob@*", "alice?"])
def test_keys_that_may_be_anybodys_are_refused(world: World, principals: str) -> None:
    plan = world.plan()
    key = signed_by(world, "alice", principals)
    ran = approve(world, plan, "bob@example.com", "--sign-with", key)
    assert ran.code == 3, ran.err
    ran.says("must tell who each key belongs to")


@needs_ssh
def test_the_planners_key_is_known_whatever_stands_between_it_and_the_name(world: World) -> None:
    key = signed_by(world, "alice")
    signers = world.folder / "allowed_signers"
    public = signers.read_text().split(" ", 1)[1]
    signers.write_text(f"pat\t{public}asmith {public}")
    ran = approve(world, world.plan(), "asmith", "--sign-with", key)
    assert ran.code == 4, ran.err
    ran.says("would not count")


def test_a_clock_that_was_set_back_is_not_believed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = world.plan()
    assert approve(world, plan).code == 0
    real = time.time
    monkeypatch.setattr("migrate.tools.time.time", lambda: real() - 3600)
    with world.untouched():
        ran = world.run("apply", plan, "--yes")
    assert ran.code == 4, ran.err
    ran.says("clock is wrong")


def test_one_who_logs_in_as_the_same_app_is_the_same_account(world: World) -> None:
    other = {key: value for key, value in world.settings["prod"].items() if key not in PROTECTED}
    world.settings["live"] = {**other, "account": '"Sandbox-Prod"'}
    world.write()
    ran = world.run("promote", "--from", "dev", "--to", "live", "--yes")
    assert ran.code == 4, ran.err
    ran.says("live is protected")
