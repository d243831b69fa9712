"""A plan as one page of HTML, for those who decide about it."""

from collections.abc import Iterator

from migrate.guards import Outcome
from migrate.plan import Origin, Plan
from migrate.planfile import plan_digest
from migrate.report.html import page, sections
from migrate.report.html.sections import Fact
from migrate.report.html.strings import name
from migrate.traits import Traits


def render(plan: Plan, traits: Traits) -> str:
    """The page: verdict and counts, who gains and loses what, the roles, guards, what comes next.

    Users and groups are named in it.
    """
    digest = plan_digest(plan)
    context, data = sections.of_plan(plan, traits)
    context |= {
        "title": f"Plan: {plan.source.environment} → {plan.target.environment}",
        "verdict": verdict(plan),
        "counts": sections.counts(plan, traits),
        "facts": list(_facts(plan, digest)),
        "guards": sections.of_guards(plan),
        "notes": plan.people.notes[: sections.MOST],
        "more_notes": max(0, len(plan.people.notes) - sections.MOST),
        "ways": list(_ways(plan, digest)),
    }
    return page.render("plan.html.j2", context, data)


def verdict(plan: Plan) -> tuple[str, str, str]:
    """How a plan stands: good, care or bad; in a few words; and in a sentence."""
    refusing = [each for each in plan.verdicts if each.outcome is Outcome.REFUSE]
    if refusing:
        rules = ", ".join(each.rule for each in refusing)
        return "bad", "Refused", f"by {_guards(len(refusing))}: {rules}. It can't be applied so."
    if not plan.store:
        return "care", "A comparison", "It shows what differs, and can't be applied."
    if plan.empty:
        return "good", "Nothing to change", "The target holds what is desired."
    doubts = [
        f"{_guards(count)} {word}"
        for outcome, word in (
            (Outcome.WARN, "warned"),
            (Outcome.ALLOWED, "overruled"),
            (Outcome.UNCHECKED, "could not look"),
        )
        if (count := sum(each.outcome is outcome for each in plan.verdicts))
    ]
    if doubts:
        return "care", "No guard refuses it", f"{'; '.join(doubts)}: see below."
    return "good", "No guard refuses it", f"{_guards(len(plan.verdicts))} passed."


def _guards(count: int) -> str:
    return f"{count} guard{'' if count == 1 else 's'}"


def _facts(plan: Plan, digest: str) -> Iterator[Fact]:
    yield from sections.side("From", plan.source)
    yield from sections.side("To", plan.target)
    if plan.source.origin is Origin.ASSIGNMENTS_FILE:
        yield "Mode", "just what the file asks for", False
    else:
        yield "Mode", f"{plan.mode.value}, assignments {plan.people.assignments.value}", False
    for selection in plan.selections:
        scope = [f"--role {name(pattern)}" for pattern in selection.include]
        scope += [f"--exclude-role {name(pattern)}" for pattern in selection.exclude]
        if scope:
            yield "Scope", " ".join(scope), True
    if plan.planner.name:
        yield "Planned by", str(plan.planner), False
    yield "Planned at", plan.created_at, False
    yield (
        "Approvals",
        "none when this page was made: they go by the digest of the plan",
        False,
    )
    yield "Plan", plan.id, True
    yield "Digest of the plan", f"sha256:{digest}", True
    yield "Made with", f"role-migrate {plan.version}", False
    if plan.store:
        yield "Store", plan.store, True


def _ways(plan: Plan, digest: str) -> Iterator[tuple[str, str]]:
    """What can be done now: in words, and as a command."""
    if not plan.store or plan.empty:
        return
    if any(each.outcome is Outcome.REFUSE for each in plan.verdicts):
        waive = f'role-migrate waive {plan.id} --guard GUARD --reason "why" --until DATE'
        yield "Answer for what a guard refuses", waive
    yield "Say yes to it", f"role-migrate approve {plan.id} --change-ref REF"
    yield "Run just this plan", f"role-migrate apply {plan.id} --expect-digest {digest}"
    yield "Make it anew, after the target moved", f"role-migrate plan --refresh {plan.id}"
    yield "Take a run of it back", "role-migrate rollback RUN"
