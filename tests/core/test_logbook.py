"""What of a history is asked for, and how it is told in rows and tables."""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.access import AccessChange, Delta, Direction, Way
from migrate.diff import Action, PermissionChange
from migrate.historyfile import Ended, RoleChange
from migrate.logbook import Wanted, narrowed, permissions_of, rows
from migrate.model import Assignment
from migrate.report import csv_text
from migrate.report.escape import inert
from tests.history.made import ended as made

ANN, BOB, DESK = ("user", "ann"), ("user", "bob"), ("group", "desk")


def delta(name: str, direction: Direction, *roles: str) -> Delta:
    return Delta(name, direction, (), ("YES",), roles)


WHOLE = replace(
    made(1),
    roles=(
        RoleChange(
            Action.UPDATE,
            "admin",
            "Ops",
            (PermissionChange("Invite", "NO", "YES"), PermissionChange("Tasks", None, ("A", "B"))),
            described=True,
        ),
        RoleChange(Action.DELETE, "admin", "Gone"),
    ),
    adds=(Assignment(*ANN, "admin", "Ops", ""),),
    removes=(Assignment(*DESK, "bot", "Helper", "Sales"),),
    access=(
        AccessChange(
            "admin",
            "",
            (ANN, BOB, DESK),
            (delta("Invite", Direction.GAIN, "Ops"), delta("Tasks", Direction.LOSS, "Gone")),
            frozenset({Way("Gone")}),
            frozenset({Way("Ops"), Way("Ops", "desk")}),
        ),
    ),
)


def told(ended: Ended | None) -> list[tuple[str, ...]]:
    assert ended is not None
    return [(row.what, row.role, row.principal, row.permission) for row in rows(ended)]


def test_everything_is_told_in_order() -> None:
    assert narrowed(WHOLE, Wanted()) == WHOLE
    assert told(WHOLE) == [
        ("update", "Ops", "", ""),
        ("update", "Ops", "", "Invite"),
        ("update", "Ops", "", "Tasks"),
        ("delete", "Gone", "", ""),
        ("assign", "Ops", "ann", ""),
        ("remove", "Helper", "desk", ""),
        ("gain", "", "ann", "Invite"),
        ("loss", "", "ann", "Tasks"),
        ("gain", "", "bob", "Invite"),
        ("loss", "", "bob", "Tasks"),
        ("gain", "", "desk", "Invite"),
        ("loss", "", "desk", "Tasks"),
    ]
    gain = next(row for row in rows(WHOLE) if row.what == "gain")
    assert gain.through == (("Ops", ""), ("Ops", "desk"))
    assert permissions_of(WHOLE) == {"Invite", "Tasks"}


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (Wanted(roles=("Op*",)), {("assign", "Ops", "ann", ""), ("gain", "", "ann", "Invite")}),
        (Wanted(roles=("Helper",)), {("remove", "Helper", "desk", "")}),
        (Wanted(principals=frozenset({BOB})), {("gain", "", "bob", "Invite")}),
        (Wanted(permissions=("Tasks",)), {("update", "Ops", "", "Tasks")}),
        (
            Wanted(("Ops",), frozenset({ANN}), ("Invite",)),
            {("gain", "", "ann", "Invite")},
        ),
    ],
)
def test_what_is_asked_for_is_left(wanted: Wanted, left: set[tuple[str, ...]]) -> None:
    found = told(narrowed(WHOLE, wanted))
    assert left <= set(found) < set(told(WHOLE))
    if wanted.principals:
        assert {who for _, _, who, _ in found} <= {name for _, name in wanted.principals}
    if wanted.permissions:
        assert {name for _, _, _, name in found} == set(wanted.permissions)


def test_a_run_without_what_is_asked_for_is_left_out() -> None:
    for wanted in (
        Wanted(roles=("ops",)),
        Wanted(principals=frozenset({("user", "cy")})),
        Wanted(permissions=("Other",)),
        Wanted(roles=("Gone",), permissions=("Invite",)),
    ):
        assert narrowed(WHOLE, wanted) is None


CELLS = st.text(
    st.sampled_from("=+-@＝ \t\r\n\"',;aé\u202e\x1b") | st.characters(exclude_categories=["Cs"]),
    max_size=8,
)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=4))
def test_no_cell_is_a_formula_or_moves_a_cursor(table: list[tuple[str, str]]) -> None:
    text = csv_text.render(("one", "two"), table)
    lines = text.replace("\n", "")
    assert inert(lines) == lines
    header, *found = csv.reader(io.StringIO(text))
    assert header == ["one", "two"]
    assert len(found) == len(table)
    for row, given_row in zip(found, table, strict=True):
        for cell, given_cell in zip(row, given_row, strict=True):
            assert cell.lstrip()[:1] not in tuple("=+-@＝＋－＠")
            if given_cell.isalnum():
                assert cell == given_cell
