"""A fleet as a page for a merge request: one table, then each target's own page, folded."""

from collections.abc import Mapping, Sequence
from typing import Any

from migrate.report.fleet_text import counts, title
from migrate.report.markdown import code, text
from migrate.report.plan_markdown import LIMIT


def render(report: Mapping[str, Any], sections: Sequence[tuple[str, str]] = ()) -> str:
    """The page; each section is a target's name and its own page in Markdown."""
    lines = [
        f"## {text(title(report))}: {text(counts(report))}",
        "",
        f"From {text(report['source'])}"
        + (f", set {code(report['set'])}" if report["set"] else ""),
        "",
        "| Wave | Target | State | Run | What |",
        "|---|---|---|---|---|",
    ]
    for each in report["targets"]:
        said = " ".join(text(each[word]) for word in ("what", "remedy") if each[word])
        cells = (
            *(str(each["wave"] or "–"), code(each["environment"]), text(each["state"])),
            *(code(each["run"]) if each["run"] else "", said),
        )
        lines.append(f"| {' | '.join(cells)} |")
    if report["halted"]:
        lines += ["", f"Halted: {text(report['halted'])}"]
    page = "\n".join(lines) + "\n"
    left = []
    for name, own in sections:
        summary = f"<details><summary>{code(name)}</summary>"
        folded = "\n".join(["", summary, "", own.rstrip("\n"), "", "</details>", ""])
        if len(page) + len(folded) > LIMIT - 400:
            left.append(name)
        else:
            page += folded
    if left:
        page += (
            f"\n{len(left)} of {len(sections)} plans have no room on this page, which a comment "
            "would not take: each plan in the folder, and in the store, is whole.\n"
        )
    return page
