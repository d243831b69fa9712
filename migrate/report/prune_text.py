"""What a prune deletes, or would, and why the rest stays: as JSON, and for people."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from migrate.keeping import Decision, Gone, Kind, Limits, Stock, Why
from migrate.report.escape import inert

DAY = 86400


def to_value(
    location: str, limits: Limits, stock: Stock, decision: Decision, gone: Gone | None
) -> dict[str, Any]:
    """The JSON value. `deleted` in it is null where nothing is `gone` yet."""
    return {
        "folder": location,
        "keep": int(limits.age),
        "keepLast": limits.last,
        "going": [
            {
                "kind": item.kind.value,
                "name": item.name,
                "objects": len(item.objects),
                "bytes": item.size,
                "writtenAt": _stamp(item.written_at),
            }
            for item in decision.going
        ],
        "staying": [
            {
                "kind": ref[0].value,
                "name": ref[1],
                "objects": len(stock.items[ref].objects),
                "bytes": stock.items[ref].size,
                "writtenAt": _stamp(stock.items[ref].written_at),
                "why": why.value,
                "neededBy": by[1] if by else "",
            }
            for ref, (why, by) in sorted(decision.staying.items())
        ],
        "others": {"objects": len(stock.others), "bytes": sum(o.size for o in stock.others)},
        "deleted": None
        if gone is None
        else {
            "items": [{"kind": item.kind.value, "name": item.name} for item in gone.items],
            "objects": gone.objects,
            "bytes": gone.size,
            "hidden": {"objects": gone.hidden, "bytes": gone.hidden_size},
            "heldByStore": [{"key": key, "why": why} for key, why in sorted(gone.held.items())],
            "spared": [{"kind": kind.value, "name": name} for kind, name in gone.spared],
        },
    }


def render(value: Mapping[str, Any], *, everything: bool = False) -> str:
    """The value as text; with `everything` each item by name."""
    going, staying, done = value["going"], value["staying"], value["deleted"]
    limits = f"older than {_age(value['keep'])} and not among the last {value['keepLast']}"
    lines = [f"{inert(value['folder'])}: what is {limits} of its kind"]
    for kind in Kind:
        ours = [item for item in going if item["kind"] == kind.value]
        there = len(ours) + sum(item["kind"] == kind.value for item in staying)
        if there:
            lines.append(
                f"  {kind.value + 's':<13}{len(ours):>6} of {there:<6}"
                f"{_objects(sum(i['objects'] for i in ours)):>15}  "
                f"{_bytes(sum(i['bytes'] for i in ours)):>9}"
            )
    objects, size = sum(i["objects"] for i in going), sum(i["bytes"] for i in going)
    lines.append(f"  in all {_objects(objects)}, {_bytes(size)}" if going else "  Nothing goes.")
    whys = Counter(item["why"] for item in staying)
    if whys:
        told = ", ".join(f"{whys[why.value]} {why.value}" for why in Why if whys[why.value])
        lines.append(f"Staying: {told}")
    lines.append(
        f"Never deleted, with {_bytes(value['others']['bytes'])}: "
        f"{_objects(value['others']['objects'])} such as history, approvals and claims"
    )
    if everything:
        lines += [f"  goes   {i['kind']} {i['name']}  {i['writtenAt']}" for i in going]
        lines += [
            f"  stays  {i['kind']} {i['name']}  {i['writtenAt']}  {i['why']}"
            + (f" ({i['neededBy']})" if i["neededBy"] else "")
            for i in staying
        ]
    if done is not None:
        lines += _done(done)
    return "\n".join(lines) + "\n"


def _done(done: Mapping[str, Any]) -> list[str]:
    lines = [f"Deleted: {_objects(done['objects'])}, {_bytes(done['bytes'])}"]
    if done["hidden"]["objects"]:
        lines.append(
            f"  {_objects(done['hidden']['objects'])} of these, {_bytes(done['hidden']['bytes'])}, "
            "lie behind delete markers: the bucket keeps their versions, until a lifecycle rule "
            "removes these"
        )
    if done["heldByStore"]:
        lines.append(f"Kept by the store: {_objects(len(done['heldByStore']))}")
        lines += [f"  {inert(each['key'])}: {inert(each['why'])}" for each in done["heldByStore"]]
    if done["spared"]:
        lines.append(f"Spared, since what the store kept rests on it: {len(done['spared'])}")
        lines += [f"  {each['kind']} {each['name']}" for each in done["spared"]]
    return lines


def _objects(number: int) -> str:
    return f"{number:,} object{'' if number == 1 else 's'}"


def _bytes(number: int) -> str:
    size, unit = float(number), "B"
    for bigger in ("kB", "MB", "GB", "TB"):
        if size < 1000:
            break
        size, unit = size / 1000, bigger
    return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"


def _age(seconds: int) -> str:
    for unit, name in ((DAY, "d"), (3600, "h"), (60, "m")):
        if seconds % unit == 0:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"


def _stamp(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
