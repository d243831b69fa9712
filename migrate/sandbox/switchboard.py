"""Switches: what nobody outside a vendor knows, as a platform's own table of names and values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from migrate.errors import InvalidInput

Value = str | int | float


@dataclass(frozen=True, slots=True)
class Switch:
    """What a switch decides, what it takes, and the values where they are words."""

    meaning: str
    takes: str
    accepts: Callable[[object], bool]
    values: tuple[str, ...] = ()


def choice(values: tuple[str, ...], meaning: str) -> Any:
    """A field of a table that takes one of some words, of which the first is the default."""
    takes = f"takes one of {', '.join(values)}"
    return _field(values[0], Switch(meaning, takes, lambda value: value in values, values))


def count(default: int, meaning: str) -> Any:
    """A field that takes a whole number, where 0 is no limit."""
    return _field(default, Switch(meaning, "takes a whole number, 0 for no limit", _whole(0)))


def size(default: int, meaning: str) -> Any:
    """A field that takes a whole number from 1."""
    return _field(default, Switch(meaning, "takes a whole number from 1", _whole(1)))


def seconds(meaning: str, *, signed: bool = False) -> Any:
    """A field that takes a number of seconds, 0 by default; below 0 only where it is `signed`."""
    takes = "takes a number of seconds" if signed else "takes a number of seconds, 0 or more"

    def accepts(value: object) -> bool:
        return type(value) in (int, float) and (-1e9 if signed else -0.0) <= value < 1e9  # type: ignore[operator]

    return _field(0, Switch(meaning, takes, accepts))


@dataclass(frozen=True, slots=True)
class Switchboard:
    """The behaviour of one environment. A platform's own has a field for each of its switches."""

    def changed(self, values: object) -> Self:
        """A copy with `values` (an object of switch names and values) set.

        Raises InvalidInput that names the unknown switch, or the values that it takes.
        """
        if not isinstance(values, dict):
            raise InvalidInput("Switches are an object of names and values.", where="switches")
        known = self.known()
        for name, value in values.items():
            if name not in known:
                raise InvalidInput(
                    f"There is no switch {name!r}.",
                    where="switches",
                    remedy=f"The switches are {', '.join(known)}.",
                )
            if not known[name].accepts(value):
                what = f"Switch {name} {known[name].takes}, not {value!r}."
                raise InvalidInput(what, where="switches")
        return replace(self, **values)

    def as_document(self) -> dict[str, Value]:
        """Every switch and its value, as JSON."""
        return {name: getattr(self, name) for name in self.known()}

    @classmethod
    def known(cls) -> Mapping[str, Switch]:
        """Every switch by its name."""
        return {entry.name: entry.metadata["switch"] for entry in fields(cls)}

    @classmethod
    def choices(cls) -> dict[str, tuple[str, ...]]:
        """The values of the switches that take words; the first is the default."""
        return {name: switch.values for name, switch in cls.known().items() if switch.values}

    @classmethod
    def describe(cls) -> dict[str, dict[str, object]]:
        """Every switch with its meaning, its default, and its values where they are words."""
        defaults = cls().as_document()
        return {
            name: {"meaning": switch.meaning, "default": defaults[name]}
            | ({"values": list(switch.values)} if switch.values else {})
            for name, switch in cls.known().items()
        }


def _field(default: Value, switch: Switch) -> Any:
    return field(default=default, metadata={"switch": switch})


def _whole(least: int) -> Callable[[object], bool]:
    return lambda value: type(value) is int and value >= least
