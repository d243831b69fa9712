"""Who does things, and who agreed to them: values, as they are claimed or proven."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, as they claim: a person's or a pipeline's name, and where it was done.

    `place` is the URL of the CI job, else the host.
    """

    name: str = ""
    place: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.place})" if self.place else self.name


@dataclass(frozen=True, slots=True)
class Who:
    """The process that acts. `job` is the URL of the CI job, where there is one."""

    user: str
    host: str
    pid: int
    job: str | None = None

    def __str__(self) -> str:
        """`user@host (process 12, https://ci/job/7)`."""
        job = f", {self.job}" if self.job else ""
        return f"{self.user}@{self.host} (process {self.pid}{job})"


@dataclass(frozen=True, slots=True)
class Approver:
    """Who approved a plan, when (ISO 8601, UTC), and for which change (a ticket).

    `key` is the fingerprint of the SSH key that signed it, "" where the name is only claimed.
    """

    actor: Actor
    at: str
    change_ref: str = ""
    key: str = ""

    @property
    def proven(self) -> bool:
        """Whether a signature shows who it was."""
        return bool(self.key)


def actor_to_value(actor: Actor) -> dict[str, str]:
    """An actor as JSON."""
    return {"name": actor.name, "place": actor.place}


def approver_to_value(approver: Approver) -> dict[str, Any]:
    """An approver as JSON."""
    return {
        **actor_to_value(approver.actor),
        "at": approver.at,
        "changeRef": approver.change_ref,
        "key": approver.key,
    }


def approver_from_value(value: Mapping[str, Any]) -> Approver:
    """The approver in a JSON value; raises KeyError where something is missing."""
    actor = Actor(str(value["name"]), str(value["place"]))
    return Approver(actor, str(value["at"]), str(value["changeRef"]), str(value["key"]))
