"""`drift`: has an environment moved?"""

import click

from migrate.cli import options
from migrate.cli.ci import ci
from migrate.cli.files import answer
from migrate.cli.formats import text_or_json
from migrate.cli.runtime import Runtime
from migrate.errors import Exit, UsageError


@click.command(short_help="Show whether an environment moved since a snapshot.")
@ci
@click.option("--env", "name", required=True, metavar="E", help="The environment, read now.")
@click.option(
    "--against",
    default="last",
    show_default=True,
    metavar="S",
    help="last, an environment, file:PATH, dir:DIR, sha256:DIGEST or run:ID.",
)
@options.scope
@click.option("--source-env", metavar="NAME", help="Environment that a bare export came from.")
@click.option("--role-type", metavar="TYPE", help="Role type of a bare export that is empty.")
@click.option("--exit-code", is_flag=True, help="Exit with 10 where it moved.")
@text_or_json
@click.pass_obj
def drift(
    runtime: Runtime,
    name: str,
    against: str,
    role: tuple[str, ...],
    exclude_role: tuple[str, ...],
    source_env: str | None,
    role_type: str | None,
    exit_code: bool,
    form: str,
) -> int:
    """Compare an environment, as it is now, with what it was or should be. Only reads.

    Every role counts, built-ins too; who holds what counts where one read shows that as well
    (FairCom). A plus is only in the environment now, a minus only in what it is compared with.

    \b
    Examples:
      role-migrate drift --env prod --against last --exit-code
      role-migrate drift --env prod --against dev --role "Help Desk*"
    """
    from migrate.canonical import dumps_pretty
    from migrate.connect import traits_of
    from migrate.drift import compare_people, compare_states, to_value
    from migrate.model import Capture
    from migrate.pipeline.capture import capture
    from migrate.pipeline.sources import Hints, obtain, spelled
    from migrate.plan import same_platform
    from migrate.planner import check_patterns
    from migrate.report import drift_text

    environment = runtime.config.environment(name)
    fold = traits_of(environment).fold_role
    selection = options.selection(role, exclude_role).folded(fold)
    if against == "last":
        last = runtime.connections.archive(environment).last_snapshot()
        if last is None:
            raise UsageError(
                f"the store has no snapshot of {name!r} yet",
                remedy=f"Take one with: role-migrate snapshot --env {name}",
            )
        then = last[0]
    else:
        hints = Hints(source_env, role_type)
        then = obtain(spelled(against), runtime.connections, hints, selection)
    reader = runtime.connections.reader(environment)
    now = capture(reader, environment, runtime.tools)
    same_platform(then, now, "they can't be compared")
    check_patterns(selection, then.state, now.state)
    scope = (selection, then.selection)
    moved = compare_states(then.state, now.state, scope)
    moves = compare_people(then.state, now.state, scope)
    runtime.job.changes = len(moved) + len(moves.given) + len(moves.taken)
    runtime.job.page = drift_text.render(then, now, moved, moves)
    if form == "json":
        answer(dumps_pretty(to_value(then, now, moved, moves)))
    else:
        answer(runtime.job.page)
    unread = [t for t, s in then.state.roles.items() if s.capture is Capture.NOT_CAPTURED]
    if unread:
        runtime.voice.warn(f"not compared, since not captured then: {', '.join(unread)} roles")
    return Exit.PENDING if exit_code and (moved or moves) else Exit.DONE
