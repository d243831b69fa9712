"""Tables as CSV for spreadsheets: no cell is a formula, and no character moves a cursor."""

import csv
import io
from collections.abc import Iterable, Sequence

from migrate.levels import Values
from migrate.model import PermissionValue
from migrate.report.escape import inert

_FORMULA = frozenset("=+-@＝＋－＠")


def render(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The table with its header, a line each."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([cell(text) for text in row] for row in rows)
    return out.getvalue()


def cell(text: str) -> str:
    """A cell: what a spreadsheet would take for a formula begins with an apostrophe."""
    safe = inert(text)
    return f"'{safe}" if safe.lstrip()[:1] in _FORMULA and safe.strip() else safe


def values(held: Values) -> str:
    """The strongest values of a permission in one cell, lists of several in brackets."""
    return " | ".join(map(_value, held))


def _value(value: PermissionValue) -> str:
    if isinstance(value, str):
        return value
    return value[0] if len(value) == 1 else f"[{', '.join(value)}]"
