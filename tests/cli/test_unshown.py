"""Assignments that may be there and do not show: behind a group's row, or of an unseen group."""

import pytest

from tests.cli.staffed import (
    ADMIN_CALL,
    ANN,
    BOB,
    CY,
    DEE,
    KEEPER,
    OPERATOR,
    OPS,
    assigns,
    edit,
    held,
    holdings,
    one_line,
)
from tests.cli.world import World, role

EXACT = ("--assignments", "exact")
OURS = held(KEEPER, OPERATOR)


def ops(world: World) -> set[str]:
    return {item[3] for item in holdings(world) if item[1] == "Ops"}


@pytest.mark.parametrize("row", ["one", "merged"])
def test_what_a_groups_row_may_hide_is_made_once_and_then_left_where_it_never_shows(
    staffed: World, row: str
) -> None:
    edit(staffed, "dev", OURS, held(OPS, CY, "@Desk"))
    edit(staffed, "prod", OURS, held(OPS, "@Desk"))
    staffed.switch(group_rows=row)
    ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 0, ran.err
    assert "given directly, be it that they have it so already" in one_line(ran.err)
    assert ops(staffed) == {CY, "Desk"}
    seen = staffed.last()
    ran = staffed.promote("--yes", *EXACT)
    assert (ran.code, staffed.writes(seen)) == (0, []), ran.err
    assert ("whether directly, too, is not shown here" in one_line(ran.err)) is (row == "merged")


def test_an_assignment_that_would_not_show_is_sent_again_where_its_outcome_is_unknown(
    staffed: World,
) -> None:
    edit(staffed, "dev", OURS, held(OPS, CY))
    edit(staffed, "prod", OURS, held(OPS, "@Desk"))
    staffed.switch(group_rows="merged")
    staffed.fault("reset_before", ADMIN_CALL)
    ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 0, ran.err
    assert len(assigns(staffed)) == 3
    assert ops(staffed) == {CY}


def test_what_the_source_may_give_directly_is_not_taken(staffed: World) -> None:
    night = [{"gN": "Desk", "users": [DEE]}]
    edit(staffed, "dev", OURS, held(OPS, CY, "@Desk"))
    edit(staffed, "prod", OURS, held(OPS, CY, BOB, "@Desk"), groups=night)
    staffed.switch("dev", group_rows="merged")
    ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 0, ran.err
    assert ops(staffed) == {CY, "Desk"}
    why = "the source shows it through a group; whether directly, too, is not shown"
    assert why in one_line(ran.err)
    # Nor is it given where the target lacks it: nobody knows that the source gives it.
    edit(staffed, "prod", OURS, held(OPS, ANN, "@Desk"), groups=night)
    allow = ("--allow", "reverts_hotfix", "--reason", "a test")
    assert staffed.promote("--yes", *EXACT, *allow).code == 0
    assert ops(staffed) == {"Desk"}


def test_a_plan_names_whom_an_import_may_drop_unseen(staffed: World) -> None:
    edit(staffed, "dev", OURS, {**OPS, "rDesc": "new"})
    groups = [{"gN": "Desk", "users": [CY]}, {"gN": "Early"}]
    edit(staffed, "prod", OURS, held(OPS, CY, "@Desk", "@Early"), groups=groups)
    staffed.switch(group_rows="merged")
    ran = staffed.promote("--yes", "--assignments", "merge")
    assert ran.code == 0, ran.err
    assert f'as far as this plan can tell that may be: "{CY}" "Ops"' in one_line(ran.err)
    assert 'put back if an import drops it: "Early"' in one_line(ran.err)
    # By now it is known that imports keep ids, and so members.
    edit(staffed, "dev", OURS, {**OPS, "rDesc": "newer"})
    ran = staffed.promote("--yes")
    assert ran.code == 0, ran.err
    assert "an import drops it" not in one_line(ran.err)


def test_who_holds_through_a_group_and_then_directly_is_never_without(staffed: World) -> None:
    # The leaver of a role that gains something has to go first, but Desk not with him.
    less, more = (role("admin", "Gains", Preferences=value) for value in ("NO", "YES"))
    edit(staffed, "dev", OURS, held(OPS, CY), more)
    edit(staffed, "prod", OURS, held(OPS, "@Desk"), held(less, BOB))
    seen = staffed.last()
    ran = staffed.promote("--yes", *EXACT)
    assert ran.code == 0, ran.err
    assert ops(staffed) == {CY}
    for entry in staffed.log("prod", seen):
        state = staffed.control(f"/state/prod?at={entry['seq']}")
        holders = {each["role"]: each["holders"] for each in state["roles"]}
        assert {"user": CY} in holders["Ops"] or {"group": "Desk"} in holders["Ops"]
        bob = {"user": BOB} in holders["Gains"]
        gains = next(each for each in state["roles"] if each["role"] == "Gains")
        assert not (bob and gains["permissions"]["Preferences"] == "YES")
