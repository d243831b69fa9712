"""From an assignments file and a target to the state that it asks for."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.assignments_file import Action, AssignmentsFile, Wanted
from migrate.assignments_file.resolving import MOST_HINTS, MOST_PLACES, asked_of
from migrate.behaviour import Behaviour
from migrate.errors import InvalidInput, UsageError
from migrate.model import (
    ACCOUNT,
    Assignment,
    Assignments,
    Capture,
    People,
    Principal,
    PrincipalKind,
    Role,
    Scope,
    Section,
    State,
)
from migrate.peopleplan import Sides
from migrate.peopleplanner import PeopleRequest, plan_people
from migrate.platforms.kore.catalogue import TRAITS

USER, GROUP = PrincipalKind.USER, PrincipalKind.GROUP
ADD, REMOVE = Action.ADD, Action.REMOVE
ROLES = {
    "admin": ("admin", "Ops", "Audit"),
    "bot": ("Bot Owner", "Helper", "Tester"),
}
BOTS = {"Helpdesk": "st-1", "Twin [st-2]": "st-2", "Twin [st-3]": "st-3"}
PEOPLE = (
    Principal(USER, "Ann@Example.com", "u-1", "E1"),
    Principal(USER, "bob@example.com", "u-2", "E2"),
    Principal(USER, "E3", "u-3", "E3"),
    Principal(USER, "one@example.com", "u-4", "E4"),
    Principal(USER, "two@example.com", "u-5", "E4"),
    Principal(GROUP, "Desk", "g-1"),
    Principal(GROUP, "Nobody", "g-2"),
)


def target(*held: Assignment, **more: object) -> State:
    people = People(
        account_id="account",
        principals={(each.kind.value, TRAITS.fold(each.kind, each.name)): each for each in PEOPLE},
        scopes={name: Scope(name, own) for name, own in BOTS.items()},
        assignments=frozenset(held),
        groups_of={"ann@example.com": frozenset({"Desk"})},
        unseen_groups=frozenset({"Nobody"}),
    )
    sections = {
        role_type: Section.of(
            tuple(
                Role(role_type, name, permissions={"Invite": "YES"}, id=f"{role_type}-{number}")
                for number, name in enumerate(names)
            )
        )
        for role_type, names in ROLES.items()
    }
    return State(sections, replace(people, **more))  # type: ignore[arg-type]


def ops(principal: str, kind: str = "user") -> Assignment:
    return Assignment(kind, principal, "admin", "Ops", ACCOUNT)


def row(principal="bob@example.com", role="Ops", bot="", action=ADD, kind=USER, **more) -> Wanted:
    return Wanted(kind, principal, "bot" if bot else "admin", role, bot, action, **more)


def file(*rows: Wanted) -> AssignmentsFile:
    placed = [
        replace(each, place=each.place or f"line {number}") for number, each in enumerate(rows, 2)
    ]
    return AssignmentsFile("f.csv", "0" * 64, tuple(placed))


def asked(*rows: Wanted, here: State | None = None, skip: bool = False):
    return asked_of(file(*rows), here or target(), TRAITS, skip_unresolved=skip)


def changed(*rows: Wanted, here: State | None = None, skip: bool = False):
    """What is added and what is removed."""
    here = here or target()
    found = asked(*rows, here=here, skip=skip)
    assert found.state == State(
        here.roles, replace(here.people, assignments=found.state.people.assignments)
    )
    now, then = found.state.people.assignments, here.people.assignments
    return now - then, then - now


def refused(
    *rows: Wanted, here: State | None = None, skip: bool = False, final: bool = False
) -> list[str]:
    """The faults of a file; those that are not `final` can be skipped, and the remedy says so."""
    with pytest.raises(InvalidInput) as caught:
        asked(*rows, here=here, skip=skip)
    error = caught.value
    assert (error.where, error.target) == ("f.csv", "unchanged")
    assert ("--on-unresolved skip" in error.remedy) is not final
    return [str(fault) for fault in error.faults]


def test_what_a_group_of_unlisted_users_is_given_shows_and_what_it_loses_does_not():
    here = target(unseen_groups=frozenset({"Desk", "Nobody"}))
    assert changed(row("Desk", kind=GROUP), here=here) == ({ops("Desk", "group")}, set())
    (fault,) = refused(row("Desk", kind=GROUP, action=REMOVE), here=here)
    assert fault.endswith('group "Desk": no user in it is listed, so that what it holds is not '
                          "shown here")  # fmt: skip


# Names and ids.


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (row("ANN@example.com"), ops("ann@example.com")),
        (row("E2", by_org_id=True), ops("bob@example.com")),
        (row("E3", by_org_id=True), ops("e3")),
        (row("e3"), ops("e3")),
        (row("Desk", kind=GROUP), ops("Desk", "group")),
        (row(role="", role_id="admin-1"), ops("bob@example.com")),
        (row(role="Ops", role_id="admin-1"), ops("bob@example.com")),
        (
            row(role="Helper", bot="Helpdesk"),
            Assignment("user", "bob@example.com", "bot", "Helper", "Helpdesk"),
        ),
        (
            row(role="Helper", bot="Twin [st-3]"),
            Assignment("user", "bob@example.com", "bot", "Helper", "Twin [st-3]"),
        ),
        (
            Wanted(USER, "bob@example.com", "bot", "", role_id="bot-1", bot_id="st-2"),
            Assignment("user", "bob@example.com", "bot", "Helper", "Twin [st-2]"),
        ),
        (
            Wanted(USER, "bob@example.com", "bot", "Helper", "Twin", bot_id="st-2"),
            Assignment("user", "bob@example.com", "bot", "Helper", "Twin [st-2]"),
        ),
    ],
)
def test_each_way_to_name_somebody_finds_the_one(line, found):
    assert changed(line) == ({found}, set())
    assert changed(replace(line, action=REMOVE), here=target(found)) == (set(), {found})


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (
            row("bop@example.com"),
            'user "bop@example.com": the target has none of that name '
            '(did you mean "bob@example.com"?)',
        ),
        (row("E2"), 'user "E2": the target has none of that name (it is the organisation id of '
                    '"bob@example.com")'),
        (row("Desk"), 'user "Desk": the target has none of that name (there is a group of that '
                      'name)'),
        (row("E9", by_org_id=True), 'user with the organisation id "E9": the target shows none, '
                                    'and nobody can be looked up by it'),
        (row("desk", kind=GROUP), 'group "desk": the target has none of that name (did you mean '
                                  '"Desk"?)'),
        (row("Nobody", kind=GROUP), 'group "Nobody": nobody is in it, so that what it holds is not '
                                    'shown here'),
        (row(role="Opps"), 'admin role "Opps": the target has none of that name (did you mean '
                           '"Ops"?)'),
        (row(role="Helper"), 'admin role "Helper": the target has none of that name (there is a '
                             'bot role of that name)'),
        (row(role="Tester", bot="Sales"), 'bot "Sales": the target has none of that name'),
        (row(role="", role_id="7"), 'role with the id "7": the target has none'),
        (
            Wanted(USER, "bob@example.com", "bot", "Helper", bot_id="st-9"),
            'bot with the id "st-9": the target has none',
        ),
    ],
)  # fmt: skip
def test_what_the_target_does_not_have_is_refused_with_a_guess_or_skipped(line, fault):
    assert refused(line) == [f"line 2: {fault}"]
    good = row("Desk", kind=GROUP)
    found = asked(line, good, skip=True)
    assert changed(line, good, skip=True) == ({ops("Desk", "group")}, set())
    assert found.notes == (f"skipped: line 2: {fault}",)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (
            row("E4", by_org_id=True),
            'user with the organisation id "E4": it could be "one@example.com" or '
            '"two@example.com"; say which is meant',
        ),
        (
            row(role="Helper", bot="Twin"),
            'bot "Twin": it could be "Twin [st-2]" or "Twin [st-3]"; say which is meant',
        ),
        (
            row(role="Audit", role_id="admin-1"),
            'role with the id "admin-1" is the admin role "Ops", not "Audit"',
        ),
        (
            row(role="", role_id="bot-1"),
            'role with the id "bot-1" is the bot role "Helper", which needs a bot that it is held '
            "in",
        ),
        (
            row(role="", role_id="admin-1", bot="Helpdesk"),
            'role with the id "admin-1" is the admin role "Ops", which is held in no bot',
        ),
        (
            Wanted(USER, "bob@example.com", "bot", "Helper", "Sales", bot_id="st-1"),
            'bot with the id "st-1" is "Helpdesk", not "Sales"',
        ),
        (
            row(role="Bot Owner", bot="Helpdesk"),
            '"Bot Owner" cannot be assigned: it comes with owning the bot',
        ),
        (
            row("Desk", role="admin", kind=GROUP),
            '"admin" (Master Admin) is held by users only, never by groups',
        ),
    ],
)
def test_what_is_not_clear_or_never_done_is_refused_in_any_case(line, fault):
    unknown = row("eve@example.com")
    for skip in (False, True):
        found = refused(line, unknown, skip=skip, final=True)
        assert found[0] == f"line 2: {fault}"
        assert len(found) == 2


def test_what_is_asked_for_both_ways_names_the_other_line():
    both = (row("bob@example.com"), row("E2", by_org_id=True, action=REMOVE))
    (found,) = refused(*both, final=True)
    assert found == ('line 3: user "E2", admin role "Ops": added and removed; the other is line 2')
    twice = row("E2", by_org_id=True), row("bob@example.com")
    assert changed(*twice) == ({ops("bob@example.com")}, set())


def test_everything_is_listed_at_once_each_name_once_with_its_places():
    rows = [row("eve@example.com", role=name) for name in ("Ops", "Audit", "Opps")]
    rows += [row(f"x{n}@example.org", role="Gone") for n in range(MOST_PLACES + 2)]
    found = refused(*rows)
    assert found[0].startswith('line 2, line 3, line 4: user "eve@example.com": ')
    assert found[1].startswith('line 4: admin role "Opps": ')
    assert [each for each in found if "Gone" in each] == [
        'line 5, line 6, line 7, line 8, line 9 and 2 more: admin role "Gone": the target has none '
        "of that name"
    ]
    assert len(found) == 3 + MOST_PLACES + 2


def test_guesses_end_where_everything_is_unknown():
    found = refused(*[row(f"bob{n}@example.com") for n in range(MOST_HINTS + 5)])
    assert [("did you mean" in each) for each in found] == [True] * MOST_HINTS + [False] * 5


def test_roles_of_a_type_that_is_not_read_are_told_apart():
    here = target()
    unread = replace(here, roles={**here.roles, "bot": Section(Capture.NOT_CAPTURED)})
    line = row(role="Helper", bot="Helpdesk")
    message = 'line 2: bot role "Helper": bot roles of the target are not read'
    assert refused(line, here=unread) == [message]
    assert refused(line, here=replace(here, roles={"admin": here.roles["admin"]})) == [message]


@pytest.mark.parametrize("people", [None, replace(target().people, complete=False)])
def test_who_holds_what_must_be_known(people):
    with pytest.raises(UsageError, match="those of the target are not known: encrypted") as caught:
        asked_of(file(row()), replace(target(), people=people), TRAITS, unread="encrypted")
    assert caught.value.target == "unchanged"


# What a reviewer has to know.


def test_what_is_so_already_is_counted():
    here = target(ops("bob@example.com"))
    rows = (row(), row("E3", action=REMOVE), row("Desk", kind=GROUP))
    assert asked(*rows, here=here).notes == ("2 of 3 are already so",)
    assert asked(*rows[1:], here=here).notes == ("1 of 2 is already so",)
    assert asked(rows[2], here=here).notes == ()


def test_what_the_platform_never_does_is_no_fault_where_it_is_so():
    owner = Assignment("user", "bob@example.com", "bot", "Bot Owner", "Helpdesk")
    assert changed(row(role="Bot Owner", bot="Helpdesk"), here=target(owner)) == (set(), set())
    gone = row("Desk", role="admin", kind=GROUP, action=REMOVE)
    assert changed(gone) == (set(), set())


def test_who_keeps_a_role_through_a_group_is_named():
    group, direct = ops("Desk", "group"), ops("ann@example.com")
    line = row("ann@example.com", action=REMOVE)
    note = 'line 2: "ann@example.com" keeps the admin role "Ops" through "Desk"'
    assert asked(line, here=target(group, direct)).notes == (note,)
    assert changed(line, here=target(group, direct)) == (set(), {direct})
    assert asked(line, here=target(group)).notes == ("1 of 1 is already so", note)
    vague = target(group, maybe_direct=frozenset({direct}))
    (found,) = asked(line, here=vague).notes
    assert found.startswith(note + "; whether directly, too, is not shown here")
    # Nobody keeps it where the same file takes it from the group.
    both = (line, row("Desk", kind=GROUP, action=REMOVE))
    assert asked(*both, here=target(group, direct)).notes == ()


# Any file.

NAMED = {
    ("user", "ann@example.com"): ("Ann@Example.com", "ann@example.com", "ANN@EXAMPLE.COM"),
    ("user", "bob@example.com"): ("bob@example.com", "Bob@example.com"),
    ("user", "e3"): ("E3",),
    ("group", "Desk"): ("Desk",),
}
BY_ORG_ID = {"ann@example.com": "E1", "bob@example.com": "E2", "e3": "E3"}
PLACES = (
    *(("admin", name, ACCOUNT) for name in ("Ops", "Audit")),
    *(("bot", name, bot) for name in ("Helper", "Tester") for bot in BOTS),
)
ITEMS = tuple(Assignment(*who, *place) for who in NAMED for place in PLACES)


@st.composite
def lines(draw, item: Assignment, action: Action) -> Wanted:
    """A line that asks for something, in one of all the ways to say it."""
    number = ROLES[item.role_type].index(item.role)
    own = f"{item.role_type}-{number}"
    role, role_id = draw(st.sampled_from([(item.role, ""), ("", own), (item.role, own)]))
    bots = [("", "")]
    if item.scope:
        bots = [(item.scope, ""), ("", BOTS[item.scope]), (item.scope, BOTS[item.scope])]
    bot, bot_id = draw(st.sampled_from(bots))
    by_org_id = item.principal in BY_ORG_ID and draw(st.booleans())
    name = BY_ORG_ID[item.principal] if by_org_id else draw(st.sampled_from(NAMED[item.holder]))
    kind = PrincipalKind(item.kind)
    return Wanted(kind, name, item.role_type, role, bot, action, by_org_id, role_id, bot_id)


@st.composite
def files(draw) -> tuple[list[Wanted], frozenset[Assignment], frozenset[Assignment]]:
    """Lines in any order, some more than once, with all that they add and all that they remove."""
    wanted = draw(st.dictionaries(st.sampled_from(ITEMS), st.sampled_from(Action), max_size=12))
    found = [draw(lines(item, action)) for item, action in wanted.items()]
    again = draw(st.lists(st.sampled_from(sorted(wanted)), max_size=4)) if wanted else []
    found += [draw(lines(item, wanted[item])) for item in again]
    adds = frozenset(item for item, action in wanted.items() if action is ADD)
    return draw(st.permutations(found)), adds, frozenset(wanted) - adds


@given(files(), st.frozensets(st.sampled_from(ITEMS)))
def test_just_the_lines_that_are_not_so_yet_are_done(asked_for, held):
    rows, adds, removes = asked_for
    here = target(*held)
    assert changed(*rows, here=here) == (adds - held, removes & held)
    # The planner finds just that again, and once it is done there is nothing left to do.
    found = asked(*rows, here=here)
    sides = Sides(found.state, here, here, ())
    plan = plan_people(sides, PeopleRequest(Assignments.EXACT), Behaviour(), TRAITS, "")
    assert (set(plan.adds), set(plan.removes)) == (adds - held, removes & held)
    assert plan.left == ()
    after = asked(*rows, here=found.state)
    assert after.state == found.state
    count = len(rows)
    already = f"{count} of {count} {'is' if count == 1 else 'are'} already so"
    assert [note for note in after.notes if "keeps" not in note] == ([already] if rows else [])


@given(files())
def test_order_and_repetition_make_no_difference(asked_for):
    rows, _, _ = asked_for
    once = asked(*rows).state
    assert asked(*reversed(rows)).state == asked(*rows, *rows).state == once
