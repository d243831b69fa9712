"""The command line: one verb a file. Parse, call, render, exit.

Errors are handled here and nowhere else. Nothing heavy is imported before a command needs it.
"""

import signal
import sys
from collections.abc import Sequence
from types import FrameType

import click

from migrate.cli.commands import LazyGroup
from migrate.cli.runtime import Runtime
from migrate.errors import Exit, MigrateError


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
@click.version_option(package_name="role-migrate", prog_name="role-migrate")
@click.pass_context
def cli(context: click.Context, config: str | None, verbose: bool, log_format: str) -> None:
    """Move roles from one environment to the next: see it first, exactly that, and back.

    \b
    role-migrate demo                                   the whole story, on embedded environments
    role-migrate plan --from dev --to prod -o plan.json what would change
    role-migrate apply plan.json                        just that
    """
    context.obj.configure(config=config, verbose=verbose, log_format=log_format)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    runtime = Runtime()
    before = _on_terminate()
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
        error.show(sys.stderr)
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        runtime.voice.say("interrupted; nothing was written")
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
    finally:
        runtime.close()
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _on_terminate() -> "signal._HANDLER":
    """Make SIGTERM, which pipelines send to cancel a job, end things as Ctrl-C does."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        return signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not in the main thread, as in some tests
        return None
