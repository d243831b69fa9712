"""Is an account ready to be worked with? A request for each thing; no error is the last word."""

from collections.abc import Iterator
from dataclasses import dataclass

from migrate.errors import AccessDenied, MigrateError
from migrate.http import Answer, Http
from migrate.platforms.base import PeopleUnreadable
from migrate.platforms.kore.answers import SKEW, skew_of, value_of
from migrate.platforms.kore.channel import ReadChannel
from migrate.platforms.kore.lookup import find_users
from migrate.platforms.kore.reader import EXPORT, roles_of
from migrate.platforms.kore.tokens import Tokens
from migrate.stores.probe import Finding

ROLE_TYPE = "admin"
NOBODY = "nobody@example.invalid"
"""An e-mail that no user has."""


@dataclass(frozen=True, slots=True)
class Account:
    """What is looked at: the account's HTTP, its apps, and its name for messages.

    `channel` reads as the admin app.
    """

    http: Http
    admin: Tokens
    builder: Tokens | None
    channel: ReadChannel
    where: str


def check(account: Account) -> Iterator[Finding]:
    """Reachability, clock, credentials, scope and a sound export; then the builder app, and
    whether users can be looked up.

    What cannot be tried, since something before it failed, is left out.
    """
    try:
        answer = _ask(account, account.admin)
    except MigrateError as error:
        yield _failed("reachable", error)
        return
    yield Finding("reachable", True, f"answers with HTTP {answer.status}")
    yield _clock(answer)
    admin = _admin(account, answer)
    yield admin
    yield from _next("admin app", account.admin)
    if account.builder is not None:
        yield _builder(account, account.builder)
        yield from _next("builder app", account.builder)
    if admin.ok:
        yield _look_up(account)


def _admin(account: Account, answer: Answer) -> Finding:
    try:
        documents = value_of(answer, what="Export Roles", where=account.where, write=False)
        roles = roles_of(documents, ROLE_TYPE, what="Export Roles", where=account.where)
    except MigrateError as error:
        return _refused("admin app", error, account.admin)
    return _works("admin app", account.admin, f"scope is right; {len(roles)} roles")


def _builder(account: Account, tokens: Tokens) -> Finding:
    # It need not be allowed to export roles: being told so proves that its credentials are right.
    try:
        answer = _ask(account, tokens)
        value_of(answer, what="Export Roles", where=account.where, write=False)
    except AccessDenied as error:
        if "scope" not in error.what.lower():
            return _refused("builder app", error, tokens)
    except MigrateError as error:
        return _failed("builder app", error)
    return _works("builder app", tokens, "whether it may upload shows then")


def _works(name: str, tokens: Tokens, rest: str) -> Finding:
    secret = tokens.secret
    if secret.preferred:
        return Finding(name, True, f"{secret.setting} is taken; {rest}")
    return Finding(
        name,
        True,
        f"only {secret.setting} is taken; {rest}",
        "The secret was rotated: put the next one in the place of client_secret.",
    )


def _refused(name: str, error: MigrateError, tokens: Tokens) -> Finding:
    tried = tokens.secret.tried if isinstance(error, AccessDenied) else ""
    return Finding(name, False, f"{error.what}; {tried}" if tried else error.what, error.remedy)


def _next(name: str, tokens: Tokens) -> Iterator[Finding]:
    """A secret that waits for its turn is fetched, not tried: it need not be taken yet."""
    waiting = tokens.secret.spare if tokens.secret.preferred and not tokens.secret.tried else ()
    for source in waiting:
        try:
            source.fetch()
        except MigrateError as error:
            yield Finding(f"{name}: {source.setting}", True, error.what, error.remedy)
        else:
            yield Finding(f"{name}: {source.setting}", True, "can be fetched, for a rotation")


def _look_up(account: Account) -> Finding:
    name = "user look-up"
    try:
        find_users(account.channel, (NOBODY,), where=account.where)
    except PeopleUnreadable as error:
        # No fault for whoever promotes roles alone.
        what = "not possible, and needed only to assign roles to users who hold none"
        return Finding(name, True, f"{what}: {error.what}. {error.remedy}")
    except MigrateError as error:
        return _failed(name, error)
    return Finding(name, True, "users who hold no role yet can be found")


def _ask(account: Account, tokens: Tokens) -> Answer:
    return tokens.signed(
        lambda sign: account.http.send(
            "GET",
            EXPORT,
            idempotent=True,
            what="Export Roles",
            where=account.where,
            params={"roleType": ROLE_TYPE},
            sign=sign,
        )
    )


def _clock(answer: Answer) -> Finding:
    skew = skew_of(answer)
    if abs(skew) <= SKEW:
        return Finding("clock", True, f"within {SKEW:.0f} s of the platform's")
    side = "behind" if skew > 0 else "ahead of"
    return Finding(
        "clock",
        False,
        f"{abs(skew):.0f} s {side} the platform's",
        "Set this machine's clock: tokens look expired or not yet valid.",
    )


def _failed(name: str, error: MigrateError) -> Finding:
    return Finding(name, False, error.what, error.remedy)
