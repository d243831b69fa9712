"""Guards: rules that can refuse a plan.

The config sets a guard's severity and parameters (`[[guards]] rule = …`); a guard named there
replaces the default of that name. What each one checks is in `migrate.rules`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from migrate.model import Mode, matches
from migrate.rules import KINDS, Facts, Severity


class Outcome(StrEnum):
    """What a guard came to. `allowed`: it refuses, and was overridden with a reason."""

    PASS = "pass"  # noqa: S105 - a verdict
    WARN = "warn"
    REFUSE = "refuse"
    ALLOWED = "allowed"


@dataclass(frozen=True, slots=True)
class GuardRule:
    """One `[[guards]]` table: None as severity means the rule's own default.

    `environments` are shell patterns of targets that it holds for; empty means all.
    """

    rule: str
    severity: Severity | None = None
    environments: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Override:
    """A guard allowed to refuse in vain, with the reason given when planning."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one guard says. `reason` is that of the override where it was allowed."""

    rule: str
    outcome: Outcome
    message: str
    reason: str = ""


def evaluate(
    facts: Facts, rules: tuple[GuardRule, ...], overrides: tuple[Override, ...]
) -> tuple[Verdict, ...]:
    """Every guard's verdict on a plan, in a fixed order."""
    reasons = {override.rule: override.reason for override in overrides}
    verdicts = []
    for name, kind in KINDS.items():
        configured = [] if kind.absolute else [rule for rule in rules if rule.rule == name]
        holding = [
            rule
            for rule in configured
            if not rule.environments or matches(facts.environment, rule.environments)
        ]
        # A rule that is configured for other environments only keeps its default here.
        for rule in holding or [GuardRule(name)]:
            severity = rule.severity or kind.severity
            if severity is None:
                severity = Severity.REFUSE if facts.mode is Mode.FULL else Severity.WARN
            if severity is Severity.OFF:
                continue
            message = kind.check(facts, {**kind.defaults, **rule.parameters})
            if not message:
                verdicts.append(Verdict(name, Outcome.PASS, ""))
            elif severity is Severity.WARN:
                verdicts.append(Verdict(name, Outcome.WARN, message))
            elif name in reasons and not kind.absolute:
                verdicts.append(Verdict(name, Outcome.ALLOWED, message, reasons[name]))
            else:
                verdicts.append(Verdict(name, Outcome.REFUSE, message))
    return tuple(verdicts)


def refusals(verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """The verdicts that refuse."""
    return tuple(verdict for verdict in verdicts if verdict.outcome is Outcome.REFUSE)


def can_be_allowed(rule: str) -> bool:
    """Whether `--allow RULE` means anything."""
    return rule in KINDS and not KINDS[rule].absolute
