"""Command lines that can't be meant: said before anything is read, with what to do instead."""

from pathlib import Path

import pytest

from tests.cli.world import IMPORT, World

NO_RUN = "20261122T134501Z-3f9a2c"
SIDES = ("--from", "dev", "--to", "prod")
REASON = ("needs --reason", 'next: Add --reason "why"')
LINES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "a file that is not there": (
        ("plan", "--from", "file:nope.json", "--to", "prod"),
        ("nope.json: there is no such file", "next: Check its name"),
    ),
    "an assignments file that is not there": (
        ("assign", "-f", "nope.csv", "--env", "prod", "--yes"),
        ("nope.csv: there is no such file", "next: Check its name"),
    ),
    "a plan that is not there": (
        ("apply", "nope.json", "--yes"),
        ("nope.json: there is no such file", "next: Name a plan's file, or a plan's id"),
    ),
    "a guard without a reason": (("plan", *SIDES, "--allow", "max_deletions"), REASON),
    "a guard by its own option": (("promote", *SIDES, "--yes", "--prune-held"), REASON),
    "a blank reason": (("plan", *SIDES, "--allow", "max_deletions", "--reason", " "), REASON),
    "a guard that always holds": (
        ("plan", *SIDES, "--allow", "keep", "--reason", "x"),
        ("--allow keep: it always holds", "next: Choose from: "),
    ),
    "a guard that is none": (
        ("rollback", NO_RUN, "--yes", "--allow", "kepp", "--reason", "x"),
        ("no store of the config has a run", "next: "),
    ),
    "another stand-in": (
        ("plan", *SIDES, "--target-snapshot", "prod.json"),
        ("--target-snapshot prod.json: it takes last or file:PATH", "next: Write last"),
    ),
    "where a bare export is from, without one": (
        ("plan", *SIDES, "--source-env", "dev"),
        ("--source-env and --role-type tell of a bare export", "next: Leave them out"),
    ),
    "its role type, without one": (
        ("promote", *SIDES, "--yes", "--role-type", "admin"),
        ("--source-env and --role-type tell of a bare export", "next: Leave them out"),
    ),
    "a folder that can't be made": (
        ("plan", *SIDES, "--write-import-files", "{file}"),
        ("the folder can't be made", "next: Name a folder"),
    ),
    "a folder with a name that none can have": (
        ("plan", *SIDES, "--write-import-files", "a\0b"),
        ("the folder can't be made", "next: Name a folder"),
    ),
    "all, and yet less than all": (
        ("rollback", NO_RUN, "--yes", "--to-backup", "--mode", "incremental"),
        ("--mode incremental does not go with it", "next: Leave one of them out"),
    ),
    "all, and more than all": (
        ("rollback", NO_RUN, "--yes", "--to-backup", "--empty-created"),
        ("--empty-created does not go with it", "next: Leave one of them out"),
    ),
    "a plan's file for what is not planned only": (
        ("rollback", NO_RUN, "--yes", "--out", "p.json"),
        ("--out writes the plan of a --dry-run", "next: Add --dry-run"),
    ),
    "a reason that says nothing": (
        ("runs", "abandon", NO_RUN, "--reason", " "),
        ("--reason is empty", 'next: Add --reason "why"'),
    ),
    **{
        f"no run id: {words[0]}": (
            words,
            ("'nope' is no run id", "next: A run id looks like", "role-migrate runs lists them"),
        )
        for words in (
            ("resume", "nope", "--yes"),
            ("rollback", "nope", "--yes"),
            ("runs", "show", "nope"),
            ("runs", "abandon", "nope", "--reason", "x"),
            ("plan", "--from", "run:nope", "--to", "prod"),
        )
    },
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_can_t_be_meant_is_refused_at_once(world: World, line: str) -> None:
    words, said = LINES[line]
    file = world.file("a-file", b"")
    ran = world.run(*(word.replace("{file}", str(file)) for word in words))
    assert ran.code == 2, ran.err
    ran.says(*said)
    assert ran.out == ""
    assert world.calls("dev") == world.calls("prod") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("snapshot", "--env", "prod", "--role", "Audtior"), "--role 'Audtior' matches no role\n"),
        (
            ("drift", "--env", "prod", "--against", "dev", "--role", "Audtior"),
            "--role 'Audtior' matches no role on either side",
        ),
    ],
)
def test_a_pattern_that_matches_nothing_is_misspelled(
    world: World, words: tuple[str, ...], said: str
) -> None:
    ran = world.run(*words)
    assert ran.code == 2
    ran.says(said, "next: Check the spelling")
    assert not list((world.folder / "store").rglob("snapshots/*.json"))


def test_a_file_that_asks_for_nothing_is_worth_a_word(world: World) -> None:
    empty: tuple[Path, ...] = (
        world.file("a.csv", "kind,principal,role_type,role\n"),
        world.file("a.json", {"formatVersion": 1, "assignments": []}),
    )
    for path in empty:
        ran = world.run("plan", "--assignments-file", path, "--to", "prod")
        assert ran.code == 0, ran.err
        ran.says(f"warning: {path}: it asks for nothing")


def test_a_run_that_left_no_snapshot_is_no_source(world: World) -> None:
    world.fault("500", IMPORT, times=20)
    assert world.promote("--yes").code != 0
    run = world.runs()[0]
    ran = world.run("plan", "--from", f"run:{run}", "--to", "dev")
    assert ran.code == 2
    ran.says(f"run {run} left no snapshot", f"next: role-migrate runs show {run}")
