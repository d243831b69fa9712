"""Parameters of an action: which there are, of what type, within which limits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from migrate.sandbox.faircom import codes
from migrate.sandbox.faircom.codes import Failed
from migrate.sandbox.faircom.switches import Switches

Check = Callable[[str, Any], None]
"""Raises Failed where the parameter of that name cannot have that value."""


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters that an action takes, and those that it cannot do without."""

    checks: Mapping[str, Check]
    required: tuple[str, ...] = ()

    def read(self, given: Mapping[str, Any], switches: Switches) -> dict[str, Any]:
        """The given parameters that are not null, each checked. Raises Failed."""
        unknown = sorted(set(given) - set(self.checks))
        if unknown and switches.unknown_param != "ignored":
            raise Failed(int(switches.unknown_param), f"There is no '{unknown[0]}'.")
        found = {
            name: value
            for name, value in given.items()
            if name in self.checks and value is not None
        }
        for name in self.required:
            if name not in found:
                raise Failed(codes.MISSING, f"'{name}' is missing.")
        for name, value in found.items():
            self.checks[name](name, value)
        return found


def text(longest: int, least: int = 0) -> Check:
    """A string of so many bytes."""

    def check(name: str, value: Any) -> None:
        if not isinstance(value, str):
            raise Failed(codes.WRONG_TYPE, f"'{name}' is a string.")
        if not least <= len(value.encode(errors="replace")) <= longest:
            raise Failed(codes.TOO_LONG, f"'{name}' has {least} to {longest} bytes.")

    return check


def texts(longest: int) -> Check:
    """An array of names, each of 1 to so many bytes."""
    one = text(longest, 1)

    def check(name: str, value: Any) -> None:
        if not isinstance(value, list):
            raise Failed(codes.WRONG_TYPE, f"'{name}' is an array.")
        for entry in value:
            one(name, entry)

    return check


def whole(most: int = 2147483647) -> Check:
    """A whole number from 0."""

    def check(name: str, value: Any) -> None:
        if type(value) is not int:
            raise Failed(codes.WRONG_TYPE, f"'{name}' is a whole number.")
        if not 0 <= value <= most:
            raise Failed(codes.BAD_VALUE, f"'{name}' is from 0 to {most}.")

    return check


def one_of(*values: str) -> Check:
    """One of some words."""

    def check(name: str, value: Any) -> None:
        if value not in values:
            raise Failed(codes.BAD_VALUE, f"'{name}' is one of {', '.join(values)}.")

    return check


def flag(name: str, value: Any) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise Failed(codes.WRONG_TYPE, f"'{name}' is true or false.")


def mapping(name: str, value: Any) -> None:
    """An object."""
    if not isinstance(value, dict):
        raise Failed(codes.WRONG_TYPE, f"'{name}' is an object.")
