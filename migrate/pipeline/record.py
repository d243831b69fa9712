"""What a run did, gathered while it does it, so that there is a report also after a fatal error."""

from dataclasses import dataclass, field
from typing import Any

from migrate.actor import Approver, actor_to_value, approver_to_value
from migrate.errors import MigrateError
from migrate.plan import Plan
from migrate.planfile import plan_digest, verdict_to_value
from migrate.platforms.base import Step
from migrate.tools import stamp
from migrate.verification import Verification

SCHEMA = "urn:role-migrate:schema:run:1"


@dataclass(slots=True)
class StepRecord:
    """One step: `done`, `failed`, `unknown`, or `not tried`.

    `began` and `ended` are epoch seconds, 0 where this process did not do it.
    """

    step: Step
    state: str = "not tried"
    outcome: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    began: float = 0.0
    ended: float = 0.0


@dataclass(slots=True)
class Record:
    """A run while it goes on. `result` is what it ended as, "" while it has not ended.

    `run_id` is empty until the run has a journal: before that no store knows of it. `requests`
    counts what was sent to the target, `traffic` is what `Traffic.to_value` gives. `target` is the
    state that it was left in. `approvers` are those whose approvals let it through, `policy` is the
    digest of the policy that it was judged by ("" for none), None where another process judged it.
    """

    plan: Plan
    run_id: str = ""
    started_at: str = ""
    finished_at: str = ""
    backup: str = ""
    after: str = ""
    steps: list[StepRecord] = field(default_factory=list)
    verification: Verification | None = None
    moved_elsewhere: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    requests: int = 0
    result: str = ""
    target: str = "unchanged"
    error: MigrateError | None = None
    approvers: tuple[Approver, ...] = ()
    policy: str | None = None
    traffic: dict[str, Any] = field(default_factory=dict)

    def to_value(self) -> dict[str, Any]:
        """The JSON value of the run's report."""
        error = self.error
        return {
            "$schema": SCHEMA,
            "formatVersion": 1,
            "run": self.run_id,
            "plan": self.plan.id,
            "planDigest": plan_digest(self.plan),
            "source": self.plan.source.environment,
            "target": self.plan.target.environment,
            "mode": self.plan.mode.value,
            "planner": actor_to_value(self.plan.planner),
            "approvers": [approver_to_value(each) for each in self.approvers],
            "startedAt": self.started_at,
            "finishedAt": self.finished_at,
            "result": self.result,
            "targetState": self.target,
            "requests": self.requests,
            "traffic": self.traffic or {"moments": [], "leftOut": 0},
            "backup": self.backup,
            "after": self.after,
            "verdicts": [verdict_to_value(verdict) for verdict in self.plan.verdicts],
            "changes": [
                {"action": change.action.value, "roleType": change.role_type, "name": change.name}
                for change in self.plan.changes
            ],
            "steps": [
                {
                    "number": record.step.number,
                    "kind": record.step.kind,
                    "object": record.step.object,
                    "payload": record.step.payload,
                    "state": record.state,
                    "outcome": record.outcome,
                    "note": record.note,
                    "began": stamp(record.began) if record.began else "",
                    "ended": stamp(record.ended) if record.ended else "",
                }
                for record in self.steps
            ],
            "deviations": [
                {
                    "roleType": deviation.role_type,
                    "name": deviation.name,
                    "kind": deviation.kind.value,
                    "ours": deviation.ours,
                    "excused": deviation.excused,
                    "details": list(deviation.details),
                }
                for deviation in (self.verification.deviations if self.verification else ())
            ],
            "movedElsewhere": self.moved_elsewhere,
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
