"""Roles that the target calls otherwise: compared under its names, selected by either name."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.diff import Action, Reason, Rules
from migrate.errors import InvalidInput
from migrate.identity import IdentityRules, called_here, scope_here
from migrate.model import (
    Assignment,
    Assignments,
    Mode,
    People,
    Principal,
    PrincipalKind,
    Role,
    Section,
    Selection,
    State,
)
from migrate.peopleplanner import PeopleRequest
from migrate.plan import Plan
from migrate.planner import Request
from tests.core.account import planned

ALIAS = IdentityRules(roles={"Ops Old": "Ops New"})
ALL = Selection()
OLD = Role("admin", "Ops Old", "", {"Invite": "YES"}, id="s1", ref_id="r1")
NEW = Role("admin", "Ops New", "", {"Invite": "NO"}, id="t1", ref_id="r9")


def state(*roles: Role, held: tuple[Assignment, ...] | None = None) -> State:
    sections = {kind: Section.of(tuple(r for r in roles if r.role_type == kind))
                for kind in ("admin", "bot")}  # fmt: skip
    if held is None:
        return State(sections)
    keys = {item.holder: Principal(PrincipalKind(item.kind), item.principal) for item in held}
    return State(sections, People("account", keys, {}, frozenset(held)))


def holds(name: str, role: str) -> Assignment:
    return Assignment("user", name, "admin", role, "")


def plan(
    source: State,
    target: State,
    mode: Mode = Mode.FULL,
    *,
    rules: IdentityRules = ALIAS,
    asked: Selection = ALL,
    taken: Selection = ALL,
    assignments: Assignments = Assignments.NONE,
    promoted: tuple[str, ...] = (),
) -> Plan:
    people = PeopleRequest(assignments, rules)
    own = Rules(promote_builtins=promoted)
    request = Request(mode, asked, own, (), (), "directory", people=people)
    return planned(source, target, request, narrowed=taken)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_role_is_compared_with_the_one_of_its_alias(mode: Mode) -> None:
    made = plan(state(OLD), state(NEW), mode)
    assert [(each.action, each.name) for each in made.changes] == [(Action.UPDATE, "Ops New")]
    assert made.changes[0].before == NEW
    assert made.left == ()
    assert made.source_names["admin"] == made.source_terms.roles == {"Ops New"}
    same = plan(state(replace(OLD, permissions=NEW.permissions)), state(NEW), mode)
    assert (same.changes, same.left, same.equal) == ((), (), 1)


def test_a_new_role_is_made_under_its_alias_and_with_the_sources_ids() -> None:
    [change] = plan(state(OLD), state()).changes
    assert change.action is Action.CREATE
    assert change.after == replace(OLD, name="Ops New")


def test_two_roles_of_one_alias_are_an_error_that_lists_them_where_they_are_in_scope() -> None:
    source = state(OLD, NEW, Role("bot", "Ops Old"), Role("bot", "Ops New"), Role("admin", "Other"))
    with pytest.raises(InvalidInput) as caught:
        plan(source, state())
    assert [str(fault) for fault in caught.value.faults] == [
        'admin roles "Ops New" and "Ops Old" would be "Ops New"',
        'bot roles "Ops New" and "Ops Old" would be "Ops New"',
    ]
    assert caught.value.target == "unchanged"
    assert [each.name for each in plan(source, state(), asked=Selection(("Other",))).changes] == [
        "Other"
    ]


DEVELOPER = IdentityRules(roles={"Bot Developer": "App Developer"})


def test_a_built_in_of_another_name_is_compared_and_left_alone_unless_it_is_listed() -> None:
    source = state(Role("bot", "Bot Developer", "", {"Tasks": ("FULL",)}))
    target = state(Role("bot", "App Developer", "", {"Tasks": ("VIEW",)}))
    made = plan(source, target, rules=DEVELOPER)
    assert made.changes == ()
    [left] = made.left
    assert (left.name, left.reason) == ("App Developer", Reason.BUILT_IN)
    assert left.details == ("permission 'Tasks'",)
    for promoted, names in (("Bot Developer", []), ("App Developer", ["App Developer"])):
        changes = plan(source, target, rules=DEVELOPER, promoted=(promoted,)).changes
        assert [each.name for each in changes] == names


HELD = tuple(holds(name, "Ops New") for name in ("ann", "bob"))


@pytest.mark.parametrize("name", ["Ops New", "Ops Old", "*New", "*Old"])
def test_either_name_selects_the_role_and_its_holders(name: str) -> None:
    source = state(OLD, held=tuple(holds(name, "Ops Old") for name in ("ann", "bob")))
    others = state(NEW, Role("admin", "Other"), held=HELD)
    made = plan(source, others, asked=Selection((name,)), assignments=Assignments.EXACT)
    assert [change.name for change in made.changes] == ["Ops New"]
    assert made.people.removes == made.people.adds == ()
    without = Selection(exclude=(name,))
    made = plan(source, others, asked=without, assignments=Assignments.EXACT)
    assert [change.name for change in made.changes] == ["Other"]
    assert made.people.removes == ()


@pytest.mark.parametrize("mode", list(Mode))
def test_what_a_snapshot_left_out_is_out_of_scope_under_its_alias(mode: Mode) -> None:
    other = Role("admin", "Other")
    for taken in (Selection(("Other", "Ops New")), Selection(exclude=("Ops Old",))):
        source = state(other, held=())
        made = plan(
            source, state(NEW, other, held=HELD), mode, taken=taken, assignments=Assignments.EXACT
        )
        assert (made.changes, made.people.removes) == ((), ())


def test_a_snapshot_that_was_narrowed_by_the_sources_name_holds_the_role() -> None:
    made = plan(state(OLD), state(NEW), taken=Selection(("Ops Old",)))
    assert [change.name for change in made.changes] == ["Ops New"]
    # A source that has the new name already is as good.
    new = replace(OLD, name="Ops New")
    made = plan(state(new), state(NEW), taken=Selection(("Ops New",)))
    assert [change.name for change in made.changes] == ["Ops New"]


def test_an_alias_with_marks_of_a_pattern_stands_for_itself_alone() -> None:
    rules = IdentityRules(roles={"Team": "Team [A]*?"})
    asked, _ = scope_here(Selection(("Team",)), ALL, state(Role("admin", "Team")), rules)
    assert asked.covers("Team [A]*?")
    assert not asked.covers("Team A1")
    assert not asked.covers("Team [A]xy")


NAMES = ("A", "B", "C", "D")
# No two of one alias: the config refuses such a table.
ALIASES = [{}, {"A": "C"}, {"A": "D"}, {"B": "C"}, {"A": "C", "B": "D"}, {"A": "D", "B": "C"}]
tables = st.sampled_from(ALIASES)
patterns = st.lists(st.sampled_from((*NAMES, "*")), max_size=2).map(tuple)


@given(
    tables,
    st.builds(Selection, patterns, patterns),
    st.builds(Selection, patterns, patterns),
    st.sets(st.sampled_from(NAMES)),
)
def test_scope_never_holds_what_the_source_left_out(
    roles: dict[str, str], asked: Selection, taken: Selection, names: set[str]
) -> None:
    rules = IdentityRules(roles=roles)
    names = names.difference(roles.values())  # two roles of one name are an error of their own
    held = {name for name in names if taken.covers(name)}
    source = state(*(Role("admin", name) for name in held))
    scope = scope_here(asked, taken, source, rules)
    covered = {name for name in NAMES if all(part.covers(name) for part in scope)}
    left_out = {rules.role(name) for name in names - held} - {rules.role(name) for name in held}
    assert covered.isdisjoint(left_out)
    for name in names & held:
        either = asked.covers(name) or asked.covers(rules.role(name))
        assert either or rules.role(name) not in covered


@given(tables)
def test_roles_only_change_their_names(roles: dict[str, str]) -> None:
    rules = IdentityRules(roles=roles)
    source = state(*(Role("admin", name, name, id=name) for name in "AB"))
    called = called_here(source, (), rules)
    assert {(each.description, each.id): each.name for each in called.all_roles()} == {
        (name, name): rules.role(name) for name in "AB"
    }
