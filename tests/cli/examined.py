"""What `doctor` answers, read: every answer is held against its schema."""

from dataclasses import dataclass
from typing import Any

import jsonschema

from migrate.resources import schema
from tests.cli.world import Ran, World


@dataclass(frozen=True)
class Examined:
    """The exit code, and the findings on one environment (None: on all) by their check."""

    ran: Ran
    found: dict[str, dict[str, Any]]

    @property
    def code(self) -> int:
        return self.ran.code

    def is_ok(self, check: str) -> None:
        assert self.found[check]["state"] == "ok", self.found[check]

    def warns(self, check: str, cause: str, *words: str) -> None:
        self._told(check, "warning", cause, words)

    def fails(self, check: str, cause: str, *words: str) -> None:
        """The check failed for the cause, and says all of the words in detail or remedy."""
        self._told(check, "failed", cause, words)

    def was_not_tried(self, *checks: str) -> None:
        for check in checks:
            assert self.found[check]["state"] == "not tried", self.found[check]
            assert self.found[check]["detail"]

    def failed(self) -> list[str]:
        return [name for name, each in self.found.items() if each["state"] == "failed"]

    def _told(self, check: str, state: str, cause: str, words: tuple[str, ...]) -> None:
        assert check in self.found, list(self.found)
        one = self.found[check]
        assert (one["state"], one["cause"]) == (state, cause), one
        assert one["remedy"]
        for word in words:
            assert word in f"{one['detail']} | {one['remedy']}", one


def examine(world: World, environment: str | None = "prod", *arguments: str) -> Examined:
    """Run `doctor` on one environment."""
    names = ("--env", environment) if environment else ()
    ran = world.run("doctor", *names, "--format", "json", *arguments)
    value = ran.json()
    jsonschema.validate(value, schema("doctor"))
    assert value["exitCode"] == ran.code
    return Examined(ran, {each["check"]: each for each in value["findings"]})
