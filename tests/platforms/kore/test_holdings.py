import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import PlatformFailed
from migrate.model import ACCOUNT, Assignment, Capture, Principal, Role, Scope, Section
from migrate.platforms.kore.catalogue import fold
from migrate.platforms.kore.holdings import OutOfStep, people_of
from migrate.platforms.kore.rows import (
    AccountRows,
    BotRow,
    GroupRef,
    GroupRow,
    Held,
    Member,
    RowReader,
    UserRow,
)
from migrate.sandbox.kore.membership import holdings, members
from migrate.sandbox.kore.people_answers import bot_row, group_row, user_row
from migrate.sandbox.kore.state import read_account

ROLES = {
    "admin": Section.of((Role("admin", "Ops", id="1"), Role("admin", "Audit", id="2"))),
    "bot": Section.of((Role("bot", "Tester", id="9"),)),
}


def group(name, *users, groups=(), count=0):
    return GroupRow(
        f"e-{name}",
        name,
        tuple(Member(f"u-{each}", f"{each}@example.com") for each in users),
        tuple(GroupRef(f"e-{each}", each) for each in groups),
        count,
    )


def user(name, *held, **fields):
    usual = {"id": f"u-{name}", "email": f"{name}@example.com", "org_id": "", "account_id": "a"}
    return UserRow(**{**usual, **fields}, held=held)


def admin(role_id="1", *groups):
    return Held("admin", role_id, "?", tuple(GroupRef(f"e-{each}", each) for each in groups))


def in_bot(bot_id, name, *groups):
    refs = tuple(GroupRef(each, each) for each in groups)
    return Held("bot", "9", "Tester", refs, bot_id, name)


def people(*users, groups=(), bots=(), roles=ROLES, known=None):
    rows = AccountRows(
        users, None if groups is None else tuple(groups), None if bots is None else tuple(bots)
    )
    return people_of(rows, roles, where="prod", bots=known or {})


def refused(*users, kind=PlatformFailed, **extra):
    with pytest.raises(PlatformFailed) as caught:
        people(*users, **extra)
    assert type(caught.value) is kind
    assert caught.value.where == "prod"
    assert "try again" in caught.value.remedy
    return caught.value.what


def out_of_step(*users, **extra):
    """Refused as what may fit together when it is read again."""
    return refused(*users, kind=OutOfStep, **extra)


def of_user(name, role="Ops", role_type="admin", scope=ACCOUNT):
    return Assignment("user", f"{name}@example.com", role_type, role, scope)


def of_group(name, role="Ops", role_type="admin", scope=ACCOUNT):
    return Assignment("group", name, role_type, role, scope)


def test_users_are_matched_without_regard_to_case_and_kept_as_they_are_spelled():
    found = people(user("Ann", admin()), user("bob", email="", org_id="E7"))
    assert found.principals == {
        ("user", "ann@example.com"): Principal("user", "Ann@example.com", "u-Ann"),
        ("user", "e7"): Principal("user", "E7", "u-bob", "E7"),
    }
    assert found.assignments == {of_user("ann")}
    assert fold("user", "Ann@Example.com") == "ann@example.com"
    assert fold("group", "Ops Team") == "Ops Team"


def test_who_holds_directly_and_through_groups_is_told_apart():
    found = people(
        user("ann", admin(), admin("1", "G"), admin("2", "G")),
        user("bob", admin("1", "G"), admin("2", "G", "H")),
        groups=[group("G", "ann", "bob"), group("H", "bob")],
    )
    assert found.assignments == {
        of_user("ann"),
        of_group("G"),
        of_group("G", "Audit"),
        of_group("H", "Audit"),
    }
    # Both kinds of rows show for ann, so a row with groups hides nothing.
    assert found.maybe_direct == frozenset()
    assert found.groups_of == {"ann@example.com": {"G"}, "bob@example.com": {"G", "H"}}
    assert found.principals["group", "G"] == Principal("group", "G", "e-G")


def test_where_no_row_tells_otherwise_a_group_may_hide_a_direct_one():
    found = people(
        user("ann", admin("1", "G"), admin("2")), groups=[group("G", "ann"), group("H", "ann")]
    )
    assert found.assignments == {of_group("G"), of_user("ann", "Audit")}
    assert found.maybe_direct == {of_user("ann")}


def test_roles_are_called_as_exported():
    found = people(user("ann", Held("admin", "1", "Operations (shown)")))
    assert found.assignments == {of_user("ann")}


def test_a_role_that_the_export_lacks_means_that_something_moved():
    said = out_of_step(user("ann", Held("admin", "77", "New"), in_bot("b", "B")))
    assert '"New" (77)' in said
    assert "changed while they were read" in said
    many = [Held("admin", f"r{number}", "New") for number in range(8)]
    assert "and 3 more" in out_of_step(user("ann", *many))


def test_role_types_that_were_not_exported_are_left_out():
    only_admin = {"admin": ROLES["admin"]}
    found = people(user("ann", in_bot("b", "B"), admin()), roles=only_admin)
    assert found.assignments == {of_user("ann")}


def test_bots_of_one_name_are_told_apart():
    found = people(
        user("ann", in_bot("st-1", "old name"), in_bot("st-9", "Lost")),
        bots=[
            BotRow("st-1", "Shop"),
            BotRow("st-2", "Shop"),
            BotRow("st-3", "Shop [st-1]"),
            BotRow("st-4", "Bank"),
        ],
    )
    assert found.scopes == {
        "Shop [st-1] [st-1]": Scope("Shop [st-1] [st-1]", "st-1"),
        "Shop [st-2]": Scope("Shop [st-2]", "st-2"),
        "Shop [st-1] [st-3]": Scope("Shop [st-1] [st-3]", "st-3"),
        "Bank": Scope("Bank", "st-4"),
        "Lost": Scope("Lost", "st-9"),
    }
    assert found.assignments == {
        of_user("ann", "Tester", "bot", "Shop [st-1] [st-1]"),
        of_user("ann", "Tester", "bot", "Lost"),
    }


def test_a_bot_keeps_the_name_that_it_has_been_given():
    both = (user("ann", in_bot("b1", "Shop")), user("bob", in_bot("b2", "Shop")))
    one = people(both[1], groups=None)
    assert set(one.scopes) == {"Shop"}
    then = people(*both, groups=None, known={"b2": "Shop"})
    assert {name: scope.id for name, scope in then.scopes.items()} == {
        "Shop": "b2",
        "Shop [b1]": "b1",
    }
    back = people(both[1], groups=None, known={"b1": "Shop [b1]", "b2": "Shop [b2]"})
    assert {name: scope.id for name, scope in back.scopes.items()} == {"Shop [b2]": "b2"}
    # A name that somebody has is nobody else's, also where its owner is not seen.
    other = people(both[0], groups=None, known={"b2": "Shop"})
    assert {name: scope.id for name, scope in other.scopes.items()} == {"Shop [b1]": "b1"}


def test_users_whose_names_differ_only_by_case_are_told_apart_by_their_ids():
    twins = (user("ann", admin()), user("ANN", admin("2")))
    groups = [group("Desk", "ANN"), GroupRow("e-2", "Night", (Member("", "ann@example.com"),))]
    found = people(*twins, user("bob", admin("1", "Desk")), groups=groups)
    one, other = "ann@example.com [u-ann]", "ann@example.com [u-ANN]"
    assert found.principals["user", one] == Principal("user", "ann@example.com", "u-ann")
    assert found.principals["user", other] == Principal("user", "ANN@example.com", "u-ANN")
    assert found.assignments == {
        Assignment("user", one, "admin", "Ops", ACCOUNT),
        Assignment("user", other, "admin", "Audit", ACCOUNT),
        of_group("Desk"),
    }
    assert found.groups_of[other] == {"Desk"}
    assert found.groups_of[one] == {"Night"}
    assert ("user", "ann@example.com") not in found.principals
    by_org_id = people(user("ann", id="", org_id="E1"), user("ANN", id="", org_id="E2"))
    assert {name for _, name in by_org_id.principals} == {
        "ann@example.com [E1]",
        "ann@example.com [E2]",
    }


def test_users_of_one_name_without_ids_are_an_error():
    said = refused(user("ann", id=""), user("ANN", id=""), user("bob", id=""))
    assert "users that cannot be told apart, by name or by id" in said
    assert "ANN@example.com" in said


def test_groups_of_one_name_are_an_error():
    twins = [GroupRow("e-1", "G"), GroupRow("e-2", "G"), GroupRow("e-3", "g")]
    assert refused(groups=twins).endswith('"G" (e-1, e-2)')


def test_all_rows_are_of_one_account():
    assert people().account_id == ""
    assert people(user("ann")).account_id == "a"
    assert '"a", "b"' in refused(user("ann"), user("bob", account_id="b"))
    assert 'none, "a"' in refused(user("ann"), user("bob", account_id=""))


def test_groups_in_groups_count_and_may_hold_each_other():
    found = people(
        user("ann"),
        user("bob"),
        user("eve"),
        groups=[
            group("Top", "eve", groups=["Middle"]),
            group("Middle", groups=["Low"]),
            group("Low", "ann", groups=["Top"]),
            group("Aside", "bob"),
        ],
    )
    everywhere = {"Top", "Middle", "Low"}
    assert found.groups_of == {
        "ann@example.com": everywhere,
        "eve@example.com": everywhere,
        "bob@example.com": {"Aside"},
    }
    assert found.unseen_groups == frozenset()


def test_groups_that_no_row_can_show_are_unseen():
    found = people(
        user("ann"),
        groups=[
            group("Empty"),
            group("Parent", groups=["Empty"]),
            group("Strangers", "zoe"),
            group("Seen", "ann"),
        ],
    )
    assert found.unseen_groups == {"Empty", "Parent", "Strangers"}


def test_a_group_that_a_row_shows_is_seen_whatever_get_groups_lists():
    found = people(user("ann", admin("1", "G")), groups=[group("G")])
    assert found.unseen_groups == frozenset()
    assert found.groups_of == {"ann@example.com": {"G"}}


def test_members_without_a_row_are_principals_too():
    """Users without any role may be left out of alluserroles."""
    zoe = Member("u-zoe", "Zoe@example.com")
    found = people(
        user("ann", org_id="E1"),
        groups=[GroupRow("e-G", "G", (zoe, Member("E1", ""), Member("u-unknown", "")))],
    )
    assert found.principals["user", "zoe@example.com"] == Principal(
        "user", "Zoe@example.com", "u-zoe"
    )
    assert found.groups_of == {"zoe@example.com": {"G"}, "ann@example.com": {"G"}}


def test_a_member_named_by_e_mail_is_nobody_whose_letters_are_others():
    named = GroupRow("e-G", "G", (Member("", "STRAßE@example.com"), Member("", "ANN@example.com")))
    found = people(user("strasse", admin()), user("ann", admin()), groups=[named])
    assert found.groups_of == {"ann@example.com": {"G"}, "straße@example.com": {"G"}}
    assert ("user", "straße@example.com") in found.principals


def test_an_unknown_group_means_that_something_moved():
    assert '"G", which Get Groups does not list' in out_of_step(user("ann", admin("1", "G")))
    said = out_of_step(groups=[group("G", groups=["H"])])
    assert 'the group "G" holds the group "H"' in said


def test_a_group_that_lists_fewer_users_than_it_counts_is_a_short_read():
    assert "lists 1 of its 3 users" in out_of_step(user("ann"), groups=[group("G", "ann", count=3)])
    inner = [group("G", "ann", groups=["H"], count=2), group("H", "bob", count=1)]
    assert people(user("ann"), user("bob"), groups=inner).unseen_groups == frozenset()


def test_holders_alone_name_the_groups_and_bots_that_rows_show():
    found = people(
        user("ann", admin("1", "G"), in_bot("st-1", ""), in_bot("st-2", "B", "H")),
        groups=None,
        bots=None,
    )
    assert not found.complete
    assert found.assignments == {
        of_group("G"),
        of_user("ann", "Tester", "bot", "st-1"),
        of_group("H", "Tester", "bot", "B"),
    }
    assert found.principals["group", "G"] == Principal("group", "G")
    assert found.groups_of == {"ann@example.com": {"G", "H"}}
    assert found.unseen_groups == frozenset()


EMAILS = ["a@example.com", "B@example.com", "c@Example.com", ""]
NAMES = ["G0", "G1", "G2", "G3"]
BOTS = ["st-0", "st-1"]


@st.composite
def accounts(draw):
    """An account of the sandbox: users, nested groups, bots, and who holds what."""
    names = [email or "E3" for email in EMAILS]
    some = st.lists(st.sampled_from(names), unique=True, max_size=3)
    # The sandbox knows no groups inside each other.
    inner = [
        draw(st.lists(st.sampled_from(NAMES[n + 1 :]), unique=True)) if n < 3 else []
        for n in range(4)
    ]
    who = st.sampled_from([{"user": name} for name in names] + [{"group": name} for name in NAMES])
    holders = st.lists(who, unique_by=str, max_size=4)
    in_bots = st.tuples(who, st.sampled_from(BOTS)).map(lambda pair: {**pair[0], "bot": pair[1]})
    role = {"permissions": {}, "rDesc": ""}
    return read_account(
        {
            "users": [
                {"username": email, "orgUserId": f"E{number}", "userId": f"u-{number}"}
                for number, email in enumerate(EMAILS)
            ],
            "groups": [
                {"_id": f"e-{name}", "gN": name, "users": draw(some), "groups": groups}
                for name, groups in zip(NAMES, inner, strict=True)
            ],
            "bots": [{"_id": own, "name": f"Bot {own}"} for own in BOTS],
            "roles": [
                {"roleType": "admin", "role": "Ops", "holders": draw(holders), **role},
                {"roleType": "admin", "role": "Audit", "holders": draw(holders), **role},
                {
                    "roleType": "bot",
                    "role": "Tester",
                    "holders": draw(st.lists(in_bots, unique_by=str, max_size=4)),
                    **role,
                },
            ],
        },
        "prod",
    )


def read(account, way, children):
    """The account's people as the calls would show them."""
    reader = RowReader("x", "prod")
    users = {each.name: each for each in account.users}
    groups = {each.name: each for each in account.groups}
    held = holdings(account, way)
    rows = AccountRows(
        tuple(reader.user(user_row(account, each, held[each.name])) for each in account.users),
        tuple(
            reader.group(group_row(account, each, users, groups, children))
            for each in account.groups
        ),
        tuple(reader.bot(bot_row(account, each)) for each in account.bots),
    )
    roles = {
        kind: Section(
            Capture.CAPTURED,
            tuple(Role(kind, role.name, id=role.id) for role in account.of_type(kind)),
        )
        for kind in ("admin", "bot")
    }
    return people_of(rows, roles, where="prod")


@given(
    account=accounts(),
    way=st.sampled_from(["one", "merged"]),
    children=st.sampled_from(["objects", "names", "ids"]),
)
def test_what_is_read_is_what_is_held(account, way, children):
    inside = members(account)
    truth = {
        Assignment(
            *("user", holder["user"].casefold())
            if "user" in holder
            else ("group", holder["group"]),
            role.role_type,
            role.name,
            f"Bot {holder['bot']}" if "bot" in holder else ACCOUNT,
        )
        for role in account.roles
        for holder in role.holders
    }
    found = read(account, way, children)
    unseen = {name for name, users in inside.items() if not users}
    assert found.unseen_groups == unseen
    shown = {each for each in truth if each.principal not in unseen}
    hidden = shown - found.assignments
    assert found.assignments <= shown
    # What a group's row hides is named as perhaps held directly, never left out in silence.
    assert hidden <= found.maybe_direct
    if way == "one":
        assert not hidden
    assert found.groups_of == {
        user.name.casefold(): {name for name, users in inside.items() if user.name in users}
        for user in account.users
        if any(user.name in users for users in inside.values())
    }


def test_five_thousand_users_take_a_fraction_of_a_second():
    groups = [group(f"G{n}", *(f"p{m}" for m in range(n, 5000, 20))) for n in range(20)]
    bots = [BotRow(f"st-{n}", f"Bot {n}") for n in range(10)]
    roles = {
        "admin": Section.of(tuple(Role("admin", f"R{n}", id=f"{n}") for n in range(40))),
        "bot": ROLES["bot"],
    }
    users = [
        user(
            f"p{n}",
            admin(f"{n % 40}", f"G{n % 20}"),
            admin(f"{(n + 1) % 40}"),
            in_bot(f"st-{n % 10}", f"Bot {n % 10}"),
        )
        for n in range(5000)
    ]
    start = time.perf_counter()
    found = people(*users, groups=groups, bots=bots, roles=roles)
    assert time.perf_counter() - start < 10  # quadratic would take far longer
    assert len(found.principals) == 5020
