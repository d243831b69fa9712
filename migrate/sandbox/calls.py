"""What every platform's endpoints share: the call as they see it, and answers in JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migrate.sandbox.bodies import Body
from migrate.sandbox.exchange import Answer


@dataclass(frozen=True, slots=True)
class Call:
    """A request as the endpoints see it; `seq` numbers the state that it leaves behind.

    `token` is the header `auth`; `peer` the common name in the client's certificate, if it showed
    one. `fault` is the name of the fault that the request meets, for those that the endpoint
    itself brings about.
    """

    seq: int
    method: str
    path: str
    query: Mapping[str, str]
    token: str | None = field(repr=False)
    body: Body = field(repr=False)
    fault: str = ""
    peer: str | None = None


def as_json(value: Any, status: int = 200, *headers: tuple[str, str]) -> Answer:
    """An answer with a JSON body."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # What a client sent may be echoed, and JSON can spell halves of characters.
    body = text.encode(errors="replace")
    return Answer(status, body, (("Content-Type", "application/json; charset=utf-8"), *headers))
