"""Renderers: whatever an account's names hold, no terminal obeys it."""

import json
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.canonical import dumps, loads
from migrate.checking import Checked
from migrate.diff import Action, Change, Left, Reason, Rules
from migrate.drift import Moves, compare_states
from migrate.errors import Fault, VerificationFailed
from migrate.guards import GuardRule, Outcome, Override, Verdict
from migrate.model import Identity, Mode, Role, Section, Selection, State
from migrate.pipeline.record import Record, StepRecord
from migrate.plan import Origin
from migrate.planfile import plan_digest
from migrate.planner import Request
from migrate.platforms.base import Step
from migrate.platforms.kore.catalogue import TRAITS
from migrate.report import check_text, drift_text, journal_text, plan_brief, plan_text, run_text
from migrate.report.escape import inert, quoted
from migrate.resources import schema
from migrate.validation import validate
from migrate.verification import Deviation, Kind, Verification
from tests.core.account import planned
from tests.core.strategies import promotions, snapshot

HARMFUL = {"Cc", "Cf", "Cs", "Zl", "Zp"}
HOSTILE = "x\x1b[2J\u202e\u2028\r\nINJECTED\x9b1m\u200b\U000e0041\x07"


def harmless(text):
    return all(
        character == "\n" or unicodedata.category(character) not in HARMFUL for character in text
    )


@settings(deadline=None)
@given(st.text(st.characters(), max_size=30))
def test_nothing_that_a_terminal_obeys_survives(text):
    shown = inert(text)
    assert harmless(shown)
    assert "\n" not in shown
    assert inert(shown) == shown
    assert quoted(text) == f'"{shown}"'
    shown.encode()


@pytest.mark.parametrize("category", sorted(HARMFUL))
def test_every_character_of_a_harmful_category_is_shown_as_its_code_point(category):
    found = [chr(n) for n in range(0x110000) if unicodedata.category(chr(n)) == category]
    assert found
    for character in found:
        assert inert(f"a{character}b") == f"a\\u{ord(character):04x}b"


@pytest.mark.parametrize("text", ["", "Alpha", "équipe 管理 ✓", "a/b <b> & 'q'", "\\", "ß \u00a0"])
def test_plain_text_stays_as_it_is(text):
    assert inert(text) == text


def role(name, permissions=None, role_type="admin"):
    return Role(role_type, name, HOSTILE, permissions or {HOSTILE: "YES", "Invite": HOSTILE}, "1")


def hostile_plan():
    """A plan that holds hostile text wherever a file or an account could put it."""
    before, after = role(HOSTILE), replace(role(HOSTILE, {"Invite": "NO"}), description="")
    selection = Selection((HOSTILE,), (HOSTILE,))
    plan = planned(
        State({"admin": Section.of((after,))}),
        State({"admin": Section.of((before,))}),
        Request(Mode.FULL, Selection(), Rules(), (), (), "directory"),
    )
    side = replace(
        plan.source,
        environment=HOSTILE,
        identity=Identity(HOSTILE, HOSTILE, HOSTILE),
        captured_at=HOSTILE,
    )
    kinds = (HOSTILE, "admin")
    changes = [
        change
        for kind in kinds
        for change in (
            Change(Action.CREATE, kind, HOSTILE, None, before),
            Change(Action.UPDATE, kind, HOSTILE, before, after),
            Change(Action.DELETE, kind, HOSTILE, before, None),
        )
    ]
    return replace(
        plan,
        source=side,
        target=side,
        selections=(selection,),
        changes=tuple(changes),
        left=tuple(Left(kind, HOSTILE, reason, (HOSTILE,)) for kind in kinds for reason in Reason),
        verdicts=tuple(Verdict(HOSTILE, outcome, HOSTILE, HOSTILE) for outcome in Outcome),
    )


HOSTILE_PLAN = hostile_plan()


@pytest.mark.parametrize("origin", Origin)
@pytest.mark.parametrize("everything", [False, True])
def test_a_hostile_plan_is_harmless_to_show(everything, origin):
    plan = replace(HOSTILE_PLAN, source=replace(HOSTILE_PLAN.source, origin=origin))
    text = plan_text.render(plan, TRAITS, everything=everything)
    assert harmless(text)
    assert "\nINJECTED" not in text
    assert "x\\u001b[2J\\u202e" in text


@settings(deadline=None, max_examples=50)
@given(promotions())
def test_a_rendered_plan_names_every_change_and_ends_with_its_counts(promotion):
    source, target, request, narrowed = promotion
    plan = planned(source, target, request, narrowed=narrowed)
    text = plan_text.render(plan, TRAITS, everything=True)
    assert harmless(text)
    brief = text.rpartition("\n\n")[2].splitlines()
    assert all(len(line) <= 80 for line in brief) and len(brief) <= 8
    assert " ".join(brief).startswith(plan_brief.summary(plan))
    assert plan_digest(plan) in text
    lines = text.splitlines()
    for change in plan.changes:
        sign = plan_text.SIGNS[change.action]
        head = f"  {sign} {change.action} {change.role_type} role {quoted(change.name)}"
        assert head in lines
    assert ("Nothing to change." in lines) == (not plan.changes)
    count = {action: len(plan.of(action)) for action in Action}
    created = f"{count[Action.CREATE]} role{'s' if count[Action.CREATE] != 1 else ''} to create"
    assert brief[0].startswith(created)
    for action in (Action.UPDATE, Action.DELETE):
        assert f", {count[action]} to {action}" in brief[0]


def plan_of(count, **request):
    source = State({"admin": Section.of(tuple(Role("admin", f"R{n:05}") for n in range(count)))})
    target = State({"admin": Section.of((Role("admin", "Z"),))})
    asked = Request(Mode.INCREMENTAL, Selection(), Rules(), (), (), "")
    return planned(source, target, replace(asked, **request))


def test_a_long_plan_is_cut_unless_everything_is_asked_for():
    plan = plan_of(plan_text.MOST + 5)
    assert "… and 5 more (-v shows all)" in plan_text.render(plan, TRAITS)
    assert "R00204" not in plan_text.render(plan, TRAITS)
    assert "R00204" in plan_text.render(plan, TRAITS, everything=True)


def test_a_comparison_says_that_it_cannot_be_applied():
    assert "can't be applied" in plan_text.render(plan_of(1), TRAITS)
    assert "can't be applied" not in plan_text.render(plan_of(1, store="directory"), TRAITS)


def test_guards_are_shown_with_what_they_say_and_how_to_allow_them():
    guards = (GuardRule("protected_names", parameters={"names": ("R*",)}),)
    refused = plan_text.render(plan_of(1, guards=guards), TRAITS)
    assert "REFUSE: protected_names: protected by name" in refused
    assert "--allow protected_names" in refused
    allowed = plan_text.render(
        plan_of(1, guards=guards, overrides=(Override("protected_names", "agreed"),)), TRAITS
    )
    assert "REFUSE" not in allowed
    assert "(allowed: agreed)" in " ".join(allowed.split())
    absolute = plan_text.render(plan_of(0), TRAITS)
    assert "REFUSE: empty_source" in absolute
    assert "--allow empty_source" not in absolute


def test_an_update_shows_what_differs_and_absent_is_not_denied():
    before = State({"admin": Section.of((Role("admin", "A", "old", {"Invite": "NO"}),))})
    after = State({"admin": Section.of((Role("admin", "A", "new", {"Users": "YES"}),))})
    lines = plan_text.render(
        planned(after, before, Request(Mode.FULL, Selection(), Rules(), (), (), "")), TRAITS
    ).splitlines()
    assert '      description: "old" → "new"' in lines
    assert "      Invite: NO → absent" in lines
    assert "      Users: absent → YES" in lines


STEP = Step(0, "upload", HOSTILE, HOSTILE, payload="0" * 64)
STATES = ["not tried", "begun", "done", "failed", "unknown"]


def record(plan, text):
    outcomes = [
        {},
        {"fileId": text, "place": text},
        {"sent": 1, "answered": 1, "missing": [text], "different": {text: [text]}, "others": 0},
        {"settled": "landed", "because": text},
        {},
    ]
    deviations = tuple(
        Deviation(text, text, kind, ours=True, excused=excused, details=(text,))
        for kind in Kind
        for excused in (True, False)
    )
    return Record(
        plan,
        run_id="r1",
        started_at="2026-01-31T12:00:00Z",
        finished_at="2026-01-31T12:00:09Z",
        backup="0" * 64,
        after="1" * 64,
        steps=[
            StepRecord(replace(STEP, object=text, role_type=text), state, outcome, text)
            for state, outcome in zip(STATES, outcomes, strict=True)
        ],
        verification=Verification(deviations, frozenset()),
        moved_elsewhere=[text],
        notes=[text],
        requests=7,
        result=text,
        target=text,
        error=VerificationFailed(text, where=text, target=text, remedy=text),
    )


def test_a_hostile_run_is_harmless_to_show_and_its_schema_allows_it():
    value = record(HOSTILE_PLAN, HOSTILE).to_value()
    assert validate(value, None, schema("run"), where="x") == ()
    assert harmless(run_text.render(value))
    written = dumps(value)
    again = loads(written, where="x")
    assert run_text.render(again) == run_text.render(value)


@settings(deadline=None, max_examples=50)
@given(promotions())
def test_a_run_before_it_began_is_allowed_by_its_schema_and_can_be_shown(promotion):
    source, target, request, narrowed = promotion
    value = Record(planned(source, target, request, narrowed=narrowed)).to_value()
    written = dumps(value)
    assert validate(loads(written, where="x"), written, schema("run"), where="x") == ()
    text = run_text.render(value)
    assert harmless(text)
    for change in value["changes"]:
        assert quoted(change["name"]) in text


def test_a_run_shows_its_steps_deviations_and_error():
    text = run_text.render(record(plan_of(2), "text").to_value())
    for part in (
        'create admin role "R00000"',
        "step 0: upload of text: not tried: text",
        "begun, fileId text",
        "done, 1 sent, 1 answered, 1 missing, 1 different",
        'note: text role "text" missing: text',
        'DIFFERENT: text role "text" not deleted: text',
        "error: text",
        "7 requests",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("result", "target", "ways"),
    [
        ("done", "as desired", ["rollback"]),
        ("different", "changed", ["rollback"]),
        ("failed", "changed in part", ["resume", "rollback"]),
        ("failed", "unchanged", []),
        ("rolled back by run r2", "as it was", []),
    ],
)
def test_a_run_ends_with_the_ways_on_from_it(result, target, ways):
    value = {**record(plan_of(2), "text").to_value(), "result": result, "targetState": target}
    said = [line for line in run_text.render(value).splitlines() if "role-migrate" in line]
    assert [line.split("role-migrate ")[1] for line in said] == [f"{way} r1" for way in ways]


def test_drift_is_harmless_to_show_and_counts():
    then = State({"admin": Section.of((role(HOSTILE), Role("admin", "Gone")))})
    now = State({"admin": Section.of((role(HOSTILE, {"A": "NO"}), Role("admin", "New")))})
    changes = compare_states(then, now, ())
    sides = [
        replace(snapshot(state, "prod"), environment=HOSTILE, captured_at=HOSTILE)
        for state in (then, now)
    ]
    text = drift_text.render(*sides, changes, Moves())
    assert harmless(text)
    assert text.endswith("\n1 new, 1 changed, 1 gone.\n")
    assert drift_text.render(*sides, (), Moves()).endswith("\nNo drift.\n")


def test_a_journal_is_harmless_to_show_and_says_how_far_each_step_came():
    names = ("plan", "source", "target", "mode", "who", "backup")
    began = {
        **dict.fromkeys(names, HOSTILE),
        "steps": [{"number": n, "kind": HOSTILE, "object": HOSTILE} for n in range(3)],
    }
    value = {
        "run": HOSTILE,
        "state": HOSTILE,
        "done": [0],
        "unknown": [1],
        "entries": [
            {"number": 0, "time": HOSTILE, "kind": "began", "body": began},
            {"number": 1, "time": HOSTILE, "kind": "abandoned", "body": {"reason": HOSTILE}},
        ],
    }
    text = journal_text.render(value)
    assert harmless(text)
    ends = [line.rsplit(": ", 1)[1] for line in text.splitlines() if line.startswith("  step")]
    assert ends == ["done", "begun, outcome unknown", "not tried"]


def test_faults_of_a_file_are_harmless_to_show_and_counted():
    faults = (
        Fault(HOSTILE, f'$["{HOSTILE}"]', 7),
        Fault("odd", "$.x", warning=True),
        Fault("no place"),
    )
    found = [(HOSTILE, Checked("plan", faults)), ("b.json", Checked("plan", ()))]
    text = check_text.render(found)
    assert harmless(text)
    lines = text.splitlines()
    assert len(lines) == 5
    assert ":7: error: $" in lines[0]
    assert lines[1].endswith(": warning: $.x: odd")
    assert lines[2].endswith(": error: no place")
    assert "2 errors, 1 warning" in lines[3]
    assert lines[4] == "b.json: this plan is sound"
    value = check_text.to_value(found)
    json.dumps(value)
    assert value["files"][0]["faults"][0]["line"] == 7
    assert [file["sound"] for file in value["files"]] == [False, True]
