"""`demo`: the whole story on embedded environments, told by the real commands."""

import contextlib
import json
import shlex
import tempfile
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

import click

from migrate.cli.files import answer, working_folder
from migrate.cli.runtime import Runtime
from migrate.cli.sandbox import DEMO, load_sandbox, states_of
from migrate.errors import Exit, MigrateError
from migrate.resources import sample_assignments


class Scene(NamedTuple):
    """One command of the story: what it shows, its arguments, and the exit code it must end in."""

    title: str
    arguments: str
    expected: Exit
    writes: bool


STORY = (
    Scene("What dev holds", "snapshot --env dev", Exit.DONE, False),
    Scene("What prod holds", "snapshot --env prod", Exit.DONE, False),
    Scene(
        "What would change in prod: a plan, saved and reviewable",
        "plan --from dev --to prod --out plan.json",
        Exit.DONE,
        False,
    ),
    Scene(
        "The plan is carried out: the file goes to S3, its key is the fileId, the platform\n"
        "imports it, the documents that come back are reconciled, and prod is read again",
        "apply plan.json --yes",
        Exit.DONE,
        True,
    ),
    Scene("A plan runs once", "apply plan.json --yes", Exit.STALE, False),
    Scene(
        "A second promotion finds nothing to do",
        "promote --from dev --to prod --yes",
        Exit.DONE,
        False,
    ),
    Scene(
        "A full promotion would delete roles that only prod has, and that people hold: guards\n"
        "stop it",
        "promote --from dev --to prod --mode full --yes",
        Exit.REFUSED,
        False,
    ),
    Scene(
        "With what the message names, and a reason, it passes",
        "promote --from dev --to prod --mode full --allow max_deletions --allow held_roles "
        "--reason leftovers-of-2024 --exclude-role 'BreakGlass*' --yes",
        Exit.DONE,
        True,
    ),
    Scene(
        "Who holds what travels on request: what dev's people hold is added in prod",
        "promote --from dev --to prod --assignments merge --on-unresolved skip --yes",
        Exit.DONE,
        True,
    ),
    Scene(
        "People join, move and leave: who is to hold what in prod can come from a file, too",
        "assign -f assignments.csv --env prod --yes",
        Exit.DONE,
        True,
    ),
    Scene(
        "Somebody changes a role of prod by hand; drift shows it",
        "drift --env prod --exit-code",
        Exit.PENDING,
        False,
    ),
    Scene(
        "The way back to dev: this time the platform's own upload gives the fileId",
        "promote --from prod --to dev --yes",
        Exit.DONE,
        True,
    ),
    Scene("What was run", "runs", Exit.DONE, False),
)
BY_HAND = 10
"""The scene before which somebody changes a role by hand."""


@click.command(short_help="The whole story on embedded environments.")
@click.pass_obj
def demo(runtime: Runtime) -> int:
    """Start two environments and an S3 service on this machine and promote between them.

    Everything happens on 127.0.0.1 and in a temporary folder. The exit code is 0 only if every
    command of the story ended as it should.

    \b
    Examples:
      role-migrate demo
    """
    box_type = load_sandbox()
    working_folder()  # is returned to
    with tempfile.TemporaryDirectory(prefix="role-migrate-demo-") as folder:
        place = Path(folder)
        (place / "assignments.csv").write_bytes(sample_assignments())
        with box_type(states=states_of(DEMO), folder=place) as box, contextlib.chdir(place):
            # The story needs more calls than a minute allows, and nobody wants to watch it wait.
            for name in box.ready["environments"]:
                _control(f"{box.control}/switches/{name}", {"limit_per_minute": 0})
            for number, scene in enumerate(STORY):
                if number == BY_HAND:
                    _change_by_hand(box.control)
                _play(number + 1, scene, box)
    answer("\nThat was it. Next: role-migrate sandbox serve, and the README.\n")
    return Exit.DONE


def _play(number: int, scene: Scene, box: Any) -> None:
    from migrate.cli import main

    answer(f"\n── {number}. {scene.title}\n$ role-migrate {scene.arguments}\n")
    before = _writes(box.control)
    code = main(["--config", "role-migrate.toml", *shlex.split(scene.arguments)])
    wrote = _writes(box.control) - before
    answer(f"→ exit code {code}, {wrote} writes to a platform\n")
    if code != scene.expected or bool(wrote) != scene.writes:
        raise MigrateError(
            f"the demo went wrong in scene {number}: exit code {code} in place of "
            f"{int(scene.expected)}, {wrote} writes"
        )


def _change_by_hand(control: str) -> None:
    state = _control(f"{control}/state/prod")
    role = next(role for role in state["roles"] if role["role"] == "Audit Reader")
    role["permissions"]["Single Sign On"] = "YES"
    _control(f"{control}/state/prod", state)


def _writes(control: str) -> int:
    return sum(entry["method"] != "GET" for entry in _control(f"{control}/log"))


def _control(url: str, value: Any = None) -> Any:
    data = json.dumps(value).encode() if value is not None else None
    request = urllib.request.Request(  # noqa: S310 - our own server on 127.0.0.1
        url, data, {"content-type": "application/json"}, method="PUT" if data else "GET"
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as response:
        return json.load(response)
