"""Who holds roles after a run, compared with who should."""

from dataclasses import replace

from migrate.membership import rows_seen, verify_members
from migrate.model import Assignment, People, Role, Section, State

DIRECT = Assignment("user", "ann", "admin", "Ops", "")
GROUP = Assignment("group", "Desk", "admin", "Ops", "")
BEFORE = State(
    {"admin": Section.of((Role("admin", "Ops"),))}, People("account", {}, {}, frozenset({GROUP}))
)


def seen(before: State, after: State, *held: Assignment) -> list[str]:
    found = verify_members(before, after, frozenset(held), ())
    return [detail for deviation in found for detail in deviation.details]


def holding(*held: Assignment, vague: tuple[Assignment, ...] = ()) -> State:
    people = BEFORE.people
    assert people is not None
    known = replace(people, assignments=frozenset(held), maybe_direct=frozenset(vague))
    return replace(BEFORE, people=known)


def test_what_is_missing_and_what_is_too_much_is_said() -> None:
    assert seen(BEFORE, holding(GROUP), GROUP) == []
    assert seen(BEFORE, holding(), GROUP) == ["should be held by group Desk"]
    assert seen(BEFORE, holding(GROUP, DIRECT), GROUP) == ["should not be held by user ann"]


def test_what_a_row_cannot_tell_apart_is_no_difference() -> None:
    vague = holding(GROUP, vague=(DIRECT,))
    # It shows by now that it was held directly all along, or is shown no more.
    assert seen(vague, holding(GROUP, DIRECT), GROUP) == []
    assert seen(holding(GROUP, DIRECT), vague, GROUP, DIRECT) == []


def test_what_was_added_where_it_could_not_be_told_must_show() -> None:
    vague = holding(GROUP, vague=(DIRECT,))
    assert seen(vague, holding(DIRECT), DIRECT) == []
    assert seen(vague, holding(), DIRECT) == ["should be held by user ann"]


def test_a_run_tells_how_rows_are_made() -> None:
    vague, apart = holding(GROUP, vague=(DIRECT,)), holding(GROUP, DIRECT)
    inside = {"ann": frozenset({"Desk"})}

    def told(after: State, *adds: Assignment) -> str | None:
        return rows_seen(replace(after.people, groups_of=inside) if after.people else None, adds)

    assert told(vague, DIRECT) == "merged"
    assert told(apart, DIRECT) == told(apart) == "one"
    # Nothing was made that could show, or no group gives it beside that.
    assert told(vague) is None
    assert told(holding(DIRECT), DIRECT) is None
    assert rows_seen(None, (DIRECT,)) is None
