import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.model import Role, Selection, matches
from tests.core.strategies import TEXT


def covers(name, include=(), exclude=()):
    return Selection(tuple(include), tuple(exclude)).covers(name)


@settings(deadline=None)
@given(TEXT)
def test_without_patterns_everything_is_in_scope(name):
    assert covers(name)
    assert Selection().everything


@settings(deadline=None)
@given(TEXT)
def test_every_name_can_be_selected_and_excluded_by_itself_whatever_it_holds(name):
    assert matches(name, (name,))
    assert covers(name, include=[name])
    assert not covers(name, exclude=[name])


@settings(deadline=None)
@given(TEXT, st.lists(TEXT | st.just("*"), max_size=3), st.lists(TEXT | st.just("*"), max_size=3))
def test_what_is_excluded_is_out_however_it_is_included(name, include, exclude):
    if matches(name, tuple(exclude)):
        assert not covers(name, include, exclude)
    else:
        assert covers(name, include, exclude) == (not include or matches(name, tuple(include)))


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("Team [A]", "Team [A]", True),
        ("Team A", "Team [A]", True),  # a pattern as well
        ("Team B", "Team [A]", False),
        ("What?", "What?", True),
        ("2*3", "2*3", True),
        ("2 and 3", "2*3", True),
        ("[", "[", True),
        ("[!]", "[!]", True),
        ("alpha", "Alpha", False),
        ("Alpha", "alpha*", False),
        ("two\nlines", "two*", True),
        ("two\n", "two", False),
        ("a/b", "a*b", True),
        ("", "*", True),
    ],
)
def test_patterns_are_literal_or_shell_patterns_and_case_matters(name, pattern, expected):
    assert covers(name, include=[pattern]) == expected
    assert covers(name, exclude=[pattern]) == (not expected)


def test_exclude_alone_is_not_everything():
    assert not Selection(exclude=("A",)).everything
    assert not Selection(include=("A",)).everything


def test_same_content_looks_at_type_name_description_and_permissions_only():
    role = Role("bot", "A", "d", {"Tasks": ("NO",)}, "1", "r")
    assert role.same_content(Role("bot", "A", "d", {"Tasks": ("NO",)}))
    assert not role.same_content(Role("admin", "A", "d", {"Tasks": ("NO",)}))
    assert not role.same_content(Role("bot", "a", "d", {"Tasks": ("NO",)}))
    assert not role.same_content(Role("bot", "A", "", {"Tasks": ("NO",)}))
    assert not role.same_content(Role("bot", "A", "d", {"Tasks": "NO"}))
    assert not role.same_content(Role("bot", "A", "d", {}))
