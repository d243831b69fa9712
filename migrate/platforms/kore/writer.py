"""Carries out a plan on an account: upload the import file, import it, reconcile the answer."""

from typing import Any

from migrate.canonical import loads, sha256
from migrate.diff import Change
from migrate.errors import OutcomeUnknown, PlatformFailed
from migrate.model import Role, State
from migrate.plan import Plan
from migrate.platforms.base import Outcome, Settled, Step, Uploader, Work
from migrate.platforms.kore.catalogue import TRAITS
from migrate.platforms.kore.channel import WriteChannel
from migrate.platforms.kore.documents import role_from_document
from migrate.platforms.kore.importfile import ImportFile, build
from migrate.platforms.kore.reader import KoreReader, roles_of
from migrate.reconcile import Reconciliation, reconcile
from migrate.snapshot import state_digest

IMPORT = "/api/public/roles/import"


class KoreWriter(KoreReader):
    """An account that can be written to; `timeout` and `patience` as in `Writer`."""

    def __init__(
        self,
        channel: WriteChannel,
        role_types: tuple[str, ...],
        where: str,
        *,
        upload: Uploader,
        timeout: float,
        patience: float,
    ) -> None:
        super().__init__(channel, role_types, where)
        self._writes = channel
        self._upload = upload
        self.timeout = timeout
        self.patience = patience

    def work(self, plan: Plan, target: State) -> Work:
        """An upload and an import per role type that changes, whatever the number of roles."""
        files = build(plan, target)
        steps: list[Step] = []
        for file in files:
            steps.extend(_steps(file, target, len(steps)))
        return Work(
            tuple(steps),
            {sha256(file.data): file.data for file in files},
            frozenset(role.key for file in files for role in file.roles),
        )

    def execute(self, step: Step, payload: bytes | None, needed: Outcome | None) -> Outcome:
        """Upload or import. The outcome of an import holds the reconciliation of its answer."""
        if payload is None or step.payload is None:
            raise AssertionError(f"step {step.number} has no payload")
        if step.kind == "upload":
            uploaded = self._upload(payload, step.payload, step.role_type)
            return {"fileId": uploaded.file_id, "place": uploaded.place, **uploaded.details}
        if needed is None:
            raise AssertionError(f"step {step.number} needs the upload before it")
        return self._import(step, payload, needed["fileId"])

    def settle(self, step: Step, before: State, changes: tuple[Change, ...]) -> Settled:
        """One look at the target: does what the import was to change show there?"""
        if step.kind == "upload":
            return Settled.NOT_LANDED  # a file nobody imports changes nothing
        now = self.capture((step.role_type,))
        if state_digest(now) == state_digest(State({step.role_type: before.roles[step.role_type]})):
            return Settled.NOT_LANDED
        roles = now.by_key()
        mine = [change for change in changes if change.role_type == step.role_type]
        landed = any(_shows(change, roles.get(change.key)) for change in mine)
        return Settled.LANDED if landed else Settled.UNCLEAR

    def _import(self, step: Step, payload: bytes, file_id: str) -> Outcome:
        what = f"Import Roles ({step.role_type})"
        answer = self._writes.post(
            IMPORT,
            # Always sent: what the platform does without it is not known (kore.md B).
            params={
                "roleType": step.role_type,
                "fullImport": "true" if step.arguments["fullImport"] else "false",
            },
            json={"fileId": file_id},
            what=what,
        )
        try:
            answered = roles_of(answer, step.role_type, what=what, where=self._where)
        except PlatformFailed as error:
            raise OutcomeUnknown(error.what, where=error.where, remedy=error.remedy) from error
        sent = [role_from_document(document) for document in loads(payload, where=what)]
        return _outcome(reconcile(sent, answered, TRAITS))


def _steps(file: ImportFile, target: State, number: int) -> tuple[Step, Step]:
    name = f"{len(file.roles)} {file.role_type} roles"
    precondition = state_digest(State({file.role_type: target.roles[file.role_type]}))
    digest = sha256(file.data)
    upload = Step(
        number=number,
        kind="upload",
        object=name,
        role_type=file.role_type,
        payload=digest,
        repeatable=True,
        undo="nothing: an uploaded file changes no role",
        writes=False,
    )
    imported = Step(
        number=number + 1,
        kind="import",
        object=name,
        role_type=file.role_type,
        payload=digest,
        needs=number,
        arguments={"fullImport": file.full},
        precondition=precondition,
        repeatable=file.repeatable,
        undo="import the backup's roles of this type",
    )
    return upload, imported


def _shows(change: Change, now: Role | None) -> bool:
    if change.after is None or now is None:
        return change.after is None and now is None
    return change.after.same_content(now)


def _outcome(result: Reconciliation) -> dict[str, Any]:
    return {
        "sent": result.sent,
        "answered": result.answered,
        "missing": list(result.missing),
        "different": {name: list(details) for name, details in result.different.items()},
        "others": result.others,
        "ids": dict(result.ids),
    }
