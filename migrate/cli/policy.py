"""`policy`: guards that are kept beside the environments, pinned by their digest."""

from pathlib import Path

import click

from migrate.cli.runtime import Runtime
from migrate.errors import NOT_BY_US, Exit


@click.group(short_help="Keep guards where others can't change them.")
def policy() -> None:
    """Guards that a config names by their digest: whoever plans can't loosen them."""


@policy.command()
@click.argument("file", metavar="FILE")
@click.option("--env", "name", metavar="E", required=True, help="Of which environment's store.")
@click.pass_obj
def publish(runtime: Runtime, file: str, name: str) -> int:
    """Check a policy file, put it into the store, and print what a config has to say."""
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
