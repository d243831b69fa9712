"""Shell completion: the scripts, and what they ask for, as the shells ask for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from migrate.cli.commands import COMMANDS

PROGRAM = Path(sys.executable).with_name("role-migrate")


def ran(*words: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "migrate", *words],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def completed(shell: str, words: str, number: int) -> list[str]:
    """What the script of a shell is answered with, when the word of this number is completed."""
    lines = ran(
        _ROLE_MIGRATE_COMPLETE=f"{shell}_complete",
        COMP_WORDS=words,
        COMP_CWORD=words.split()[-1] if shell == "fish" else str(number),
    ).splitlines()
    return [line for line in lines if line]


def test_every_command_is_completed_with_its_help() -> None:
    assert completed("bash", "role-migrate ", 1)[: len(COMMANDS)] == [
        f"plain,{name}" for name in COMMANDS
    ]
    lines = completed("zsh", "role-migrate pro", 1)
    assert lines == [
        *("plain", "promote", COMMANDS["promote"].help),
        *("plain", "probe", COMMANDS["probe"].help),
    ]
    assert f"plain,rollback\t{COMMANDS['rollback'].help}" in "".join(
        completed("fish", "role-migrate rollb", 1)
    ).replace("\\t", "\t")


@pytest.mark.parametrize(
    ("words", "number", "found"),
    [
        ("role-migrate plan --fr", 2, ["plain,--from"]),
        ("role-migrate plan --mode ", 3, ["plain,incremental", "plain,full"]),
        ("role-migrate runs ab", 2, ["plain,abandon"]),
        ("role-migrate --log-format ", 2, ["plain,text", "plain,json"]),
        ("role-migrate completion z", 2, ["plain,zsh"]),
        ("role-migrate nonsense --fr", 2, []),
        ("role-migrate plan --nonsense x", 3, []),
    ],
)
def test_options_and_their_values_are_completed(words: str, number: int, found: list[str]) -> None:
    assert completed("bash", words, number) == found


def test_nothing_is_imported_for_the_list_of_commands() -> None:
    code = (
        "import sys; from migrate.cli import main\n"
        "try: main([])\n"
        "except SystemExit: pass\n"
        "print(*(name for name in sys.modules if name.startswith('migrate.cli.')), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "_ROLE_MIGRATE_COMPLETE": "bash_complete",
            "COMP_WORDS": "role-migrate ",
            "COMP_CWORD": "1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "plain,plan" in done.stdout
    loaded = {name.removeprefix("migrate.cli.") for name in done.stderr.split()}
    assert not loaded & {entry.module for entry in COMMANDS.values()}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_as_it_is_answered(shell: str) -> None:
    script = ran("completion", shell)
    assert f"_ROLE_MIGRATE_COMPLETE={shell}_complete" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, timeout=60, check=True)


def test_bash_completes_by_the_script() -> None:
    assert PROGRAM.exists()
    script = (
        'eval "$(role-migrate completion bash)"\n'
        "COMP_WORDS=(role-migrate plan --mo); COMP_CWORD=2\n"
        "complete -p role-migrate\n"
        "_role_migrate_completion role-migrate\n"
        'echo "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "--mode", done


def test_another_shell_is_wrong_usage() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "migrate", "completion", "tcsh"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "'bash', 'zsh', 'fish'" in done.stderr
