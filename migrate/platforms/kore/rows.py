"""Rows of the look-ups turned into values at the edge: users, groups, bots (kore.md D).

Only what is needed goes on from here. Of a bot that is its id and name: the rest of a bot's row
holds the secrets of its apps. Where the vendor shows no sample (what stands for a group or a user
inside another row), an id, a name and an object of both are all understood.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrate.errors import PlatformFailed
from migrate.wording import quoted, value_words

HELD_IN: Mapping[str, str] = {"admin": "adminRoles", "bot": "btRoles"}
"""The list in a user's row that holds the roles of a type."""


@dataclass(frozen=True, slots=True)
class GroupRef:
    """A group as another row names it. A bare string is in both fields: it may be either."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """A user as a group's row names it; what is not given is empty."""

    id: str
    email: str


@dataclass(frozen=True, slots=True)
class Held:
    """A role that a user's row shows. Without groups it is held directly."""

    role_type: str
    role_id: str
    role_name: str
    groups: tuple[GroupRef, ...] = ()
    bot_id: str = ""
    bot_name: str = ""


@dataclass(frozen=True, slots=True)
class UserRow:
    """A row of Get User Roles Details. `email` or `org_id` may be empty, not both."""

    id: str
    email: str
    org_id: str
    account_id: str
    held: tuple[Held, ...] = ()

    @property
    def name(self) -> str:
        """What the user is called: by e-mail, else by organisation id."""
        return self.email or self.org_id


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A row of Get Groups: who is directly in it. `count` is the row's own count, if it has one."""

    id: str
    name: str
    users: tuple[Member, ...] = ()
    groups: tuple[GroupRef, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class BotRow:
    """A row of Get Bots, without its apps."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class AccountRows:
    """What was read; `groups` and `bots` are None where only holders were."""

    users: tuple[UserRow, ...]
    groups: tuple[GroupRow, ...] | None = None
    bots: tuple[BotRow, ...] | None = None


class RowReader:
    """Turns rows of one call into values. `what` and `where` name call and environment.

    Every method raises PlatformFailed for a row that is not as documented.
    """

    def __init__(self, what: str, where: str) -> None:
        self._what = what
        self._where = where

    def user(self, row: Mapping[str, Any]) -> UserRow:
        """A user, with every role that the row shows."""
        email, org_id = self._text(row, "username"), self._text(row, "orgUserId")
        if not email and not org_id:
            raise self._odd("a user has neither username nor orgUserId")
        lists = [name for name in HELD_IN.values() if name in row]
        if not lists:
            raise self._odd(f"the row of {quoted(email or org_id)} has no list of roles")
        return UserRow(
            id=self._text(row, "userId"),
            email=email,
            org_id=org_id,
            account_id=self._text(row, "accountId"),
            held=tuple(
                self._held(role_type, each)
                for role_type, name in HELD_IN.items()
                for each in self._list(row, name)
            ),
        )

    def group(self, row: Mapping[str, Any]) -> GroupRow:
        """A group, with the users and groups that are directly in it."""
        count = row.get("userCount", 0)
        if type(count) is not int:
            raise self._odd(f"userCount is {value_words(count)}, not a count")
        return GroupRow(
            id=self._text(row, "_id", needed=True),
            name=self._text(row, "gN", needed=True),
            users=tuple(self._member(each) for each in self._list(row, "users")),
            groups=tuple(self._group_ref(each) for each in self._list(row, "groups")),
            count=count,
        )

    def bot(self, row: Mapping[str, Any]) -> BotRow:
        """A bot's id and name."""
        return BotRow(self._text(row, "_id", needed=True), self._text(row, "name", needed=True))

    def _held(self, role_type: str, row: Any) -> Held:
        if not isinstance(row, dict):
            raise self._odd(f"{HELD_IN[role_type]} holds {value_words(row)}, not a role")
        in_bot = role_type == "bot"
        return Held(
            role_type=role_type,
            role_id=self._text(row, "roleId", needed=True),
            role_name=self._text(row, "roleName"),
            groups=tuple(self._group_ref(each) for each in self._list(row, "groups")),
            bot_id=self._text(row, "botId", needed=True) if in_bot else "",
            bot_name=self._text(row, "botName") if in_bot else "",
        )

    def _group_ref(self, value: Any) -> GroupRef:
        own, name = self._reference(value, ("_id", "groupId", "id"), ("gN", "groupName", "name"))
        return GroupRef(own or name, name or own)

    def _member(self, value: Any) -> Member:
        own, email = self._reference(value, ("_id", "userId", "id"), ("emailId", "username"))
        if isinstance(value, str) and "@" in value:
            return Member("", email)
        return Member(own, "" if isinstance(value, str) else email)

    def _reference(
        self, value: Any, ids: tuple[str, ...], names: tuple[str, ...]
    ) -> tuple[str, str]:
        """The id and the name in a reference; a bare string is both."""
        if isinstance(value, str) and value:
            return value, value
        if isinstance(value, dict):
            own = next((self._text(value, key) for key in ids if value.get(key)), "")
            name = next((self._text(value, key) for key in names if value.get(key)), "")
            if own or name:
                return own, name
        raise self._odd(f"a group or user is named by {value_words(value)}")

    def _text(self, row: Mapping[str, Any], key: str, *, needed: bool = False) -> str:
        value = row.get(key)
        if value is None:
            value = ""
        if not isinstance(value, str):
            raise self._odd(f"{key} is {value_words(value)}, not a string")
        if needed and not value:
            raise self._odd(f"a row has no {key}")
        return value

    def _list(self, row: Mapping[str, Any], key: str) -> list[Any]:
        value = row.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._odd(f"{key} is {value_words(value)}, not a list")
        return value

    def _odd(self, fault: str) -> PlatformFailed:
        return PlatformFailed(
            f"{self._what}: the answer is not as documented: {fault}",
            where=self._where,
            remedy="Nothing is planned on an odd read; check the account in the console.",
        )
