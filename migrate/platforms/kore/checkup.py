"""Is an account ready to be worked with? A request for each thing; no error is the last word."""

from collections.abc import Iterator

from migrate.causes import Cause
from migrate.diagnosis import (
    Finding,
    broken,
    failed,
    not_tried,
    sound,
    tolerated,
    warning,
)
from migrate.errors import AccessDenied, MigrateError, RateLimited
from migrate.http import Answer
from migrate.platforms.kore import auditlog
from migrate.platforms.kore.answers import SKEW, skew_of
from migrate.platforms.kore.checkup_account import Account, App, Tried
from migrate.platforms.kore.checkup_budget import budget
from migrate.platforms.kore.lookup import find_users
from migrate.platforms.kore.people import USERS, page_ids

ADMIN, BUILDER = "admin app", "builder app"
CLOCK, BUDGET = "clock", "rate budget"
MEMBERS, LOOK_UP, AUDIT = "members", "user look-up", "audit log"
NARROW = 30.0
"""Seconds by which the clocks may differ before it is worth a warning."""

NOBODY = "nobody@example.invalid"
"""An e-mail that no user has."""

_ROLE_SCOPE = "Profile Management > Role Management"


def check(account: Account) -> Iterator[Finding]:
    """Reachability, clock, budget, credentials, scopes and a sound export of the admin app, the
    builder app, and what only assignments and explanations need.

    What cannot be tried, since something before it failed, is said to be.
    """
    others = (CLOCK, BUDGET, ADMIN, *((BUILDER,) if account.builder else ()), *_OF_ADMIN)
    try:
        answer = account.ask(account.admin)
    except MigrateError as error:
        yield failed("reachable", error)
        yield from not_tried(others, "the platform could not be reached")
        return
    yield sound("reachable", f"answers with HTTP {answer.status}")
    yield _clock(answer)
    admin = account.tried(answer)
    yield budget(account.limits, answer, admin.error)
    builder = _builder_tried(account, admin)
    if not account.admin.usable:
        yield from not_tried((ADMIN,), "its secret can't be read")
        rest = not_tried(_OF_ADMIN, "the admin app's secret can't be read")
    elif isinstance(admin.error, RateLimited):
        yield from not_tried((ADMIN,), "the platform takes no more calls now")
        rest = not_tried(_OF_ADMIN, "the platform takes no more calls now")
    elif admin.let_in:
        found = list(_of_admin(account))
        yield _admin(account.admin, admin, builder, found)
        rest = iter(found)
    else:
        yield _refused(ADMIN, account.admin, admin)
        rest = not_tried(_OF_ADMIN, "the admin app is not let in")
    yield from _builder(account, builder)
    yield from rest


_OF_ADMIN = (MEMBERS, LOOK_UP, AUDIT)


def _clock(answer: Answer) -> Finding:
    if answer.date is None:
        return warning(
            CLOCK,
            "the platform does not tell its own",
            Cause.CLOCK,
            "See that this machine's clock is set (NTP): tokens are good for minutes.",
        )
    skew = skew_of(answer)
    side = "behind" if skew > 0 else "ahead of"
    off = f"{abs(skew):.0f} s {side} the platform's"
    if abs(skew) > SKEW:
        remedy = "Set this machine's clock: tokens look expired or not yet valid."
        return broken(CLOCK, off, Cause.CLOCK, remedy)
    if abs(skew) > NARROW:
        remedy = "Set this machine's clock (NTP), before tokens look expired or not yet valid."
        return warning(CLOCK, off, Cause.CLOCK, remedy)
    return sound(CLOCK, f"within {NARROW:.0f} s of the platform's")


def _admin(app: App, tried: Tried, builder: Tried | None, others: list[Finding]) -> Finding:
    """The admin app, which is let in; whether it may do what it is for."""
    if tried.error is None:
        return _works(ADMIN, app, f"scope is right; {tried.roles} roles")
    if tried.error.cause is not Cause.SCOPE:
        return failed(ADMIN, tried.error)
    if builder is not None and builder.error is None:
        return broken(
            ADMIN,
            f"{tried.error.what}; but builder_app may export roles: the two are swapped",
            Cause.WRONG_APP,
            "Put the app of the admin console under admin_app, and that of the bot builder under "
            "builder_app.",
        )
    if all(each.cause is Cause.SCOPE for each in others):
        return broken(
            ADMIN,
            f"{tried.error.what}; it has no scope of the admin console at all",
            Cause.WRONG_APP,
            "See that it is an app of the admin console and not of a bot; then give it the scope "
            f"{_ROLE_SCOPE}, and deploy it again.",
        )
    return failed(ADMIN, tried.error)


def _builder_tried(account: Account, admin: Tried) -> Tried | None:
    app = account.builder
    if app is None or not app.usable or isinstance(admin.error, RateLimited):
        return None
    try:
        return account.tried(account.ask(app))
    except MigrateError as error:
        return Tried(error=error)


def _builder(account: Account, tried: Tried | None) -> Iterator[Finding]:
    app = account.builder
    if app is None:
        return
    if tried is None:
        why = "the platform takes no more calls now" if app.usable else "its secret can't be read"
        yield from not_tried((BUILDER,), why)
    elif tried.error is None or tried.error.cause is Cause.SCOPE:
        # It need not be allowed to export: being told so proves that its credentials are right.
        yield _works(BUILDER, app, "whether it may upload shows then")
    else:
        yield _refused(BUILDER, app, tried)


def _works(name: str, app: App, rest: str) -> Finding:
    secret = app.secret
    if secret.preferred:
        return sound(name, f"{secret.setting} is taken; {rest}")
    return warning(
        name,
        f"only {secret.setting} is taken; {rest}",
        Cause.SECRET_IDLE,
        "The secret was rotated: put the next one in the place of client_secret.",
    )


def _refused(name: str, app: App, tried: Tried) -> Finding:
    error = tried.error
    if error is None:
        raise AssertionError("only what failed is refused")
    if isinstance(error, AccessDenied) and app.secret.tried:
        error.what += f"; {app.secret.tried}"
    return failed(name, error)


def _of_admin(account: Account) -> Iterator[Finding]:
    """What the admin app may do beside exporting roles, each under a scope of its own."""
    yield _members(account)
    yield _look_up(account)
    yield _audit(account)


def _members(account: Account) -> Finding:
    try:
        _, total = page_ids(account.channel, USERS, {"limit": "1"}, where=account.where)
    except MigrateError as error:
        return failed(MEMBERS, error)
    return sound(MEMBERS, f"who holds which role can be read; {total} users")


def _look_up(account: Account) -> Finding:
    try:
        find_users(account.channel, (NOBODY,), where=account.where)
    except MigrateError as error:
        if error.cause in (Cause.SCOPE, Cause.PAYLOAD_ENCRYPTION):
            # No fault for whoever promotes roles alone.
            why = "not possible, and needed only to assign roles to users who hold none"
            return tolerated(LOOK_UP, error, why)
        return failed(LOOK_UP, error)
    return sound(LOOK_UP, "users who hold no role yet can be found")


def _audit(account: Account) -> Finding:
    try:
        auditlog.try_to_read(account.channel, account.now(), where=account.where)
    except MigrateError as error:
        if error.cause is Cause.SCOPE:
            error.remedy = (
                f"To have it told, give the admin-console app the scope {auditlog.SCOPE}, too."
            )
        why = "not readable, and needed only to tell who changed something by hand"
        return tolerated(AUDIT, error, why)
    return sound(AUDIT, "can be read, to tell who changed something by hand")
