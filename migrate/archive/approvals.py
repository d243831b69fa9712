"""Approvals of plans, and what verified runs have put into an environment."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from migrate.archive import known
from migrate.archive.known import Base
from migrate.archive.shelf import Shelf, checked, shape
from migrate.canonical import dumps_pretty, sha256
from migrate.config.policy import Policy, read_policy
from migrate.errors import InvalidInput
from migrate.resources import schema
from migrate.stores.base import put_once

if TYPE_CHECKING:
    from migrate.approval import Approval
    from migrate.waiver import Waiver

_LEAVE = "Somebody changed it in the store: restore it there, or approve anew."


class ApprovalShelf(Shelf):
    """Each approval is an object of its own under the digest of the changes: none is replaced."""

    def save_approval(self, given: "Approval") -> str:
        """Store an approval; returns its key."""
        from migrate import approval

        return self._said("approvals", given.statement.changes, approval.to_value(given))

    def approvals(self, changes: str) -> "Iterator[Approval]":
        """Every approval of some changes. Raises InvalidInput where one is unsound."""
        from migrate import approval

        return map(approval.from_value, self._what_was_said("approvals", changes, "approval"))

    def save_waiver(self, given: "Waiver") -> str:
        """Store a waiver; returns its key."""
        from migrate import waiver

        return self._said("waivers", given.statement.changes, waiver.to_value(given))

    def waivers(self, changes: str) -> "Iterator[Waiver]":
        """Every waiver for some changes. Raises InvalidInput where one is unsound."""
        from migrate import waiver

        return map(waiver.from_value, self._what_was_said("waivers", changes, "waiver"))

    def _said(self, folder: str, changes: str, value: dict[str, Any]) -> str:
        data = dumps_pretty(value)
        key = f"{folder}/{changes}/{sha256(data)[:16]}.json"
        put_once(self.store, key, data)
        return key

    def _what_was_said(self, folder: str, changes: str, kind: str) -> Iterator[dict[str, Any]]:
        for key in self.store.list(f"{folder}/{changes}/"):
            stored = self.store.get(key)
            if stored is not None:
                where = f"{self.store.location}/{key}"
                yield checked(stored.data, schema(kind), where, kind, _LEAVE)

    def save_policy(self, data: bytes) -> str:
        """Store the bytes of a policy file beside all environments; returns their digest."""
        digest = sha256(data)
        put_once(self.whole, f"policies/{digest}.toml", data)
        return digest

    def policy(self, digest: str) -> Policy:
        """The policy of a digest. Raises InvalidInput where it is not there, or another one."""
        key = f"policies/{digest}.toml"
        stored, where = self.whole.get(key), f"{self.whole.location}/{key}"
        if stored is None:
            raise InvalidInput(
                "the policy that the config names is not in the store",
                where=where,
                target="unchanged",
                remedy="Put it there: role-migrate policy publish FILE --env NAME.",
            )
        return read_policy(stored.data, where, digest)

    def policy_of_last_run(self) -> tuple[str, str] | None:
        """The digest ("" for none) that the last run had, and that run; None where none ran."""
        value = self.read("policy.json", shape(policy="string", run="string"))
        return None if value is None else (str(value["policy"]), str(value["run"]))

    def save_policy_of(self, run: str, digest: str) -> None:
        """Remember which policy a run had."""
        self.put_mutable("policy.json", dumps_pretty({"policy": digest, "run": run}))

    def save_base(self, base: Base) -> None:
        """Remember what is known to be there by runs."""
        self.put_mutable("base.json", dumps_pretty(base.to_value()))

    def base(self) -> Base | None:
        """What was remembered of it; None where nothing was."""
        value = self.read("base.json", known.SHAPE)
        return Base.of(value) if value else None

    def save_verified(self, content: str, run: str, at: str) -> None:
        """Remember that a verified run left the environment's roles as this content digest says."""
        key = f"verified/{content}.json"
        self.store.put_if_absent(key, dumps_pretty({"run": run, "at": at}))

    def verified(self, content: str) -> str | None:
        """The first run that verified roles of a content digest; None where none did."""
        value = self.read(f"verified/{content}.json", shape(run="string", at="string"))
        return None if value is None else str(value["run"])
