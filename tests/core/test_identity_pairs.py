"""Pairs of ids: their file, what a run teaches, and merging."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.canonical import dumps, loads
from migrate.errors import InvalidInput
from migrate.identity import (
    IdentityRules,
    Pair,
    Pairs,
    from_value,
    learn,
    resolve,
    to_value,
)
from migrate.model import (
    People,
    Principal,
    PrincipalKind,
    Role,
    Scope,
    Section,
    State,
)

WHERE = "identity/dev.json"


def pair(
    source: str, target: str, name: str = "", kind: str = "group", role_type: str = ""
) -> Pair:
    return Pair(kind, source, target, name or source, name or target, role_type)


ids = st.sampled_from("abcdefgh")


@st.composite
def some_pairs(draw: st.DrawFn) -> Pairs:
    found = []
    for kind in draw(st.sets(st.sampled_from(["user", "group", "bot", "role"]))):
        sources = draw(st.lists(ids, unique=True, max_size=5))
        targets = draw(st.permutations("abcdefgh"))
        names = draw(st.permutations("mnopqrst"))
        role_type = "admin" if kind == "role" else ""
        found += [
            Pair(kind, one, two, name, name.upper(), role_type)
            for one, two, name in zip(sources, targets, names, strict=False)
        ]
    return Pairs.of_pairs(found)


@given(some_pairs())
def test_a_file_gives_back_what_was_written(known: Pairs) -> None:
    assert from_value(loads(dumps(to_value(known)), where=WHERE), where=WHERE) == known


@given(some_pairs(), some_pairs())
def test_merging_keeps_all_that_is_new_and_no_id_twice(older: Pairs, newer: Pairs) -> None:
    merged = older.merged(newer)
    assert set(newer.pairs) <= set(merged.pairs)
    assert from_value(to_value(merged), where=WHERE) == merged
    for each in set(older.pairs) - set(merged.pairs):
        assert any(
            each.kind == new.kind
            and (
                each.source_id == new.source_id
                or each.target_id == new.target_id
                or each.source_name == new.source_name
            )
            for new in newer.pairs
        )
    assert merged.merged(newer) == merged
    assert older.merged(Pairs()) == older == Pairs().merged(older)


def test_ids_minted_anew_replace_older_ones() -> None:
    older = Pairs.of_pairs([pair("1", "2", "Ops"), pair("3", "4", "Dev")])
    for newer in (pair("1", "9", "Ops"), pair("8", "2", "Ops"), pair("8", "9", "Ops")):
        assert older.merged(Pairs((newer,))) == Pairs.of_pairs([pair("3", "4", "Dev"), newer])


def test_the_same_ids_and_names_in_another_kind_or_role_type_are_left_alone() -> None:
    older = Pairs.of_pairs([pair("1", "2", "Ops", "user"), pair("3", "4", "Ops", "role", "admin")])
    newer = Pairs.of_pairs([pair("1", "2", "Ops", "bot"), pair("5", "6", "Ops", "role", "bot")])
    assert len(older.merged(newer).pairs) == 4


GOOD = to_value(Pairs.of_pairs([pair("1", "2"), pair("3", "4", "Ops", "role", "admin")]))


def test_what_the_file_looks_like() -> None:
    assert GOOD == {
        "formatVersion": 1,
        "pairs": [
            {"kind": "group", "sourceId": "1", "sourceName": "1"}
            | {"targetId": "2", "targetName": "2"},
            {"kind": "role", "roleType": "admin", "sourceId": "3", "sourceName": "Ops"}
            | {"targetId": "4", "targetName": "Ops"},
        ],
    }


def damaged() -> dict[str, Any]:
    cases: dict[str, Any] = {"no object": [], "null": None, "text": "x", "empty": {}}
    for path, value in {
        "pairs": None,
        "pairs.0": "x",
        "pairs.0.kind": "person",
        "pairs.0.sourceId": 5,
        "pairs.0.targetId": "",
        "pairs.0.targetName": None,
        "pairs.1.roleType": None,
        "pairs.1.kind": ["role"],
    }.items():
        case: Any = copy.deepcopy(GOOD)
        at = case
        *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
        for step in steps:
            at = at[step]
        at[last] = value
        cases[path] = case
    lacking = copy.deepcopy(GOOD)
    del lacking["pairs"][1]["roleType"]
    cases["role without a type"] = lacking
    for key in ("sourceId", "targetId"):
        twice = copy.deepcopy(GOOD)
        twice["pairs"].append(twice["pairs"][0] | {key: "7"})
        cases[f"two, one new {key}"] = twice
    return cases


@pytest.mark.parametrize("case", damaged().values(), ids=damaged().keys())
def test_a_damaged_file(case: Any) -> None:
    with pytest.raises(InvalidInput, match="damaged") as caught:
        from_value(case, where=WHERE)
    assert caught.value.where == WHERE
    assert "next verified run writes it anew" in caught.value.remedy


@pytest.mark.parametrize("version", [2, 0, "1", None, True])
def test_another_version(version: Any) -> None:
    with pytest.raises(InvalidInput, match=r"have format .*, not 1"):
        from_value(GOOD | {"formatVersion": version}, where=WHERE)


def state(number: str, user: str, group: str, bot: str, roles: tuple[str, ...]) -> State:
    principals = {
        ("user", user): Principal(PrincipalKind.USER, user.upper(), f"u{number}"),
        ("group", group): Principal(PrincipalKind.GROUP, group, f"g{number}"),
        ("user", "no id"): Principal(PrincipalKind.USER, "no id"),
    }
    people = People("acc", principals, {bot: Scope(bot, f"b{number}")}, frozenset())
    held = tuple(Role("admin", name, id=f"{name}{number}") for name in roles)
    return State({"admin": Section.of((*held, Role("admin", "no id")))}, people)


RULES = IdentityRules({"a@x": "b@x"}, {"Ops": "Platform"}, {"Bank": "Bank EU"}, {"A": "B"})


def test_a_verified_run_teaches_the_ids_of_all_that_both_sides_have() -> None:
    source = state("1", "a@x", "Ops", "Bank", ("A", "C", "only here"))
    target = state("2", "b@x", "Platform", "Bank EU", ("B", "C", "only there"))
    known = learn(source, target, resolve(source, target, RULES, Pairs()))
    assert known == Pairs.of_pairs(
        [
            Pair("user", "u1", "u2", "A@X", "B@X"),
            Pair("group", "g1", "g2", "Ops", "Platform"),
            Pair("bot", "b1", "b2", "Bank", "Bank EU"),
            Pair("role", "A1", "B2", "A", "B", "admin"),
            Pair("role", "C1", "C2", "C", "C", "admin"),
        ]
    )
    assert from_value(to_value(known), where=WHERE) == known


def test_a_run_of_roles_alone_teaches_roles() -> None:
    source = state("1", "a@x", "Ops", "Bank", ("A",))
    target = State(state("2", "b@x", "Ops", "Bank", ("B",)).roles)
    known = learn(source, target, resolve(source, target, RULES, Pairs()))
    assert [each.kind for each in known.pairs] == ["role"]


def test_what_was_learned_recognises_what_is_renamed_afterwards() -> None:
    source = state("1", "a@x", "Ops", "Bank", ())
    known = learn(source, source, resolve(source, source, IdentityRules(), Pairs()))
    renamed = state("1", "c@x", "Platform", "Bank EU", ())
    for one, two in ((source, renamed), (renamed, source)):
        found = resolve(one, two, IdentityRules(), known)
        assert len(found.principals) == 3
        assert len(found.scopes) == 1
    again = learn(renamed, source, resolve(renamed, source, IdentityRules(), known))
    names = {(each.source_name, each.target_name) for each in known.merged(again).pairs}
    assert names == {("C@X", "A@X"), ("Platform", "Ops"), ("Bank EU", "Bank")}
