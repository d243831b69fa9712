"""What is written into a lock, and where."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.lock import LockRecord, Who, lock_key
from migrate.lock.record import parse_lock
from migrate.model import Identity
from tests.lock.conftest import TARGET

texts = st.text(alphabet=st.characters(codec="utf-8"), max_size=5)
numbers = st.integers(0, 2**62)


@given(
    st.builds(
        LockRecord,
        identity=st.builds(Identity, texts, texts, texts),
        owner=texts,
        who=st.builds(Who, texts, texts, numbers, st.none() | texts),
        run=texts,
        acquired_at=numbers,
        lease_until=numbers,
        call_timeout=numbers,
        released=st.booleans(),
        unfinished=st.none() | texts,
    )
)
def test_a_record_survives_the_store(record: LockRecord) -> None:
    assert parse_lock(record.to_bytes(), "lock") == record


@pytest.mark.parametrize("url", ["HTTPS://BOTS.kore.ai", "https://bots.kore.ai/"])
def test_one_target_has_one_key(url: str) -> None:
    assert lock_key(replace(TARGET, url=url)) == lock_key(TARGET)


def test_keys_are_short_and_differ() -> None:
    assert len(lock_key(TARGET)) == len("locks/.json") + 32
    others = [
        replace(TARGET, platform="faircom"),
        replace(TARGET, account="cs-2"),
        replace(TARGET, url="https://bots.kore.ai/Base"),
        replace(TARGET, url="https://bots.kore.ai/base"),
    ]
    assert len({lock_key(identity) for identity in (TARGET, *others)}) == 5
