"""What becomes of who holds a role: asked with one user, and a role that denies all it names.

Nobody is put into a group or taken out of one. Where the user is in a group already, that group
is given the role for a moment, which grants nothing to anybody.
"""

from collections.abc import Callable
from dataclasses import dataclass

from migrate.behaviour import is_denied
from migrate.platforms.kore.assignments import Entry
from migrate.platforms.kore.catalogue import DENIED
from migrate.platforms.kore.probe import judging
from migrate.platforms.kore.probe.bench import Sent
from migrate.platforms.kore.probe.desk import Desk
from migrate.platforms.kore.probe.judging import Verdict
from migrate.platforms.kore.probe.sketch import HELD, SPARE
from migrate.profile import PREFIX

OF_MEMBERS = ("unknown_user", "unknown_group", "unknown_role", "group_rows")
"""What concerns the whole account, and takes somebody who is given a role."""


@dataclass(frozen=True, slots=True)
class Member:
    """Whom roles of one type are given: the user's e-mail as the account spells it, its folded
    name, a group that the user is in ("" for none), and for bot roles the bot's id."""

    email: str
    name: str
    group: str = ""
    bot_id: str = ""


class Members:
    """The questions about members of one role type."""

    def __init__(self, desk: Desk, member: Member) -> None:
        self._desk = desk
        self._member = member
        self._given_as = ""

    def give(self, *, beside_a_stranger: bool) -> bool:
        """Give the user the role that grants nothing; whether the user was seen to hold it.

        Beside a stranger: in one batch with a user whom nobody knows.
        """
        role = self._desk.role(HELD)
        granted = [n for n, value in role.permissions.items() if not is_denied(value, DENIED)]
        if granted:
            self._leave(f"a new role grants {granted[0]!r} of itself: it was given to nobody")
            return False
        mine = self._entry(add_users=(self._member.email,))
        verdict = self._stranger(mine) if beside_a_stranger else None
        if verdict is None or verdict.value not in ("entry", "silent"):
            sent = self._assign(mine)
            if sent.refusal:
                self._leave(sent.refusal)
                return False
        if not self._holds():
            self._leave("the user was not seen to hold the role in time")
            return False
        if verdict is not None:
            self._settle("unknown_user", verdict)
        self._given_as = role.id or ""
        return True

    def _stranger(self, mine: Entry) -> Verdict:
        name = f"role-migrate-probe-{self._desk.sketch.mark}@example.invalid"
        spare = self._desk.role(SPARE).id or ""
        sent = self._assign(mine, self._entry(spare, add_users=(name,)))
        if sent.refusal and self._held_after_all():
            how = "the batch was refused, yet the user in its other entry was given the role"
            return Verdict(None, how)
        return judging.unknown(sent.value, sent.refusal, 1)

    def _held_after_all(self) -> bool:
        desk = self._desk
        desk.bench.settle_down()
        return bool(desk.bench.held(self._member.name, desk.role_type, desk.role(HELD).id or ""))

    def after_update(self) -> None:
        """Whether the user holds the role still, after it was imported again."""
        desk, member = self._desk, self._member
        role = desk.role(HELD)
        held = desk.bench.held(member.name, desk.role_type, role.id or "")
        if not held:
            # Whoever is not there yet may just not show yet.
            desk.bench.settle_down()
            held = desk.bench.held(member.name, desk.role_type, role.id or "")
        old = self._given_as if self._given_as != role.id else ""
        stale = bool(old) and bool(desk.bench.held(member.name, desk.role_type, old))
        ids = desk.notebook.value("ids", desk.role_type)
        desk.note("members", judging.members(held, stale, ids))

    def unknown(self) -> None:
        """Assignments to a group, and of a role, that nobody knows."""
        desk = self._desk
        spare = desk.role(SPARE).id or ""
        sent = self._assign(self._entry(spare, add_groups=(f"{PREFIX} {desk.sketch.mark}",)))
        self._settle("unknown_group", judging.unknown(sent.value, sent.refusal, 0))
        sent = self._assign(self._entry(desk.random_hex(24), add_users=(self._member.email,)))
        self._settle("unknown_role", judging.unknown(sent.value, sent.refusal, 0))

    def group_rows(self) -> None:
        """How rows show a role that is held directly and through a group."""
        member = self._member
        if not member.group:
            why = "the user is in no group, and nobody is put into one"
            self._desk.notebook.leave(("group_rows",), "", why)
            return
        sent = self._assign(self._entry(add_users=(member.email,), add_groups=(member.group,)))
        if sent.refusal or not self._holds(lambda rows: any(row.groups for row in rows)):
            why = sent.refusal or "the group was not seen to hold the role in time"
            self._settle("group_rows", Verdict(None, why))
            return
        desk = self._desk
        desk.bench.settle_down()
        held = desk.bench.held(member.name, desk.role_type, desk.role(HELD).id or "")
        self._settle("group_rows", judging.group_rows(held))

    def _assign(self, *entries: Entry) -> Sent:
        return self._desk.bench.assign(self._desk.role_type, entries)

    def _entry(
        self, role_id: str = "", add_users: tuple[str, ...] = (), add_groups: tuple[str, ...] = ()
    ) -> Entry:
        own = role_id or self._desk.role(HELD).id or ""
        return Entry(own, self._member.bot_id, add_users=add_users, add_groups=add_groups)

    def _holds(self, shows: Callable[..., bool] = bool) -> bool:
        role = self._desk.role(HELD)
        return self._desk.bench.held_until(self._member.name, role, shows) is not None

    def _leave(self, why: str) -> None:
        self._desk.leave(("members",), why)
        self._desk.notebook.leave(OF_MEMBERS, "", why)

    def _settle(self, question: str, verdict: Verdict) -> None:
        self._desk.notebook.settle(question, "", verdict.value, verdict.how)
