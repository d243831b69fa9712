import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.behaviour import (
    Behaviour,
    Learned,
    achievable,
    from_value,
    is_denied,
    shown,
    to_value,
)
from migrate.canonical import dumps, loads
from migrate.errors import InvalidInput
from migrate.model import Role
from tests.core.strategies import DRAWN, TEXT, role_of

LEARNED = st.builds(
    Learned,
    fills=st.booleans(),
    merges=st.booleans(),
    keeps_roles=st.booleans(),
    drops=st.frozensets(TEXT, max_size=2),
    ids=st.none() | st.sampled_from(("kept", "minted")),
    drops_unknown=st.booleans(),
    rows=st.none() | st.sampled_from(("one", "merged")),
)
POOL = ("Invite", "Manage Users", "Legacy")


def reached(wanted, had, **learned):
    before = Role("admin", "A", "", had) if had is not None else None
    role, because = achievable(Role("admin", "A", "", wanted), before, Learned(**learned), "NO")
    return role.permissions, because


def test_where_nothing_was_learned_everything_is_achievable():
    assert reached({"Invite": "YES"}, {"Legacy": "YES", "Preferences": "NO"}) == (
        {"Invite": "YES"},
        (),
    )


def test_absent_stays_denied_where_absent_becomes_denied():
    permissions, because = reached({}, {"Invite": "NO", "Legacy": "YES"}, fills=True)
    assert permissions == {"Invite": "NO"}
    assert len(because) == 1
    assert "'Invite' stays NO" in because[0]


def test_absent_stays_whatever_it_was_where_updates_are_merged():
    permissions, because = reached({"Invite": "NO"}, {"Invite": "YES", "B": "YES"}, merges=True)
    assert permissions == {"Invite": "NO", "B": "YES"}
    assert "'B' stays YES" in because[0]
    assert "set it explicitly" in because[0]


DROPS = frozenset({"Legacy"})


@pytest.mark.parametrize("had", [None, {}])
def test_a_dropped_name_is_not_sent_to_a_role_that_lacks_it(had):
    permissions, because = reached({"Legacy": "YES", "Invite": "NO"}, had, drops=DROPS)
    assert permissions == {"Invite": "NO"}
    assert because == ("permission 'Legacy' cannot be set: this platform drops the name",)


def test_names_that_nobody_knows_are_dropped_only_where_a_probe_saw_that():
    wanted = Role("admin", "A", "", {"Future": "YES", "Invite": "YES"})
    unknown = frozenset({"Future"})
    role, because = achievable(wanted, None, Learned(drops_unknown=True), "NO", unknown)
    assert role.permissions == {"Invite": "YES"}
    assert "'Future' cannot be set" in because[0]
    assert "--relearn sends it all the same" in because[0]
    assert achievable(wanted, None, Learned(), "NO", unknown) == (wanted, ())
    assert achievable(wanted, None, Learned(drops_unknown=True), "NO") == (wanted, ())


def test_what_a_role_holds_is_never_given_up_for_something_learned():
    for wanted in ("YES", "NO"):
        permissions, because = reached(
            {"Legacy": wanted, "Invite": "YES"}, {"Legacy": "YES"}, drops=DROPS
        )
        assert permissions == {"Legacy": wanted, "Invite": "YES"}
        assert because == ()


def test_later_sightings_clear_what_was_learned():
    old = Learned(merges=True, fills=True, keeps_roles=True, drops=frozenset({"A", "B"}))
    new = Learned(
        drops=frozenset({"C"}),
        disproved=frozenset({"merges", "keeps_roles"}),
        obeyed=frozenset({"A"}),
    )
    assert old.joined(new) == Learned(fills=True, drops=frozenset({"B", "C"}))


def test_a_merged_name_stays_even_if_the_platform_drops_it_from_files():
    permissions, because = reached({}, {"Legacy": "YES"}, drops=DROPS, merges=True)
    assert permissions == {"Legacy": "YES"}
    assert len(because) == 1


@settings(deadline=None)
@given(
    DRAWN,
    DRAWN,
    st.builds(
        Learned, st.booleans(), st.booleans(), st.just(False), st.frozensets(st.sampled_from(POOL))
    ),
)
def test_asking_for_what_is_achievable_again_changes_nothing_more(wanted, had, learned):
    desired, before = (role_of(n, "admin", "A", "1", POOL) for n in (wanted, had))
    once, because = achievable(desired, before, learned, "NO")
    assert achievable(desired, once, learned, "NO")[0].permissions == once.permissions
    assert desired.same_content(once) == (not because)


def test_denied_is_the_platforms_no_alone_or_in_a_list_of_one():
    assert is_denied("NO", "NO")
    assert is_denied(("NO",), "NO")
    assert not is_denied(("NO", "VIEW"), "NO")
    assert not is_denied("YES", "NO")
    assert not is_denied("NO", None)
    assert [shown(None), shown("YES"), shown(("A", "B"))] == ["absent", "YES", "A, B"]


@settings(deadline=None)
@given(LEARNED, LEARNED, LEARNED)
def test_what_was_learned_adds_up_in_any_grouping(one, two, three):
    assert one.joined(two).joined(three) == one.joined(two.joined(three))
    assert one.joined(Learned()) == one == Learned().joined(one)
    assert one.joined(two).drops == one.drops | two.drops
    assert one.joined(Learned(ids="minted")).ids == "minted"


def test_behaviour_is_joined_by_role_type():
    known = Behaviour({"admin": Learned(fills=True)}).joined(
        {"admin": Learned(merges=True), "bot": Learned(ids="kept")}, run="r1", at="now"
    )
    assert known.of("admin") == Learned(fills=True, merges=True)
    assert known.of("bot") == Learned(ids="kept")
    assert known.of("agent") == Learned()
    assert (known.run, known.seen_at) == ("r1", "now")


@settings(deadline=None)
@given(st.dictionaries(TEXT, LEARNED, max_size=2), TEXT)
def test_behaviour_survives_its_file(learned, run):
    known = Behaviour(learned, run, "2026-01-31T12:00:00Z")
    assert from_value(loads(dumps(to_value(known)), where="x")) == known


SOUND = to_value(Behaviour({"bot": Learned(drops=DROPS)}, "r1", "now"))


@pytest.mark.parametrize(
    "damage",
    [
        None,
        [],
        "text",
        {},
        {**SOUND, "formatVersion": 2},
        {**SOUND, "roleTypes": []},
        {**SOUND, "roleTypes": {"bot": {}}},
        {**SOUND, "roleTypes": {"bot": {**SOUND["roleTypes"]["bot"], "drops": "Legacy"}}},
        {**SOUND, "roleTypes": {"bot": {**SOUND["roleTypes"]["bot"], "drops": [1]}}},
        {**SOUND, "roleTypes": {"bot": {**SOUND["roleTypes"]["bot"], "drops": None}}},
        {key: item for key, item in SOUND.items() if key != "run"},
    ],
)
def test_a_damaged_behaviour_file_is_refused_with_the_way_out(damage):
    with pytest.raises(InvalidInput) as caught:
        from_value(damage)
    assert "--relearn" in caught.value.remedy
