"""`completion`: make a shell complete commands and options."""

import click

from migrate.cli.files import answer
from migrate.errors import Exit

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_ROLE_MIGRATE_COMPLETE"
"""What the script sets when it asks for completions; click looks at it before anything else."""


@click.command(short_help="Print what makes a shell complete commands.")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print a script that makes SHELL complete the commands and options of role-migrate.

    \b
    Examples:
      eval "$(role-migrate completion bash)"      # bash, in ~/.bashrc
      eval "$(role-migrate completion zsh)"       # zsh, in ~/.zshrc after compinit
      role-migrate completion fish | source       # fish, in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:  # a shell that this version of click does not know
        context.fail(f"{shell} can't be completed for")
    root = context.find_root()
    answer(kind(root.command, {}, "role-migrate", VARIABLE).source() + "\n")
    return Exit.DONE
