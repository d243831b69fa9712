from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from migrate.sandbox.kore.membership import groups_of, holdings, members
from migrate.sandbox.kore.state import read_account

ADMIN = {"roleType": "admin", "role": "A", "permissions": {}}
BOT = {"roleType": "bot", "role": "B", "permissions": {}}


def rows(state: dict[str, Any], way: str = "one") -> dict[str, list[Any]]:
    held = holdings(read_account(state, "dev"), way)
    return {
        user: [(entry.role.name, entry.bot, entry.groups) for entry in entries]
        for user, entries in held.items()
    }


def test_a_role_held_in_three_ways() -> None:
    state = {
        "groups": [
            {"gN": "Ops", "users": ["ada", "bo"]},
            {"gN": "All", "groups": ["Ops"], "users": ["cy"]},
        ],
        "roles": [{**ADMIN, "holders": [{"group": "Ops"}, {"user": "ada"}, {"group": "All"}]}],
    }
    assert rows(state) == {
        "ada": [("A", None, ("Ops",)), ("A", None, ()), ("A", None, ("All",))],
        "bo": [("A", None, ("Ops",)), ("A", None, ("All",))],
        "cy": [("A", None, ("All",))],
    }
    # Merged, nothing tells ada's row from bo's.
    assert rows(state, "merged") == {
        "ada": [("A", None, ("Ops", "All"))],
        "bo": [("A", None, ("Ops", "All"))],
        "cy": [("A", None, ("All",))],
    }


def test_rows_are_never_merged_across_bots_and_roles() -> None:
    holders = [{"user": "ada", "bot": "x"}, {"user": "ada", "bot": "y"}]
    state = {"roles": [{**BOT, "holders": holders}, {**ADMIN, "holders": [{"user": "ada"}]}]}
    expected = [("B", "x", ()), ("B", "y", ()), ("A", None, ())]
    assert rows(state, "merged") == rows(state) == {"ada": expected}


def test_a_group_without_users_shows_with_nobody() -> None:
    state = {
        "users": [{"username": "ada"}],
        "groups": [{"gN": "Nobody"}],
        "roles": [{**ADMIN, "holders": [{"group": "Nobody"}]}],
    }
    assert rows(state) == {"ada": []}


@st.composite
def nested(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Groups that only hold groups before them: nothing is inside itself."""
    groups: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 6))):
        earlier = [group["gN"] for group in groups]
        inner = draw(st.lists(st.sampled_from(earlier), unique=True)) if earlier else []
        users = draw(st.lists(st.sampled_from("abcd"), unique=True))
        groups.append({"gN": f"g{number}", "users": users, "groups": inner})
    return groups


@given(nested())
def test_members_are_those_of_all_groups_inside(groups: list[dict[str, Any]]) -> None:
    by_name = {group["gN"]: group for group in groups}

    def everybody(name: str) -> set[str]:
        group = by_name[name]
        return set(group["users"]).union(*map(everybody, group["groups"]))

    inside = members(read_account({"roles": [], "groups": groups}, "dev"))
    for name, users in inside.items():
        assert set(users) == everybody(name)
        assert len(set(users)) == len(users)
    for user in "abcd":
        assert set(groups_of(inside, user)) == {n for n in by_name if user in everybody(n)}
