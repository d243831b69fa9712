"""`snapshot`: capture an environment."""

import click

from migrate.cli import options
from migrate.cli.files import answer, destination, write
from migrate.cli.formats import text_or_json
from migrate.cli.runtime import Runtime
from migrate.cli.splitting import split_into, splitting
from migrate.errors import Exit


@click.command(short_help="Capture an environment.")
@click.option("--env", "name", required=True, metavar="E", help="The environment.")
@options.scope
@click.option("-o", "--out", metavar="FILE", help="Write the snapshot to a file, too.")
@click.option(
    "--split",
    metavar="DIR",
    help="Write a file per role into a folder to keep in Git: no ids, times or people.",
)
@text_or_json
@click.pass_obj
def snapshot(
    runtime: Runtime,
    name: str,
    role: tuple[str, ...],
    exclude_role: tuple[str, ...],
    out: str | None,
    split: str | None,
    form: str,
) -> int:
    """Read all roles of an environment, and who holds them, and keep both in its store.

    With --format json the snapshot itself is the answer. --split makes the files of a folder the
    roles that there are now; --from dir:DIR promotes from it.

    \b
    Examples:
      role-migrate snapshot --env prod
      role-migrate snapshot --env dev --split roles/dev
    """
    from migrate.canonical import dumps_pretty
    from migrate.digests import content_digest
    from migrate.pipeline.capture import take_snapshot
    from migrate.report.escape import inert
    from migrate.snapshot import to_value

    file = destination(out, "--out")
    environment = runtime.config.environment(name)
    selection = options.selection(role, exclude_role)
    folder = splitting(split, environment, selection)
    taken, digest = take_snapshot(environment, runtime.connections, selection)
    data = dumps_pretty(to_value(taken))
    if file:
        write(file, data)
    if folder:
        told = split_into(folder, taken, runtime)
    if form == "json":
        answer(data)
        return Exit.DONE
    lines = [f"Snapshot of {inert(name)} as of {taken.captured_at}"]
    for role_type, section in sorted(taken.state.roles.items()):
        lines.append(f"  {role_type}: {len(section.roles)} roles ({section.capture.value})")
    people = taken.state.people
    if people is not None:
        users = sum(kind == "user" for kind, _ in people.principals)
        lines.append(
            f"  {users} users, {len(people.principals) - users} groups, {len(people.scopes)} bots, "
            f"{len(people.assignments)} assignments"
        )
    lines.append(f"  state   sha256:{digest}")
    lines.append(f"  content {content_digest(taken.state)}")
    if folder:
        lines.append(f"  split   {told}")
    answer("\n".join(lines) + "\n")
    return Exit.DONE
