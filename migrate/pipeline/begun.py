"""What a run's journal begins with: all that another process needs to go on with it, or to undo it.

The steps are kept as they were made, so that a later version does not have to make them again.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from migrate.actor import Actor, Approver, actor_to_value, approver_from_value, approver_to_value
from migrate.errors import InvalidInput
from migrate.model import RoleKey
from migrate.platforms.base import Step


@dataclass(frozen=True, slots=True)
class Begun:
    """The body of a journal's first entry.

    `backup` is the state digest of the target just before, `imported` the roles that import files
    hold, `undoes` the run that this one takes back, "" where it does not. `applier` began it,
    `approvers` are those who approved the plan.
    """

    plan: str
    plan_digest: str
    source: str
    target: str
    mode: str
    backup: str
    who: str
    steps: tuple[Step, ...]
    imported: tuple[RoleKey, ...]
    undoes: str = ""
    applier: Actor = field(default_factory=Actor)
    approvers: tuple[Approver, ...] = ()

    def to_body(self) -> dict[str, Any]:
        """The JSON value that goes into the journal."""
        return {
            "plan": self.plan,
            "planDigest": self.plan_digest,
            "source": self.source,
            "target": self.target,
            "mode": self.mode,
            "backup": self.backup,
            "who": self.who,
            "steps": [asdict(step) for step in self.steps],
            "imported": [list(key) for key in self.imported],
            "undoes": self.undoes,
            "applier": actor_to_value(self.applier),
            "approvers": [approver_to_value(each) for each in self.approvers],
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any], where: str) -> "Begun":
        """Read a body back. Raises InvalidInput where it is none that this version writes."""
        try:
            return cls(
                plan=str(body["plan"]),
                plan_digest=str(body["planDigest"]),
                source=str(body["source"]),
                target=str(body["target"]),
                mode=str(body["mode"]),
                backup=str(body["backup"]),
                who=str(body["who"]),
                steps=tuple(Step(**step) for step in body["steps"]),
                imported=tuple((str(kind), str(name)) for kind, name in body["imported"]),
                undoes=str(body["undoes"]),
                applier=Actor(**body["applier"]),
                approvers=tuple(approver_from_value(each) for each in body["approvers"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput(
                f"the journal's first entry can't be gone on from: it lacks a sound {error}",
                where=where,
                remedy="Use the version of role-migrate that began the run.",
            ) from error
