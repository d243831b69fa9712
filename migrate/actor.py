"""Who does things: a value, as it is claimed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, as they claim: a person's or a pipeline's name, and where it was done.

    `place` is the URL of the CI job, else the host.
    """

    name: str = ""
    place: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.place})" if self.place else self.name
