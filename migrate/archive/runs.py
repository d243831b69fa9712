"""What the shelf keeps of runs: who has which plan, what was sent, and how it ended."""

from typing import Any

from migrate.archive.shelf import Shelf, checked, shape
from migrate.canonical import dumps, sha256
from migrate.errors import InvalidInput
from migrate.resources import schema
from migrate.stores.base import VersionMoved, put_once

_CLAIM = shape(run="string", released="boolean")


class RunShelf(Shelf):
    """Claims, import files and reports."""

    def claim(self, plan_id: str, run_id: str) -> str | None:
        """Take the plan for a run, once; the run that has it where it is taken, else None.

        A claim whose run ended before any write was released, and can be taken again.
        """
        key, data = f"plans/{plan_id}.claim", dumps({"run": run_id, "released": False})
        put = self.store.put_if_absent(key, data)
        if put.ours:
            return None
        held = checked(put.stored.data, _CLAIM, f"{self.store.location}/{key}")
        if not held["released"]:
            return str(held["run"])
        try:
            self.store.replace(key, data, put.stored.version)
        except VersionMoved:
            return self.claimed_by(plan_id)
        return None

    def claimed_by(self, plan_id: str) -> str | None:
        """The run that has a plan, None where none has."""
        held = self.read(f"plans/{plan_id}.claim", _CLAIM)
        return None if held is None or held["released"] else str(held["run"])

    def release_claim(self, plan_id: str, run_id: str) -> None:
        """Give a plan back whose run ended before any write."""
        key = f"plans/{plan_id}.claim"
        stored, mine = self.store.get(key), {"run": run_id, "released": False}
        if stored and checked(stored.data, _CLAIM, f"{self.store.location}/{key}") == mine:
            self.store.replace(key, dumps({"run": run_id, "released": True}), stored.version)

    def save_import(self, digest: str, data: bytes) -> None:
        """Keep the bytes of an import file for resuming and for the record."""
        put_once(self.store, f"imports/{digest}.json", data)

    def load_import(self, digest: str) -> bytes:
        """The bytes of an import file. Raises InvalidInput where they are gone or altered."""
        key = f"imports/{digest}.json"
        stored = self.store.get(key)
        if stored is not None and sha256(stored.data) == digest:
            return stored.data
        raise InvalidInput(
            f"an import file of the run is {'gone' if stored is None else 'not what was written'}",
            where=f"{self.store.location}/{key}",
            remedy="Restore this object from the bucket's older versions or a backup.",
        )

    def begun(self, run_id: str) -> bool:
        """Whether a run has a journal, be it one of which entries are missing.

        What a prune that was cut off left of a run is none.
        """
        if self.store.get(f"runs/{run_id}/0000.json") is not None:
            return True
        from migrate.archive.pruned import pruned_at
        from migrate.journal import has_entries
        from migrate.keeping import Kind

        return has_entries(self.store, run_id) and pruned_at(self, Kind.RUN, run_id) is None

    def save_report(self, run_id: str, form: str, data: bytes) -> None:
        """Keep the report of a run as json or md; one that went on is reported anew."""
        self.put_mutable(f"runs/{run_id}/report.{form}", data)

    def report(self, run_id: str) -> dict[str, Any] | None:
        """The JSON report of a run; None where it has none. InvalidInput for a damaged one."""
        return self.read(f"runs/{run_id}/report.json", schema("run"))
