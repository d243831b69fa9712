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


@given(ASSIGNMENTS)
def test_each_index_has_every_assignment_in_its_place(held):
    people = People("", {}, {}, held)
    assert Counter(one for items in people.by_holder.values() for one in items) == Counter(held)
    assert all(one.holder == who for who, items in people.by_holder.items() for one in items)
    assert all(people.by_holder.values())
    assert people.role_counts == Counter(item.role_key for item in held)
    assert people.scope_counts == Counter(item.scope for item in held)


@given(ASSIGNMENTS, ASSIGNMENTS, ASSIGNMENTS)
def test_what_they_will_have_counts_what_is_held_and_given_and_not_taken(held, adds, removes):
    people = People("", {}, {}, held)
    after = Counter(item.holder for item in held.union(adds).difference(removes))
    touched = {item.holder for item in adds | removes}
    found = people.counts_after(adds, tuple(removes))
    assert found.keys() == touched
    assert all(found[each] == after[each] for each in touched)
