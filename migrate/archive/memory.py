"""What the shelf remembers of an environment from run to run."""

from migrate import behaviour as behaviours
from migrate.archive.shelf import Shelf, folder_of, shape
from migrate.behaviour import Behaviour
from migrate.canonical import dumps_pretty, loads
from migrate.errors import InvalidInput
from migrate.identity.pairs import Pairs
from migrate.identity.pairs import from_value as pairs_from_value
from migrate.identity.pairs import to_value as pairs_to_value
from migrate.model import Identity

_BEHAVIOUR = "behaviour.json"
_ACCOUNT = "account.json"


class MemoryShelf(Shelf):
    """Learned behaviour, pairs of ids, and which account it is."""

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
        self.put_mutable(_BEHAVIOUR, dumps_pretty(behaviours.to_value(learned)))

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
        self.put_mutable(_pairs_key(source), dumps_pretty(pairs_to_value(pairs)))

    def account_id(self) -> str | None:
        """The platform's id of the account that was first met here; None before that."""
        value = self.read(_ACCOUNT, shape(accountId="string"))
        return None if value is None else str(value["accountId"])

    def record_account(self, account_id: str) -> None:
        """Remember the account that answers; whoever was first here stays."""
        self.store.put_if_absent(_ACCOUNT, dumps_pretty({"accountId": account_id}))


def _pairs_key(source: Identity) -> str:
    return f"identity/{folder_of(source)}.json"
