"""Users, groups and bots of one side as things that have a name and ids, and an index of them."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from migrate.identity.rules import BOT, USER, caseless
from migrate.model import ACCOUNT, People, Principal


class Thing(NamedTuple):
    """A user, group or bot. `key` is unique in its kind and what assignments name it by.

    `base` is the name that the platform knows: two bots of one name, and two users whose names
    differ only by case, share it and have their ids in their keys. `name` is spelled as the
    platform spells it.
    """

    kind: str
    key: str
    base: str
    name: str
    id: str | None = None
    org_id: str | None = None

    @property
    def spelled(self) -> str:
        """What it is called where it must be told from all others: as in a config's table."""
        if self.key == self.base:
            return self.name
        return f"{self.name} [{self.id or self.org_id}]" if self.kind == USER else self.key

    @property
    def by_org_id_only(self) -> bool:
        """Whether it is a user of whom no e-mail is known."""
        return self.kind == USER and self.org_id is not None and self.name == self.org_id


def things(people: People, kind: str) -> list[Thing]:
    """Everything of a kind that a capture knows, with what only its assignments name, by key."""
    if kind == BOT:
        found = {
            key: Thing(kind, key, key.removesuffix(f" [{scope.id}]"), scope.name, scope.id)
            for key, scope in people.scopes.items()
        }
        named = people.scope_counts.keys() - {ACCOUNT}
    else:
        found = {
            key: Thing(kind, key, _base(key, each), each.name, each.id, each.org_id)
            for (its_kind, key), each in people.principals.items()
            if its_kind == kind
        }
        named = {name for its_kind, name in people.by_holder if its_kind == kind}
    for key in named - found.keys():
        found[key] = Thing(kind, key, key, key)
    return [found[key] for key in sorted(found)]


def _base(key: str, principal: Principal) -> str:
    """A principal's folded name, without the id that may be in its key."""
    if not key.endswith("]"):
        return key
    return key.removesuffix(f" [{principal.id or principal.org_id}]")


class Index:
    """The things of one kind on one side, found by name, id, or id in the organisation."""

    def __init__(self, known: Iterable[Thing]) -> None:
        self._by_key: dict[str, Thing] = {}
        self._by_base: dict[str, list[Thing]] = defaultdict(list)
        self._by_folded_key: dict[str, list[Thing]] = defaultdict(list)
        self._by_org_id: dict[str, list[Thing]] = defaultdict(list)
        self.by_id: dict[str, Thing] = {}
        for each in known:
            self._by_key[each.key] = each
            self._by_base[each.base].append(each)
            if each.kind == USER and each.key != each.base:
                self._by_folded_key[caseless(each.key)].append(each)
            if each.id is not None:
                self.by_id[each.id] = each
            if each.org_id is not None:
                self._by_org_id[each.org_id].append(each)

    def named(self, key: str) -> list[Thing]:
        """All that a folded name may mean: one, or several that share it."""
        # Whoever spells a user with its id has all of it folded.
        if key in self._by_folded_key:
            return self._by_folded_key[key]
        exact = self._by_key.get(key)
        if exact is not None and exact.base != key:
            return [exact]
        return self._by_base.get(key, [])

    def of_org_id(self, thing: Thing) -> list[Thing]:
        """All with a user's id in the organisation, where one side knows nothing else of it."""
        if thing.org_id is None:
            return []
        return [
            each
            for each in self.with_org_id(thing.org_id)
            if thing.by_org_id_only or each.by_org_id_only
        ]

    def with_org_id(self, org_id: str) -> list[Thing]:
        """All users with this id in the organisation."""
        return self._by_org_id.get(org_id, [])

    def resembling(self, name: str) -> list[Thing]:
        """All whose names differ from `name` only by case, Unicode form or blanks."""
        return self._loose.get(_loosely(name), [])

    @cached_property
    def _loose(self) -> dict[str, list[Thing]]:
        found: dict[str, list[Thing]] = defaultdict(list)
        for each in self._by_key.values():
            found[_loosely(each.base)].append(each)
        return found


def _loosely(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
