"""What a platform brings to the sandbox: one folder, of which the rest knows only this."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from migrate.sandbox import effects
from migrate.sandbox.bodies import Body
from migrate.sandbox.calls import Call
from migrate.sandbox.environment import Environment, Setup
from migrate.sandbox.exchange import Answer, Hangup
from migrate.sandbox.faults import Armed, Kind
from migrate.sandbox.s3 import S3Endpoint
from migrate.sandbox.switchboard import Switchboard


class Api(ABC):
    """Answers the calls to one environment, soundly or as a fault wants it."""

    @abstractmethod
    def handle(self, call: Call) -> Answer:
        """Answer one call."""

    def later(self, _call: Call) -> Callable[[Call], Answer]:
        """What answers, at a later time, a call that comes now."""
        return self.handle

    @abstractmethod
    def refusal(self, call: Call, status: int, message: str, *headers: tuple[str, str]) -> Answer:
        """An error of the server as a whole, in the platform's envelope."""

    def action(self, _body: Body) -> str:
        """What a request asks for, where its body and not its path says so; else nothing."""
        return ""

    def in_place(self, fault: Armed, call: Call) -> Answer | Hangup:
        """What comes where a fault keeps the server from acting. A platform adds its own faults."""
        return effects.in_place(fault, call, self.refusal)

    def distort(self, fault: Armed, call: Call, answer: Answer) -> Answer | Hangup:
        """What a fault makes of the answer of a server that acted. A platform adds its own."""
        return effects.distort(fault, call, answer, self.refusal)


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform: its switches, its faults, and how its environments and their API are made."""

    name: str
    switches: type[Switchboard]
    faults: Mapping[str, Kind]
    environment: Callable[[Setup], Environment[Any, Any]]
    api: Callable[[Any, S3Endpoint | None], Api]
