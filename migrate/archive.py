"""One environment's shelf in the store: snapshots, plans, claims, import files, behaviour.

The shelf is named by identity, not by the name a config gives: two configs that call one account
differently share its snapshots, plans and lock.
"""

import re
from typing import Any

from migrate import behaviour as behaviours
from migrate import planfile, snapshot
from migrate.behaviour import Behaviour
from migrate.canonical import dumps, dumps_pretty, loads, sha256
from migrate.errors import Fault, InvalidInput, StoreFailed
from migrate.model import Identity, Snapshot
from migrate.plan import Plan
from migrate.resources import schema
from migrate.stores.base import Store, VersionMoved, put_once
from migrate.stores.scoped import ScopedStore
from migrate.validation import validate

_BEHAVIOUR = "behaviour.json"
_LAST = "snapshots/last.json"


def folder_of(identity: Identity) -> str:
    """The shelf's name: readable for people who browse the bucket, unique by the hash."""
    digest = sha256(f"{identity.platform}\n{identity.url}\n{identity.account}".encode())
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", identity.account).strip("-")[:40]
    return f"{identity.platform}-{readable}-{digest[:8]}"


class Archive:
    """What the store keeps for one environment. Every method may raise StoreFailed."""

    def __init__(self, store: Store, identity: Identity) -> None:
        self.whole = store
        self.store: Store = ScopedStore(store, folder_of(identity))

    @property
    def location(self) -> str:
        """The store that plans are bound to, without the environment's own folder."""
        return self.whole.location

    def save_snapshot(self, taken: Snapshot) -> str:
        """Store a snapshot and return the digest of its state, which names it."""
        value = snapshot.to_value(taken)
        digest: str = value["digests"]["state"]
        # The same state captured earlier is as good: its envelope may be another.
        self.store.put_if_absent(f"snapshots/{digest}.json", dumps_pretty(value))
        return digest

    def mark_last(self, digest: str, captured_at: str) -> None:
        """Remember a whole capture as the environment's last, for plans without credentials."""
        self._put_mutable(_LAST, {"snapshot": digest, "capturedAt": captured_at})

    def last_snapshot(self) -> tuple[Snapshot, str] | None:
        """The last whole capture, and when it was last seen to hold; None where there is none."""
        stored = self.store.get(_LAST)
        if stored is None:
            return None
        value = loads(stored.data, where=f"{self.store.location}/{_LAST}")
        taken = self.load_snapshot(value["snapshot"])
        return (taken, value["capturedAt"]) if taken else None

    def load_snapshot(self, digest: str) -> Snapshot | None:
        """The snapshot of a state's digest; None where the store does not have it."""
        key = f"snapshots/{digest}.json"
        stored = self.store.get(key)
        if stored is None:
            return None
        where = f"{self.store.location}/{key}"
        taken = snapshot.from_value(_checked(stored.data, "snapshot", where), where=where)
        if snapshot.state_digest(taken.state) != digest:
            raise InvalidInput(
                "this snapshot is not the one that its name says",
                where=where,
                remedy="Somebody changed it in the store: restore it there, or name another.",
            )
        return taken

    def save_plan(self, plan: Plan) -> None:
        """Store a plan under its id."""
        put_once(self.store, f"plans/{plan.id}.json", dumps_pretty(planfile.to_value(plan)))

    def load_plan(self, plan_id: str) -> Plan | None:
        """The plan of an id; None where the store does not have it."""
        key = f"plans/{plan_id}.json"
        stored = self.store.get(key)
        return read_plan(stored.data, f"{self.store.location}/{key}") if stored else None

    def claim(self, plan_id: str, run_id: str) -> str | None:
        """Take the plan for a run, once; the run that has it where it is taken, else None.

        A claim whose run ended before any write was released, and can be taken again.
        """
        key, data = f"plans/{plan_id}.claim", dumps({"run": run_id, "released": False})
        put = self.store.put_if_absent(key, data)
        if put.ours:
            return None
        held = loads(put.stored.data, where=f"{self.store.location}/{key}")
        if not held["released"]:
            return str(held["run"])
        try:
            self.store.replace(key, data, put.stored.version)
        except VersionMoved:
            return self.claimed_by(plan_id)
        return None

    def claimed_by(self, plan_id: str) -> str | None:
        """The run that has a plan, None where none has."""
        key = f"plans/{plan_id}.claim"
        stored = self.store.get(key)
        if stored is None:
            return None
        held = loads(stored.data, where=f"{self.store.location}/{key}")
        return None if held["released"] else str(held["run"])

    def release_claim(self, plan_id: str, run_id: str) -> None:
        """Give a plan back whose run ended before any write."""
        key = f"plans/{plan_id}.claim"
        stored = self.store.get(key)
        if stored and loads(stored.data, where=key) == {"run": run_id, "released": False}:
            self.store.replace(key, dumps({"run": run_id, "released": True}), stored.version)

    def save_import(self, digest: str, data: bytes) -> None:
        """Keep the bytes of an import file for resuming and for the record."""
        put_once(self.store, f"imports/{digest}.json", data)

    def behaviour(self) -> Behaviour:
        """What was learned of the environment; nothing where no run has verified yet."""
        stored = self.store.get(_BEHAVIOUR)
        if stored is None:
            return Behaviour()
        where = f"{self.store.location}/{_BEHAVIOUR}"
        try:
            return behaviours.from_value(loads(stored.data, where=where))
        except InvalidInput as error:
            error.where = where
            error.remedy = "Plan with --relearn to write it anew."
            raise

    def save_behaviour(self, learned: Behaviour) -> None:
        """Write what was learned."""
        self._put_mutable(_BEHAVIOUR, behaviours.to_value(learned))

    def save_report(self, run_id: str, data: bytes) -> None:
        """Keep the JSON report of a run."""
        self.store.put_if_absent(f"runs/{run_id}/report.json", data)

    def _put_mutable(self, key: str, value: dict[str, Any]) -> None:
        data = dumps_pretty(value)
        put = self.store.put_if_absent(key, data)
        for _ in range(5):
            if put.ours or put.stored.data == data:
                return
            try:
                self.store.replace(key, data, put.stored.version)
                return
            except VersionMoved:
                put = self.store.put_if_absent(key, data)
        raise StoreFailed(
            "the object changes faster than it can be replaced",
            where=f"{self.store.location}/{key}",
            remedy="See what else writes to this store, and run again.",
        )


def read_plan(data: bytes, where: str) -> Plan:
    """The plan in the bytes of a file; raises InvalidInput with every fault."""
    return planfile.from_value(_checked(data, "plan", where), where=where)


def _checked(data: bytes, kind: str, where: str) -> dict[str, Any]:
    value: dict[str, Any] = loads(data, where=where)
    faults: tuple[Fault, ...] = validate(value, data, schema(kind), where=where)
    if faults:
        raise InvalidInput(
            f"this is no sound {kind}",
            where=where,
            remedy="Use the untouched file, or make it anew.",
            faults=faults,
        )
    return value
