"""Which assignments to add and to remove: worked out here from sets, by other code."""

from hypothesis import given
from hypothesis import strategies as st

from migrate.assigning import Delta, Rules, delta
from migrate.identity import Rename
from migrate.model import ACCOUNT, Assignment, Assignments, People

ROLES = tuple((kind, name) for kind in ("admin", "bot") for name in ("A", "B", "Old", "New"))
ITEMS = tuple(
    Assignment(kind, name, role_type, role, ACCOUNT if role_type == "admin" else scope)
    for kind, name in (("user", "ann"), ("user", "bob"), ("group", "desk"), ("group", "hidden"))
    for role_type, role in ROLES
    for scope in (("Bot", "Gone Bot") if role_type == "bot" else ("",))
)
items = st.frozensets(st.sampled_from(ITEMS))
some_roles = st.frozensets(st.sampled_from(ROLES))
MODES = st.sampled_from(list(Assignments))


def people(held: frozenset[Assignment], **more: object) -> People:
    return People("account", {}, {}, held, **more)  # type: ignore[arg-type]


def rules(
    scope: frozenset[tuple[str, str]] = frozenset(ROLES),
    after: frozenset[tuple[str, str]] = frozenset(ROLES),
    foreign: frozenset[Assignment] = frozenset(),
    refused: frozenset[Assignment] = frozenset(),
    doubtful: frozenset[Assignment] = frozenset(),
    *,
    merged: bool = False,
) -> Rules:
    return Rules(
        scope.__contains__,
        lambda item: "not the source's" if item in foreign else "",
        lambda item: "never assigned" if item in refused else "",
        after,
        doubtful,
        merged,
    )


GROUPS_OF = {"ann": frozenset({"desk"}), "bob": frozenset({"desk", "hidden"})}


def grouped(item: Assignment) -> frozenset[Assignment]:
    """What gives a user the same through a group."""
    groups = GROUPS_OF.get(item.principal, frozenset()) if item.kind == "user" else frozenset()
    return frozenset(item._replace(kind="group", principal=group) for group in groups)


def applied(found: Delta, held: frozenset[Assignment]) -> frozenset[Assignment]:
    return (held | found.adds) - found.removes


def reasons(found: Delta) -> dict[Assignment, str]:
    assert len({each.assignment for each in found.left}) == len(found.left)
    assert all(each.reason for each in found.left)
    return {each.assignment: each.reason for each in found.left}


@given(items, items)
def test_none_changes_nothing(held: frozenset, wanted: frozenset) -> None:
    assert delta(Assignments.NONE, people(held), wanted, (), rules()) == Delta()


@given(items, items, some_roles, some_roles, items)
def test_merge_adds_what_lacks_and_takes_nothing(
    held: frozenset, wanted: frozenset, scope: frozenset, after: frozenset, refused: frozenset
) -> None:
    found = delta(
        Assignments.MERGE, people(held), wanted, (), rules(scope, after, frozenset(), refused)
    )
    lacking = {item for item in wanted - held if item.role_key in scope}
    assert found.removes == frozenset()
    assert found.adds == {i for i in lacking - refused if i.role_key in after}
    assert reasons(found).keys() == lacking - found.adds


@given(items, items, some_roles)
def test_exact_ends_with_the_source_in_scope_and_leaves_the_rest(
    held: frozenset, wanted: frozenset, scope: frozenset
) -> None:
    found = delta(Assignments.EXACT, people(held), wanted, (), rules(scope))
    inside = frozenset(item for item in ITEMS if item.role_key in scope)
    assert applied(found, held) == (wanted & inside) | (held - inside)
    assert found.left == ()


@given(
    MODES,
    items,
    items,
    some_roles,
    some_roles,
    items,
    items,
    items,
    st.booleans(),
    items,
    st.booleans(),
)
def test_a_delta_is_minimal_and_whatever_differs_still_has_a_reason(
    mode: Assignments,
    held: frozenset,
    wanted: frozenset,
    scope: frozenset,
    after: frozenset,
    foreign: frozenset,
    refused: frozenset,
    hidden: frozenset,
    unseen: bool,
    doubtful: frozenset,
    merged: bool,
) -> None:
    known = people(
        held,
        maybe_direct=frozenset(item for item in hidden - held if item.kind == "user"),
        groups_of=GROUPS_OF,
        unseen_groups=frozenset({"hidden"} if unseen else ()),
    )
    limits = rules(scope, after, foreign, refused, doubtful, merged=merged)
    found = delta(mode, known, wanted, (), limits)
    assert found.adds.isdisjoint(found.removes)
    assert found.adds.isdisjoint(held | refused)
    then = applied(found, held)
    if merged:
        assert not [item for item in found.adds & known.maybe_direct if grouped(item) & then]
    elif mode is not Assignments.NONE:
        sent = {i for i in wanted - held - refused if i.role_key in scope & after}
        empty = {"hidden"} if unseen and not known.groups_of else set()
        assert {item for item in sent if item.principal not in empty} <= found.adds
    assert found.removes <= held - refused - foreign - doubtful
    moved = found.adds | found.removes
    assert {item.role_key for item in moved} <= scope & after
    assert not [item for item in found.removes if unseen and item.principal == "hidden"]
    left = reasons(found)
    assert moved.isdisjoint(left)
    if mode is Assignments.EXACT:
        differing = {
            item
            for item in applied(found, held) ^ wanted
            # Who holds a role that is deleted loses it by that.
            if item.role_key in scope and (item in wanted or item.role_key in after)
        }
        assert differing <= left.keys()


RENAME = Rename("admin", "Old", "New")


@given(MODES, items, items)
def test_members_of_a_renamed_role_move_and_exact_keeps_those_of_the_source(
    mode: Assignments, held: frozenset, wanted: frozenset
) -> None:
    # The target has no New yet, and the source no Old any more: else it would be no rename.
    held = frozenset(item for item in held if item.role_key != ("admin", "New"))
    wanted = frozenset(item for item in wanted if item.role_key != ("admin", "Old"))
    found = delta(mode, people(held), wanted, [RENAME], rules())
    old = frozenset(item for item in held if item.role_key == ("admin", "Old"))
    moved = frozenset(item._replace(role="New") for item in old)
    others = held - old
    assert found.removes >= old
    ends = {
        Assignments.NONE: others | moved,
        Assignments.MERGE: others | moved | wanted,
        Assignments.EXACT: wanted,
    }
    assert applied(found, held) == ends[mode]


@given(items)
def test_members_of_a_renamed_role_that_is_deleted_are_not_removed_first(held: frozenset) -> None:
    held = frozenset(item for item in held if item.role_key != ("admin", "New"))
    after = frozenset(ROLES) - {("admin", "Old")}
    found = delta(Assignments.NONE, people(held), frozenset(), [RENAME], rules(after=after))
    assert found.removes == frozenset()
    assert found.adds == {
        item._replace(role="New") for item in held if item.role_key == ("admin", "Old")
    }


def one(text: str, mode: Assignments = Assignments.EXACT, **more: object) -> Delta:
    """The delta for one assignment that is only in the target, or wanted only."""
    item = Assignment("group", "hidden", "admin", "A", ACCOUNT)
    held = frozenset({item} if text == "held" else ())
    wanted = frozenset({item} if text == "wanted" else ())
    known = people(held, **more.pop("people", {}))  # type: ignore[arg-type]
    return delta(mode, known, wanted, (), rules(**more))  # type: ignore[arg-type]


ONE = Assignment("group", "hidden", "admin", "A", ACCOUNT)


def test_a_member_of_a_renamed_role_moves_also_where_the_source_knows_nothing_of_the_bot() -> None:
    old = Assignment("user", "ann", "bot", "Old", "Gone Bot")
    new = old._replace(role="New")
    found = delta(
        Assignments.EXACT,
        people(frozenset({old})),
        frozenset(),
        [Rename("bot", "Old", "New")],
        rules(foreign=frozenset({new})),
    )
    assert found == Delta(frozenset({new}), frozenset({old}))


def test_who_may_keep_a_role_that_the_group_loses_is_named() -> None:
    group = Assignment("group", "desk", "admin", "A", ACCOUNT)
    maybe = Assignment("user", "ann", "admin", "A", ACCOUNT)
    known = people(
        frozenset({group}),
        maybe_direct=frozenset({maybe}),
        groups_of={"ann": frozenset({"desk"})},
    )
    kept = delta(Assignments.EXACT, known, frozenset({group}), (), rules())
    assert kept == Delta()
    lost = delta(Assignments.EXACT, known, frozenset(), (), rules())
    assert (lost.adds, lost.removes) == (frozenset(), {group})
    assert "the next plan shows that" in reasons(lost)[maybe]
    assert delta(Assignments.MERGE, known, frozenset(), (), rules()).left == ()
    assert delta(Assignments.EXACT, known, frozenset(), (), rules(after=frozenset())) == Delta()
    outside = rules(scope=frozenset())
    assert delta(Assignments.EXACT, known, frozenset(), (), outside) == Delta()


def test_what_may_be_held_directly_is_added_where_no_group_gives_it_any_more() -> None:
    group = Assignment("group", "desk", "admin", "A", ACCOUNT)
    maybe = Assignment("user", "ann", "admin", "A", ACCOUNT)
    known = people(frozenset({group}), maybe_direct=frozenset({maybe}), groups_of=GROUPS_OF)
    sent = delta(Assignments.EXACT, known, frozenset({group, maybe}), (), rules())
    assert sent == Delta(frozenset({maybe}))
    kept = delta(Assignments.EXACT, known, frozenset({group, maybe}), (), rules(merged=True))
    assert (kept.adds, kept.removes) == (frozenset(), frozenset())
    assert "whether directly" in reasons(kept)[maybe]
    lost = delta(Assignments.EXACT, known, frozenset({maybe}), (), rules())
    assert lost == Delta(frozenset({maybe}), frozenset({group}))
    stays = rules(refused=frozenset({group}), merged=True)
    assert delta(Assignments.EXACT, known, frozenset({maybe}), (), stays).adds == frozenset()


def test_what_the_source_may_have_is_not_taken() -> None:
    held = Assignment("user", "ann", "admin", "A", ACCOUNT)
    vague = rules(doubtful=frozenset({held}))
    found = delta(Assignments.EXACT, people(frozenset({held})), frozenset(), (), vague)
    assert (found.adds, found.removes) == (frozenset(), frozenset())
    assert reasons(found).keys() == {held}
    assert delta(Assignments.MERGE, people(frozenset()), frozenset(), (), vague) == Delta()


def test_a_group_whose_members_are_not_listed_is_given_things_and_an_empty_one_is_not() -> None:
    desk = Assignment("group", "desk", "admin", "A", ACCOUNT)
    for members, added in (({"ann": frozenset({"desk"})}, {desk}), ({}, set())):
        known = people(frozenset(), unseen_groups=frozenset({"desk"}), groups_of=members)
        found = delta(Assignments.MERGE, known, frozenset({desk}), (), rules())
        assert found.adds == added
        assert bool(found.left) is not bool(added)


def test_each_reason_to_leave_something_says_which_it_is() -> None:
    this = frozenset({ONE})
    assert one("held").removes == one("wanted").adds == this
    for text in ("held", "wanted"):
        unseen = one(text, people={"unseen_groups": {"hidden"}})
        assert "can't be read" in reasons(unseen)[ONE]
        assert not unseen.adds | unseen.removes
    assert reasons(one("held", foreign=this)) == {ONE: "not the source's"}
    assert reasons(one("held", refused=this)) == {ONE: "never assigned"}
    assert reasons(one("wanted", refused=this)) == {ONE: "never assigned"}
    assert "will not exist" in reasons(one("wanted", after=frozenset()))[ONE]
    assert one("held", after=frozenset()) == Delta()
