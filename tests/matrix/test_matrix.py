"""Every combination of what nobody knows about the platform, pairwise at least (DESIGN 7, 9).

Each ends in the exact desired state, in a clear refusal that changed nothing, or in exit 9 in the
run that found out what the platform cannot do; and then the next promotion converges. What is
desired is worked out here from the sandbox's states alone.

ROLE_MIGRATE_MATRIX=full tries combinations of three in place of pairs.
"""

import itertools
import os
from typing import Any

import pytest
from covertable import make

from tests.matrix.conftest import UNKNOWN, Box

DIMENSIONS: dict[str, list[Any]] = {
    "mode": ["incremental", "full"],
    "file_ids": ["key", "version_id", "sha256", "upload"],
    "full_deletes": ["yes", "no"],
    "ids": ["kept", "minted"],
    "minted_members": ["carried", "dropped"],
    "match": ["name", "ref_id"],
    "no_id": ["accepted", "refused"],
    "send_source_id": [False, True],
    "update": ["replaced", "merged"],
    "permissions": ["as_sent", "drop_unknown", "fill_no"],
    "builtins_answered": ["no", "yes"],
    "builtins_omitted": ["kept", "reset", "deleted"],
    "response_order": ["file", "arbitrary"],
    "response_scope": ["file", "all"],
    "rate_limit": ["retry_after", "bare", "message"],
    "read_lag": [0, 0.3],
    "jti": ["optional", "enforced"],
}
NOT_SWITCHES = ("mode", "send_source_id")
STRENGTH = 3 if os.environ.get("ROLE_MIGRATE_MATRIX") == "full" else 2
CASES: list[dict[str, Any]] = make(DIMENSIONS, strength=STRENGTH)
BUILT_IN = {"admin", "Bot Owner", "Bot Developer", "Bot Tester"}


def test_every_combination_of_values_is_among_the_cases() -> None:
    for names in itertools.combinations(DIMENSIONS, STRENGTH):
        met = {tuple(case[name] for name in names) for case in CASES}
        assert met == set(itertools.product(*(DIMENSIONS[name] for name in names))), names


def _named(case: dict[str, Any]) -> str:
    plain = {name: values[0] for name, values in DIMENSIONS.items()}
    odd = [f"{name}={value}" for name, value in case.items() if value != plain[name]]
    return ",".join(odd) or "plain"


@pytest.mark.parametrize("case", CASES, ids=_named)
def test_ends_exact_or_refuses_or_finds_out_and_converges(box: Box, case: dict[str, Any]) -> None:
    switches = {name: value for name, value in case.items() if name not in NOT_SWITCHES}
    box.control("/switches/prod", switches)
    config = box.configure(file_ids=case["file_ids"], send_source_id=case["send_source_id"])
    arguments = ["--mode", case["mode"], "--reason", "a test"]
    for guard in ("max_deletions", "held_roles", "membership_gap"):
        arguments += ["--allow", guard]
    dev, before = _roles(box, "dev"), _roles(box, "prod")

    code, said = box.promote(config, *arguments)

    if code == 7:
        assert case["no_id"] == "refused" and not case["send_source_id"], said
        assert "send_source_id" in said and "target: unchanged" in said
        assert _roles(box, "prod") == before
        return
    faults = _faults(dev, before, _roles(box, "prod"), case)
    if code == 0:
        assert faults == [], said
    else:
        assert code == 9, said
        assert faults, f"nothing is wrong, and yet: {said}"
        assert all(_expected(fault, case) for fault in faults), faults
        code, said = box.promote(config, *arguments)
        assert code == 0, said
        assert "cannot be changed here" in said
    settled, writes = _roles(box, "prod"), box.writes()
    # Nobody was to be moved: whoever held a role that is still there holds it still.
    assert _holders(settled) == {
        key: held for key, held in _holders(before).items() if key in settled
    } | {key: frozenset() for key in settled.keys() - before.keys()}
    code, said = box.promote(config, *arguments)
    assert (code, box.writes()) == (0, writes), said
    assert _roles(box, "prod") == settled


def _roles(box: Box, environment: str) -> dict[tuple[str, str], dict[str, Any]]:
    state = box.control(f"/state/{environment}")
    return {(role["roleType"], role["role"]): role for role in state["roles"]}


UNSEEN = "Seasonal Staff"
"""A group without members: the platform shows nowhere what it holds (kore.md D), so nobody can
put that back."""


def _holders(roles: dict[tuple[str, str], dict[str, Any]]) -> dict[tuple[str, str], frozenset]:
    return {
        key: frozenset(
            tuple(sorted(holder.items()))
            for holder in role["holders"]
            if holder.get("group") != UNSEEN
        )
        for key, role in roles.items()
    }


Fault = tuple[str, str]


def _faults(
    dev: dict[Any, Any], before: dict[Any, Any], after: dict[Any, Any], case: dict[str, Any]
) -> list[Fault]:
    """What in `after` is not what a promotion should have made, as (what, role)."""
    found: list[Fault] = []
    goal = {key: role for key, role in before.items() if key[1] in BUILT_IN}
    goal |= {key: role for key, role in dev.items() if key[1] not in BUILT_IN}
    if case["mode"] == "incremental":
        goal |= {key: role for key, role in before.items() if key not in goal}
    found += [("missing", key[1]) for key in goal.keys() - after.keys()]
    found += [("not deleted", key[1]) for key in after.keys() - goal.keys()]
    for key in goal.keys() & after.keys():
        want, have = goal[key], after[key]
        if want["rDesc"] != have["rDesc"]:
            found.append(("description", key[1]))
        for name in want["permissions"].keys() | have["permissions"].keys():
            is_to, is_now = want["permissions"].get(name), have["permissions"].get(name)
            # Absent that became NO is a note (DESIGN 7).
            if is_to != is_now and not (is_to is None and is_now in ("NO", ["NO"])):
                what = "dropped" if is_now is None else "kept" if is_to is None else "different"
                found.append((f"{what} {name}", key[1]))
    return found


def _expected(fault: Fault, case: dict[str, Any]) -> bool:
    """Whether a switch of this case explains a fault that exit 9 reported."""
    what, _ = fault
    if what == f"dropped {UNKNOWN}":
        return bool(case["permissions"] == "drop_unknown")
    if what.startswith("kept "):
        return bool(case["update"] == "merged")
    return what == "not deleted" and case["full_deletes"] == "no"
