"""Which commands there are. Each is imported only when it runs; its help line stands here."""

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Entry(NamedTuple):
    """Where a command is (`migrate.cli.MODULE`, `FUNCTION`), and its line in the help."""

    module: str
    function: str
    help: str


COMMANDS = {
    "demo": Entry("demo", "demo", "The whole story on embedded environments."),
    "init": Entry("init", "init", "Write a first config, with comments."),
    "snapshot": Entry("snapshot", "snapshot", "Capture an environment."),
    "validate": Entry("validate", "validate", "Check files of every kind, wholly."),
    "plan": Entry("plan", "plan", "Show what would change; save it as a plan."),
    "approve": Entry("approve", "approve", "Say yes to what a plan does."),
    "waive": Entry("waive", "waive", "Answer for what a guard refuses."),
    "apply": Entry("apply", "apply", "Run a saved plan, once, exactly as reviewed."),
    "promote": Entry("promote", "promote", "Plan and apply in one go."),
    "assign": Entry("assign", "assign", "Give and take roles as a file says, in one go."),
    "resume": Entry("resume", "resume", "Go on with a run that was cut off."),
    "rollback": Entry("rollback", "rollback", "Take back what a run did."),
    "drift": Entry("drift", "drift", "Show whether an environment moved since a snapshot."),
    "diff": Entry("diff", "diff", "Compare two captured states, role by role."),
    "runs": Entry("runs", "runs", "List, show and abandon runs."),
    "log": Entry("log", "log", "Show every change, and who agreed to it."),
    "who": Entry("who", "who", "Show who holds a permission, or held it at a time."),
    "fleet": Entry("fleet", "fleet", "Show how a fleet stands; hand it to a CI system."),
    "store": Entry("store", "store", "Keep the store small."),
    "doctor": Entry("doctor", "doctor", "Find out what is in the way, and how to mend it."),
    "probe": Entry("probe", "probe", "Settle on a live account what nobody documents."),
    "policy": Entry("policy", "policy", "Pin guards where others can't change them; test them."),
    "schema": Entry("schema", "schema", "Print the JSON Schema of a kind of file."),
    "completion": Entry("completion", "completion", "Print what makes a shell complete commands."),
    "sandbox": Entry("sandbox", "sandbox", "Embedded environments to try things on."),
}


class LazyGroup(click.Group):
    """A group that imports a command when it is called, and none for its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order in which people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f"migrate.cli.{entry.module}")
        command: click.Command = getattr(module, entry.function)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem[Any]]":
        """Complete commands, without importing any, and options."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=entry.help)
            for name, entry in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find a command; a wrong name gets a suggestion."""
        wrong = args and args[0] not in COMMANDS and not args[0].startswith("-")
        if wrong and not ctx.resilient_parsing:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            guess = f" Did you mean {near[0]}?" if near else ""
            ctx.fail(f"There is no command {args[0]!r}.{guess}")
        return super().resolve_command(ctx, args)
