"""What a run found, as a page of the docs and as JSON beside it."""

import json
from pathlib import Path

from tests.benchmarks.bounds import Bound, Results, Table
from tests.benchmarks.measuring import ROOT

PAGE = ROOT / "docs" / "performance.md"
VALUES = PAGE.with_suffix(".json")
BEGIN, END = "<!-- measured: written by make bench -->", "<!-- end of measured -->"


def write(results: Results, page: Path = PAGE, values: Path = VALUES) -> None:
    """Put the results between the page's markers, and the JSON beside it."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{page} has no markers for the results")
    page.write_text(f"{before}{BEGIN}\n\n{markdown(results)}\n{END}{after}", encoding="utf-8")
    values.write_text(json.dumps(results.to_value(), indent=2) + "\n", encoding="utf-8")


def markdown(results: Results) -> str:
    """The results as tables."""
    heads = ("what", "against", "measured", "bound", "")
    bounds = Table("Bounds", heads, tuple(map(_bound, results.bounds)))
    parts = [f"Machine: {results.machine}.\n"]
    parts += [_table(table) for table in (bounds, *results.tables)]
    return "\n".join(parts)


def _bound(bound: Bound) -> tuple[str, ...]:
    verdict = "kept" if bound.kept else "**missed**"
    return bound.what, bound.against, f"{bound.measured:.2f}", bound.words, verdict


def _table(table: Table) -> str:
    lines = [f"### {table.title}", ""]
    if table.note:
        lines += [table.note, ""]
    lines += [_line(table.heads), _line(["---"] * len(table.heads)), *map(_line, table.rows)]
    return "\n".join([*lines, ""])


def _line(cells: tuple[str, ...] | list[str]) -> str:
    return f"| {' | '.join(cells)} |"
