"""`policy`: guards that are kept beside the environments, pinned by their digest."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.cli.formats import text_or_json
from migrate.cli.runtime import Runtime
from migrate.errors import NOT_BY_US, Exit, UsageError

if TYPE_CHECKING:
    from migrate.pipeline.policy_trial import TrialBench
    from migrate.trial import Expectation


@click.group(short_help="Pin guards where others can't change them; test them.")
def policy() -> None:
    """Guards that a config names by their digest: whoever plans can't loosen them.

    \b
    Examples:
      role-migrate policy publish policy.toml --env prod
    """


@policy.command()
@click.argument("file", metavar="FILE")
@click.option("--env", "name", metavar="E", required=True, help="Of which environment's store.")
@click.pass_obj
def publish(runtime: Runtime, file: str, name: str) -> int:
    """Check a policy file, put it into the store, and print what a config has to say.

    \b
    Examples:
      role-migrate policy publish policy.toml --env prod
    """
    from migrate.canonical import read_bytes
    from migrate.config.load import MAX_BYTES
    from migrate.config.policy import read_policy
    from migrate.pipeline.locking import untouched

    with untouched(NOT_BY_US):
        data = read_bytes(Path(file), limit=MAX_BYTES)
        read_policy(data, file)
        archive = runtime.connections.archive(runtime.config.environment(name))
        digest = archive.save_policy(data)
    click.echo(f'[policy]\ndigest = "sha256:{digest}"')
    return Exit.DONE


@policy.command()
@click.argument("plans", metavar="[PLAN]...", nargs=-1)
@click.option("--policy", "file", metavar="FILE", help="The policy, in place of the config's.")
@click.option(
    "--expect",
    metavar="FILE",
    help="What the guards are to say of which plans (TOML; role-migrate schema policy-test).",
)
@click.option(
    "--snapshots",
    metavar="DIR",
    help="Snapshots of the plans' targets, in place of the store: then no config is needed.",
)
@text_or_json
@click.pass_obj
def test(
    runtime: Runtime,
    plans: tuple[str, ...],
    file: str | None,
    expect: str | None,
    snapshots: str | None,
    form: str,
) -> int:
    """Say what each guard says of recorded plans, files or ids in the store; asks no platform.

    The exit code is 4 where a guard refuses a plan. With --expect it is 9 where a guard says
    something else than is expected, and 0 where none does.

    \b
    Examples:
      role-migrate policy test --policy policy.toml plan.json
      role-migrate policy test --policy policy.toml --expect tests.toml
    """
    from migrate.canonical import dumps_pretty
    from migrate.cli.files import answer
    from migrate.cli.plans import load
    from migrate.pipeline.locking import untouched
    from migrate.report import policy_text
    from migrate.trial import to_value, verdict

    if bool(plans) == (expect is not None):
        raise UsageError(
            "name the plans, or a file of expectations that names them",
            target=NOT_BY_US,
            remedy="role-migrate policy test --policy policy.toml PLAN… or --expect FILE",
        )
    with untouched(NOT_BY_US):
        bench = _bench(runtime, file, snapshots)
        wanted = _expected(Path(expect)) if expect is not None else [(each, None) for each in plans]
        trials = [bench.judged(name, load(name, runtime), each) for name, each in wanted]
    text = dumps_pretty(to_value(trials)).decode() if form == "json" else policy_text.render(trials)
    answer(text)
    return verdict(trials)


def _bench(runtime: Runtime, file: str | None, snapshots: str | None) -> "TrialBench":
    from migrate.canonical import read_bytes
    from migrate.config.load import MAX_BYTES
    from migrate.config.policy import read_policy
    from migrate.pipeline.policy_trial import TrialBench, states_in

    policy = read_policy(read_bytes(Path(file), limit=MAX_BYTES), file) if file else None
    states = states_in(Path(snapshots)) if snapshots is not None else None
    try:
        connections = runtime.connections
    except UsageError:  # there is no config
        if policy is None or states is None:
            raise
        return TrialBench(policy, None, states)
    return TrialBench(policy, connections, states)


def _expected(path: Path) -> "list[tuple[str, Expectation | None]]":
    """The plans that a file of expectations names, as they are found from here."""
    from migrate.canonical import read_bytes
    from migrate.config.expectations import read_expectations
    from migrate.config.load import MAX_BYTES

    expected = read_expectations(read_bytes(path, limit=MAX_BYTES), str(path))
    found: list[tuple[str, Expectation | None]] = []
    for each in expected:
        beside = path.parent / each.plan
        found.append((str(beside) if beside.exists() else each.plan, each))
    return found
