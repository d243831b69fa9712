"""Markdown reports: whatever an account's names hold, they are text and nothing else."""

import html
import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from migrate.errors import PartlyApplied
from migrate.pipeline.record import Record, StepRecord
from migrate.platforms.base import Step
from migrate.report import run_markdown
from migrate.report.markdown import code, text
from migrate.verification import Deviation, Kind, Verification
from tests.core.account import planned
from tests.core.strategies import promotions

HOSTILE = (
    "<img src=x onerror=alert(1)> | `a` [l](http://x) **b** @team #1 \x1b[2J\u202e =1+1 ![i](y)"
)
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
OURS = {"<code>", "</code>"}


def tokens(source):
    for token in MARKDOWN.parse(source):
        yield token
        yield from token.children or ()


def harmless(source):
    for token in tokens(source):
        assert token.type not in ("html_block", "link_open", "image", "code_inline", "fence"), token
        assert token.type != "html_inline" or token.content in OURS, token


@settings(deadline=None)
@given(st.text(st.characters(), max_size=30))
def test_any_text_comes_out_as_itself_and_as_nothing_else(value):
    source = f"x {code(value)} y"
    harmless(source)
    shown = "".join(token.content for token in tokens(source) if token.type == "text")
    assert not any(unicodedata.category(each) in ("Cc", "Cf", "Cs") for each in shown)
    assert html.unescape(text("a|b")) == "a|b"
    assert re.sub(r"\s+", " ", shown).startswith("x ")


def test_a_report_of_hostile_names_is_a_page_of_text():
    record = Record(planned(*case()), run_id="20260131T120000Z-abcdef")
    record.result, record.target = "partly applied", HOSTILE
    step = Step(0, "import", HOSTILE, "admin")
    record.steps = [StepRecord(step, "failed", {}, HOSTILE)]
    deviation = Deviation("admin", HOSTILE, Kind.DIFFERENT, True, False, (HOSTILE,))
    record.verification = Verification((deviation,), frozenset())
    record.error = PartlyApplied(HOSTILE, where=HOSTILE, remedy="role-migrate resume R")
    record.notes = [HOSTILE] * 200
    source = run_markdown.render(record.to_value())
    harmless(source)
    assert "**Next**: role-migrate resume R" in source
    assert "and 100 more" in source
    rows = [token for token in tokens(source) if token.type == "tr_open"]
    assert len(rows) == 5 + 2  # the facts with their head, one step with its
    cells = [token for token in tokens(source) if token.type in ("td_open", "th_open")]
    assert len(cells) == 2 * 5 + 3 * 2


@settings(deadline=None, max_examples=20)
@given(promotions())
def test_every_plan_s_run_can_be_reported(promotion):
    source, target, request, narrowed = promotion
    record = Record(planned(source, target, request, narrowed=narrowed))
    report = run_markdown.render(record.to_value())
    harmless(report)
    assert all(text(change.name) in report for change in record.plan.changes[:100])


def case():
    from migrate.diff import Rules
    from migrate.model import Mode, Selection, State
    from migrate.planner import Request

    empty = State({})
    return empty, empty, Request(Mode.INCREMENTAL, Selection(), Rules(), (), (), "directory")
