"""Settles on a live account what kore.md leaves open, with roles of its own.

The order is such that each question rests on those before it: roles are made, given to a user,
imported again, and only when all of that has shown that it does no harm comes a full import.
"""

from dataclasses import dataclass

from migrate.http import Http
from migrate.model import Role, State
from migrate.platforms.base import Need
from migrate.platforms.kore.probe import judging, reads, removal, roles
from migrate.platforms.kore.probe.bench import Bench
from migrate.platforms.kore.probe.desk import Desk
from migrate.platforms.kore.probe.members import OF_MEMBERS, Members
from migrate.platforms.kore.probe.people import (
    members,
    release,
    separate_rows,
)
from migrate.platforms.kore.probe.questions import Notebook
from migrate.platforms.kore.probe.sketch import sketch
from migrate.platforms.kore.writer import KoreWriter
from migrate.platforms.probing import ProbeWish
from migrate.profile import Finding, made_by_probe
from migrate.tools import Tools

NO_USER = "it takes --user, and for bot roles --bot as well"
NO_PEOPLE = "it can't be read who holds roles"
NO_ROLE = "it takes a role of the probe, and none could be made"
MARGIN = 10
"""How many requests beyond the configured limit are sent to see one refused."""


@dataclass(frozen=True, slots=True)
class Place:
    """The account: its role types, its name for messages, seconds within which writes show, the
    requests that it allows in a minute, and a way to it that is not paced."""

    role_types: tuple[str, ...]
    where: str
    bound: float
    per_minute: int
    unpaced: Http


class KoreProber:
    """Asks the questions of `questions.PER_TYPE` and `OF_ACCOUNT`. See `Prober`."""

    def __init__(self, writer: KoreWriter, place: Place, tools: Tools, wish: ProbeWish) -> None:
        self._writer = writer
        self._place = place
        self._tools = tools
        self._wish = wish
        self._bench = Bench(writer, tools, place.where, place.bound)
        self._notebook = Notebook(place.role_types, tools.tell)
        self._before = State({})
        self._desks: list[Desk] = []
        self._harmless: set[str] = set()
        self._account_asked = False
        self._people_asked = False

    @property
    def wrote(self) -> bool:
        """Whether an import or an assignment was begun."""
        return self._bench.wrote

    @property
    def made(self) -> tuple[str, ...]:
        """The roles that may be there still."""
        return tuple(
            f"{desk.role_type} role {name}" for desk in self._desks for name in sorted(desk.made)
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every question, in order."""
        return self._notebook.findings

    def ask(self, before: State) -> None:
        """Ask everything. See `Prober`."""
        place, notebook, channel = self._place, self._notebook, self._bench.channel
        self._before = before
        self._desks = [
            Desk(
                sketch(before.roles[role_type], role_type, self._wish.mark),
                self._bench,
                notebook,
                self._tools.random_hex,
            )
            for role_type in place.role_types
        ]
        whom = members(before, place.role_types, self._wish)
        reads.tokens(channel, notebook, place.role_types[0])
        reads.pages(channel, notebook, place.where)
        if before.people is not None and separate_rows(before.people):
            how = "somebody shows a role in a row without groups and in one with a group"
            notebook.settle("group_rows", "", "one", how)
        for desk in self._desks:
            member = whom.get(desk.role_type)
            self._of_type(desk, Members(desk, member) if member else None)
        notebook.leave(("file_reuse", "bad_content"), "", NO_ROLE)
        notebook.leave(OF_MEMBERS, "", NO_ROLE if whom else self._nobody)
        self._note_lag()

    def put_back(self) -> None:
        """Take back what was given, and remove the roles. See `Prober`."""
        self._bench.settle_down()
        if self._before.people is not None:
            self._release(self._place.role_types)
        for desk in self._desks:
            desk.roles = self._bench.roles(desk.role_type)
            if any(map(made_by_probe, desk.roles)):
                if desk.role_type in self._harmless:
                    removal.remove(desk, self._others(desk))
                removal.empty(desk)
            desk.made = {name for name in desk.roles if made_by_probe(name)}
        self._note_lag()

    def ask_last(self) -> None:
        """Overspend the budget, if that was asked for."""
        if not self._wish.rate_limit:
            self._notebook.leave(("rate_limit",), "", "not provoked without --include-rate-limit")
            return
        place = self._place
        burst = reads.Burst(place.unpaced, self._bench.channel, place.role_types[0], place.where)
        try:
            burst.overspend(self._notebook, place.per_minute + MARGIN)
        finally:
            place.unpaced.close()

    def _of_type(self, desk: Desk, whom: Members | None) -> None:
        """Ask about one role type; about the account as well where that was not done yet."""
        if not roles.create(desk):
            return
        given = self._give(desk, whom)
        asked_at, step = self._bench.now(), desk.step + 1
        file_id = roles.update(desk)
        if given is not None and file_id:
            given.after_update()
        roles.unknown_name(desk)
        if not self._account_asked:
            self._account_asked = True
            if file_id:
                roles.reuse(desk, file_id, step, lambda: self._bench.now() - asked_at)
            roles.bad_content(desk)
        roles.match(desk)
        if given is not None:
            if self._notebook.value("group_rows") is None:
                given.group_rows()
            self._release((desk.role_type,))
        self._full(desk)
        roles.answers(desk)

    def _give(self, desk: Desk, whom: Members | None) -> Members | None:
        """Give somebody a role; who has it, None where nobody has."""
        if whom is None:
            desk.leave(("members",), self._nobody)
            return None
        first, self._people_asked = not self._people_asked, True
        if not whom.give(beside_a_stranger=first):
            return None
        if first:
            whom.unknown()
        return whom

    def _full(self, desk: Desk) -> None:
        others = self._others(desk)
        why = removal.obstacle(desk, others, self._before.people) or removal.rehearse(desk)
        if why:
            desk.leave(("full_deletes",), why)
            return
        self._harmless.add(desk.role_type)
        if not removal.try_full(desk, others):
            self._harmless.discard(desk.role_type)

    @property
    def _nobody(self) -> str:
        """Why nobody is given roles."""
        return NO_PEOPLE if self._wish.user and self._before.people is None else NO_USER

    def _others(self, desk: Desk) -> tuple[Role, ...]:
        return self._before.roles[desk.role_type].roles

    def _release(self, role_types: tuple[str, ...]) -> None:
        release(self._bench, lambda: self._writer.capture(role_types, Need.HOLDERS))

    def _note_lag(self) -> None:
        bench = self._bench
        verdict = judging.lag(bench.longest, bench.timed, bench.late, self._place.bound)
        self._notebook.settle("read_lag", "", verdict.value, verdict.how)
