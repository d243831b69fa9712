"""Renamed roles: only what is clear, and a note on the rest."""

from collections.abc import Iterable

import pytest

from migrate.identity import IdentityRules, Pair, Pairs, Rename, renames
from migrate.model import Capture, Role, Section, State
from migrate.traits import RoleTypeTraits, Traits

TRAITS = Traits("some", {"bot": RoleTypeTraits(built_in=frozenset({"Developer"}))})
NO_RULES = IdentityRules()


def state(*roles: tuple[str, str], role_type: str = "bot") -> State:
    """A state with roles given as (id, name)."""
    return State({role_type: Section.of(tuple(Role(role_type, name, id=i) for i, name in roles))})


def paired(*pairs: tuple[str, str, str, str], role_type: str = "bot") -> Pairs:
    return Pairs.of_pairs(
        Pair("role", one, two, name, other, role_type) for one, name, two, other in pairs
    )


A_TO_A = paired(("S", "A", "T", "A"))


def test_a_clear_rename() -> None:
    found = renames(state(("S", "B"), ("S2", "C")), state(("T", "A")), A_TO_A, NO_RULES, TRAITS)
    assert found.found == (Rename("bot", "A", "B"),)
    assert found.notes == ('bot role "A" is called "B" in the source now: its holders move',)


def test_under_aliases_the_new_name_is_that_of_the_target() -> None:
    rules = IdentityRules(roles={"A": "X", "B": "Y"})
    known = paired(("S", "A", "T", "X"))
    found = renames(state(("S", "B")), state(("T", "X")), known, rules, TRAITS)
    assert found.found == (Rename("bot", "X", "Y"),)


def test_several_at_once() -> None:
    known = paired(("S", "A", "T", "A"), ("S2", "M", "T2", "M"))
    source, target = state(("S", "B"), ("S2", "N")), state(("T", "A"), ("T2", "M"))
    found = renames(source, target, known, NO_RULES, TRAITS)
    assert set(found.found) == {Rename("bot", "A", "B"), Rename("bot", "M", "N")}


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ([("S", "A")], [("T", "A")]),
        ([("S", "B")], [("T", "B")]),
        ([("S9", "B")], [("T", "A")]),
        ([("S", "B")], [("T9", "A")]),
        ([], [("T", "A")]),
        ([("S", "B")], []),
    ],
)
def test_nothing_was_renamed(
    source: Iterable[tuple[str, str]], target: Iterable[tuple[str, str]]
) -> None:
    found = renames(state(*source), state(*target), A_TO_A, NO_RULES, TRAITS)
    assert found.found == found.notes == ()


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ([("S", "B"), ("S2", "A")], [("T", "A")], 'the source still has a role that is "A"'),
        ([("S", "B")], [("T", "A"), ("T2", "B")], 'the target has a role "B" as well'),
        ([("S", "A")], [("T", "B")], 'the target has renamed it itself, from "A"'),
        ([("S", "B")], [("T", "C")], 'the target has renamed it itself, from "A"'),
        ([("S", "Developer")], [("T", "A")], "it ships with the platform"),
    ],
)
def test_what_is_not_clear_is_no_rename_but_a_note(
    source: Iterable[tuple[str, str]], target: Iterable[tuple[str, str]], words: str
) -> None:
    found = renames(state(*source), state(*target), A_TO_A, NO_RULES, TRAITS)
    assert found.found == ()
    [note] = found.notes
    assert words in note
    assert note.startswith("bot role ")


def test_a_built_in_that_a_newer_version_calls_otherwise_is_for_an_alias() -> None:
    known = paired(("S", "Developer", "T", "Developer"))
    source, target = state(("S", "App Developer")), state(("T", "Developer"))
    found = renames(source, target, known, NO_RULES, TRAITS)
    assert found.found == ()
    assert "give it an alias" in found.notes[0]
    rules = IdentityRules(roles={"App Developer": "Developer"})
    assert renames(source, target, known, rules, TRAITS).notes == ()


def test_an_alias_that_is_new_renames_nothing() -> None:
    rules = IdentityRules(roles={"A": "X"})
    found = renames(state(("S", "A")), state(("T", "A")), A_TO_A, rules, TRAITS)
    assert found.found == ()
    assert "the aliases in the config have changed" in found.notes[0]


def test_two_roles_that_would_have_the_new_name() -> None:
    rules = IdentityRules(roles={"C": "B"})
    source = state(("S", "B"), ("S2", "C"))
    found = renames(source, state(("T", "A")), A_TO_A, rules, TRAITS)
    assert found.found == ()
    assert 'the source has 2 roles that would be "B"' in found.notes[0]


def test_names_that_two_roles_exchange_are_not_clear() -> None:
    known = paired(("S", "A", "T", "A"), ("S2", "B", "T2", "B"))
    source, target = state(("S", "B"), ("S2", "A")), state(("T", "A"), ("T2", "B"))
    found = renames(source, target, known, NO_RULES, TRAITS)
    assert found.found == ()
    assert len(found.notes) == 2


def test_a_role_of_another_type_is_another_role() -> None:
    admins = paired(("S", "A", "T", "A"), role_type="admin")
    found = renames(state(("S", "B")), state(("T", "A")), admins, NO_RULES, TRAITS)
    assert found.found == found.notes == ()


@pytest.mark.parametrize("which", [0, 1])
def test_where_not_all_roles_are_known_nothing_is_clear(which: int) -> None:
    states = [state(("S", "B")), state(("T", "A"))]
    roles = states[which].roles["bot"].roles
    states[which] = State({"bot": Section(Capture.SEEN_IN_USE, roles)})
    found = renames(states[0], states[1], A_TO_A, NO_RULES, TRAITS)
    assert found.found == ()
    assert "not all roles of both sides are known" in found.notes[0]


def test_a_source_that_was_narrowed_shows_no_rename() -> None:
    found = renames(state(("S", "B")), state(("T", "A")), A_TO_A, NO_RULES, TRAITS, whole=False)
    assert found.found == ()
    assert "not all roles of both sides are known" in found.notes[0]


@pytest.mark.parametrize(
    ("scope", "note"), [("A", '"B" is out of scope'), ("B", '"A" is out of scope'), ("C", "")]
)
def test_a_rename_needs_both_names_in_scope(scope: str, note: str) -> None:
    found = renames(
        state(("S", "B")), state(("T", "A")), A_TO_A, NO_RULES, TRAITS, covers=scope.__eq__
    )
    assert found.found == ()
    assert [note in each for each in found.notes] == ([True] if note else [])
