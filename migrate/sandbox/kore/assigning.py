"""What a batch of role assignments does to an account, under the switches. Pure.

Documented are the body and the answer of a good one (kore.md D). Everything else is chosen here:

* an entry is done whole or not at all, and the entries one after another; others of its batch
  are done even where one fails, unless `unknown_principal` is `refuse`;
* within an entry everybody is added first, then removed: who stands in both ends up without;
* to give what is held, or to take what is not, is done already: success;
* Master Admin is not given to groups, and Bot Owner is not assigned to anybody: a failure entry,
  whatever the switches;
* names are exact: an e-mail in other letters is another user's. A client that has read the
  account can always send the account's own spelling.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from migrate.sandbox.kore.account import Account, Holder, StoredRole
from migrate.sandbox.kore.switches import Switches

_LISTS = (
    *("addUsers", "removeUsers", "addOrgUserIds", "removeOrgUserIds"),
    *("addGroups", "removeGroups"),
)


class BatchRefused(Exception):
    """Somebody in the batch is not known, and the account refuses all of it; nothing changed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a batch: the lists by their names in the body. `bot_id` is empty for admins."""

    role_id: str
    bot_id: str
    lists: Mapping[str, tuple[str, ...]]

    def named(self) -> Iterator[tuple[bool, str, str]]:
        """Everybody in the entry, those to add first: (add, list name without add, name)."""
        for verb in ("add", "remove"):
            for kind in ("Users", "OrgUserIds", "Groups"):
                for name in self.lists[verb + kind]:
                    yield verb == "add", kind, name


@dataclass(frozen=True, slots=True)
class Outcome:
    """The account after a batch, and one answer per entry, in order."""

    account: Account
    answers: tuple[dict[str, Any], ...]


def read_entries(body: object, role_type: str) -> tuple[Entry, ...] | None:
    """The entries of a request body, None where it is not sound.

    A list that is left out, empty, or only holds an empty name asks for nothing.
    """
    if not isinstance(body, list):
        return None
    ids = {"roleId", "botId"} if role_type == "bot" else {"roleId"}
    entries = []
    for entry in body:
        if not isinstance(entry, dict) or not ids <= set(entry) <= {*ids, *_LISTS}:
            return None
        if not all(isinstance(entry[key], str) and entry[key] for key in ids):
            return None
        lists = {name: entry.get(name, []) for name in _LISTS}
        if not all(_are_strings(names) for names in lists.values()):
            return None
        named = {key: tuple(name for name in names if name) for key, names in lists.items()}
        entries.append(Entry(entry["roleId"], entry.get("botId", ""), named))
    return tuple(entries)


def assign(
    account: Account,
    role_type: str,
    entries: Sequence[Entry],
    switches: Switches,
    *,
    most: int | None = None,
) -> Outcome:
    """Carry out a batch. With `most`, only so many entries; the others fail unlooked at.

    Raises BatchRefused with one sentence.
    """
    book = _Book.of(account, role_type)
    if switches.unknown_principal == "refuse":
        for entry in entries:
            if unknown := book.unknown(entry):
                raise BatchRefused(unknown[1])
    answers = []
    for index, entry in enumerate(entries):
        if most is not None and index >= most:
            reason: str | None = "Internal Server Error"
        else:
            reason = _carry_out(account, book, entry, role_type, switches)
        answers.append(_answer(entry, role_type, reason, switches))
    roles = tuple(book.roles.get(role.id, role) for role in account.roles)
    return Outcome(replace(account, roles=roles), tuple(answers))


class _Book:
    """Everybody in the account by the names that a batch uses; its roles as the batch goes on."""

    def __init__(
        self, roles: dict[str, StoredRole], bots: set[str], names: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.roles = roles
        self._bots = bots
        self._names = names

    @classmethod
    def of(cls, account: Account, role_type: str) -> "_Book":
        names = {
            "Users": {user.email: user.name for user in account.users if user.email},
            "OrgUserIds": {user.org_user_id: user.name for user in account.users},
            "Groups": {group.name: group.name for group in account.groups},
        }
        roles = {role.id: role for role in account.of_type(role_type)}
        return cls(roles, {bot.id for bot in account.bots}, names)

    def unknown(self, entry: Entry) -> tuple[str, str] | None:
        """What of an entry is not known: in the words of an entry, and of a refusal."""
        if entry.role_id not in self.roles:
            return "Invalid roleId", "Invalid roleId"
        if entry.bot_id and entry.bot_id not in self._bots:
            return "Invalid botId", "Invalid botId"
        words = {
            "Users": ("Invalid emailId", "One or more entered emails not found"),
            "OrgUserIds": ("Invalid orgUserId", "One or more entered orgUserIds not found"),
            "Groups": ("Invalid group", "One or more entered groups not found"),
        }
        for _add, kind, name in entry.named():
            if name not in self._names[kind]:
                return words[kind]
        return None

    def holders(self, entry: Entry) -> Iterator[tuple[bool, Holder]]:
        """Everybody in the entry who is known, as a holder of its role, and whether to add."""
        scope = {"bot": entry.bot_id} if entry.bot_id else {}
        for add, kind, name in entry.named():
            if name in self._names[kind]:
                who = "group" if kind == "Groups" else "user"
                yield add, {who: self._names[kind][name], **scope}


def _carry_out(
    account: Account, book: _Book, entry: Entry, role_type: str, switches: Switches
) -> str | None:
    """Do one entry in the book; the reason where it fails."""
    unknown = book.unknown(entry)
    if unknown and switches.unknown_principal != "silent":
        return unknown[0]
    role = book.roles.get(entry.role_id)
    if role is None or (unknown and unknown[0] == "Invalid botId"):
        return None
    if account.fixed(role_type, role.name):
        if role_type == "bot":
            return f"{role.name} cannot be assigned"
        if entry.lists["addGroups"]:
            return f"{role.name} cannot be assigned to groups"
    held: dict[tuple[tuple[str, str], ...], Holder] = {
        tuple(sorted(holder.items())): holder for holder in role.holders
    }
    for add, holder in book.holders(entry):
        mark = tuple(sorted(holder.items()))
        if add:
            held.setdefault(mark, holder)
        else:
            held.pop(mark, None)
    book.roles[role.id] = replace(role, holders=tuple(held.values()))
    return None


def _answer(entry: Entry, role_type: str, reason: str | None, switches: Switches) -> dict[str, Any]:
    # The shape of a failure is that of the neighbouring calls, which answer 200 too (kore.md D).
    answer = {"status": "success"} if reason is None else {"status": "failure", "reason": reason}
    if switches.assign_status == "documented":
        if role_type == "admin":
            answer["roleId"] = entry.role_id
        elif reason is None:
            answer["status"] = "success "
    return answer


def _are_strings(names: object) -> bool:
    return isinstance(names, list) and all(isinstance(name, str) for name in names)
