"""A secret that is rotated while it is in use: what is tried, how often, and what is said."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import InvalidInput
from migrate.secrets import RotatingSecret, Secret, Source


class Places:
    """Where the secrets are kept, and the platform that takes one text."""

    def __init__(self, first: str, following: str | None = None) -> None:
        self.texts = {"client_secret": first}
        if following is not None:
            self.texts["client_secret_next"] = following
        self.fetched: list[str] = []
        self.told: list[str] = []
        self.seen: list[str] = []
        self.right = first
        sources = tuple(Source(setting, self._fetching(setting)) for setting in self.texts)
        self.secret = RotatingSecret(sources, where="prod.admin_app", tell=self.told.append)
        self.fetched.clear()

    def _fetching(self, setting: str) -> Callable[[], Secret]:
        def fetch() -> Secret:
            self.fetched.append(setting)
            if self.texts[setting] == "gone":
                raise InvalidInput(f"there is no {setting}")
            return Secret(self.texts[setting])

        return fetch

    def call(self) -> bool:
        """A call as it is made; whether the platform took it in the end."""
        while True:
            used = self.secret.current
            self.seen.append(used.reveal())
            if used.reveal() == self.right:
                self.secret.accepted(used)
                return True
            if not self.secret.refused(used):
                return False


def test_where_nothing_is_refused_nothing_is_fetched_again() -> None:
    places = Places("old", "new")
    assert all(places.call() for _ in range(5))
    assert (places.fetched, places.told) == ([], [])


def test_a_place_that_has_the_new_one_is_asked_first() -> None:
    places = Places("old", "other")
    places.texts["client_secret"] = places.right = "new"
    assert places.call()
    assert places.seen == ["old", "new"]
    assert places.fetched == ["client_secret"]
    assert places.told == ["prod.admin_app: client_secret was changed meanwhile; the new one works"]
    assert places.secret.preferred


def test_where_it_is_what_it_was_the_next_one_is_tried_and_stays() -> None:
    places = Places("old", "new")
    places.right = "new"
    assert places.call() and places.call()
    assert places.seen == ["old", "new", "new"]
    assert places.fetched == ["client_secret", "client_secret_next"]
    assert len(places.told) == 1
    assert "client_secret_next works" in places.told[0]
    assert places.told[0].startswith("warning: ")
    assert (places.secret.setting, places.secret.preferred) == ("client_secret_next", False)


def test_both_wrong_is_the_end_and_each_text_is_seen_once() -> None:
    places = Places("old", "wrong")
    places.right = "?"
    assert not places.call()
    assert places.seen == ["old", "wrong"]
    assert places.secret.tried == (
        "client_secret was fetched again and is what it was; client_secret_next is refused, too"
    )
    assert places.told == []


def test_what_goes_on_being_refused_is_not_fetched_over_and_over() -> None:
    places = Places("old", "wrong")
    places.right = "?"
    assert not any(places.call() for _ in range(4))
    assert places.fetched == ["client_secret", "client_secret_next"]
    assert places.seen == ["old", "wrong", "old", "old", "old"]


def test_after_a_success_a_refusal_is_a_new_one() -> None:
    places = Places("old")
    places.right = "?"
    assert not places.call()
    places.right = "old"
    assert places.call()
    assert (places.secret.tried, places.told) == ("", [])
    places.texts["client_secret"] = places.right = "new"
    assert places.call()
    assert places.fetched == ["client_secret"] * 2


def test_two_rotations_in_a_row_are_survived() -> None:
    places = Places("1", "2")
    places.right = "2"
    assert places.call()
    places.texts = {"client_secret": "2", "client_secret_next": "3"}
    places.right = "3"
    assert places.call()
    places.texts = {"client_secret": "4", "client_secret_next": "3"}
    places.right = "4"
    assert places.call()
    assert places.secret.preferred
    assert places.seen == ["1", "2", "2", "3", "3", "4"]


@pytest.mark.parametrize(("first", "following"), [("gone", "new"), ("old", "gone")])
def test_a_place_that_fails_is_passed_over_and_named(first: str, following: str) -> None:
    places = Places("old", following)
    places.texts["client_secret"] = first
    places.right = "new"
    assert places.call() is (following == "new")
    if following == "gone":
        assert "client_secret_next can't be fetched: there is no" in places.secret.tried


def test_a_next_one_that_is_the_same_is_not_shown_to_the_platform_twice() -> None:
    places = Places("old", "old")
    places.right = "?"
    assert not places.call()
    assert places.seen == ["old"]
    assert "client_secret_next holds what was refused already" in places.secret.tried


def test_an_answer_to_an_earlier_call_does_not_end_the_row() -> None:
    places = Places("old", "new")
    old = places.secret.current
    assert places.secret.refused(old)
    places.secret.accepted(old)
    assert places.told == []
    assert places.secret.current.reveal() == "new"
    # A second thread was refused with the old one, too: the new one is there for it already.
    assert places.secret.refused(old)
    assert places.fetched == ["client_secret", "client_secret_next"]


def test_a_first_place_that_fails_from_the_start_is_an_error() -> None:
    def fetch() -> Secret:
        raise InvalidInput("no such secret")

    with pytest.raises(InvalidInput):
        RotatingSecret((Source("client_secret", fetch),), where="", tell=print)


TEXTS = st.sampled_from(("a", "b", "c", "gone"))


@given(st.lists(st.tuples(TEXTS, TEXTS, st.sampled_from("abc"), st.integers(1, 3)), max_size=8))
def test_a_call_is_taken_whenever_either_place_has_the_right_one(
    rotations: list[tuple[str, str, str, int]],
) -> None:
    places = Places("a", "b")
    taken = True
    for first, following, right, calls in rotations:
        places.texts = {"client_secret": first, "client_secret_next": following}
        places.right = right
        for _ in range(calls):
            before, fetched = taken, len(places.fetched)
            places.seen.clear()
            taken = places.call()
            assert len(places.seen) == len(set(places.seen))
            assert len(places.fetched) - fetched <= 2
            if before and right in (first, following):
                assert taken
            if not before and not taken:
                assert len(places.fetched) == fetched
