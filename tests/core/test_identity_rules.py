"""Names as they are matched: letters of either case are one, and no two different letters are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.identity import caseless, folded
from migrate.platforms.kore.catalogue import fold

DIFFERENT = [
    ("straße@example.com", "strasse@example.com"),
    ("\u212aarl@example.com", "karl@example.com"),
    ("\u017fam@example.com", "sam@example.com"),
    ("o\ufb03ce@example.com", "office@example.com"),
    ("σος@example.com", "σοσ@example.com"),
    ("\u0130nci@example.com", "inci@example.com"),
    ("STRASSE@example.com", "straße@example.com"),
    ("jose\u0301@example.com", "jos\u00e9@example.com"),
]
SAME = [
    ("Ann@Example.COM", "ann@example.com"),
    ("JOSÉ@example.com", "josé@example.com"),
    ("ÅSA@example.com", "åsa@example.com"),
    ("ΣΟΦΙΑ@example.com", "σοφια@example.com"),
    ("ЖЕНЯ@example.com", "женя@example.com"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_letters_are_other_people(one: str, other: str) -> None:
    assert folded("user", one) != folded("user", other)
    assert fold("user", one) != fold("user", other)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_either_case_is_the_same_person_and_not_the_same_group(one: str, other: str) -> None:
    assert folded("user", one) == folded("user", other)
    assert fold("user", one) == fold("user", other)
    assert folded("group", one) != folded("group", other)
    assert fold("group", one) != fold("group", other)


@given(st.text(max_size=8))
def test_folding_changes_no_letter_but_into_its_own_lower_case(text: str) -> None:
    found = caseless(text)
    assert caseless(found) == found
    assert len(found) == len(text)
    for was, now in zip(text, found, strict=True):
        assert was == now or (now.upper() == was and was.lower() == now)


@given(st.text(st.characters(max_codepoint=127), max_size=8))
def test_plain_letters_fold_as_ever(text: str) -> None:
    assert caseless(text) == text.lower()
