"""The pure part of fleets: waves, when to halt, the worst of all, the set's file, jobs of CI."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.actor import Actor
from migrate.errors import Exit, InvalidInput, UsageError
from migrate.fleet import setfile
from migrate.fleet.matrix import Job, github, gitlab
from migrate.fleet.outcome import STATES, Outcome, worst
from migrate.fleet.sets import FleetSet, Member, Missing
from migrate.fleet.waves import Terms, cut, why_halt
from migrate.model import Identity
from migrate.statement import Statement, Subject, Together, from_value, statement_bytes, to_value

NAMES = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True), unique=True, min_size=1)


@given(NAMES, st.integers(0, 12), st.integers(0, 5))
def test_waves_hold_each_once_in_order(names: list[str], canary: int, size: int) -> None:
    waves = cut(tuple(names), canary, size)
    assert [name for wave in waves for name in wave] == names
    assert all(waves)
    if 0 < canary < len(names):
        assert len(waves[0]) == canary
    rest = waves[1:] if canary else waves
    if size:
        assert all(len(wave) == size for wave in rest[:-1])
        assert all(len(wave) <= size for wave in rest)
    else:
        assert len(rest) <= 1


@given(NAMES, st.data())
def test_a_named_canary_goes_first_and_the_others_keep_their_order(
    names: list[str], data: st.DataObject
) -> None:
    canary = data.draw(st.sampled_from(names))
    waves = cut(tuple(names), canary, 0)
    assert waves[0] == (canary,)
    assert [name for wave in waves[1:] for name in wave] == [n for n in names if n != canary]


def test_a_canary_that_is_none_of_them_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="none of these targets"):
        cut(("a", "b"), "c", 0)


def outcomes(**codes: int) -> list[Outcome]:
    return [Outcome(name, STATES[Exit(code)], code) for name, code in codes.items()]


@pytest.mark.parametrize(
    ("found", "canaries", "most", "why"),
    [
        ({"a": 0, "b": 0}, {"a"}, 1, ""),
        ({"a": 0, "b": 7}, {"a"}, 1, "b did not end well, and --max-failures is 1"),
        ({"a": 0, "b": 7}, {"a"}, 2, ""),
        ({"a": 0, "b": 7, "c": 4}, {"a"}, 2, "b, c did not end well, and --max-failures is 2"),
        ({"a": 6}, {"a"}, 9, "the canary a did not end well"),
        ({"a": 6}, set(), 9, ""),
    ],
)
def test_when_no_other_target_is_begun(
    found: dict[str, int], canaries: set[str], most: int, why: str
) -> None:
    assert why_halt(outcomes(**found), canaries, most) == why


def test_the_worst_is_what_left_a_target_changed() -> None:
    assert worst([]) == 0
    assert worst([0, 10]) == 10
    assert worst([4, 6, 5]) == 4
    assert worst([7, 8, 9, 4]) == 8
    assert worst([9, 7, 3]) == 9
    assert {worst([int(code), 1]) for code in Exit} == {1}


def a_subject(name: str) -> Subject:
    return Subject(
        plan=f"plan-{name}",
        plan_digest="a" * 64,
        changes="b" * 64,
        target=Identity("kore", f"https://{name}.example.com", name),
        planner=Actor("pat", "ci/1"),
    )


SET = FleetSet(
    id="1",
    created_at="2026-01-31T12:00:00Z",
    version="1",
    planner=Actor("pat"),
    group="production",
    source="qa",
    waves=(("b",), ("a", "c")),
    members=tuple(Member(name, a_subject(name)) for name in ("b", "a", "c")),
    missing=(Missing("d", 7, "away"),),
)


def test_a_set_comes_back_as_it_was_written() -> None:
    assert setfile.from_value(setfile.to_value(SET), where="x") == SET


@pytest.mark.parametrize("field", ["wave", "plan", "environment", "changes"])
def test_a_set_that_was_edited_is_refused(field: str) -> None:
    value = setfile.to_value(SET)
    value["members"][1][field] = 1 if field == "wave" else "z"
    with pytest.raises(InvalidInput, match="edited"):
        setfile.from_value(value, where="x")


def test_a_set_that_names_a_target_twice_is_refused_with_whatever_digest() -> None:
    twice = replace(SET, waves=(("b", "b"),), members=SET.members[:1])
    with pytest.raises(InvalidInput):
        setfile.from_value(setfile.to_value(twice), where="x")


def a_statement(name: str, together: Together | None) -> Statement:
    each = a_subject(name)
    return Statement(
        plan=each.plan,
        plan_digest=each.plan_digest,
        changes=each.changes,
        target=each.target,
        planner=each.planner,
        approver=Actor("alice", "laptop"),
        at="2026-01-31T12:00:00Z",
        change_ref="CHG1",
        together=together,
    )


def test_a_set_is_signed_once_for_all_of_it_and_for_nothing_else() -> None:
    group = setfile.together(SET)
    signed = {statement_bytes(a_statement(name, group)) for name in ("a", "b", "c")}
    assert len(signed) == 1
    assert statement_bytes(a_statement("a", None)) not in signed
    other = replace(group, subjects=group.subjects[:2])
    assert statement_bytes(a_statement("a", other)) not in signed
    assert a_statement("a", group).sound
    assert not a_statement("z", group).sound
    assert from_value(to_value(a_statement("a", group))) == a_statement("a", group)


JOBS = [Job("eu", 1, "p1", "d1"), Job("us", 2, "p2", "d2"), Job("jp", 2, "p3", "d3")]


def test_jobs_for_github_are_a_matrix() -> None:
    assert json.loads(github(JOBS))["include"][1] == {
        "environment": "us",
        "wave": 2,
        "plan": "p2",
        "digest": "d2",
    }
    assert json.loads(github([Job("eu", 1)]))["include"] == [{"environment": "eu", "wave": 1}]


def test_jobs_for_gitlab_are_a_pipeline_with_a_stage_for_each_wave() -> None:
    assert gitlab(JOBS).splitlines() == [
        "stages:",
        "  - wave-1",
        "  - wave-2",
        "",
        "apply-1:",
        "  stage: wave-1",
        "  parallel:",
        "    matrix:",
        '      - ENVIRONMENT: "eu"',
        '        PLAN: "p1"',
        '        DIGEST: "d1"',
        "  script:",
        '    - role-migrate apply "$PLAN" --expect-digest "$DIGEST" --yes',
        "",
        "apply-2:",
        "  stage: wave-2",
        "  parallel:",
        "    matrix:",
        '      - ENVIRONMENT: "us"',
        '        PLAN: "p2"',
        '        DIGEST: "d2"',
        '      - ENVIRONMENT: "jp"',
        '        PLAN: "p3"',
        '        DIGEST: "d3"',
        "  script:",
        '    - role-migrate apply "$PLAN" --expect-digest "$DIGEST" --yes',
    ]


@pytest.mark.parametrize(("make", "most"), [(github, 256), (gitlab, 200)])
def test_more_jobs_than_a_matrix_takes_are_told(make: object, most: int) -> None:
    assert callable(make)
    make([Job(f"t{number}", 1) for number in range(most)])
    with pytest.raises(UsageError, match=f"takes {most}"):
        make([Job(f"t{number}", 1) for number in range(most + 1)])


def test_terms_are_careful_unless_told_otherwise() -> None:
    assert (Terms().canary, Terms().max_failures) == (1, 1)
