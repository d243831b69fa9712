"""Names of roles: nothing that is wrong with one of them goes by unseen because most are plain."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.validation import role_names
from migrate.validation.role_names import LONGEST_NAME, check_names

NAMES = st.one_of(
    st.sampled_from(
        ["Ops", "ops", "O ps", "O  ps", " Ops", "Ops ", "Straße", "STRASSE", "Ops\u200b"]
    ),
    st.text(st.sampled_from("ab AB\t\n\x7fß"), min_size=1, max_size=4),
    st.just("x" * LONGEST_NAME),
    st.just("x" * (LONGEST_NAME + 1)),
)


def found(names: list[str]) -> list[tuple[str, Any, bool]]:
    findings = check_names(dict(enumerate(names)), lambda index: ("roles", index, "name"))
    return [(each.message, each.path, each.warning) for each in findings]


@given(st.lists(NAMES, max_size=6))
def test_a_glance_finds_as_much_as_a_look_at_each(names: list[str]) -> None:
    at_a_glance = found(names)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(role_names, "_plain", lambda _: False)
        assert found(names) == at_a_glance


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["Ops", "Ops"], "two roles have the name"),
        (["Ops", "OPS"], "only by case"),
        (["Ops", "Ops "], "only by case"),
        (["Ops\u202e"], "an invisible character"),
        (["x" * (LONGEST_NAME + 1)], "characters; over"),
    ],
)
def test_what_is_wrong_with_a_name_is_said(names: list[str], words: str) -> None:
    ((message, _, _),) = found(["Reader", *names])
    assert words in message
