"""Guards: rules that can refuse a plan.

The config sets a guard's severity and parameters (`[[guards]] rule = …`); a guard named there
replaces the default of that name. What each one checks is in `migrate.rules`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from migrate.access_rules import KINDS as ACCESS_KINDS
from migrate.access_rules import AccessFacts
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


def folded(rule: GuardRule, fold: Callable[[str], str]) -> GuardRule:
    """A guard whose parameters name roles as they are matched: for permissions that are roles."""
    parameters = {
        key: fold(value)
        if isinstance(value, str)
        else tuple(map(fold, value))
        if isinstance(value, tuple)
        else value
        for key, value in rule.parameters.items()
    }
    return replace(rule, parameters=parameters)


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
    facts: Facts,
    access: AccessFacts | None,
    rules: tuple[GuardRule, ...],
    overrides: tuple[Override, ...],
) -> tuple[Verdict, ...]:
    """Every guard's verdict on a plan, in a fixed order.

    Where nobody's access is known (`access` None), guards over it that the config asks for
    object: one that can't look must not seem to have found nothing.
    """
    reasons = {override.rule: override.reason for override in overrides}
    verdicts = []
    for name in (*KINDS, *ACCESS_KINDS):
        kind = KINDS.get(name) or ACCESS_KINDS[name]
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
            if name in KINDS:
                message = KINDS[name].check(facts, {**kind.defaults, **rule.parameters})
            elif access is not None:
                message = ACCESS_KINDS[name].check(access, {**kind.defaults, **rule.parameters})
            elif not holding or not (facts.changes or facts.moves):
                continue
            else:
                message = "it is not known who holds which role, so this can't be judged"
            verdicts.append(_verdict(name, message, severity, reasons, absolute=kind.absolute))
    return tuple(verdicts)


def _verdict(
    name: str, message: str, severity: Severity, reasons: Mapping[str, str], *, absolute: bool
) -> Verdict:
    if not message:
        return Verdict(name, Outcome.PASS, "")
    if severity is Severity.WARN:
        return Verdict(name, Outcome.WARN, message)
    if name in reasons and not absolute:
        return Verdict(name, Outcome.ALLOWED, message, reasons[name])
    return Verdict(name, Outcome.REFUSE, message)


def rule_names() -> tuple[str, ...]:
    """Every guard there is."""
    return (*KINDS, *ACCESS_KINDS)


def parameters_of(rule: str) -> Mapping[str, Any] | None:
    """The parameters that a guard has, with their defaults; None for no guard."""
    kind = KINDS.get(rule) or ACCESS_KINDS.get(rule)
    return None if kind is None else kind.defaults


def refusals(verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """The verdicts that refuse."""
    return tuple(verdict for verdict in verdicts if verdict.outcome is Outcome.REFUSE)


def can_be_allowed(rule: str) -> bool:
    """Whether `--allow RULE` means anything."""
    return rule in ACCESS_KINDS or (rule in KINDS and not KINDS[rule].absolute)
