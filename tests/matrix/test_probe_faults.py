"""A probe in trouble: the account is as it was, or what is left is named, and nothing is made up.

Every kind of fault at a call of each kind, early and late in a probe. ROLE_MIGRATE_MATRIX=full
tries all of them, else every thirteenth.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.sandbox import Sandbox
from tests.cli.probed import ANN, BOT, account, answered, as_it_was, left_over
from tests.cli.world import EXPORT, IMPORT, UPLOAD, USERS, Ran, World, plain_environment, world_on

__all__ = ["plain_environment"]

ASSIGN = "/api/public/adminroles/assignments/"
WRITES = (
    *("refused", "reset_before", "reset_after", "timeout_before", "timeout_after", "timeout_late"),
    *("500", "500_after", "502_html_after", "503", "200_html", "200_html_after", "200_cut_json"),
    *("200_empty", "200_short", "200_wrong", "429_retry_after", "rate_message"),
)
READS = ("reset_after", "timeout_after", "500", "502_html", "200_html", "200_short", "200_wrong")
PAGES = ("500", "200_cut_json", "200_short", "page_short", "page_repeats", "total_moves")
ASSIGNING = ("assign_partial", "assign_odd_status", *WRITES)

ALL = [
    *((fault, IMPORT, nth) for fault in WRITES for nth in (1, 2, 3, 5, 6, 8, 9, 10)),
    *((fault, UPLOAD, nth) for fault in WRITES for nth in (1, 4)),
    *((fault, ASSIGN, nth) for fault in ASSIGNING for nth in (1, 2, 3, 4, 5)),
    *((fault, EXPORT, nth) for fault in READS for nth in (3, 4, 5, 7, 8, 12, 14)),
    *((fault, USERS, nth) for fault in PAGES for nth in (3, 5, 6, 7, 9)),
]
WHOLE = os.environ.get("ROLE_MIGRATE_MATRIX") == "full"
CASES = ALL if WHOLE else [*ALL[::13], *(("200_short", EXPORT, nth) for nth in (3, 5))]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("box")
    with Sandbox({"dev": account(), "prod": account()}, folder, s3=False) as started:
        yield started


@pytest.fixture
def world(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("migrate.pace.DEFAULT_HOLD", 0.05)
    with world_on(box, tmp_path / "work") as made:
        made.configure("dev", timeout="1", verify_timeout="0.8")
        yield made


def probe(world: World) -> Ran:
    return world.run(
        *("probe", "--env", "dev", "--yes", "--format", "json"), *("--user", ANN, "--bot", BOT)
    )


QUIET = {
    "no_id": "accepted",
    "absent_permissions": "absent",
    "ids": "kept",
    "update": "replaced",
    "members": "carried",
    "unknown_permissions": "kept",
    "match": "name",
    "jti": "optional",
    "response_order": "file",
    "response_scope": "file",
    "full_deletes": "yes",
    "builtins_answered": "no",
    "file_reuse": "accepted",
    "bad_content": "refused",
    "unknown_user": "entry",
    "unknown_group": "entry",
    "unknown_role": "entry",
    "group_rows": "one",
    "offset_users": "record",
    "offset_groups": "page",
    "offset_bots": "page",
    "payload_encryption": "off",
}
"""What the sandbox does, whatever trouble there is."""


@pytest.mark.parametrize(("fault", "path", "nth"), CASES)
def test_trouble_ends_with_the_account_as_it_was_or_says_exactly_what_is_left(
    world: World, fault: str, path: str, nth: int
) -> None:
    before = as_it_was(world.state("dev"))
    seconds = {"timeout": 1.3, "429": 0.1}.get(fault.partition("_")[0], 1)
    world.fault(fault, path, environment="dev", nth=nth, seconds=seconds)

    ran = probe(world)

    world.calm()
    assert ran.code in (0, 7, 8), ran.err
    assert not re.search(r"\b(Key|Index|Type|Value|Attribute|Assertion)Error\b", ran.err), ran.err
    after = world.state("dev")
    left = left_over(after)
    assert as_it_was(after) == before
    assert all(each["holders"] == [] for each in left)
    if ran.out:
        for (question, _), value in answered(json.loads(ran.out)).items():
            assert value in (None, QUIET.get(question)) or question == "read_lag", question
    if ran.code == 8:
        ran.says("error: ", "target: holds of the probe: ", "next: role-migrate probe --env dev")
    if ran.code == 7:
        assert "target: as it was before" in ran.err or "target: unchanged" in ran.err
        assert not left
    for each in left:
        assert f"{each['roleType']} role {each['role']} (grants nothing)" in ran.err
    if ran.code:
        assert world.run("probe", "--env", "dev", "--show").code == 2
        # What may take long here is the machine, not the fault.
        world.configure("dev", timeout="10", verify_timeout="5")
        again = probe(world)
        assert again.code == 0, again.err
        assert left_over(world.state("dev")) == []
        assert as_it_was(world.state("dev")) == before
