"""Approvals of plans, and what verified runs have put into an environment."""

from collections.abc import Iterator

from migrate import approval
from migrate.approval import Approval
from migrate.archive.shelf import Shelf, checked, shape
from migrate.canonical import dumps_pretty, sha256
from migrate.resources import schema
from migrate.stores.base import put_once

_LEAVE = "Somebody changed it in the store: restore it there, or approve anew."


class ApprovalShelf(Shelf):
    """Each approval is an object of its own under the digest of the changes: none is replaced."""

    def save_approval(self, given: Approval) -> str:
        """Store an approval; returns its key."""
        data = dumps_pretty(approval.to_value(given))
        key = f"approvals/{given.statement.changes}/{sha256(data)[:16]}.json"
        put_once(self.store, key, data)
        return key

    def approvals(self, changes: str) -> Iterator[Approval]:
        """Every approval of some changes. Raises InvalidInput where one is unsound."""
        for key in self.store.list(f"approvals/{changes}/"):
            stored = self.store.get(key)
            if stored is not None:
                where = f"{self.store.location}/{key}"
                value = checked(stored.data, schema("approval"), where, "approval", _LEAVE)
                yield approval.from_value(value)

    def save_verified(self, content: str, run: str, at: str) -> None:
        """Remember that a verified run left the environment's roles as this content digest says."""
        key = f"verified/{content}.json"
        self.store.put_if_absent(key, dumps_pretty({"run": run, "at": at}))

    def verified(self, content: str) -> str | None:
        """The first run that verified roles of a content digest; None where none did."""
        value = self.read(f"verified/{content}.json", shape(run="string", at="string"))
        return None if value is None else str(value["run"])
