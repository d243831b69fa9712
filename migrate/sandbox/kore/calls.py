"""What the endpoints of a Kore account share: routes, and how a request is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from migrate.sandbox.calls import Call, as_json
from migrate.sandbox.exchange import Answer
from migrate.sandbox.kore.tokens import App

INVALID = "Validation errors/ Invalid arguments"


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: its method, the scope that it needs, and what answers it with JSON.

    `act` raises Refused. It is called with the account's lock held.
    """

    method: str
    scope: str
    act: Callable[[Call, App], Any]


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(
        self, status: int, message: str, code: int | str, *headers: tuple[str, str]
    ) -> None:
        super().__init__(message)
        self.answer = error(status, message, code, *headers)


def error(status: int, message: str, code: int | str, *headers: tuple[str, str]) -> Answer:
    """An error in the platform's envelope."""
    return as_json({"errors": [{"msg": message, "code": code}]}, status, *headers)
