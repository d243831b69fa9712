"""`diff`: how two captured states differ, without asking any platform."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.cli import options
from migrate.cli.files import answer
from migrate.cli.formats import text_or_json
from migrate.cli.runtime import Runtime
from migrate.errors import Exit, InvalidInput, UsageError

if TYPE_CHECKING:
    from migrate.model import Snapshot
    from migrate.pipeline.sources import Hints
    from migrate.traits import Traits


@click.command(short_help="Compare two captured states, role by role.")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@options.scope
@click.option("--source-env", metavar="NAME", help="Environment that a bare export came from.")
@click.option("--role-type", metavar="TYPE", help="Role type of a bare export that is empty.")
@click.option("--exit-code", is_flag=True, help="Exit with 10 where they differ.")
@text_or_json
@click.pass_obj
def diff(
    runtime: Runtime,
    before: str,
    after: str,
    role: tuple[str, ...],
    exclude_role: tuple[str, ...],
    source_env: str | None,
    role_type: str | None,
    exit_code: bool,
    form: str,
) -> int:
    """Compare A with B: a plus is only in B, a minus only in A. No platform is asked.

    Each is file:PATH, dir:DIR, sha256:DIGEST, run:ID, or an environment, whose last snapshot in
    the store is meant. Every role counts, built-ins too, and no id does; who holds what counts
    where roles are nothing but that (FairCom).

    \b
    Examples:
      role-migrate diff dir:roles/dev dir:roles/prod
      role-migrate diff run:20261126T012159Z-ceb680 prod --exit-code
    """
    from migrate.canonical import dumps_pretty
    from migrate.drift import Moves, compare_people, compare_states, to_value
    from migrate.model import Capture
    from migrate.pipeline.sources import Hints
    from migrate.plan import same_platform
    from migrate.planner import check_patterns
    from migrate.report import drift_text

    hints = Hints(source_env, role_type)
    one, other = (_captured(text, runtime, hints) for text in (before, after))
    same_platform(one, other, "they can't be compared")
    traits = _traits(one)
    selection = options.selection(role, exclude_role).folded(traits.fold_role)
    check_patterns(selection, one.state, other.state)
    scope = (selection, one.selection, other.selection)
    changes = compare_states(one.state, other.state, scope)
    opaque = traits.opaque_roles
    moves = compare_people(one.state, other.state, scope) if opaque else Moves()
    if form == "json":
        answer(dumps_pretty(to_value(one, other, changes, moves)))
    else:
        answer(drift_text.render(one, other, changes, moves, none="No difference."))
    sections = (*one.state.roles.items(), *other.state.roles.items())
    unread = {kind for kind, section in sections if section.capture is Capture.NOT_CAPTURED}
    unread |= one.state.roles.keys() ^ other.state.roles.keys()
    if unread:
        runtime.voice.warn(f"not compared, since not captured: {', '.join(sorted(unread))} roles")
    return Exit.PENDING if exit_code and (changes or moves) else Exit.DONE


def _captured(text: str, runtime: Runtime, hints: "Hints") -> "Snapshot":
    """What a spelling names, called by it. What lies in files needs no config."""
    from migrate import rolefolder
    from migrate.pipeline.sources import from_file, from_store, spelled

    what = spelled(text)
    if what.kind == "dir":
        taken = rolefolder.load(Path(what.value))
    elif what.kind == "file":
        taken = from_file(Path(what.value), runtime.config if hints.source_env else None, hints)
    elif what.kind == "environment":
        environment = runtime.config.environment(what.value)
        last = runtime.connections.archive(environment).last_snapshot()
        if last is None:
            raise UsageError(
                f"the store has no snapshot of {what.value!r} yet",
                remedy=f"Take one with: role-migrate snapshot --env {what.value}",
            )
        taken = last[0]
    else:
        taken = from_store(what, runtime.connections)
    return replace(taken, environment=text)


def _traits(taken: "Snapshot") -> "Traits":
    """What must be known of the platform; raises InvalidInput where a file names another."""
    from migrate.connect import traits_of

    try:
        return traits_of(taken.identity)
    except ModuleNotFoundError:
        raise InvalidInput(
            f"there is no platform {taken.identity.platform!r}",
            where=taken.environment,
            remedy="Compare files of a platform that this version of role-migrate knows.",
        ) from None
