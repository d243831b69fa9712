"""The command line: one verb a file. Parse, call, render, exit.

Errors are handled here and nowhere else. Nothing heavy is imported before a command needs it.
"""

import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

import click

from migrate import __version__
from migrate.cli.commands import LazyGroup
from migrate.cli.runtime import Runtime
from migrate.cli.voice import keep_stderr
from migrate.errors import UNCHANGED, Exit, MigrateError


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--config",
    metavar="FILE",
    help="The config; else ROLE_MIGRATE_CONFIG, else ./role-migrate.toml.",
)
@click.option("-v", "--verbose", is_flag=True, help="Say more: every request, every role.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How progress is told on stderr.",
)
@click.version_option(__version__, prog_name="role-migrate")
@click.pass_context
def cli(context: click.Context, config: str | None, verbose: bool, log_format: str) -> None:
    """Move roles from one environment to the next: see it first, exactly that, and back.

    \b
    Examples:
      role-migrate demo                                     # the whole story, on this machine
      role-migrate plan --from dev --to prod -o plan.json   # what would change
      role-migrate apply plan.json                          # just that
    """
    context.obj.configure(config=config, verbose=verbose, log_format=log_format)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    keep_stderr()
    runtime = Runtime()
    before = _on_signals(runtime)
    try:
        code = _run(runtime, arguments)
        with suppress(KeyboardInterrupt):  # it is over: the code says how
            runtime.job.tell(runtime, code)
        return code
    finally:
        runtime.close()
        # What a run ended as must come out, also where a signal comes while Python shuts down.
        ending = arguments is None and runtime.tried_to_write
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if ending else handler)


def _run(runtime: Runtime, arguments: Sequence[str] | None) -> int:
    """Run a command, and say on stderr what went wrong with it."""
    try:
        code = cli.main(
            args=list(arguments) if arguments is not None else None,
            prog_name="role-migrate",
            standalone_mode=False,
            obj=runtime,
        )
        return int(code or 0)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        from migrate.cli.ci import overhear

        overhear(runtime, cli, arguments)
        runtime.voice.usage(error)
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        runtime.voice.say(_interrupted(runtime))
        return Exit.INTERRUPTED
    except MigrateError as error:
        runtime.voice.error(error)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output has had enough of it; there is nobody left to tell.
        sys.stdout = sys.__stdout__ = None  # type: ignore[misc]
        return Exit.DONE
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug, said in one line
        runtime.voice.bug(error)
        return Exit.BUG


def _interrupted(runtime: Runtime) -> str:
    if runtime.fleet:
        return f"interrupted; role-migrate fleet status {runtime.fleet} tells how its targets stand"
    begun = [record for record in runtime.records if record.target != UNCHANGED]
    if not begun and not runtime.tried_to_write:
        return "interrupted; nothing was written"
    if runtime.probe is not None:
        name = runtime.probe.environment
        return f"interrupted; role-migrate probe --env {name} removes what the probe left"
    run = runtime.records[-1].run_id
    return f"interrupted; role-migrate runs show {run} tells what the run did"


def _on_signals(runtime: Runtime) -> "dict[int, signal._HANDLER]":
    """Make SIGTERM, which pipelines send to cancel a job, end things as Ctrl-C does.

    Returns the handlers that were there before. Once a write was tried, the first of either
    signal is the last that counts: the run must get to say how it left the target.
    """
    numbers = [
        number
        for number in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(number) is not signal.SIG_IGN
    ]

    def interrupt(number: int, frame: FrameType | None) -> None:
        if runtime.tried_to_write:
            for each in numbers:
                signal.signal(each, signal.SIG_IGN)
        runtime.countdown.end()
        raise KeyboardInterrupt

    try:
        return {number: signal.signal(number, interrupt) for number in numbers}
    except ValueError:  # not in the main thread, as in some tests
        return {}
