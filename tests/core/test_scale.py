"""Nothing is quadratic: four times the roles take about four times as long, never sixteen."""

from time import process_time

import pytest

from migrate import planfile, snapshot
from migrate.canonical import dumps, loads
from migrate.diff import Rules
from migrate.drift import compare_states
from migrate.judging import judge
from migrate.model import Mode, Role, Section, Selection, State
from migrate.pipeline.record import Record
from migrate.plan import desired, moved
from migrate.planner import Request
from migrate.platforms.kore.catalogue import TRAITS
from migrate.platforms.kore.importfile import build
from migrate.reconcile import reconcile
from migrate.report import plan_text, run_text
from migrate.verification import verify
from tests.core import strategies
from tests.core.account import planned

SMALL, LARGE = 1_000, 4_000
PERMISSIONS = {f"permission {number}": ("FULL",) for number in range(8)}
REQUEST = Request(
    Mode.FULL, Selection(exclude=("X*",)), Rules(keep=("Break*", "Glass*")), (), (), "directory"
)


def roles(count, side, value):
    return tuple(
        Role("bot", f"role {n:06}", "d", {**PERMISSIONS, "Tasks": value}, f"{side}-{n}", f"r{n}")
        for n in range(count)
    )


class Case:
    """A promotion of `count` roles: a third new, a third changed, a third to be deleted."""

    def __init__(self, count: int) -> None:
        third = count // 3
        self.source = State({"bot": Section.of(roles(2 * third, "dev", ("FULL",)))})
        held = roles(3 * third, "prod", ("VIEW",))[third:]
        self.target = State({"bot": Section.of(held)})
        self.plan = planned(self.source, self.target, REQUEST)
        self.goal = desired(self.plan, self.target)
        self.value = loads(dumps(planfile.to_value(self.plan)), where="x")
        taken = strategies.snapshot(self.source, "dev")
        self.taken = loads(dumps(snapshot.to_value(taken)), where="x")
        self.report = Record(self.plan).to_value()
        assert len(self.plan.changes) == 3 * third

    def sent(self):
        return [role.key for role in self.goal.all_roles()]


STEPS = {
    "make": lambda case: planned(case.source, case.target, REQUEST),
    "to_value": lambda case: planfile.to_value(case.plan),
    "from_value": lambda case: planfile.from_value(case.value, where="x"),
    "snapshot": lambda case: snapshot.from_value(case.taken, where="x"),
    "judge": lambda case: judge(case.plan, case.target, (), TRAITS),
    "moved": lambda case: moved(case.plan, case.target),
    "desired": lambda case: desired(case.plan, case.target),
    "build": lambda case: build(case.plan, case.target),
    # As a list on purpose: whoever calls need not know that it is looked up often.
    "verify": lambda case: verify(
        case.target, case.goal, case.target, case.plan.changes, case.sent(), TRAITS
    ),
    "reconcile": lambda case: reconcile(case.goal.all_roles(), case.target.all_roles(), TRAITS),
    "drift": lambda case: compare_states(case.source, case.target, ()),
    "plan_text": lambda case: plan_text.render(case.plan, TRAITS, everything=True),
    "run_text": lambda case: run_text.render(case.report),
}


@pytest.fixture(scope="module")
def cases():
    return Case(SMALL), Case(LARGE)


def seconds(step, case):
    """The least of some tries: whatever else the machine does only ever adds."""
    least = float("inf")
    for _ in range(3):
        began = process_time()
        step(case)
        least = min(least, process_time() - began)
    return least


@pytest.mark.parametrize("name", STEPS)
def test_time_grows_with_the_number_of_roles(name, cases):
    small, large = cases
    for _ in range(3):
        ratio = seconds(STEPS[name], large) / max(seconds(STEPS[name], small), 1e-4)
        if ratio < 9:
            return
    pytest.fail(f"{LARGE // SMALL} times the roles take {ratio:.1f} times as long")
