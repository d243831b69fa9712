"""What a guard is: a check with its parameters, and how hard it objects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar


class Severity(StrEnum):
    """What a guard does when it objects."""

    REFUSE = "refuse"
    WARN = "warn"
    OFF = "off"


Given = TypeVar("Given", contravariant=True)
"""What a check rests on."""

Check = Callable[[Given, Mapping[str, Any]], str]
"""Returns what the guard objects to, or "" where it has nothing to object to."""


def _sees(facts: object) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Kind(Generic[Given]):
    """A guard: its check, default parameters and severity.

    None as severity: refuse in full mode, warn in incremental. An `absolute` guard can neither be
    configured away nor allowed. `blind` says why it can't look, or "" where it can: nothing is
    checked then, and that is no pass.
    """

    check: Check[Given]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity | None = Severity.REFUSE
    absolute: bool = False
    blind: Callable[[Given], str] = _sees
