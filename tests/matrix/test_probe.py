"""`probe` finds out every switch that it claims to settle, and leaves the account as it was.

What it is to answer is worked out here from the switches alone: the switch's value, or nothing
where the probe may not or can't ask. ROLE_MIGRATE_MATRIX=full tries every pair of values in place
of a few chosen combinations.
"""

import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from covertable import make

from migrate.sandbox import Sandbox
from tests.cli.probed import ANN, BOT, account, answered, as_it_was, left_over
from tests.cli.world import World, plain_environment, world_on

__all__ = ["plain_environment"]

TYPES = ("admin", "bot")
Case = dict[str, Any]

DIMENSIONS: dict[str, list[Any]] = {
    "full_deletes": ["yes", "no"],
    "ids": ["kept", "minted"],
    "minted_members": ["carried", "dropped"],
    "match": ["name", "ref_id"],
    "no_id": ["accepted", "refused"],
    "update": ["replaced", "merged"],
    "permissions": ["as_sent", "drop_unknown", "fill_no"],
    "builtins_answered": ["no", "yes"],
    "builtins_omitted": ["kept", "reset", "deleted"],
    "response_order": ["file", "arbitrary"],
    "response_scope": ["file", "all"],
    "file_reuse": ["accepted", "refused"],
    "bad_content": ["refused", "error_500"],
    "unknown_principal": ["entry", "refuse", "silent"],
    "assign_status": ["documented", "plain"],
    "group_rows": ["one", "merged"],
    "group_children": ["objects", "names", "ids"],
    "roleless_users": ["listed", "omitted"],
    "offset_users": ["record", "page"],
    "offset_groups": ["page", "record"],
    "offset_bots": ["page", "record"],
    "default_page": [50, 2],
    "largest_page": [1000, 2],
    "jti": ["optional", "enforced"],
    "read_lag": [0, 0.2],
}
PLAIN = {name: values[0] for name, values in DIMENSIONS.items()}
ODD: tuple[Case, ...] = (
    {},
    {
        "full_deletes": "no",
        "match": "ref_id",
        "no_id": "refused",
        "update": "merged",
        "builtins_answered": "yes",
        "response_order": "arbitrary",
        "file_reuse": "refused",
        "bad_content": "error_500",
        "unknown_principal": "refuse",
        "group_rows": "merged",
        "offset_users": "page",
        "offset_groups": "record",
        "offset_bots": "record",
        "default_page": 2,
        "jti": "enforced",
        "assign_status": "plain",
    },
    {
        "ids": "minted",
        "minted_members": "dropped",
        "permissions": "drop_unknown",
        "response_scope": "all",
        "builtins_answered": "yes",
        "unknown_principal": "silent",
        "largest_page": 2,
        "read_lag": 0.2,
        "builtins_omitted": "deleted",
        "group_children": "names",
        "roleless_users": "omitted",
    },
    {
        "ids": "minted",
        "permissions": "fill_no",
        "response_scope": "all",
        "group_rows": "merged",
        "builtins_omitted": "reset",
        "group_children": "ids",
    },
    {"permissions": "drop_unknown", "update": "merged", "response_scope": "all"},
)
"""A few combinations in which every value of every switch is met."""

WHOLE = os.environ.get("ROLE_MIGRATE_MATRIX") == "full"
CASES: list[Case] = make(DIMENSIONS, strength=2) if WHOLE else [{**PLAIN, **odd} for odd in ODD]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("box")
    with Sandbox({"dev": account(), "prod": account()}, folder, s3=False) as started:
        yield started


def expected(case: Case) -> dict[tuple[str, str], str | None]:
    """The answers that the switches mean, by question and role type; None: not settled."""
    found: dict[tuple[str, str], str | None] = {}
    # Roles leave permissions out here: where an import fills them in it would change them.
    full = case["ids"] == "kept" and case["permissions"] != "fill_no"
    everything = case["response_scope"] == "all"
    in_order = case["response_order"] == "file" and not everything
    for kind in TYPES:
        answers = {
            "no_id": case["no_id"],
            "absent_permissions": "denied" if case["permissions"] == "fill_no" else "absent",
            "ids": case["ids"],
            "update": case["update"],
            "members": case["minted_members"] if case["ids"] == "minted" else "carried",
            "unknown_permissions": ("dropped" if case["permissions"] == "drop_unknown" else "kept"),
            "match": case["match"],
            "response_order": "file" if in_order else "other",
            "response_scope": case["response_scope"],
            "full_deletes": case["full_deletes"] if full else None,
            "builtins_answered": case["builtins_answered"] if full or everything else None,
            "builtins_omitted": None,
        }
        found |= {(name, kind): value for name, value in answers.items()}
    unknown = dict.fromkeys(("unknown_user", "unknown_group", "unknown_role"))
    users = 4 if case["roleless_users"] == "listed" else 3
    page = min(case["default_page"], case["largest_page"])
    of_account = {
        "full_default": None,
        "file_reuse": case["file_reuse"],
        "bad_content": case["bad_content"],
        **dict.fromkeys(unknown, case["unknown_principal"]),
        "group_rows": case["group_rows"],
        "read_lag": "none" if case["read_lag"] == 0 else "up to",
        "offset_users": case["offset_users"],
        "offset_groups": case["offset_groups"],
        "offset_bots": case["offset_bots"],
        **{f"page_{name}": str(page) if page < 3 else None for name in ("users", "groups", "bots")},
        "largest_page": str(case["largest_page"]) if case["largest_page"] < users else None,
        "payload_encryption": "off",
        "jti": case["jti"],
        "rate_limit": None,
    }
    return found | {(name, ""): value for name, value in of_account.items()}


def _named(case: Case) -> str:
    odd = [f"{name}={value}" for name, value in case.items() if value != PLAIN[name]]
    return ",".join(odd) or "plain"


def test_every_value_is_among_the_cases() -> None:
    for name, values in DIMENSIONS.items():
        assert {case[name] for case in CASES} == set(values), name
    for names in itertools.combinations(DIMENSIONS, 2) if WHOLE else ():
        met = {tuple(case[name] for name in names) for case in CASES}
        assert met == set(itertools.product(*(DIMENSIONS[name] for name in names))), names


@pytest.mark.parametrize("case", CASES, ids=_named)
def test_a_probe_answers_what_the_switches_say_and_puts_everything_back(
    box: Sandbox, case: Case, tmp_path: Path
) -> None:
    with world_on(box, tmp_path / "work") as world:
        # What takes long here is a busy machine.
        world.configure("dev", timeout="20", verify_timeout="10")
        world.switch("dev", **case)
        before = world.state("dev")

        ran = world.run(
            *("probe", "--env", "dev", "--yes", "--format", "json"),
            *("--user", ANN, "--bot", BOT),
        )

        assert ran.code == 0, ran.err
        report = ran.json()
        wanted = expected(case)
        assert _rough(answered(report)) == wanted
        assert all(item["how"] for item in report["profile"]["findings"])
        after = world.state("dev")
        assert as_it_was(after) == as_it_was(before)
        left = left_over(after)
        removable = {kind for kind in TYPES if wanted["full_deletes", kind] == "yes"}
        assert {each["roleType"] for each in left} == set(TYPES) - removable
        for each in left:
            assert each["holders"] == []
            assert set(map(json.dumps, each["permissions"].values())) <= {'"NO"', '["NO"]'}
            line = f"{each['roleType']} role {each['role']} (grants nothing)"
            assert line in report["profile"]["left"]
        assert len(report["profile"]["left"]) == len(left)
        assert _learned(world) == {
            kind: {
                "fills": wanted["absent_permissions", kind] == "denied",
                "merges": wanted["update", kind] == "merged",
                "keepsRoles": wanted["full_deletes", kind] == "no",
                "drops": [],
                "ids": wanted["ids", kind],
                "members": wanted["members", kind],
                "dropsUnknown": wanted["unknown_permissions", kind] == "dropped",
                "rows": None,  # the profile tells; runs learn it
            }
            for kind in TYPES
        }


def _rough(found: dict[tuple[str, str], str | None]) -> dict[tuple[str, str], str | None]:
    lag = found["read_lag", ""]
    return {**found, ("read_lag", ""): "up to" if lag and lag.startswith("up to") else lag}


def _learned(world: World) -> Any:
    shelf = next((world.folder / "store").glob("kore-sandbox-dev-*"))
    return json.loads((shelf / "behaviour.json").read_bytes())["roleTypes"]
