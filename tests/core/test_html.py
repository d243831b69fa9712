"""Pages of HTML: whatever an account's names hold is text, and the page reaches nothing."""

import json
import unicodedata
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.access import Direction
from migrate.diff import Action, Change
from migrate.errors import PartlyApplied
from migrate.guards import Outcome, Verdict
from migrate.levels import Levels
from migrate.model import ACCOUNT, Assignment, Role
from migrate.peopleplan import PeoplePlan
from migrate.pipeline.record import Record, StepRecord
from migrate.plan import Reverted
from migrate.planfile import plan_digest
from migrate.platforms.base import Step
from migrate.platforms.kore.catalogue import TRAITS
from migrate.report import plan_html, run_html
from migrate.report.access_text import Words, rows
from migrate.report.html import matrix, who
from migrate.report.html.page import embedded, policy
from migrate.report.html.strings import Strings, name
from migrate.report.html.timeline import of as timeline
from migrate.report.html.timeline import of_traffic
from migrate.verification import Deviation, Kind, Verification
from tests.core.account import planned
from tests.core.strategies import promotions
from tests.core.test_access_text import LEVELS, changes, held
from tests.core.test_reports import HARMFUL, HOSTILE_PLAN, plan_of

KORE = Levels.of(TRAITS.value_order, TRAITS.denied)
MARKUP = (
    "</script></style><img src=x onerror=alert(1)>&lt;{{ 7*7 }}<!-- \u202e\u2028 =1+1 \x1b[2J'\""
)
OURS = {
    *("html", "head", "meta", "title", "style", "body", "a", "header", "main", "section", "h1"),
    *("h2", "h3", "p", "ul", "li", "dl", "div", "dt", "dd", "nav", "details", "summary", "bdi"),
    *("b", "code", "span", "form", "label", "input", "select", "option", "table", "thead", "tbody"),
    *("tr", "th", "td", "button", "fieldset", "legend", "footer", "script", "noscript", "pre"),
    *("svg", "rect"),
}


def hostile():
    """A plan with markup in all that an account or a file can name."""
    role = Role("admin", MARKUP, MARKUP, {MARKUP: MARKUP, "Invite": "YES"}, MARKUP)
    found = changes({}, {MARKUP: {MARKUP: MARKUP}}, [held(MARKUP, MARKUP)])
    assignment = Assignment("group", MARKUP, "admin", MARKUP, MARKUP)
    return replace(
        HOSTILE_PLAN,
        source=replace(HOSTILE_PLAN.source, environment=MARKUP),
        store=MARKUP,
        changes=(Change(Action.CREATE, MARKUP, MARKUP, None, role), *HOSTILE_PLAN.changes),
        verdicts=(*HOSTILE_PLAN.verdicts, Verdict(MARKUP, Outcome.REFUSE, MARKUP, MARKUP)),
        reverts=(Reverted(MARKUP, MARKUP, (MARKUP,)),),
        people=PeoplePlan(access=found, adds=(assignment,), removes=(assignment,), notes=(MARKUP,)),
    )


def run_of(plan):
    """A run that failed, with markup in all that a platform can answer."""
    record = Record(plan, run_id="20260131T120000Z-abcdef", requests=3)
    record.result, record.target = "partly applied", MARKUP
    step = Step(0, "import", MARKUP, "admin")
    record.steps = [StepRecord(step, "failed", {"fileId": MARKUP}, MARKUP, 10.0, 20.0)]
    deviation = Deviation("admin", MARKUP, Kind.DIFFERENT, True, False, (MARKUP,))
    record.verification = Verification((deviation,), frozenset())
    record.error = PartlyApplied(MARKUP, where=MARKUP, remedy=f"role-migrate resume R {MARKUP}")
    record.notes = [MARKUP] * 300
    waited = {"at": 0.0, "seconds": 3.0, "where": "", "what": MARKUP, "outcome": ""}
    call = {"at": 3.0, "seconds": 1.0, "where": MARKUP, "what": MARKUP, "outcome": MARKUP}
    record.traffic = {"moments": [waited, call, *[call] * 300], "leftOut": 5}
    return record.to_value()


PAGES = {
    "plan": lambda: plan_html.render(hostile(), TRAITS),
    "run": lambda: run_html.render(run_of(hostile()), hostile(), TRAITS),
    "run without its plan": lambda: run_html.render(run_of(hostile())),
    "empty plan": lambda: plan_html.render(replace(plan_of(0), verdicts=()), TRAITS),
}


@pytest.fixture(scope="module", params=PAGES)
def page(request):
    return PAGES[request.param]()


def parsed(page):
    """The page's tree, by a parser that takes no fault of it."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(page)


def data_of(page):
    return json.loads(parsed(page).find(".//script[@id='data']").text)


def tag(element):
    return str(element.tag).rpartition("}")[2]


def test_a_hostile_page_is_valid_and_holds_no_element_or_attribute_but_ours(page):
    tree = parsed(page)
    elements = [each for each in tree.iter() if isinstance(each.tag, str)]
    assert {tag(each) for each in elements} <= OURS
    assert len([each for each in elements if tag(each) in ("script", "style")]) == 3
    for each in elements:
        for key, value in each.attrib.items():
            assert key in ("href", "content") or not key.startswith(("on", "style", "src")), key
            assert key != "href" or value.startswith("#"), value
    assert not [each for each in tree.iter() if not isinstance(each.tag, str)], "a comment"


def test_no_character_of_a_page_is_obeyed(page):
    assert all(each == "\n" or unicodedata.category(each) not in HARMFUL for each in page)
    page.encode()


def test_the_policy_names_the_style_and_the_script_of_the_page_and_nothing_else(page):
    tree = parsed(page)
    style = tree.find(".//style").text
    (script,) = [each.text for each in tree.iter("script") if "id" not in each.attrib]
    given_policy = tree.find(".//meta[@http-equiv]").attrib["content"]
    assert given_policy == policy(style, script)
    assert given_policy.startswith("default-src 'none'; ")
    for text in (style, script):
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in given_policy
    assert "unsafe" not in given_policy and "http" not in given_policy
    assert "url(" not in style and "@import" not in style
    assert "innerHTML" not in script and "eval" not in script


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.text(st.characters(exclude_categories=["Cs"])),
    )
)
def test_data_in_a_page_is_the_same_data_and_ends_no_element(data):
    text = str(embedded(data))
    assert json.loads(text) == data
    assert not {"<", ">", "&", "\u2028", "\u2029"} & set(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ops Admin", "Ops Admin"),
        ("=1+1", '"=1+1"'),
        ("  +1", '"  +1"'),
        ("@SUM(A1)", '"@SUM(A1)"'),
        (" ", '" "'),
        ("", '""'),
        ("a\u202eb\ud800", "a\\u202eb\\ud800"),
    ],
)
def test_a_name_is_no_formula_where_it_is_copied_to(text, shown):
    assert name(text) == shown


# the matrix


def unpacked(cells):
    """The kinds of a row's cells, as the page's script reads them."""
    if isinstance(cells, list):
        return cells
    kinds, rest = [], cells
    while rest:
        if rest[0] == " ":
            count, _, rest = rest[1:].partition(".")
            kinds += [0] * int(count)
        else:
            kinds.append(matrix.ALPHABET.index(rest[0]))
            rest = rest[1:]
    return kinds


def held_in(value, strings, place):
    """The roles of a row before and after: permissions as they are shown."""
    sides = ({}, {})
    for kind, (permission, _) in zip(
        unpacked(value["rows"][place][4]), value["permissions"], strict=True
    ):
        for side, text in zip(sides, value["kinds"][kind][:2], strict=True):
            if strings[text] != "absent":
                side[strings[permission]] = strings[text]
    return sides


@settings(deadline=None, max_examples=50)
@given(promotions())
def test_the_matrix_holds_every_role_that_changes_as_it_was_and_will_be(promotion):
    from migrate.report.html.strings import value as shown

    source, target, request, narrowed = promotion
    plan = planned(source, target, request, narrowed=narrowed)
    data = data_of(plan_html.render(plan, TRAITS))
    strings = data["strings"]
    found = {
        (strings[each["roleType"]], strings[row[0]]): held_in(each, strings, place)
        for each in data["matrices"]
        for place, row in enumerate(each["rows"])
    }
    assert found == {
        (name(change.role_type), name(change.name)): tuple(
            {name(key): name(shown(held)) for key, held in role.permissions.items()} if role else {}
            for role in (change.before, change.after)
        )
        for change in plan.changes
    }


def test_a_matrix_of_more_kinds_of_cells_than_characters_is_whole_and_one_of_few_is_short():
    many = tuple(
        Change(Action.CREATE, "bot", f"R{n}", None, Role("bot", f"R{n}", "", {"P": f"v{n}"}))
        for n in range(200)
    )
    strings = Strings()
    (value,) = matrix.to_value(many, KORE, {}, strings)
    assert [held_in(value, strings.table, n)[1]["P"] for n in range(200)] == [
        f"v{n}" for n in range(200)
    ]
    sparse = tuple(
        Change(Action.CREATE, "bot", f"R{n}", None, Role("bot", f"R{n}", "", {f"P{n}": "YES"}))
        for n in range(300)
    )
    (value,) = matrix.to_value(sparse, KORE, {}, strings)
    assert all(len(row[4]) < 12 for row in value["rows"])
    assert all(len(unpacked(row[4])) == 300 for row in value["rows"])


@pytest.mark.parametrize(
    ("before", "after", "sign"),
    [
        (None, "YES", "gain"),
        ("NO", ("YES",), "gain"),
        (("VIEW",), ("FULL",), "gain"),
        (("FULL",), ("VIEW",), "loss"),
        ("YES", None, "loss"),
        (None, "NO", "note"),
        (("NO",), None, "note"),
        (("YES",), "YES", "note"),
        ("odd", "other", "changed"),
        ("YES", "YES", ""),
        (None, None, ""),
    ],
)
def test_what_a_cell_comes_to(before, after, sign):
    assert matrix.direction(before, after, KORE) == sign


@pytest.mark.parametrize(
    ("value", "strength"), [(None, 0), ("NO", 0), (("NO",), 0), ("VIEW", 1), ("FULL", 2), ("x", 2)]
)
def test_how_much_a_value_grants(value, strength):
    assert matrix.strength(value, KORE) == strength


# people


def test_the_table_by_user_unfolds_to_the_rows_of_the_text_report():
    assigned = [
        held("ann", "R"),
        held("bob", "R"),
        held("ann", "B", "Helpdesk"),
        held("cy", "Q"),
        held("bob", "Q"),
    ]
    assigned += [held("Ops", "R", kind="group")]
    groups = {"dee": frozenset({"Ops"}), "ann": frozenset({"Ops"})}
    found = changes(
        {"R": {"P": "YES", "T": "VIEW"}, "Q": {"P": "YES"}},
        {"R": {"T": "FULL", "N": "NO"}, "B": {"T": "VIEW"}, "Q": {"O": "YES"}},
        assigned,
        groups,
    )
    strings = Strings()
    value = who.access(found, Words("prod", LEVELS), strings)
    table = strings.table
    unfolded = []
    for where, deltas, through, principals in value["changes"]:
        for principal in principals:
            for position, delta in enumerate(value["sets"][deltas]):
                permission, direction, before, after = value["deltas"][delta]
                way = through if isinstance(through, int) else through[position]
                unfolded.append(
                    (
                        table[principal],
                        table[where],
                        table[permission],
                        who.DIRECTIONS[direction],
                        table[before],
                        table[after],
                        table[way],
                    )
                )
    assert sorted(unfolded) == sorted(
        (
            who.principal(row.kind, row.name),
            "prod" if row.scope == ACCOUNT else f"bot {row.scope}",
            row.delta.permission,
            row.delta.direction,
            " | ".join(row.delta.before) or "absent",
            " | ".join(row.delta.after) or "absent",
            ", ".join(
                f"{way.role} (group {way.group})" if way.group else way.role for way in row.through
            ),
        )
        for row in rows(found)
    )
    assert Direction.NOTE in {each[3] for each in unfolded}


# what is said


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ((Verdict("deletions", Outcome.REFUSE, "too many"),), ("bad", "Refused")),
        ((Verdict("deletions", Outcome.WARN, "many"),), ("care", "No guard refuses it")),
        ((Verdict("deletions", Outcome.ALLOWED, "many", "ok"),), ("care", "No guard refuses it")),
        ((Verdict("gap", Outcome.UNCHECKED, "not read"),), ("care", "No guard refuses it")),
        ((Verdict("deletions", Outcome.PASS, ""),), ("good", "No guard refuses it")),
    ],
)
def test_a_plan_s_verdict_is_that_of_its_gravest_guard(verdicts, said):
    plan = replace(plan_of(2, store="directory"), verdicts=verdicts)
    assert plan_html.verdict(plan)[:2] == said
    assert plan_html.verdict(replace(plan, store=""))[1] in ("Refused", "A comparison")
    empty = replace(plan, changes=())
    assert plan_html.verdict(empty)[1] in ("Refused", "Nothing to change")


def test_a_plan_s_page_has_its_digest_and_how_to_run_just_this_one():
    plan = plan_of(2, store="directory")
    page = plan_html.render(plan, TRAITS)
    assert f"role-migrate apply {plan.id} --expect-digest {plan_digest(plan)}" in page
    passed = plan_html.render(replace(plan, verdicts=()), TRAITS)
    assert "role-migrate waive" not in passed
    refused = replace(plan, verdicts=(Verdict("deletions", Outcome.REFUSE, "too many"),))
    assert f"role-migrate waive {plan.id}" in plan_html.render(refused, TRAITS)
    comparison = plan_html.render(replace(plan, store=""), TRAITS)
    assert "role-migrate apply" not in comparison


@pytest.mark.parametrize(
    ("result", "target", "kind", "ways"),
    [
        ("done", "changed", "good", {"rollback"}),
        ("different", "changed", "bad", {"rollback"}),
        ("partly applied", "changed by 1 of 2 steps", "bad", {"rollback", "resume"}),
        ("refused, target unchanged", "unchanged", "care", set()),
        ("rolled back by run R", "as it was", "bad", set()),
    ],
)
def test_a_run_s_page_says_how_it_ended_and_the_way_back(result, target, kind, ways):
    report = run_of(plan_of(2)) | {"result": result, "targetState": target, "error": None}
    assert run_html.verdict(report)[0] == kind
    page = run_html.render(report)
    found = {verb for verb in ("resume", "rollback") if f"<code>role-migrate {verb} " in page}
    assert found == ways


def test_long_lists_are_cut_and_say_so():
    page = run_html.render(run_of(plan_of(300)))
    assert "and 100 more" in page


def test_calls_and_waits_are_told_apart_and_all_are_counted():
    report = run_of(plan_of(3))
    found = of_traffic(report, 200)
    assert (found["calls"], found["waits"], found["waited"], found["more"]) == (301, 1, "3 s", 107)
    assert [(row["after"], row["long"], row["kind"]) for row in found["rows"][:2]] == [
        ("0.0 s", "3.00 s", "care"),
        ("3.0 s", "1.00 s", "bad"),
    ]
    assert (found["rows"][0]["at"], found["rows"][1]["at"]) == ("0.00", "74.25")
    page = run_html.render(report)
    assert "301 calls of source and target; 1 wait, 3 s in all" in page
    nothing = {"moments": [], "leftOut": 0}
    assert "Calls and waits" not in run_html.render({**report, "traffic": nothing})
    old = {key: value for key, value in report.items() if key != "traffic"}
    assert "Calls and waits" not in run_html.render(old)


def test_bars_of_steps_lie_within_the_time_of_the_run():
    def step(began, ended):
        return {
            "number": 0,
            "kind": "import",
            "object": "roles",
            "state": "done",
            "note": "",
            "outcome": {},
            "began": began,
            "ended": ended,
        }

    steps = timeline(
        [
            step("2026-01-31T12:00:00Z", "2026-01-31T12:00:10Z"),
            step("2026-01-31T12:01:30Z", "2026-01-31T12:01:40Z"),
            step("", ""),
            step("no time", "2026-01-31T12:01:40Z"),
        ]
    )
    assert [each["long"] for each in steps] == ["10 s", "10 s", "", ""]
    assert steps[0]["at"] == "0.00" and steps[2]["at"] is None and steps[3]["at"] is None
    assert all(float(each["at"]) + float(each["width"]) <= 100 for each in steps[:2])


def test_fifty_thousand_changes_make_a_page_of_less_than_fifteen_megabytes():
    permissions = list(TRAITS.role_types["bot"].known)

    def role(n, value):
        held = {each: (value,) if (n >> k) % 2 else ("NO",) for k, each in enumerate(permissions)}
        return Role("bot", f"Regional release role {n:05}", f"What role {n:05} may do", held)

    plan = replace(
        plan_of(1),
        changes=tuple(
            Change(Action.UPDATE, "bot", role(n, "VIEW").name, role(n, "VIEW"), role(n, "FULL"))
            for n in range(50_000)
        ),
    )
    page = plan_html.render(plan, TRAITS)
    assert len(page.encode()) < 15_000_000
