"""A probe's profile for people: a table of what is settled, and the reasons for what is not."""

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from migrate.report.escape import inert

WIDTH = 100


def render(report: Mapping[str, Any]) -> str:
    """What a probe found, from its JSON report: one that was stored, or one that just ended."""
    return "\n".join(inert(line) for line in _lines(report)) + "\n"


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    profile = report["profile"]
    kept = "" if report["stored"] else ", not kept"
    yield (
        f"Profile of {report['environment']}, {profile['at']}, probe {profile['probe']} by "
        f"role-migrate {profile['version']}, {profile['requests']} requests{kept}"
    )
    for role_type, catalogue in sorted(profile["catalogues"].items()):
        yield f"  platform version, by the permissions of {role_type} roles: {catalogue}"
    if report.get("result"):
        yield f"  result:  {report['result']}"
        yield f"  account: {report['targetState']}"
        yield f"  before:  sha256:{report['before']}"
    for note in report.get("notes", ()):
        yield from wrap(f"  note: {inert(note)}", WIDTH, subsequent_indent="    ")
    for name in profile["left"]:
        yield f"  left in the account: {name}"
    findings = profile["findings"]
    yield from _answers("Settled", [item for item in findings if item["value"] is not None])
    yield from _answers("Not settled", [item for item in findings if item["value"] is None])


def _answers(title: str, findings: list[Mapping[str, Any]]) -> Iterator[str]:
    """One question after another, with a line for each role type, or for the account."""
    yield ""
    yield f"{title}: {len(findings)}"
    values = max((len(inert(item["value"] or "")) for item in findings), default=0)
    kinds = max((len(_kind(item)) for item in findings), default=0)
    last = ""
    for item in findings:
        if item["question"] != last:
            yield f"  {inert(item['question'])}: {inert(item['asks'])}"
            last = item["question"]
        value = f"{inert(item['value'] or ''):<{values}}  " if values else ""
        start = f"    {_kind(item):<{kinds}}  {value}"
        yield from wrap(
            start + inert(item["how"]),
            max(WIDTH, len(start) + 40),
            subsequent_indent=" " * len(start),
        )


def _kind(item: Mapping[str, Any]) -> str:
    return inert(item["roleType"]) or "account"
