"""`doctor`: what is in the way."""

from typing import TYPE_CHECKING

import click

from migrate.cli.files import answer
from migrate.cli.formats import text_or_json
from migrate.cli.runtime import Runtime
from migrate.errors import InvalidInput, MigrateError

if TYPE_CHECKING:
    from migrate.diagnosis import Examined


@click.command(short_help="Find out what is in the way, and how to mend it.")
@click.option("--env", "names", multiple=True, metavar="E", help="Only these environments.")
@text_or_json
@click.pass_obj
def doctor(runtime: Runtime, names: tuple[str, ...], form: str) -> int:
    """Try what a promotion rests on: config, secrets, network, clock, credentials, scopes, store.

    All of it is tried, whatever fails before. Nothing is written to a platform; a small object is
    written to each store. The exit code is that of the worst finding: 0 (also with warnings),
    2 where there is no config, 3 where it or a secret is wrong, 7 where a platform or a store
    fails.

    \b
    Examples:
      role-migrate doctor
      role-migrate doctor --env prod --format json
    """
    from migrate.canonical import dumps_pretty
    from migrate.diagnosis import to_value, verdict
    from migrate.report import doctor_text

    examined = _examined(runtime, names, form)
    if form == "json":
        text = dumps_pretty(to_value(examined)).decode()
    else:
        text = doctor_text.render(examined)
    answer(runtime.redactor.redact(text))
    return verdict(examined)


def _examined(runtime: Runtime, names: tuple[str, ...], form: str) -> "tuple[Examined, ...]":
    from migrate.doctor import examine, unsound_config

    try:
        config = runtime.config
    except InvalidInput as error:
        return (unsound_config(error),)
    except MigrateError as error:  # there is none: whoever reads JSON is told as such
        if form != "json":
            raise
        return (unsound_config(error),)
    chosen = dict.fromkeys(names or tuple(config.environments))
    for name in chosen:
        config.environment(name)
    return tuple(examine(chosen, runtime.connections))
