"""What is worked out of who holds what, against its plain meaning."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from migrate.model import Assignment, People

SHORT = st.text(max_size=2)
ASSIGNMENTS = st.frozensets(
    st.builds(Assignment, st.sampled_from(("user", "group")), SHORT, SHORT, SHORT, SHORT)
)


@given(ASSIGNMENTS)
def test_in_order_is_sorted(held):
    assert list(People("", {}, {}, held).in_order) == sorted(held)


@given(ASSIGNMENTS, ASSIGNMENTS, ASSIGNMENTS)
def test_what_they_will_have_counts_what_is_held_and_given_and_not_taken(held, adds, removes):
    people = People("", {}, {}, held)
    after = Counter(item.holder for item in held.union(adds).difference(removes))
    touched = {item.holder for item in adds | removes}
    found = people.counts_after(adds, tuple(removes))
    assert found.keys() == touched
    assert all(found[each] == after[each] for each in touched)
