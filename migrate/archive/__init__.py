"""One environment's shelf in the store: snapshots, plans, claims, import files, behaviour.

The shelf is named by identity, not by the name a config gives: two configs that call one account
differently share its snapshots, plans and lock.
"""

from dataclasses import replace
from weakref import WeakValueDictionary

from migrate import planfile, snapshot
from migrate.archive import captures
from migrate.archive.approvals import ApprovalShelf
from migrate.archive.memory import MemoryShelf
from migrate.archive.runs import RunShelf
from migrate.archive.shelf import checked, folder_of
from migrate.canonical import dumps, dumps_pretty, sha256
from migrate.digests import state_digest
from migrate.errors import InvalidInput
from migrate.model import Identity, Selection, Snapshot
from migrate.plan import Plan
from migrate.resources import schema
from migrate.stores.base import Store, put_once

__all__ = ["Archive", "folder_of", "read_plan"]

_ANEW = "Use the untouched file, or make it anew."


class Archive(RunShelf, MemoryShelf, ApprovalShelf):
    """What the store keeps for one environment. Every method may raise StoreFailed.

    A whole snapshot never changes: one that was written or read here, and is still in use, is not
    read again. It is written again all the same, for what a run rests on has to be there.
    """

    def __init__(self, store: Store, identity: Identity) -> None:
        super().__init__(store, identity)
        self._snapshots = WeakValueDictionary[str, Snapshot]()

    def save_snapshot(self, taken: Snapshot) -> str:
        """Store a snapshot and return the digest of its state, which names it."""
        digest = state_digest(taken.state)
        # The same state captured earlier is as good: its envelope may be another. But a narrowed
        # one must not stand in for a whole one: what it does not hold may well exist.
        key = f"snapshots/{digest}{_narrowing(taken.selection)}.json"
        self.store.put_if_absent(key, dumps_pretty(snapshot.to_value(taken)))
        if taken.selection.everything:
            self._snapshots[digest] = taken
        return digest

    def mark_last(self, digest: str, taken: Snapshot) -> None:
        """Remember a whole capture as the environment's last, for plans without credentials.

        One that shows who holds what is noted for good where it differs from the one before.
        """
        shows = taken.state.people is not None
        captures.mark_last(self, digest, taken.captured_at, shows_people=shows)

    def last_snapshot(self) -> tuple[Snapshot, str] | None:
        """The last whole capture, as of when it was last seen to hold, and that time, if any."""
        value = captures.last(self)
        if not value:
            return None
        at = str(value["capturedAt"])
        taken = self._snapshot(f"snapshots/{value['snapshot']}.json", value["snapshot"])
        return (replace(taken, captured_at=at), at) if taken else None

    def load_snapshot(self, digest: str) -> Snapshot | None:
        """The whole snapshot of a state's digest, else the only narrowed one; None without."""
        in_use = self._snapshots.get(digest)
        if in_use is not None:
            return in_use
        whole = self._snapshot(f"snapshots/{digest}.json", digest)
        if whole is not None:
            self._snapshots[digest] = whole
            return whole
        keys = list(self.store.list(f"snapshots/{digest}-"))
        return self._snapshot(keys[0], digest) if len(keys) == 1 else None

    def _snapshot(self, key: str, digest: str) -> Snapshot | None:
        stored = self.store.get(key)
        if stored is None:
            return None
        where = f"{self.store.location}/{key}"
        value = checked(stored.data, schema("snapshot"), where, "snapshot")
        taken = snapshot.from_value(value, where=where, name=digest)
        if value["digests"]["state"] != digest:  # which is its state's, or it would not be read
            raise InvalidInput(
                "this snapshot is not the one that its name says",
                where=where,
                remedy="Somebody changed it in the store: restore it there, or name another.",
            )
        return taken

    def save_plan(self, plan: Plan) -> None:
        """Store a plan under its id."""
        put_once(self.store, f"plans/{plan.id}.json", dumps_pretty(planfile.to_value(plan)))

    def holds_plan(self, plan: Plan) -> bool:
        """Whether the store has the plan under its id as it would be written: told by the bytes."""
        stored = self.store.get(f"plans/{plan.id}.json")
        return stored is not None and stored.data == dumps_pretty(planfile.to_value(plan))

    def load_plan(self, plan_id: str) -> Plan | None:
        """The plan of an id; None where the store does not have it."""
        key = f"plans/{plan_id}.json"
        stored = self.store.get(key)
        return read_plan(stored.data, f"{self.store.location}/{key}") if stored else None


def read_plan(data: bytes, where: str) -> Plan:
    """The plan in the bytes of a file; raises InvalidInput with every fault."""
    return planfile.from_value(checked(data, schema("plan"), where, "plan", _ANEW), where=where)


def _narrowing(selection: Selection) -> str:
    if selection.everything:
        return ""
    return f"-{sha256(dumps(snapshot.selection_to_value(selection)))[:16]}"
