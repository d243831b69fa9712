"""What a probe did and found, gathered while it goes on, so that there is always a report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migrate import profile as profiles
from migrate.errors import UNCHANGED, MigrateError
from migrate.platforms.probing import Prober
from migrate.profile import Finding, Profile

FORMAT_VERSION = 1


@dataclass(slots=True)
class ProbeRecord:
    """A probe while it goes on. `result` is what it ended as, "" while it has not ended.

    `prober` is who asks, None before. `before` is the digest of the state that it found, `left`
    what of its own it could not remove, each with how it stands.
    """

    environment: str
    mark: str
    version: str
    at: str = ""
    before: str = ""
    catalogues: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    left: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    requests: int = 0
    prober: Prober | None = None
    stored: bool = False
    result: str = ""
    target: str = UNCHANGED
    error: MigrateError | None = None

    @property
    def wrote(self) -> bool:
        """Whether a write was begun, whatever became of it."""
        return self.prober is not None and self.prober.wrote

    @property
    def profile(self) -> Profile:
        """What was found so far, as a profile."""
        return Profile(
            mark=self.mark,
            at=self.at,
            version=self.version,
            catalogues=self.catalogues,
            findings=self.findings,
            requests=self.requests,
            left=self.left,
        )

    def to_value(self) -> dict[str, Any]:
        """The JSON value of the probe's report."""
        error = self.error
        return {
            **report_value(self.environment, self.profile, stored=self.stored),
            "result": self.result,
            "targetState": self.target,
            "before": self.before,
            "notes": self.notes,
            "error": None
            if error is None
            else {
                "exitCode": int(error.exit_code),
                "what": error.what,
                "where": error.where,
                "target": error.target,
                "remedy": error.remedy,
            },
        }


def report_value(environment: str, profile: Profile, *, stored: bool) -> dict[str, Any]:
    """A profile as JSON, with where it is from, and whether it is the one that is stored."""
    return {
        "formatVersion": FORMAT_VERSION,
        "environment": environment,
        "stored": stored,
        "profile": profiles.to_value(profile),
    }
