"""Facts about URLs, and about answers."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.http import Answer
from migrate.urls import fault_of, fold, host_of, is_loopback


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "127.0.0.1", "127.9.9.9", "::1", "[::1]"]
)
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["localhost.example", "127.0.0.1.example", "10.0.0.1", "0.0.0.0", "", "128.0.0.1"]
)
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("url", "folded"),
    [
        ("HTTPS://Bots.Kore.AI:443/", "https://bots.kore.ai"),
        ("https://bots.kore.ai/Kore/", "https://bots.kore.ai/Kore"),
        ("http://[::1]:80/", "http://[::1]"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://x:80", "https://x:80"),
    ],
)
def test_folding(url: str, folded: str) -> None:
    assert fold(url) == folded


@settings(max_examples=50)
@given(
    st.sampled_from(["http", "HTTPS"]),
    st.from_regex(r"[A-Za-z][A-Za-z0-9.-]{0,20}", fullmatch=True),
    st.one_of(st.none(), st.integers(1, 65535)),
    st.from_regex(r"(/[A-Za-z0-9]{1,5}){0,3}/?", fullmatch=True),
)
def test_folding_twice_changes_nothing(scheme: str, host: str, port: int | None, path: str) -> None:
    url = f"{scheme}://{host}{'' if port is None else f':{port}'}{path}"
    assert fault_of(url) is None
    assert fold(fold(url)) == fold(url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("bots.kore.ai", "https://"),
        ("ftp://x", "https://"),
        ("https://", "no host"),
        ("https://u:hunter2@x", "password"),
        ("https://x/?a=b", "query"),
        ("https://x/#", "fragment"),
        ("https://x?", "query"),
        ("https://x:0", "port 0"),
        ("https://x:99999", "cannot be read|can be read"),
        ("https://[::1", "can be read"),
        ("https://x\n", "blank"),
    ],
)
def test_unsound_urls(url: str, words: str) -> None:
    fault = fault_of(url)
    assert fault is not None
    assert any(word in fault for word in words.split("|"))
    assert "hunter2" not in fault


def test_hosts_for_messages() -> None:
    assert host_of("https://u:p@bots.kore.ai:8443/x?y") == "bots.kore.ai:8443"
    assert host_of("https://bots.kore.ai") == "bots.kore.ai"
    assert host_of("nonsense") == "?"
    assert host_of("//[::1") == "?"


def answer(**headers: str) -> Answer:
    return Answer(429, {name.replace("_", "-"): text for name, text in headers.items()}, b"", "u")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30.0), (" 5 ", 5.0), ("-5", None), ("soon", None), ("9" * 40, None), ("", None)],
)
def test_retry_after_in_seconds(text: str, seconds: float | None) -> None:
    assert answer(retry_after=text).retry_after == seconds


def test_retry_after_as_a_date_is_measured_by_the_servers_clock() -> None:
    date = "Wed, 01 Jan 2020 00:00:00 GMT"
    assert answer(date=date, retry_after="Wed, 01 Jan 2020 00:01:30 GMT").retry_after == 90
    assert answer(date=date, retry_after="Tue, 31 Dec 2019 00:00:00 GMT").retry_after == 0
    assert answer(date=date).date == datetime(2020, 1, 1, tzinfo=UTC)
    assert answer(date="yesterday").date is None
    assert answer().retry_after is None
