"""What reading alone settles: pages, offsets, tokens, and how a spent budget is told."""

from collections.abc import Mapping
from dataclasses import dataclass

from migrate.errors import AccessDenied, RateLimited
from migrate.http import Answer, Http
from migrate.platforms.kore.answers import value_of
from migrate.platforms.kore.channel import BOTS, ReadChannel, WriteChannel
from migrate.platforms.kore.people import GROUPS, USERS, PeopleEncrypted, page_ids
from migrate.platforms.kore.probe import judging
from migrate.platforms.kore.probe.judging import Verdict
from migrate.platforms.kore.probe.questions import Notebook

ROLES = "/api/public/roles"
LISTINGS: Mapping[str, str] = {"users": USERS, "groups": GROUPS, "bots": BOTS}
MANY = "1000"
"""A limit that is above every largest page that is documented."""


def pages(channel: ReadChannel, notebook: Notebook, where: str) -> None:
    """What offset counts and how many rows a page has, in each listing."""
    for name, path in LISTINGS.items():
        try:
            _listing(channel, notebook, where, name, path)
        except PeopleEncrypted as error:
            notebook.leave((f"offset_{name}", f"page_{name}", "largest_page"), "", error.what)
            notebook.settle("payload_encryption", "", "on", "the answer is encrypted")
    notebook.leave(("payload_encryption",), "", "the listing of users was not read")


def _listing(channel: ReadChannel, notebook: Notebook, where: str, name: str, path: str) -> None:
    def page(**params: str) -> tuple[tuple[str, ...], int]:
        return page_ids(channel, path, params, where=where)

    def note(question: str, verdict: Verdict) -> None:
        notebook.settle(question, "", verdict.value, verdict.how)

    rows, total = page()
    note(f"page_{name}", judging.page_size(len(rows), total, "without a limit"))
    if total > 2:
        first, second = (page(limit="2", offset=offset)[0] for offset in ("0", "1"))
        note(f"offset_{name}", judging.offset(first, second))
    else:
        note(f"offset_{name}", Verdict(None, f"too few rows to tell ({total})"))
    if name == "users":
        note("payload_encryption", Verdict("off", "the listing of users is readable"))
        most = page(limit=MANY, offset="0")[0] if len(rows) < total else rows
        note("largest_page", judging.page_size(len(most), total, f"with limit={MANY}"))


def tokens(channel: WriteChannel, notebook: Notebook, role_type: str) -> None:
    """Send one token twice, on a read."""
    token = channel.token()
    params = {"roleType": role_type, "limit": "1"}
    try:
        channel.get(ROLES, params, what="Get Roles", token=token)
    except AccessDenied as error:
        notebook.settle("jti", "", None, f"the token was refused at once: {error.what}")
        return
    try:
        channel.get(ROLES, params, what="Get Roles", token=token)
    except AccessDenied as error:
        notebook.settle("jti", "", "enforced", f"the second time: {error.what}")
    else:
        notebook.settle("jti", "", "optional", "one token was good for two requests")


@dataclass(frozen=True, slots=True)
class Burst:
    """Small reads one after another, which nothing paces."""

    http: Http
    channel: WriteChannel
    role_type: str
    where: str

    def overspend(self, notebook: Notebook, most: int) -> None:
        """Send reads until one is refused for its rate, at most so many."""
        for number in range(1, most + 1):
            answer = self._send()
            try:
                value_of(answer, what="Get Roles", where=self.where, write=False)
            except RateLimited:
                verdict = judging.refusal(answer.status, answer.retry_after)
                how = f"request {number} of a burst: {verdict.how}"
                notebook.settle("rate_limit", "", verdict.value, how)
                return
        notebook.settle("rate_limit", "", None, f"{most} requests in a row, none was refused")

    def _send(self) -> Answer:
        return self.http.send(
            "GET",
            ROLES,
            idempotent=False,
            what="Get Roles",
            where=self.where,
            params={"roleType": self.role_type, "limit": "1"},
            sign=lambda: {"auth": self.channel.token()},
        )
