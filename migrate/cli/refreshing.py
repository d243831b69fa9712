"""`plan --refresh`: make a plan again as it was asked for, and say whether it does the same."""

from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from migrate.errors import UsageError

if TYPE_CHECKING:
    from migrate.cli.runtime import Runtime
    from migrate.pipeline.planning import Wish
    from migrate.pipeline.ways import Way
    from migrate.plan import Plan

_BESIDE = frozenset(
    {"refresh", "show_principals", "source", "out", "folder", "exit_code", "form", "report"}
)
"""What may be said beside `--refresh`: the rest is as it was when the old plan was made."""


def asked_again(context: click.Context, old: "Plan") -> "tuple[Way, Wish]":
    """What a plan was asked for. Raises UsageError where it can't be asked for again."""
    from migrate.model import Selection
    from migrate.pipeline.planning import Wish
    from migrate.pipeline.sources import spelled
    from migrate.pipeline.ways import Way
    from migrate.plan import Origin
    from migrate.snapshot import UNDATED

    given = [
        option.opts[-1]
        for option in context.command.params
        if option.name not in _BESIDE
        and context.get_parameter_source(option.name or "") is not ParameterSource.DEFAULT
    ]
    if given:
        raise UsageError(
            f"{', '.join(given)} does not go with --refresh, which asks for what the old plan "
            "was asked for",
            target="unchanged",
            remedy="Leave it out, or make a plan of its own.",
        )
    if old.source.origin is not Origin.SNAPSHOT or old.undoes is not None:
        raise UsageError(
            f"plan {old.id} comes from {old.source.environment!r}, which no environment holds",
            target="unchanged",
            remedy="Make it again by the command that it was made with: if it does the same, it "
            "keeps its approvals.",
        )
    if old.source.captured_at == UNDATED and context.params["source"] is None:
        raise UsageError(
            f"plan {old.id} comes from files: {old.source.environment!r}",
            target="unchanged",
            remedy="Name them again: --from dir:DIR.",
        )
    selection = old.selections[0] if old.selections else Selection()
    reasons = {override.reason for override in old.overrides}
    wish = Wish(
        old.mode,
        selection,
        tuple(override.rule for override in old.overrides),
        " ".join(sorted(reasons)),
        assignments=old.people.assignments,
        skip_unresolved=bool(old.people.left),
    )
    source = context.params["source"] or old.source.environment
    return Way(spelled(source), spelled(old.target.environment)), wish


def compared(old: "Plan", new: "Plan", runtime: "Runtime") -> str:
    """Whether two plans do the same, and what becomes of the old one's approvals."""
    from migrate.approval import changes_digest
    from migrate.pipeline.approving import found

    if changes_digest(old) != changes_digest(new):
        return f"other changes than plan {old.id}: whoever approved that has to approve this anew"
    environment = runtime.config.environment(new.target.environment)
    has = found(new, environment, runtime.connections.archive(environment), runtime.connections)
    needed = runtime.config.approvals_of(environment)
    return (
        f"the same changes as plan {old.id}: its approvals hold for this one "
        f"({len(has.counted)} of {needed})"
    )
