"""`policy test`: what the guards say of recorded plans, and whether that is as wanted."""

import json
from pathlib import Path

import jsonschema
import pytest

from migrate.cli import main
from migrate.resources import schema
from tests.cli.world import Ran, World

STRICT = '[[guards]]\nrule = "protected_names"\nnames = ["Auditor"]\n'
LAX = "formatVersion = 1\n"


def recorded(world: World) -> tuple[Path, Path]:
    """A plan that changes Auditor and one that does not, and the targets that they were made on."""
    folder = world.folder / "recorded"
    folder.mkdir()
    plans = (world.plan("--role", "Auditor"), world.plan("--role", "Reviewer"))
    for name, plan in zip(("auditor", "reviewer"), plans, strict=True):
        plan.rename(folder / f"{name}.json")
    for digest, data in world.stored().items():
        if "/snapshots/" in digest and digest.endswith(".json"):
            (folder / digest.rpartition("/")[2]).write_bytes(data)
    return folder / "auditor.json", folder / "reviewer.json"


def tried(world: World, *words: str | Path) -> Ran:
    """`policy test`, which asks no platform for anything."""
    since = world.last()
    ran = world.run("policy", "test", *words)
    assert world.control(f"/log?since={since}") == []
    return ran


def outcomes(ran: Ran) -> dict[str, dict[str, str]]:
    return {
        Path(plan["name"]).stem: {each["rule"]: each["outcome"] for each in plan["verdicts"]}
        for plan in ran.json()["plans"]
    }


def test_a_policy_is_tried_before_anybody_pins_it(world: World) -> None:
    auditor, reviewer = recorded(world)
    policy = world.file("policy.toml", STRICT)
    ran = tried(world, "--policy", policy, auditor, reviewer, "--format", "json")
    assert ran.code == 4
    found = outcomes(ran)
    assert found["auditor"]["protected_names"] == "refuse"
    assert found["reviewer"]["protected_names"] == "pass"
    ran = tried(world, "--policy", policy, auditor, reviewer)
    assert "REFUSE: protected_names" in ran.out
    assert ran.out.rstrip().endswith("2 plans tried, 1 refused")
    assert tried(world, "--policy", world.file("lax.toml", LAX), auditor, reviewer).code == 0


def test_the_guards_of_the_config_hold_too(world: World) -> None:
    auditor, _ = recorded(world)
    world.guards(STRICT)
    assert tried(world, auditor).code == 4
    assert tried(world, "--policy", world.file("lax.toml", LAX), auditor).code == 4
    world.guards("")
    assert tried(world, auditor).code == 0


def test_plans_are_found_in_the_store_by_id(world: World) -> None:
    auditor, _ = recorded(world)
    plan = json.loads(auditor.read_bytes())["id"]
    assert tried(world, "--policy", world.file("policy.toml", STRICT), plan).code == 4


def test_what_whoever_planned_allowed_does_not_count_where_waivers_are_asked_for(
    world: World,
) -> None:
    world.guards(STRICT)
    plan = world.plan("--role", "Auditor", "--allow", "protected_names", "--reason", "meant")
    world.guards("")
    assert tried(world, "--policy", world.file("p.toml", STRICT), plan).code == 0
    waiver = world.file("w.toml", f'allow = "waiver"\n{STRICT}')
    assert tried(world, "--policy", waiver, plan).code == 4


def expectations(world: World, auditor: str, reviewer: str = "refuses = []") -> Path:
    text = (
        f'[[plans]]\nplan = "auditor.json"\n{auditor}\n'
        f'[[plans]]\nplan = "reviewer.json"\n{reviewer}\n'
    )
    return world.file("recorded/expected.toml", text)


def test_a_policy_has_regression_tests(world: World) -> None:
    recorded(world)
    policy = world.file("policy.toml", STRICT)
    right = expectations(world, 'refuses = ["protected_names"]')
    ran = tried(world, "--policy", policy, "--expect", right)
    assert ran.code == 0, ran.out + ran.err
    assert ran.out.count("  as expected") == 2
    lax = tried(world, "--policy", world.file("lax.toml", LAX), "--expect", right)
    assert lax.code == 9
    assert "NOT AS EXPECTED: protected_names was to refuse, and does not" in lax.out
    wrong = expectations(world, "refuses = []")
    ran = tried(world, "--policy", policy, "--expect", wrong, "--format", "json")
    assert ran.code == 9
    told = [plan["differences"] for plan in ran.json()["plans"]]
    assert told == [["protected_names refuses, and was not to"], []]
    assert [plan["asExpected"] for plan in ran.json()["plans"]] == [False, True]


def test_warnings_are_held_to_as_well_where_they_are_named(world: World) -> None:
    recorded(world)
    policy = world.file("policy.toml", f'{STRICT}severity = "warn"\n')
    silent = expectations(world, "refuses = []")
    assert tried(world, "--policy", policy, "--expect", silent).code == 0
    named = expectations(world, 'refuses = []\nwarns = ["protected_names"]')
    assert tried(world, "--policy", policy, "--expect", named).code == 0
    none = expectations(world, "refuses = []\nwarns = []")
    assert tried(world, "--policy", policy, "--expect", none).code == 9


def test_neither_config_nor_store_is_needed(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    auditor, reviewer = recorded(world)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    policy = world.file("policy.toml", STRICT)
    words = ["policy", "test", "--policy", str(policy), str(auditor), str(reviewer)]
    assert main([*words, "--snapshots", str(auditor.parent)]) == 4
    assert "protected_names" in capfd.readouterr().out
    assert main(words) == 2
    assert "does not exist" in capfd.readouterr().err


def test_a_target_that_is_not_to_be_found(world: World) -> None:
    auditor, _ = recorded(world)
    policy = world.file("policy.toml", STRICT)
    empty = world.folder / "empty"
    empty.mkdir()
    ran = tried(world, "--policy", policy, "--snapshots", empty, auditor)
    assert ran.code == 2
    ran.says("does not have the target", "--snapshots DIR", "next: ")
    for snapshot in (world.shelf / "snapshots").glob("*.json"):
        snapshot.unlink()
    ran = tried(world, "--policy", policy, auditor)
    assert ran.code == 2
    ran.says("the store does not have the target")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((), 2, "name the plans"),
        (("--expect", "e.toml", "plan.json"), 2, "name the plans"),
        (("--policy", "no.toml", "plan.json"), 2, "no.toml"),
        (("--snapshots", "no", "--policy", "p.toml", "plan.json"), 2, "no such folder"),
        (("no-plan.json",), 2, "no such file"),
        (("--expect", "bad.toml"), 3, 'did you mean "max_deletions"?'),
        (("--expect", "bad.toml"), 3, "line 3"),
        (("--expect", "cut.toml"), 3, "not TOML"),
        (("--policy", "typo.toml", "plan.json"), 3, 'did you mean "protected_names"?'),
        (("--policy", "typo.toml", "plan.json"), 3, "line 2"),
        (("--policy", "word.toml", "plan.json"), 3, 'did you mean "severity"?'),
    ],
)
def test_bad_input(
    world: World, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int, told: str
) -> None:
    monkeypatch.chdir(world.folder)
    world.file("p.toml", LAX)
    world.file("bad.toml", '[[plans]]\nplan = "x"\nrefuses = ["max_deletion"]\n')
    world.file("cut.toml", "[[plans")
    world.file("typo.toml", '[[guards]]\nrule = "protected_name"\nnames = ["x"]\n')
    world.file("word.toml", f'{STRICT}severty = "warn"\n')
    ran = tried(world, *words)
    assert ran.code == code, ran.err
    ran.says(told, "next: ")


def test_a_typo_is_found_by_validate_too(world: World) -> None:
    path = world.file("policy.toml", '[[guards]]\nrule = "max_losers"\npercents = 3\n')
    ran = world.run("validate", path)
    assert ran.code == 3
    assert f"{path}:3: error: " in ran.out + ran.err
    assert 'did you mean "percent"?' in ran.out + ran.err
    assert world.run("validate", world.file("good.toml", STRICT)).code == 0
    expected = world.file("expected.toml", '[[plans]]\nplan = "x"\nrefuses = []\n')
    assert world.run("validate", expected).code == 0


def test_the_guards_of_expectations_are_those_there_are() -> None:
    names = schema("policy")["$defs"]["guard"]["properties"]["rule"]["enum"]
    assert schema("policy-test")["$defs"]["guards"]["items"]["enum"] == names
    jsonschema.Draft202012Validator.check_schema(schema("policy-test"))
