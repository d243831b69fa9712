"""Guards: rules that can refuse a plan.

The config sets a guard's severity and parameters (`[[guards]] rule = …`); a guard named there
replaces the default of that name. What each one checks is in `migrate.rules`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from migrate.access_rules import KINDS as ACCESS_KINDS
from migrate.access_rules import AccessFacts
from migrate.guardkind import Severity
from migrate.model import Mode, matches
from migrate.rules import KINDS, Facts


class Outcome(StrEnum):
    """What a guard came to. `allowed`: it refuses, and was overridden with a reason.

    UNCHECKED: it could not look, and found nothing only for that.
    """

    PASS = "pass"  # noqa: S105 - a verdict
    WARN = "warn"
    REFUSE = "refuse"
    ALLOWED = "allowed"
    UNCHECKED = "not checked"


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

    One that can't look, as those over access where nobody's is known (`access` None), must not
    seem to have found nothing: it is not checked, and objects where the config asks for it.
    """
    reasons = {override.rule: override.reason for override in overrides}
    verdicts = []
    for name in (*KINDS, *ACCESS_KINDS):
        kind = KINDS.get(name) or ACCESS_KINDS[name]
        configured = () if kind.absolute else holding(rules, name, facts.environment)
        # A rule that is configured for other environments only keeps its default here.
        for rule in configured or (GuardRule(name),):
            severity = rule.severity or kind.severity
            if severity is None:
                severity = Severity.REFUSE if facts.mode is Mode.FULL else Severity.WARN
            if severity is Severity.OFF:
                continue
            message, blind = _looked(name, facts, access, {**kind.defaults, **rule.parameters})
            if blind and not (configured and (facts.changes or facts.moves)):
                verdicts.append(Verdict(name, Outcome.UNCHECKED, blind))
                continue
            if blind:
                message = f"this can't be judged: {blind}"
            verdicts.append(_verdict(name, message, severity, reasons, absolute=kind.absolute))
    return tuple(verdicts)


def holding(rules: Iterable[GuardRule], name: str, environment: str) -> tuple[GuardRule, ...]:
    """The rules of one guard that hold for an environment, also where they turn it off."""
    return tuple(
        rule
        for rule in rules
        if rule.rule == name and (not rule.environments or matches(environment, rule.environments))
    )


def _looked(
    name: str, facts: Facts, access: AccessFacts | None, parameters: Mapping[str, Any]
) -> tuple[str, str]:
    """What a guard objects to, and why it can't look; both are "" where it passes."""
    if name in KINDS:
        kind = KINDS[name]
        blind = kind.blind(facts)
        return ("", blind) if blind else (kind.check(facts, parameters), "")
    if access is None:
        return "", "it is not known who holds which role"
    over_access = ACCESS_KINDS[name]
    blind = over_access.blind(access)
    return ("", blind) if blind else (over_access.check(access, parameters), "")


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


def names_nobody(rule: str) -> bool:
    """Whether what a guard says tells of roles alone, and never who holds them."""
    return rule in KINDS and rule not in ("access_gap", "platform_refuses", "reverts_hotfix")


def can_be_allowed(rule: str) -> bool:
    """Whether `--allow RULE` means anything."""
    return rule in ACCESS_KINDS or (rule in KINDS and not KINDS[rule].absolute)
