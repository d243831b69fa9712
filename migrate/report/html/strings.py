"""Texts in a page's data: each is kept once, and nothing in it is obeyed by who shows it."""

from migrate.model import PermissionValue
from migrate.report.csv_text import cell
from migrate.report.escape import inert, quoted


class Strings:
    """A table of texts. Calling it with a text gives that text's place in `table`."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._known: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        """The place of a text, which is made inert."""
        place = self._known.get(text)
        if place is None:
            place = self._places.setdefault(name(text), len(self._places))
            self._known[text] = place
        return place

    @property
    def table(self) -> list[str]:
        """All texts, by place."""
        return list(self._places)


def name(text: str) -> str:
    """A text as a page shows it: between quotation marks where it is blank, or where a spreadsheet
    that the table is copied to would take it for a formula.
    """
    shown = inert(text)
    return quoted(text) if cell(text) != shown or not shown.strip() else shown


def value(held: PermissionValue | None) -> str:
    """A permission's value; what holds none is `absent`, which no value is spelled."""
    if held is None:
        return "absent"
    if isinstance(held, str):
        return quoted(held) if held == "absent" else held
    return held[0] if len(held) == 1 else f"[{', '.join(held)}]"
