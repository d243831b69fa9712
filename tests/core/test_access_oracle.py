"""Effective access against a slow and simple reading of the same rules, one user at a time."""

from hypothesis import given
from hypothesis import strategies as st

from migrate.access import Direction, Way, access_changes, effective
from migrate.access_rules import KINDS, AccessFacts
from migrate.accessfile import to_value
from migrate.levels import Levels
from migrate.model import Assignment, People, Role, Section, State, by_holder
from migrate.peopleplan import reach
from migrate.platforms.kore.catalogue import TRAITS
from migrate.report.access_text import rows, sentences

LEVELS = Levels.of((("NO", "VIEW", "FULL"), ("NO", "YES")), "NO")
ABOVE = {"NO": {"VIEW", "FULL", "YES", "EDIT", ("A", "B")}, "VIEW": {"FULL"}}
VALUES = ["NO", ("NO",), "VIEW", "FULL", ("FULL",), "YES", ("YES",), "EDIT", ("A", "B"), ("B", "A")]
PERMISSIONS = ["P", "Q", "R"]
USERS, GROUPS, BOTS = ["ann", "bob", "cy"], ["G", "ann"], ["b1", "b2"]
ROLES = [(kind, name) for kind in ("admin", "bot") for name in ("A", "B", "C")]


def plain(value):
    return {("NO",): "NO", ("FULL",): "FULL", ("YES",): "YES", ("B", "A"): ("A", "B")}.get(
        value, value
    )


@st.composite
def sides(draw):
    """Roles and assignments, twice, with the groups of one account."""
    maps = st.dictionaries(st.sampled_from(PERMISSIONS), st.sampled_from(VALUES))
    roles = st.dictionaries(st.sampled_from(ROLES), maps, max_size=6)
    principals = [("user", name) for name in USERS] + [("group", name) for name in GROUPS]
    places = [(key, "") if key[0] == "admin" else (key, bot) for key in ROLES for bot in BOTS]
    assignments = st.frozensets(
        st.builds(
            lambda who, place: Assignment(*who, *place[0], place[1]),
            st.sampled_from(principals),
            st.sampled_from(places),
        ),
        max_size=12,
    )
    groups_of = draw(
        st.dictionaries(st.sampled_from(USERS), st.frozensets(st.sampled_from(GROUPS)))
    )
    return [(draw(roles), draw(assignments), groups_of) for _ in range(2)]


def ours(side):
    roles, assignments, groups_of = side
    built = {key: Role(*key, permissions=held) for key, held in roles.items()}
    return effective(built, by_holder(assignments), groups_of, LEVELS)


def ways(side, who, role_type, scope):
    _, assignments, groups_of = side
    groups = groups_of.get(who[1], ()) if who[0] == "user" else ()
    return {
        Way(one.role, "" if (one.kind, one.principal) == who else one.principal)
        for one in assignments
        if (one.role_type, one.scope) == (role_type, scope)
        and ((one.kind, one.principal) == who or (one.kind == "group" and one.principal in groups))
    }


def giving(side, who, role_type, scope, permission):
    """The strongest values, each with the ways it comes."""
    found = {}
    for way in ways(side, who, role_type, scope):
        held = side[0].get((role_type, way.role), {})
        if permission in held:
            found.setdefault(plain(held[permission]), set()).add(way)
    return {value: found[value] for value in found if not ABOVE.get(value, set()) & found.keys()}


def beyond(values, others):
    """The values that grant something that the others do not."""
    return {
        value
        for value in values
        if value not in {"NO", *others} and not ABOVE.get(value, set()) & set(others)
    }


def every_place():
    for who in [("user", name) for name in USERS] + [("group", name) for name in GROUPS]:
        for role_type, scopes in (("admin", [""]), ("bot", BOTS)):
            for scope in scopes:
                for permission in PERMISSIONS:
                    yield who, role_type, scope, permission


def expected(before, after):
    found = {}
    for place in every_place():
        had, has = giving(before, *place), giving(after, *place)
        gained, lost = beyond(has, had), beyond(had, has)
        if gained:
            direction = Direction.CHANGED if lost else Direction.GAIN
            through = set().union(*(has[value] for value in gained))
        elif lost:
            direction, through = Direction.LOSS, set().union(*(had[value] for value in lost))
        elif had.keys() != has.keys():
            direction, through = Direction.NOTE, set().union(*(has or had).values())
        else:
            continue
        found[place] = (direction, set(had), set(has), through)
    return found


def state_of(side):
    roles, assignments, groups_of = side
    sections = {
        kind: Section.of(
            Role(*key, permissions=held) for key, held in roles.items() if key[0] == kind
        )
        for kind in ("admin", "bot")
    }
    return State(sections, People("", {}, {}, assignments, groups_of))


@st.composite
def planned(draw):
    """A side, and what may become of it: some of what is held stays, and some comes."""
    before, other = draw(sides())
    held = [
        draw(st.sets(st.sampled_from(sorted(one[1])))) if one[1] else set()
        for one in (before, other)
    ]
    return before, (other[0], frozenset(set().union(*held)), before[2])


@given(planned())
def test_what_a_plan_reaches_is_what_everybody_would_have_afresh(both):
    before, after = both
    found = reach(state_of(before), state_of(after), after[1], TRAITS)
    assert (found.before.held, found.after.held) == (ours(before).held, ours(after).held)
    assert found.after.permissions == ours(after).permissions


def test_who_is_given_something_keeps_what_comes_through_a_group_that_stays():
    in_group = Assignment("group", "G", "admin", "A", "")
    own, new = (Assignment("user", "ann", "admin", name, "") for name in ("B", "C"))
    roles = {("admin", name): {"P": "YES"} for name in "ABC"}
    before = (roles, frozenset({in_group, own}), {"ann": frozenset({"G"})})
    found = reach(state_of(before), state_of(before), before[1] | {new}, TRAITS)
    ways = {Way("A", "G"), Way("B"), Way("C")}
    assert found.after.held["user", "ann"] == {("admin", ""): ways}


@given(sides())
def test_effective_access_is_what_each_would_be_found_to_have(both):
    for side in both:
        found = ours(side)
        for who, role_type, scope, permission in every_place():
            grants = found.grants(who, (role_type, scope)).get(permission, {})
            want = giving(side, who, role_type, scope, permission)
            assert grants.keys() == want.keys()
            for value, roles in grants.items():
                assert set(roles) == {way.role for way in want[value]}
                assert list(roles) == sorted(roles)


@given(sides())
def test_changes_are_those_that_each_would_see(both):
    changes = access_changes(*map(ours, both))
    found = [
        (
            (principal, change.role_type, change.scope, delta.permission),
            (delta.direction, set(delta.before), set(delta.after), set(change.through(delta))),
        )
        for change in changes
        for delta in change.deltas
        for principal in change.principals
    ]
    assert len(found) == len(dict(found))
    assert dict(found) == expected(*both)
    assert all(change.deltas and change.principals for change in changes)


@given(sides())
def test_the_way_back_gains_what_the_way_there_loses(both):
    there, back = expected(*both), expected(*reversed(both))
    reverse = {
        Direction.GAIN: Direction.LOSS,
        Direction.LOSS: Direction.GAIN,
        Direction.CHANGED: Direction.CHANGED,
        Direction.NOTE: Direction.NOTE,
    }
    assert {key: reverse[one[0]] for key, one in there.items()} == {
        key: one[0] for key, one in back.items()
    }
    assert access_changes(ours(both[0]), ours(both[0])) == ()


@given(sides())
def test_sentences_rows_and_json_say_each_change_exactly_once(both):
    changes, want = access_changes(*map(ours, both)), expected(*both)
    told = []
    for one in sentences(changes, LEVELS):
        where = (one.role_type, one.scope, one.permission)
        for kind, names in (("user", one.users), ("user", one.members), ("group", one.groups)):
            for name in names:
                told.append(((kind, name), *where))
                direction, had, has, through = want[told[-1]]
                assert one.direction is direction
                if direction is not Direction.NOTE:
                    had, has = had - {"NO"}, has - {"NO"}
                assert (set(one.before), set(one.after)) == (had, has)
                assert set(one.roles) == {way.role for way in through}
                if kind == "user":
                    assert (names is one.members) == all(way.group in one.groups for way in through)
    table = [
        ((row.kind, row.name), row.role_type, row.scope, row.delta.permission)
        for row in rows(changes)
    ]
    values = [
        ((who["kind"], who["name"]), entry["roleType"], entry["scope"], change["permission"])
        for entry in to_value(changes)
        for who in entry["principals"]
        for change in entry["permissions"]
    ]
    for each in (told, table, values):
        assert len(each) == len(want)
        assert set(each) == want.keys()


@given(sides())
def test_guards_object_exactly_where_somebody_does_what_they_forbid(both):
    before, after = map(ours, both)
    want = expected(*both)
    known = frozenset(PERMISSIONS)
    facts = AccessFacts(
        before=before,
        after=after,
        changes=access_changes(before, after),
        users=len(USERS),
        operator=("user", "ann"),
        permissions={"admin": known, "bot": known},
        roles=frozenset("ABC"),
        traits=TRAITS,
    )
    granted = {place for place in every_place() if set(giving(both[1], *place)) - {"NO"}}

    def objects(rule, **parameters):
        return bool(KINDS[rule].check(facts, {**KINDS[rule].defaults, **parameters}))

    losers = {place[0] for place, one in want.items() if one[0].loses and place[0][0] == "user"}
    for most in range(4):
        assert objects("max_losers", max=most, percent=100) == (len(losers) > most)
        percent = 100 * most / len(USERS)
        assert objects("max_losers", max=9, percent=percent + 0.1) == (len(losers) > most)
    gained = {place[3] for place, one in want.items() if one[0].gains}
    assert objects("no_gain", permissions=("P", "Q")) == bool(gained & {"P", "Q"})
    assert objects("operator_unchanged") == any(
        place[0] == ("user", "ann") and one[0] is not Direction.NOTE for place, one in want.items()
    )
    assert objects("somebody_holds", permission="P") == (
        not any(place[3] == "P" and place[0][0] == "user" for place in granted)
    )
    together = {place[:3] for place in granted if place[3] == "P"}
    together &= {place[:3] for place in granted if place[3] == "Q"}
    assert objects("not_together", permissions=("P", "Q")) == bool(together)
    beside = any(
        plain(both[1][0].get((role_type, way.role), {}).get("P", "NO")) != "NO"
        for who, role_type, scope, permission in every_place()
        if permission == "P"
        for way in ways(both[1], who, role_type, scope)
        if way.role != "A"
    )
    assert objects("only_through", permission="P", roles=("A",)) == beside
