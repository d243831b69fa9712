"""Every request to a store in a bucket meets every kind of trouble, once or until the run ends.

The run ends exact, or says truthfully how it left the target; and then, with the store back, it can
be ended exact and can be taken back.
"""

import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from botocore.retries.standard import ExponentialBackoff

from migrate.pipeline import resuming
from migrate.sandbox import Sandbox
from tests.cli.staffed import DEV, PROD
from tests.cli.test_buckets import bucket_settings
from tests.cli.world import Ran, World, plain_environment, world_on
from tests.matrix.worst import (
    SCENARIOS,
    WHOLE,
    Named,
    Record,
    Scenario,
    Tally,
    ended,
    expire,
    named,
    taken_back,
)
from tests.stores.fake_s3 import RESET, Answer, FakeS3, Request, fake_s3

__all__ = ["plain_environment"]

BUSY = Answer(503, "SlowDown", "Please reduce your request rate.")
BROKEN = Answer(500, "InternalError", "We encountered an internal error.")
DENIED = Answer(403, "AccessDenied", "Access Denied")
KINDS: dict[str, tuple[Answer | str, bool]] = {
    "reset_before": (RESET, False),
    "reset_after": (RESET, True),
    "503": (BUSY, False),
    "500_after": (BROKEN, True),
    "403": (DENIED, False),
}
"""The kinds of trouble: the answer, and whether what was to be written was written before it."""

LASTING = ("tries", "gone")
"""For as many tries as a client makes of one request, or for everything up to the run's end."""

PARTS = 2 if not WHOLE else 16
STRIDE = 251
"""Of so many cases one is tried in a sample."""


TRIES = 4
"""How often a client asks for the same before it gives up."""


class Trouble:
    """Meets the request number `first`, counted from 0, and what follows for as long as it lasts.

    With no `first` it only counts.
    """

    def __init__(self, first: int | None = None, kind: str = "503", lasting: str = "tries") -> None:
        self.first = first
        self.answer, self.after = KINDS[kind]
        self.left = TRIES if lasting == "tries" else sys.maxsize
        self.seen: list[tuple[str, str]] = []
        self.met: tuple[str, str] | None = None

    def __call__(self, request: Request, server: FakeS3) -> Answer | str | None:
        what = (request.method, request.key or "list")
        self.seen.append(what)
        if self.first is None or len(self.seen) <= self.first or not self.left:
            return None
        self.met = self.met or what
        if self.left <= TRIES and what != self.met:
            return None
        self.left -= 1
        if self.after and request.method == "PUT":
            server.store(request)
        return self.answer


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox({"dev": DEV, "prod": PROD}, tmp_path_factory.mktemp("box"), s3=False) as started:
        yield started


@pytest.fixture
def bucket() -> Iterator[FakeS3]:
    with fake_s3() as server:
        yield server


@pytest.fixture
def world(
    box: Sandbox, bucket: FakeS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    # As many tries as in life, without the seconds between them.
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0)
    monkeypatch.setattr(resuming, "CLOCKS_DIFFER", 0.5)  # a minute in life
    with world_on(box, tmp_path / "work") as made:
        for name in ("access", "secret"):
            path = made.folder / "secrets" / f"s3-{name}-key"
            path.write_text(f"a-{name}-key")
            path.chmod(0o600)
        made.configure(timeout="3", verify_timeout="1")
        made.store = bucket_settings(made, bucket.url, "s3://box/store")
        made.write()
        yield made


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", ["incremental", "full, dropping members"])
def test_every_request_to_the_store_meets_every_trouble(
    *, world: World, bucket: FakeS3, name: str, part: int, record_property: Record
) -> None:
    scenario, tally, start = SCENARIOS[name], Tally(record_property), world.state()
    before = named(world)
    begin(world, bucket, start, scenario)
    bucket.every = counting = Trouble()
    assert world.run(*scenario.words).code == 0
    after = named(world)
    assert len(counting.seen) > 40
    cases = list(product(range(len(counting.seen)), KINDS, LASTING))
    step = PARTS if WHOLE else PARTS * STRIDE
    for call, kind, lasting in cases[part if WHOLE else part * STRIDE :: step]:
        begin(world, bucket, start, scenario)
        bucket.every = trouble = Trouble(call, kind, lasting)
        ran = world.run(*scenario.words)
        bucket.every = None
        case = f"{name}, {kind} at {call} ({lasting}): {trouble.met}"
        assert trouble.met is not None, case
        tally.count(case, *judged(world, scenario, ran, before, after))
    assert not tally.lost, "\n".join(tally.lost)


def begin(world: World, bucket: FakeS3, start: dict[str, Any], scenario: Scenario) -> None:
    """prod as at the start, and an empty bucket."""
    bucket.every = None
    bucket.objects.clear()
    world.put("prod", start)
    world.switch(**scenario.switches)


def judged(
    world: World, scenario: Scenario, ran: Ran, before: Named, after: Named
) -> tuple[str, str]:
    """Whether a run whose store was in trouble was exact, or truthful and could be ended."""
    verdict = "exact"
    expire(world)  # whose release may have been what failed
    if ran.code != 0:
        verdict = "refused"
        if "target: unchanged" in ran.err and named(world) != before:
            return "lost", f"{ran.code}, and prod is not as it was: {ran.err}"
        if "target: " not in ran.err and named(world) != before:
            return "lost", f"{ran.code}, and nothing of the target: {ran.err}"
        again = ended(world, scenario)
        if again.code != 0:
            return "lost", f"{ran.code}: {ran.err}\nand then {again.code}: {again.err}"
    if named(world) != after:
        return "lost", f"not exact: {ran.err}"
    back = taken_back(world)
    if back is None or back.code != 0 or named(world) != before:
        return "lost", f"not taken back: {back.err if back else 'no run'}"
    return verdict, ""
