"""`schema`: print a JSON Schema."""

import click

from migrate.cli.files import answer
from migrate.errors import Exit


@click.command(short_help="Print the JSON Schema of a kind of file.")
@click.argument("name", required=False)
def schema(name: str | None) -> int:
    """Print the JSON Schema (draft 2020-12) called NAME, or the names there are.

    \b
    Examples:
      role-migrate schema
      role-migrate schema config > config.schema.json
    """
    from migrate.resources import schema_names, schema_text

    answer(schema_text(name) if name else "\n".join(schema_names()) + "\n")
    return Exit.DONE
