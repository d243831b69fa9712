"""What a pipeline wants to know of a command, for its next jobs to go by."""

import re
from collections.abc import Mapping

from migrate.errors import Exit
from migrate.guards import Outcome, Verdict
from migrate.plan import Plan
from migrate.planfile import plan_digest

_WORST_FIRST = (Outcome.REFUSE, Outcome.UNCHECKED, Outcome.WARN, Outcome.ALLOWED, Outcome.PASS)
_UNSAFE = re.compile(r"[^A-Za-z0-9._:/@+-]")


def facts(plan: Plan | None, run: str, code: int, *, changes: int | None = None) -> dict[str, str]:
    """Names and values, "" for what there is not.

    `changes` counts roles to create, update and delete, and assignments to add and remove: the
    plan's, unless it is given. `outcome` is the word for the exit code.
    """
    if plan is not None:
        people = plan.people
        changes = len(plan.changes) + len(people.adds) + len(people.removes)
    return {
        "plan_id": plan.id if plan else "",
        "plan_digest": plan_digest(plan) if plan else "",
        "target": plan.target.environment if plan else "",
        "changes": "" if changes is None else str(changes),
        "verdict": verdict(plan.verdicts) if plan else "",
        "run_id": run,
        "exit_code": str(int(code)),
        "outcome": Exit(code).name.lower(),
    }


def verdict(verdicts: tuple[Verdict, ...]) -> str:
    """The worst that a guard came to: refuse, unchecked, warn, allowed or pass."""
    found = {each.outcome for each in verdicts}
    worst = next((each for each in _WORST_FIRST if each in found), Outcome.PASS)
    return worst.name.lower()


def dotenv(known: Mapping[str, str]) -> str:
    """Facts as lines `ROLE_MIGRATE_NAME=value`, which GitLab and a shell read alike.

    Both would read more into blanks, quotes or `$`: any such character becomes `_`. Facts that
    there are not have no line.
    """
    return "".join(
        f"ROLE_MIGRATE_{name.upper()}={_UNSAFE.sub('_', value)}\n"
        for name, value in known.items()
        if value
    )
