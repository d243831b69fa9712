"""The steps of a run in time: when each began, how long it took, and a bar for it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from migrate.report.run_text import state

_KINDS = {"done": "good", "failed": "bad", "unknown": "care"}


def of(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The steps of a run's report for a page's template.

    `at` and `width` of a bar are in hundredths of the time from the first step's begin to the last
    one's end, None for steps that this process did not time.
    """
    times = [(_seconds(step["began"]), _seconds(step["ended"])) for step in steps]
    known = [each for pair in times for each in pair if each is not None]
    first, last = (min(known), max(known)) if known else (0.0, 0.0)
    whole = (last - first) or 1.0
    return [
        {
            "number": step["number"],
            "what": f"{step['kind']} of {step['object']}",
            "state": state(step),
            "kind": _KINDS.get(step["state"], ""),
            "began": step["began"],
            **_bar(began, ended, first, whole),
        }
        for step, (began, ended) in zip(steps, times, strict=True)
    ]


def of_traffic(report: Mapping[str, Any], most: int) -> dict[str, Any]:
    """The calls and waits of a run's report for a page's template: the first `most` of them.

    Reports that were written before there were any have none.
    """
    traffic = report.get("traffic", {"moments": [], "leftOut": 0})
    moments = traffic["moments"]
    whole = max((each["at"] + each["seconds"] for each in moments), default=0.0) or 1.0
    waits = [each for each in moments if not each["where"]]
    return {
        "calls": len(moments) - len(waits),
        "waits": len(waits),
        "waited": f"{sum(each['seconds'] for each in waits):.0f} s",
        "more": max(0, len(moments) - most) + traffic["leftOut"],
        "rows": [
            {
                "after": f"{each['at']:.1f} s",
                "where": each["where"],
                "what": each["what"],
                "outcome": each["outcome"],
                "kind": _call_kind(each),
                **_bar(each["at"], each["at"] + each["seconds"], 0.0, whole, digits=2),
            }
            for each in moments[:most]
        ],
    }


def _call_kind(moment: Mapping[str, Any]) -> str:
    if not moment["where"]:
        return "care"
    return "good" if moment["outcome"].startswith("2") else "bad"


def of_journal(journal: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The steps of a run as its report would have them, from its journal as JSON."""
    times: dict[tuple[str, int], str] = {}
    for entry in journal["entries"]:
        if "step" in entry["body"]:
            times.setdefault((entry["kind"], entry["body"]["step"]), entry["time"])
    steps = []
    for step in journal["entries"][0]["body"]["steps"]:
        number = step["number"]
        state = "done" if number in journal["done"] else "not tried"
        unknown = number in journal["unknown"]
        steps.append(
            {
                "number": number,
                "kind": step["kind"],
                "object": step["object"],
                "state": "unknown" if unknown else state,
                "note": "begun, and not known to be done" if unknown else "",
                "outcome": {},
                "began": times.get(("intent", number), ""),
                "ended": times.get(("outcome", number), ""),
            }
        )
    return steps


def _bar(
    began: float | None, ended: float | None, first: float, whole: float, digits: int = 0
) -> dict[str, Any]:
    if began is None or ended is None or ended < began:
        return {"long": "", "at": None, "width": None}
    return {
        "long": f"{ended - began:.{digits}f} s",
        "at": f"{99 * (began - first) / whole:.2f}",
        "width": f"{max(99 * (ended - began) / whole, 1):.2f}",
    }


def _seconds(stamp: str) -> float | None:
    """Epoch seconds of an ISO 8601 time; None for none, or for what is no time."""
    try:
        return datetime.fromisoformat(stamp).timestamp() if stamp else None
    except ValueError:
        return None
