"""Carries out a plan on an account: upload, import, put members back, assign."""

from collections.abc import Callable, Iterable
from typing import Any

from migrate.canonical import loads
from migrate.diff import Change
from migrate.errors import OutcomeUnknown, PlatformFailed
from migrate.model import RoleKey, State
from migrate.peoplefile import assignment_from_value
from migrate.plan import Plan
from migrate.platforms.assign_step import moves_of, settle_assign
from migrate.platforms.base import Need, Outcome, Settled, Step, Uploader, Work
from migrate.platforms.kore.assign_calls import send
from migrate.platforms.kore.assignments import batches
from migrate.platforms.kore.catalogue import TRAITS
from migrate.platforms.kore.channel import WriteChannel
from migrate.platforms.kore.documents import role_from_document
from migrate.platforms.kore.reader import KoreReader, roles_of
from migrate.platforms.kore.restoring import KEPT, ids_kept, missing, put_back, shows, unseen
from migrate.platforms.kore.settling import settle_import
from migrate.platforms.kore.steps import work_of
from migrate.platforms.kore.uploads import PlatformUpload
from migrate.reconcile import Reconciliation, reconcile

IMPORT = "/api/public/roles/import"
FIRST_PAUSE = 0.25
"""Seconds until a read that lags is tried again; each pause is twice the one before."""


class KoreWriter(KoreReader):
    """An account that can be written to; `timeout` and `patience` as in `Writer`.

    It remembers the ids that roles have got in this run, which assignments need. `channel` and
    `upload` are for a probe, which makes calls of its own.
    """

    def __init__(
        self,
        channel: WriteChannel,
        role_types: tuple[str, ...],
        where: str,
        *,
        upload: Uploader,
        timeout: float,
        patience: float,
        sleep: Callable[[float], None],
        pause: Callable[[float, str], None],
    ) -> None:
        super().__init__(channel, role_types, where, pause=pause)
        self.channel = channel
        self.upload = upload
        self.timeout = timeout
        self.patience = patience
        self._sleep = sleep
        self._ids: dict[RoleKey, str] = {}
        self._dropped: set[str] = set()

    @property
    def fence(self) -> Callable[[], None]:
        """Called before each call that writes."""
        return self.channel.fence

    @fence.setter
    def fence(self, fence: Callable[[], None]) -> None:
        self.channel.fence = fence

    def work(self, plan: Plan, target: State) -> Work:
        """The steps of a plan on the target as it is now."""
        self._learn_ids(target)
        return work_of(plan, target)

    def take_up(self, done: Iterable[tuple[Step, Outcome]], now: State) -> None:
        """Know the roles' ids of today, and where an import dropped members."""
        self._learn_ids(now)
        self._dropped = {step.role_type for step, outcome in done if outcome.get("dropped")}

    def room(self, steps: Iterable[Step]) -> tuple[int, int]:
        """A call for each step, but for members that need not be put back, and for an upload that
        does not go to the platform, and two or more for a look; and what the account's pace leaves.
        """
        uploads = isinstance(self.upload, PlatformUpload)
        costs = {"restore": 0, "confirm": 2, "upload": int(uploads)}
        return sum(costs.get(step.kind, 1) for step in steps), self.channel.room

    def execute(
        self, step: Step, payload: bytes | None, needed: Outcome | None, before: State
    ) -> Outcome:
        """Do a step. An import's outcome holds its answer's reconciliation."""
        if step.kind == "assign":
            return self._assign(step, before)
        if step.kind == "restore":
            return self._restore(step, needed or {}, before)
        if step.kind == "confirm":
            return self._confirm(step)
        if payload is None or step.payload is None:
            raise AssertionError(f"step {step.number} has no payload")
        if step.kind == "upload":
            uploaded = self.upload(payload, step.payload, step.role_type)
            return {"fileId": uploaded.file_id, "place": uploaded.place, **uploaded.details}
        if needed is None:
            raise AssertionError(f"step {step.number} needs the upload before it")
        return self._import(step, payload, needed["fileId"])

    def settle(
        self, step: Step, payload: bytes | None, before: State, changes: tuple[Change, ...]
    ) -> Settled:
        """One look at the target: does what the step was to change show there?"""
        if not step.writes:
            return Settled.NOT_LANDED  # a file nobody imports changes nothing
        if step.kind != "import":
            now = self.capture((step.role_type,), Need.HOLDERS)
            self._learn_ids(now)
            if step.kind == "assign":
                return settle_assign(step, now)
            return Settled.NOT_LANDED if missing(step, before, now) else Settled.LANDED
        now = self.capture((step.role_type,))
        self._learn_ids(now)
        return settle_import(step, payload, before, now, changes)

    def _learn_ids(self, state: State) -> None:
        self._ids.update((role.key, role.id) for role in state.all_roles() if role.id is not None)

    def _assign(self, step: Step, before: State) -> Outcome:
        adds, removes = moves_of(step)
        if before.people is None:
            raise AssertionError("assignments are made only where they are known")
        if any(item.role_key not in self._ids for item in adds):
            self._learn_ids(self.capture((step.role_type,)))
        failed: list[str] = []
        sent = 0
        for batch in batches(adds, removes, before.people, self._ids):
            results = send(self.channel, batch)
            sent += len(results)
            failed += [result.reason for result in results if not result.done]
        if failed:
            # Whether it is so by now, reading back tells; it is sent once more where it is not.
            raise OutcomeUnknown(
                f"{len(failed)} of {sent} entries of an assignment failed: {'; '.join(failed[:5])}",
                where=self._where,
            )
        return {"entries": sent}

    def _restore(self, step: Step, imported: Outcome, before: State) -> Outcome:
        if ids_kept(step, imported):
            return {"ids": KEPT, "dropped": []}
        now, caught_up = self._until(step.role_type, lambda state: shows(step, imported, state))
        self._learn_ids(now)
        dropped = missing(step, before, now)
        if dropped:
            self._dropped.add(step.role_type)
        return {**put_back(self.channel, step, dropped, before, now), "shown": caught_up}

    def _confirm(self, step: Step) -> Outcome:
        """See that what was added is there, before something is taken away because of it."""
        adds = [assignment_from_value(item) for item in step.arguments["adds"]]
        now, there = self._until(step.role_type, lambda state: not unseen(adds, state))
        if not there:
            names = sorted(
                {f"{item.kind} {item.principal} in {item.role}" for item in unseen(adds, now)}
            )
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            raise PlatformFailed(
                "the platform said success, yet assignments that were added do not show: "
                f"{', '.join(names[:5])}{more}; nothing is taken away before they do",
                where=self._where,
                remedy="Look at these users and groups in the console.",
            )
        return {"confirmed": len(adds)}

    def _until(self, role_type: str, enough: Callable[[State], bool]) -> tuple[State, bool]:
        """The roles of a type and their holders, read until they show enough: reads may lag."""
        pause, waited = FIRST_PAUSE, 0.0
        while True:
            now = self.capture((role_type,), Need.HOLDERS)
            if enough(now):
                return now, True
            if waited >= self.patience:
                return now, False
            self._sleep(pause)
            waited += pause
            pause *= 2

    def _import(self, step: Step, payload: bytes, file_id: str) -> Outcome:
        what = f"Import Roles ({step.role_type})"
        full = step.arguments["fullImport"]
        if full and step.role_type in self._dropped and not step.arguments["gap"]:
            raise PlatformFailed(
                f"{what}: not sent: the import before dropped members, and a full import would "
                "drop those of every role",
                where=self._where,
                remedy="Plan again with --allow-membership-gap, or delete the roles by hand.",
            )
        answer = self.channel.post(
            IMPORT,
            # Always sent: what the platform does without it is not known (kore.md B).
            params={"roleType": step.role_type, "fullImport": "true" if full else "false"},
            json={"fileId": file_id},
            what=what,
        )
        try:
            answered = roles_of(answer, step.role_type, what=what, where=self._where)
        except PlatformFailed as error:
            raise OutcomeUnknown(error.what, where=error.where, remedy=error.remedy) from error
        sent = [role_from_document(document) for document in loads(payload, where=what)]
        had = {role.name: self._ids[role.key] for role in sent if role.key in self._ids}
        self._ids.update((role.key, role.id) for role in answered if role.id is not None)
        return {**_outcome(reconcile(sent, answered, TRAITS)), "had": had}


def _outcome(result: Reconciliation) -> dict[str, Any]:
    return {
        "sent": result.sent,
        "answered": result.answered,
        "missing": list(result.missing),
        "different": {name: list(details) for name, details in result.different.items()},
        "others": result.others,
        "ids": dict(result.ids),
    }
