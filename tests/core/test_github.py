"""What GitHub Actions and GitLab read: no text makes a command, an output or a variable up."""

import json
import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.guards import Outcome, Verdict
from migrate.report.github import (
    Note,
    annotation,
    annotations,
    fitting,
    fitting_all,
    outputs,
    unheeded,
)
from migrate.report.job_facts import dotenv, facts, verdict

HOSTILE = st.text() | st.sampled_from(
    [
        *("::set-output name=x::y", " \t::add-mask::a", "##[set-output name=x]y", "###[error]x"),
        *("##vso[task.setvariable variable=x]y", "a\n::error::b", "a\r::error::b", "%0A::error::x"),
        *("\x85::error::x", "\u2028::error::x", "\xa0::error::x", ":::", "##teamcity[x]"),
    ]
).flatmap(lambda text: st.builds(lambda a, b: a + text + b, st.text(max_size=3), st.text()))


def commands(text: str) -> list[str]:
    """The lines that a runner takes for commands: as its ActionCommand class reads them.

    A line's own `::` after blanks, or `##[`, `##vso[`, `##teamcity[` anywhere.
    """
    lines = re.split(r"\r\n|\n|\r", text)
    return [line for line in lines if line.lstrip().startswith("::") or re.search(r"##\w*\[", line)]


@given(HOSTILE)
def test_no_text_is_a_command(text: str) -> None:
    assert commands(unheeded(text)) == []


@given(HOSTILE)
def test_json_means_the_same(text: str) -> None:
    page = json.dumps({"name": text, "::": [text]}, indent=2, ensure_ascii=False)
    assert json.loads(unheeded(page)) == {"name": text, "::": [text]}


def test_other_text_is_left_alone() -> None:
    text = "## a heading\nb::c [x] ## [y]\n  url: http://[::1]/\n"
    assert unheeded(text) == text


def read(line: str) -> tuple[str, dict[str, str], str]:
    """An annotation, as the runner reads it."""
    found = re.fullmatch(r"::(\w+)(?: ([^\r\n]*?))?::([^\r\n]*)", line)
    assert found, line
    pairs = [pair.partition("=") for pair in (found[2] or "").split(",") if pair]
    return found[1], {name: unquote(value) for name, _, value in pairs}, unquote(found[3])


@given(HOSTILE, HOSTILE, HOSTILE)
def test_an_annotation_is_one_command_with_just_its_properties(
    message: str, title: str, file: str
) -> None:
    level, properties, _ = read(annotation("error", message, title=title, file=file, line=7))
    assert level == "error"
    wanted = {"title": title, "file": file} | ({"line": "7"} if file else {})
    assert properties.keys() == {name for name, value in wanted.items() if value}
    assert properties.get("line", "7") == "7"


def test_what_an_annotation_says_is_what_was_meant() -> None:
    line = annotation("warning", "50 % of\na: b, c", title="x: y, 50 %", file="a,b.json", line=3)
    assert line == ("::warning file=a%2Cb.json,line=3,title=x%3A y%2C 50 %25::50 %25 of%0Aa: b, c")
    assert read(line) == (
        "warning",
        {"file": "a,b.json", "line": "3", "title": "x: y, 50 %"},
        "50 % of\na: b, c",
    )
    assert len(annotation("error", "x" * 10**6)) < 5000


def test_annotations_that_would_be_dropped_are_counted() -> None:
    said = annotations("error", [Note("t", f"m{number}") for number in range(25)])
    assert len(said) == 10
    assert said[-1].endswith("::and 16 more: see the log")
    assert said[8].endswith("::m8")
    assert len(annotations("error", [Note("t", "m")] * 10)) == 10


def parsed(text: str) -> dict[str, str]:
    """A file of outputs, as the runner reads it: name<<mark, lines, mark."""
    found, lines = {}, iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        name, has, mark = line.partition("<<")
        assert has, line
        value = []
        for inner in lines:
            if inner == mark:
                break
            value.append(inner)
        else:
            raise AssertionError(f"no end of {name}")
        found[name] = "\n".join(value)
    return found


@given(HOSTILE, HOSTILE)
def test_a_value_makes_no_output_up(one: str, other: str) -> None:
    told = {"one": one, "other": other, "last": "x"}
    assert parsed("a<<E\nb\nE" + outputs(told, "mark-3f9a")) == {"a": "b", **told}


def test_a_mark_that_a_value_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="mark"):
        outputs({"a": "x\nmark\nb<<mark\ny"}, "mark")


@given(HOSTILE)
def test_a_variable_is_one_line_that_a_shell_reads_as_it_is(text: str) -> None:
    lines = dotenv({"target": text, "empty": "", "run_id": "20261126T012159Z-ceb680"})
    assert re.fullmatch(
        r"(ROLE_MIGRATE_TARGET=[A-Za-z0-9._:/@+-]+\n)?"
        r"ROLE_MIGRATE_RUN_ID=20261126T012159Z-ceb680\n",
        lines,
    )


def test_a_page_is_whole_or_short_or_cut() -> None:
    page = "## head ü\n- one\n\n<details>\nlong " + "x" * 500 + "\n</details>\n"
    assert fitting(page, len(page.encode())) == page
    short = fitting(page, 200)
    assert short.startswith("## head ü\n- one\n")
    assert "details" not in short
    assert "Shortened" in short
    cut = fitting("ü\n" * 1000, 100)
    assert cut.startswith("ü\nü\n")
    assert "Shortened" in cut
    assert fitting(page, 10) == ""


@given(st.text(), st.integers(0, 3000))
def test_a_page_never_needs_more_room_than_there_is(text: str, room: int) -> None:
    assert len(fitting(text + "\n<details>" + text * 3, room).encode()) <= room


@given(st.lists(st.text(), min_size=1, max_size=4), st.integers(0, 3000))
def test_pages_never_need_more_room_than_there_is(pages: list[str], room: int) -> None:
    assert len(fitting_all([page * 50 for page in pages], room).encode()) <= room


def test_of_two_pages_the_last_is_kept() -> None:
    plan, run = "## plan\n<details>" + "p" * 500, "## run\n<details>" + "r" * 500
    assert fitting_all([plan, run], 2000) == f"{plan}\n{run}"
    both = fitting_all([plan, run], 700)
    assert both.startswith("## plan\n\nShortened")
    assert both.endswith(run)
    short = fitting_all([plan, run], 100)
    assert "## run\n" in short
    assert "rrr" not in short


def judged(*outcomes: Outcome) -> tuple[Verdict, ...]:
    return tuple(Verdict("keep", outcome, "m") for outcome in outcomes)


def test_the_verdict_is_the_worst_of_all() -> None:
    assert verdict(()) == "pass"
    assert verdict(judged(Outcome.PASS, Outcome.ALLOWED)) == "allowed"
    assert verdict(judged(Outcome.WARN, Outcome.UNCHECKED)) == "unchecked"
    assert verdict(judged(Outcome.WARN, Outcome.REFUSE, Outcome.PASS)) == "refuse"


def test_facts_without_a_plan() -> None:
    found = facts(None, "", 7)
    assert {name: value for name, value in found.items() if value} == {
        "exit_code": "7",
        "outcome": "failed",
    }
    assert facts(None, "", 10, changes=0)["changes"] == "0"
