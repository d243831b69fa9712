"""A policy tried on plans that were recorded: what was expected, and what it says. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from migrate.errors import Exit
from migrate.guards import Outcome, Verdict, refusals
from migrate.plan import Plan

_OUTCOMES = {"refuses": Outcome.REFUSE, "warns": Outcome.WARN}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected of one plan (a file or an id): which guards refuse it, and which warn.

    All who refuse are named. `warns` is None where nothing is said of warnings.
    """

    plan: str
    refuses: frozenset[str]
    warns: frozenset[str] | None = None

    def differences(self, verdicts: tuple[Verdict, ...]) -> tuple[str, ...]:
        """What is not as expected, a sentence each."""
        wanted: Mapping[str, frozenset[str] | None] = {"refuses": self.refuses, "warns": self.warns}
        found: list[str] = []
        for word, names in wanted.items():
            if names is None:
                continue
            did = {each.rule for each in verdicts if each.outcome is _OUTCOMES[word]}
            verb = "refuse" if word == "refuses" else "warn"
            found += (f"{rule} was to {verb}, and does not" for rule in sorted(names - did))
            found += (f"{rule} {word}, and was not to" for rule in sorted(did - names))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Trial:
    """One plan, by the name that it was given by, and what each guard says of it."""

    name: str
    plan: Plan
    verdicts: tuple[Verdict, ...]
    expected: Expectation | None = None

    @property
    def refused(self) -> bool:
        """Whether a guard refuses it."""
        return bool(refusals(self.verdicts))

    @property
    def differences(self) -> tuple[str, ...]:
        """What is not as expected; nothing where nothing is expected."""
        return self.expected.differences(self.verdicts) if self.expected else ()


def verdict(trials: Iterable[Trial]) -> Exit:
    """9 where something is not as expected, 4 where nothing is expected and a guard refuses."""
    found = tuple(trials)
    if any(trial.differences for trial in found):
        return Exit.DIFFERENT
    refused = any(trial.refused and trial.expected is None for trial in found)
    return Exit.REFUSED if refused else Exit.DONE


def to_value(trials: Iterable[Trial]) -> dict[str, Any]:
    """The JSON value of `policy test`."""
    return {
        "plans": [
            {
                "name": trial.name,
                "plan": trial.plan.id,
                "source": trial.plan.source.environment,
                "target": trial.plan.target.environment,
                "verdicts": [
                    {"rule": each.rule, "outcome": each.outcome.value, "message": each.message}
                    for each in trial.verdicts
                ],
                "refused": trial.refused,
                "asExpected": None if trial.expected is None else not trial.differences,
                "differences": list(trial.differences),
            }
            for trial in trials
        ]
    }
