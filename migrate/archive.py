"""One environment's shelf in the store: snapshots, plans, claims, import files, behaviour.

The shelf is named by identity, not by the name a config gives: two configs that call one account
differently share its snapshots, plans and lock.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from migrate import behaviour as behaviours
from migrate import planfile, snapshot
from migrate.behaviour import Behaviour
from migrate.canonical import dumps, dumps_pretty, loads, sha256
from migrate.errors import InvalidInput, StoreFailed
from migrate.identity.pairs import Pairs
from migrate.identity.pairs import from_value as pairs_from_value
from migrate.identity.pairs import to_value as pairs_to_value
from migrate.model import Identity, Selection, Snapshot
from migrate.plan import Plan
from migrate.resources import schema
from migrate.stores.base import Store, VersionMoved, put_once
from migrate.stores.scoped import ScopedStore
from migrate.validation import validate

_BEHAVIOUR = "behaviour.json"
_LAST = "snapshots/last.json"
_ACCOUNT = "account.json"
_MEND = "Restore an older version of this object, or delete it."
_ANEW = "Use the untouched file, or make it anew."


def _shape(**types: str) -> dict[str, Any]:
    """The JSON schema of a small object with these fields, of these types."""
    fields = {name: {"type": kind} for name, kind in types.items()}
    return {"type": "object", "required": list(types), "properties": fields}


_CLAIM = _shape(run="string", released="boolean")


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
        # The same state captured earlier is as good: its envelope may be another. But a narrowed
        # one must not stand in for a whole one: what it does not hold may well exist.
        key = f"snapshots/{digest}{_narrowing(taken.selection)}.json"
        self.store.put_if_absent(key, dumps_pretty(value))
        return digest

    def mark_last(self, digest: str, captured_at: str) -> None:
        """Remember a whole capture as the environment's last, for plans without credentials."""
        self._put_mutable(_LAST, {"snapshot": digest, "capturedAt": captured_at})

    def last_snapshot(self) -> tuple[Snapshot, str] | None:
        """The last whole capture, as of when it was last seen to hold, and that time, if any."""
        value = self._read(_LAST, _shape(snapshot="string", capturedAt="string"))
        if value is None:
            return None
        at = str(value["capturedAt"])
        taken = self._snapshot(f"snapshots/{value['snapshot']}.json", value["snapshot"])
        return (replace(taken, captured_at=at), at) if taken else None

    def load_snapshot(self, digest: str) -> Snapshot | None:
        """The whole snapshot of a state's digest, else the only narrowed one; None without."""
        whole = self._snapshot(f"snapshots/{digest}.json", digest)
        if whole is not None:
            return whole
        keys = list(self.store.list(f"snapshots/{digest}-"))
        return self._snapshot(keys[0], digest) if len(keys) == 1 else None

    def _snapshot(self, key: str, digest: str) -> Snapshot | None:
        stored = self.store.get(key)
        if stored is None:
            return None
        where = f"{self.store.location}/{key}"
        taken = snapshot.from_value(
            _checked(stored.data, schema("snapshot"), where, "snapshot"), where=where
        )
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
        held = _checked(put.stored.data, _CLAIM, f"{self.store.location}/{key}")
        if not held["released"]:
            return str(held["run"])
        try:
            self.store.replace(key, data, put.stored.version)
        except VersionMoved:
            return self.claimed_by(plan_id)
        return None

    def claimed_by(self, plan_id: str) -> str | None:
        """The run that has a plan, None where none has."""
        held = self._read(f"plans/{plan_id}.claim", _CLAIM)
        return None if held is None or held["released"] else str(held["run"])

    def release_claim(self, plan_id: str, run_id: str) -> None:
        """Give a plan back whose run ended before any write."""
        key = f"plans/{plan_id}.claim"
        stored, mine = self.store.get(key), {"run": run_id, "released": False}
        if stored and _checked(stored.data, _CLAIM, f"{self.store.location}/{key}") == mine:
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

    def pairs(self, source: Identity) -> Pairs:
        """The pairs of ids with a source, as of the last verified run from it."""
        key = _pairs_key(source)
        stored = self.store.get(key)
        if stored is None:
            return Pairs()
        where = f"{self.store.location}/{key}"
        return pairs_from_value(loads(stored.data, where=where), where=where)

    def save_pairs(self, source: Identity, pairs: Pairs) -> None:
        """Remember pairs of ids with a source."""
        self._put_mutable(_pairs_key(source), pairs_to_value(pairs))

    def account_id(self) -> str | None:
        """The platform's id of the account that was first met here; None before that."""
        value = self._read(_ACCOUNT, _shape(accountId="string"))
        return None if value is None else str(value["accountId"])

    def record_account(self, account_id: str) -> None:
        """Remember the account that answers; whoever was first here stays."""
        self.store.put_if_absent(_ACCOUNT, dumps_pretty({"accountId": account_id}))

    def save_report(self, run_id: str, data: bytes) -> None:
        """Keep the JSON report of a run."""
        self.store.put_if_absent(f"runs/{run_id}/report.json", data)

    def report(self, run_id: str) -> dict[str, Any] | None:
        """The JSON report of a run; None where it has none. InvalidInput for a damaged one."""
        return self._read(f"runs/{run_id}/report.json", schema("run"))

    def _read(self, key: str, shape: Mapping[str, Any]) -> dict[str, Any] | None:
        stored = self.store.get(key)
        return _checked(stored.data, shape, f"{self.store.location}/{key}") if stored else None

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


def _pairs_key(source: Identity) -> str:
    return f"identity/{folder_of(source)}.json"


def read_plan(data: bytes, where: str) -> Plan:
    """The plan in the bytes of a file; raises InvalidInput with every fault."""
    return planfile.from_value(_checked(data, schema("plan"), where, "plan", _ANEW), where=where)


def _narrowing(selection: Selection) -> str:
    if selection.everything:
        return ""
    return f"-{sha256(dumps(snapshot.selection_to_value(selection)))[:16]}"


def _checked(
    data: bytes, shape: Mapping[str, Any], where: str, kind: str = "object", remedy: str = _MEND
) -> dict[str, Any]:
    try:
        value: dict[str, Any] = loads(data, where=where)
    except InvalidInput as error:
        error.remedy = remedy
        raise
    faults = validate(value, data, shape, where=where)
    if faults:
        raise InvalidInput(f"this is no sound {kind}", where=where, remedy=remedy, faults=faults)
    return value
