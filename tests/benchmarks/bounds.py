"""What a run promises and measures, as values that a table and a JSON file are made of."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure against its floor or peer. `least`: it must not be below `limit`, else not above."""

    what: str
    against: str
    measured: float
    limit: float
    least: bool = False
    below: bool = False

    @property
    def kept(self) -> bool:
        """Whether the bound is kept."""
        if self.least:
            return self.measured >= self.limit
        return self.measured < self.limit if self.below else self.measured <= self.limit

    @property
    def words(self) -> str:
        """The bound as it is written."""
        sign = "≥" if self.least else "<" if self.below else "≤"
        return f"{sign} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of figures under their heads."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(slots=True)
class Results:
    """All that a run found."""

    machine: str
    bounds: list[Bound] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def to_value(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "machine": self.machine,
            "bounds": [{**asdict(each), "kept": each.kept} for each in self.bounds],
            "figures": self.figures,
        }
