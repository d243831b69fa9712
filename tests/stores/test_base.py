import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import InvalidInput
from migrate.stores.base import (
    NO_VERSION,
    KeyTaken,
    Store,
    VersionMoved,
    check_key,
    check_prefix,
    put_once,
)

# The contract that every store keeps.


def test_what_is_put_comes_back(store: Store) -> None:
    data = bytes(range(256))
    put = store.put_if_absent("runs/1/0000.json", data)
    assert put.ours
    assert put.stored.data == data
    assert store.get("runs/1/0000.json") == put.stored


def test_an_empty_object_is_an_object(store: Store) -> None:
    assert store.put_if_absent("empty", b"").ours
    stored = store.get("empty")
    assert stored is not None
    assert stored.data == b""


def test_a_key_that_is_not_there_is_none(store: Store) -> None:
    assert store.get("locks/none.json") is None
    assert list(store.list("")) == []
    assert list(store.list("locks/")) == []


def test_put_never_changes_what_is_there(store: Store) -> None:
    first = store.put_if_absent("a", b"one")
    second = store.put_if_absent("a", b"two")
    assert not second.ours
    assert second.stored == first.stored
    assert store.get("a") == first.stored


def test_putting_the_same_again_is_ours(store: Store) -> None:
    first = store.put_if_absent("a", b"one")
    again = store.put_if_absent("a", b"one")
    assert again.ours
    assert again.stored == first.stored


def test_put_once_is_content_with_equal_bytes_only(store: Store) -> None:
    stored = put_once(store, "imports/x.json", b"[]")
    assert put_once(store, "imports/x.json", b"[]") == stored
    with pytest.raises(KeyTaken) as caught:
        put_once(store, "imports/x.json", b"[1]")
    assert caught.value.key == "imports/x.json"
    assert caught.value.where == f"{store.location}/imports/x.json"


def test_replace_swaps_at_the_expected_version_only(store: Store) -> None:
    first = store.put_if_absent("lock", b"one").stored
    second = store.replace("lock", b"two", first.version)
    assert second.data == b"two"
    assert store.get("lock") == second
    with pytest.raises(VersionMoved):
        store.replace("lock", b"three", first.version)
    with pytest.raises(VersionMoved):
        store.replace("lock", b"three", NO_VERSION)
    assert store.get("lock") == second


def test_replace_does_not_create(store: Store) -> None:
    with pytest.raises(VersionMoved):
        store.replace("lock", b"one", NO_VERSION)
    assert store.get("lock") is None


def test_list_gives_sorted_keys_of_a_prefix(store: Store) -> None:
    keys = ["runs/b/0001.json", "runs/b/0000.json", "runs/a/0000.json", "run", "plans/é ü.json"]
    for key in keys:
        store.put_if_absent(key, b"x")
    assert list(store.list("")) == sorted(keys)
    assert list(store.list("runs/")) == sorted(keys[:3])
    assert list(store.list("runs/b")) == ["runs/b/0000.json", "runs/b/0001.json"]
    assert list(store.list("nothing/")) == []


def test_progress_ends_with_everything(store: Store) -> None:
    seen: list[tuple[int, int]] = []
    data = b"x" * 700_000
    store.put_if_absent("big", data, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(data), len(data))
    assert seen == sorted(seen)
    small: list[tuple[int, int]] = []
    store.put_if_absent("small", b"abc", lambda done, total: small.append((done, total)))
    assert small == [(3, 3)]


def test_of_many_at_once_one_creates(store: Store) -> None:
    start = threading.Barrier(6)

    def put(name: int) -> bool:
        start.wait()
        return store.put_if_absent("claim", b"%d" % name).ours

    with ThreadPoolExecutor(6) as pool:
        winners = [name for name, ours in enumerate(pool.map(put, range(6))) if ours]
    stored = store.get("claim")
    assert stored is not None
    assert [b"%d" % name for name in winners] == [stored.data]


def test_of_many_at_once_one_swaps(store: Store) -> None:
    version = store.put_if_absent("lock", b"free").stored.version
    start = threading.Barrier(6)

    def swap(name: int) -> bool:
        start.wait()
        try:
            store.replace("lock", b"%d" % name, version)
        except VersionMoved:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        winners = [name for name, won in enumerate(pool.map(swap, range(6))) if won]
    stored = store.get("lock")
    assert stored is not None
    assert [b"%d" % name for name in winners] == [stored.data]


MALFORMED = """
/a|a/|a//b|..|a/../b|.|a/./b|.lock|a/.tmp/b|a\\b""".strip().split("|")


@pytest.mark.parametrize(
    "key", [*MALFORMED, "", "a\nb", "a\0b", "a/" * 300 + "a", "\ud800", "\u202e"]
)
def test_a_malformed_key_is_refused(store: Store, key: str) -> None:
    for attempt in (
        lambda: store.get(key),
        lambda: store.put_if_absent(key, b""),
        lambda: store.replace(key, b"", NO_VERSION),
    ):
        with pytest.raises(InvalidInput):
            attempt()


@pytest.mark.parametrize("prefix", ["/", "../", "a//", "a/../b"])
def test_a_malformed_prefix_is_refused(store: Store, prefix: str) -> None:
    with pytest.raises(InvalidInput):
        list(store.list(prefix))


@given(st.text(alphabet="a.é/\\ \n\u202e", max_size=12))
def test_a_key_that_passes_stays_inside(key: str) -> None:
    try:
        assert check_key(key) == key
    except InvalidInput:
        return
    assert all(part and part[0] != "." for part in key.split("/"))
    assert key.isprintable()


def test_prefixes() -> None:
    assert [check_prefix(prefix) for prefix in ("", "a", "a/", "a/b")] == ["", "a", "a/", "a/b"]
