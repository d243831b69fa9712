"""What the endpoints of an account share: the call as they see it, and how they answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from migrate.sandbox.bodies import Body
from migrate.sandbox.exchange import Answer
from migrate.sandbox.tokens import App

INVALID = "Validation errors/ Invalid arguments"


@dataclass(frozen=True, slots=True)
class Call:
    """A request as the endpoints see it; `seq` numbers the state that it leaves behind.

    `fault` is the name of the fault that the request meets, for those that the endpoint itself
    brings about.
    """

    seq: int
    method: str
    path: str
    query: Mapping[str, str]
    token: str | None
    body: Body
    fault: str = ""


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


def as_json(value: Any, status: int = 200, *headers: tuple[str, str]) -> Answer:
    """An answer with a JSON body."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, (("Content-Type", "application/json; charset=utf-8"), *headers))
