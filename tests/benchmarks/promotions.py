"""Whole promotions between two accounts: calls, bytes, our CPU, time on the clock, peak memory."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.benchmarks.bounds import Bound, Results, Table
from tests.benchmarks.made import BOTS, account, one_percent_changed
from tests.benchmarks.measuring import middle
from tests.benchmarks.world import Promotion, World, world

SIZES = (
    (100, 0), (1_000, 0), (10_000, 0), (50_000, 0), (100, 5_000), (1_000, 5_000), (1_000, 50_000),
)  # fmt: skip
"""Roles and assignments."""
LARGE, LONG = 5_000, 40_000
"""Roles and assignments from which a size is measured once, and then also without latency."""
LATENCY = 0.1
MIB = 1024 * 1024
COLD, SAME, FEW = "cold", "nothing to change", "1 % changed"
Held = Counter[tuple[str, bool]]
"""How many assignments of each role type are given (True) or taken."""
Orders = Sequence[dict[str, Any]]


def measure(results: Results, folder: Path) -> None:
    """Every size, every kind of promotion."""
    rows, figures = [], []
    wrong: list[str] = []
    costs: list[float] = []
    silent = True
    for number, (roles, held) in enumerate(SIZES):
        dev, prod = account(roles, held, 1), account(0, held, 2)
        few = one_percent_changed(dev)
        with world(folder / str(number), {"dev": dev, "prod": prod}) as here:
            found = _series(here, dev, few, held, roles + held)
        orders = [near.orders for near, _ in found.values()]
        calls = _expected(dev, prod, few, held, orders)
        expected = dict(zip((COLD, SAME, FEW), calls, strict=True))
        for kind, (near, far) in found.items():
            made = len(near.calls)
            if any(len(each.calls) != expected[kind] for each in (near, far) if each):
                wrong.append(f"{roles} roles, {held} assignments, {kind}: {made}")
            rows.append(_row(roles, held, kind, near, far))
            figures.append(_figures(roles, held, kind, near, far))
        same = found[SAME][0]
        silent &= not any(call.method != "GET" for call in same.calls)
        others = [found[kind][0] for kind in (COLD, FEW)]
        costs.append(max(same.usage.cpu / each.usage.cpu for each in others))
        costs.append(max(len(same.calls) / len(each.calls) for each in others))
    results.tables.append(Table("Promotions", _HEADS, tuple(rows), _NOTE))
    results.figures["promotions"] = figures
    results.figures["calls that the formula does not give"] = wrong
    results.bounds += [
        Bound("nothing to change: CPU and calls, all sizes", "the cheapest other promotion",
              max(costs), 1, below=True),
        Bound("nothing to change: writes", "none", float(not silent), 0),
        Bound("promotions whose calls are not the formula's", "none", len(wrong), 0),
    ]  # fmt: skip


_HEADS = (
    *("roles", "assignments", "promotion", "calls", "MiB moved", "CPU s", "wall s at 0 ms"),
    *("wall s at 100 ms", "× calls alone", "peak MiB"),
)
_NOTE = (
    "From one account of the sandbox, in a process of its own, to another: first to one without "
    "custom roles, then again, then with a permission of every hundredth role and every hundredth "
    "assignment changed. The floor of the time at 100 ms is what the calls alone take, each after "
    "the other. Below 5,000 roles and assignments it is the median of three, else one measurement; "
    "the largest are measured without latency only."
)


def _series(
    here: World, dev: dict[str, Any], few: dict[str, Any], held: int, size: int
) -> dict[str, tuple[Promotion, Promotion | None]]:
    """The three promotions one after the other, without latency and with it."""
    mode = "exact" if held else "none"

    def series(latency: float) -> tuple[Promotion, ...]:
        here.begin()
        first, again = here.promote(mode, latency), here.promote(mode, latency)
        here.put("dev", few)
        return first, again, here.promote(mode, latency)

    tries = [series(0) for _ in range(3 if size < LARGE else 1)]
    near = [_middle(each) for each in zip(*tries, strict=True)]
    far = series(LATENCY) if size < LONG else (None, None, None)
    return dict(zip((COLD, SAME, FEW), zip(near, far, strict=True), strict=True))


def _middle(tries: tuple[Promotion, ...]) -> Promotion:
    return replace(tries[0], usage=middle([each.usage for each in tries]))


def _expected(
    dev: dict[str, Any],
    prod: dict[str, Any],
    few: dict[str, Any],
    held: int,
    orders: Sequence[Orders],
) -> Iterator[int]:
    """The calls of each promotion by the formula in docs/performance.md, in its plan's orders."""
    users = max(1, math.ceil(len(prod.get("users", ())) / 500))
    groups, bots = 1, math.ceil(BOTS / 50)
    people = users + groups + bots if held else 0
    read = 2 + people + 2 + (people or users)
    yield read + _writes(_types(prod, dev), _moves(prod, dev), orders[0], users, people)
    yield read
    yield read + _writes(_types(dev, few), _moves(dev, few), orders[2], users, people)


def _writes(changing: set[str], moves: Held, orders: Orders, users: int, people: int) -> int:
    batches = shown = 0
    for order in orders:
        added = False
        for part in order["moves"]:
            adds = part["move"].startswith("add")
            if adds or part["move"] == "remove":
                count = len(part.get("items", ())) or moves[order["roleType"], adds]
                batches += math.ceil(count / 100)
                shown += added and not adds
                added = adds
    touched = len(changing | {kind for kind, _ in moves})
    verified = people if moves else 0
    return 2 * len(changing) + touched + shown * (1 + users) + batches + verified


def _types(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """The role types that have a role that is new or another."""

    def roles(state: dict[str, Any]) -> dict[tuple[str, str], str]:
        return {
            (each["roleType"], each["role"]): json.dumps(each["permissions"], sort_keys=True)
            for each in state["roles"]
        }

    had = roles(before)
    return {key[0] for key, held in roles(after).items() if had.get(key) != held}


def _moves(before: dict[str, Any], after: dict[str, Any]) -> Held:
    had, has = _holders(before), _holders(after)
    given = Counter((role_type, True) for role_type, *_ in has - had)
    return given + Counter((role_type, False) for role_type, *_ in had - has)


def _holders(state: dict[str, Any]) -> set[tuple[str, ...]]:
    return {
        (role["roleType"], role["role"], *holder.values())
        for role in state["roles"]
        for holder in role.get("holders", ())
    }


def _row(
    roles: int, held: int, kind: str, near: Promotion, far: Promotion | None
) -> tuple[str, ...]:
    calls = len(near.calls)
    return (
        f"{roles:,}",
        f"{held:,}",
        kind,
        str(calls),
        f"{near.moved / MIB:.1f}",
        f"{near.usage.cpu:.2f}",
        f"{near.usage.wall:.2f}",
        f"{far.usage.wall:.2f}" if far else "",
        f"{far.usage.wall / (calls * LATENCY):.1f}" if far else "",
        f"{near.usage.peak / MIB:.0f}",
    )


def _figures(
    roles: int, held: int, kind: str, near: Promotion, far: Promotion | None
) -> dict[str, Any]:
    return {
        "roles": roles,
        "assignments": held,
        "promotion": kind,
        "calls": Counter(f"{call.method} {call.path}" for call in near.calls),
        "bytes": near.moved,
        "cpu": near.usage.cpu,
        "wall": near.usage.wall,
        "wallAt100ms": far.usage.wall if far else None,
        "peak": near.usage.peak,
    }
