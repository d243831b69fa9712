"""`sandbox serve`: embedded environments to try things on."""

import signal
import threading
from pathlib import Path
from typing import Any

import click

from migrate.cli.runtime import Runtime
from migrate.errors import Exit, UsageError

DEMO = ("dev", "prod")
"""The environments of the demo's story."""

SERVED = (*DEMO, "ledger-dev", "ledger-prod")
"""What `sandbox serve` starts: two environments on each platform."""


@click.group(short_help="Embedded environments to try things on.")
def sandbox() -> None:
    """Real HTTP servers on 127.0.0.1 that behave as the platforms do.

    \b
    Examples:
      role-migrate sandbox serve
    """


@sandbox.command(short_help="Start the environments and serve until interrupted.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="P",
    help="First port; 0 takes any free ones.",
)
@click.option(
    "--ready-file", metavar="F", help="Write where everything is to this file once it answers."
)
@click.option(
    "--env",
    "names",
    multiple=True,
    metavar="NAME[=SEED]",
    help=f"An environment and the seed it starts with; repeatable. Default: {', '.join(SERVED)}.",
)
@click.option(
    "--folder",
    metavar="DIR",
    help="Where role-migrate.toml and its secrets go; default: .role-migrate/sandbox.",
)
@click.option("--no-s3", is_flag=True, help="No S3 endpoint: uploads go to the platform.")
@click.pass_obj
def serve(
    runtime: Runtime,
    port: int,
    ready_file: str | None,
    names: tuple[str, ...],
    folder: str | None,
    no_s3: bool,
) -> int:
    """Start the environments, write a config for them, and serve until Ctrl-C or SIGTERM.

    \b
    Examples:
      role-migrate sandbox serve --folder . --ready-file ready.json
      role-migrate sandbox serve --env dev --env qa=prod --no-s3
    """
    box_type = load_sandbox()
    place = Path(folder) if folder else Path(".role-migrate") / "sandbox"
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UsageError(
            f"the folder can't be made: {error.strerror or error}",
            where=str(place),
            remedy="Name another with --folder.",
        ) from error
    with box_type(states=states_of(names or SERVED), folder=place, port=port, s3=not no_s3) as box:
        if ready_file:
            box.write_ready(Path(ready_file))
        width = max(8, *map(len, box.ready["environments"]))
        runtime.voice.say(f"{'config':{width}} {box.ready['config']}")
        for name, environment in box.ready["environments"].items():
            runtime.voice.say(f"{name:{width}} {environment['url']}")
        runtime.voice.say(f"{'control':{width}} {box.control}")
        runtime.voice.say("serving until Ctrl-C")
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        stop.wait()
    return Exit.DONE


def states_of(names: tuple[str, ...]) -> dict[str, Any]:
    """The seeds of the environments asked for; `NAME` alone takes the seed of that name, or dev."""
    from migrate.resources import seed, seed_names

    states = {}
    for text in names:
        name, _, wanted = text.partition("=")
        states[name] = seed(wanted or (name if name in seed_names() else "dev"))
    return states


def load_sandbox() -> Any:
    """The sandbox class; raises UsageError where its extra is not installed."""
    try:
        from migrate.sandbox import Sandbox
        from migrate.sandbox.s3 import S3Endpoint  # noqa: F401 - asks for moto now, not half-way
    except ImportError as error:
        raise UsageError(
            f"the sandbox is not installed ({error.name} is missing)",
            remedy="Install it with: pip install 'role-migrate[sandbox]'",
        ) from error
    return Sandbox
