"""The history for people: who planned, approved and applied a run, and what it changed."""

import csv
import io
from dataclasses import replace

from migrate.actor import Actor, Approver
from migrate.historyfile import Basis, Ended
from migrate.platforms.kore.catalogue import TRAITS
from migrate.report import log_text
from migrate.report.log_text import Line
from tests.core.test_logbook import WHOLE

EVIL = "=cmd\u202e\x1b[2J"
AT = "2026-01-31T02:00:00Z"
APPROVERS = (
    Approver(Actor("bob", "https://ci.example/2"), AT, "CHG1", "SHA256:abc"),
    Approver(Actor("cy", "laptop"), AT, "CHG1"),
    Approver(Actor(EVIL, EVIL), AT, "CHG2"),
)


def shown(ended: Ended, *, everything: bool = False) -> str:
    line = Line("prod", 7, "d", ended)
    return " ".join(log_text.render([line], {"prod": TRAITS}, everything=everything).split())


def test_who_agreed_is_told_as_proven_or_claimed() -> None:
    text = shown(replace(WHOLE, approvers=APPROVERS))
    assert f"approved by bob (https://ci.example/2) [proven by SHA256:abc, {AT}]" in text
    assert f"cy (laptop) [claimed, {AT}]" in text
    assert "for CHG1, CHG2" in text
    assert "by ann (https://ci.example/1)" in text
    assert "applied by bob (runner)" in text
    assert "ended by" not in text
    assert "ended by dee (elsewhere)" in shown(replace(WHOLE, ended_by=Actor("dee", "elsewhere")))
    assert "approved by nobody" in shown(replace(WHOLE, approvers=()))


def test_what_was_not_read_back_is_not_told_as_seen() -> None:
    assert "meant, not what was seen" in shown(replace(WHOLE, basis=Basis.PLANNED))
    assert "not known" in shown(replace(WHOLE, basis=Basis.UNKNOWN))
    assert "meant" not in shown(WHOLE)


def test_a_long_list_is_cut_unless_everything_is_asked_for() -> None:
    many = tuple(item._replace(principal=f"user{n}") for n in range(50) for item in WHOLE.adds)
    ended = replace(WHOLE, adds=many)
    text = shown(ended)
    assert "user19" in text
    assert "user20" not in text
    assert "more (-v shows all)" in text
    assert "user49" in shown(ended, everything=True)


def test_a_table_has_a_line_per_change_and_one_for_a_run_without() -> None:
    lines = [
        Line("prod", 2, "d", replace(WHOLE, approvers=APPROVERS)),
        Line("prod", 1, "d", replace(WHOLE, roles=(), adds=(), removes=(), access=())),
    ]
    found = list(csv.DictReader(io.StringIO(log_text.to_csv(lines))))
    assert len(found) == 12 + 1
    assert found[0]["approvers"].startswith("bob (https://ci.example/2) [proven by SHA256:abc")
    assert found[0]["change_ref"] == "CHG1, CHG2"
    assert (found[-1]["number"], found[-1]["what"]) == ("1", "")
    gain = next(row for row in found if row["what"] == "gain")
    assert gain["through"] == "Ops; Ops (group desk)"
    assert all(
        "\u202e" not in cell and "\x1b" not in cell for row in found for cell in row.values()
    )


def test_nothing_from_an_account_moves_a_cursor() -> None:
    texts = [log_text.to_csv([Line(EVIL, 1, "d", evil())])]
    texts += [
        log_text.render([Line(EVIL, 1, "d", evil())], {EVIL: TRAITS}, everything=everything)
        for everything in (True, False)
    ]
    for text in texts:
        assert "\u202e" not in text
        assert "\x1b" not in text


def evil() -> Ended:
    """A run in which every name is a trap."""
    return replace(
        WHOLE,
        run=EVIL,
        plan=EVIL,
        mode=EVIL,
        result=EVIL,
        reason=EVIL,
        planner=Actor(EVIL, EVIL),
        applier=Actor(EVIL, EVIL),
        approvers=APPROVERS,
        source=replace(WHOLE.source, environment=EVIL),
        target=replace(WHOLE.target, environment=EVIL),
        roles=tuple(
            replace(
                role,
                name=EVIL,
                role_type=EVIL,
                permissions=tuple(replace(p, name=EVIL, after=EVIL) for p in role.permissions),
            )
            for role in WHOLE.roles
        ),
        adds=tuple(item._replace(principal=EVIL, role=EVIL, scope=EVIL) for item in WHOLE.adds),
        access=tuple(
            replace(
                change,
                scope=EVIL,
                principals=(("user", EVIL), ("group", EVIL)),
                deltas=tuple(d._replace(permission=EVIL, after=(EVIL,)) for d in change.deltas),
            )
            for change in WHOLE.access
        ),
    )
