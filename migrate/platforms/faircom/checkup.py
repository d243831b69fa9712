"""Is a server ready to be worked with? Network, login, the right to see everybody."""

from collections.abc import Iterator

from migrate.causes import Cause
from migrate.diagnosis import Finding, failed, not_tried, sound, warning
from migrate.errors import AccessDenied, MigrateError
from migrate.model import State
from migrate.platforms.faircom.catalogue import ADMIN, ROLE_TYPE, fold
from migrate.platforms.faircom.reader import FairComReader
from migrate.platforms.faircom.session import Session

LOGIN, ACCOUNTS, ADMINISTRATORS = "login", "accounts", "administrators"
_PORTS = (
    " A FairCom server has listeners of their own for TLS (https8443) and for plain HTTP "
    "(http8080): see its services.json."
)


def check(session: Session, reader: FairComReader) -> Iterator[Finding]:
    """What a promotion rests on, in the order in which it is needed; what can't be tried, since
    something before it failed, is said to be.
    """
    try:
        session.open()
    except AccessDenied as error:
        yield sound("reachable", "a FairCom server answers")
        yield failed(LOGIN, error)
        yield from not_tried((ACCOUNTS, ADMINISTRATORS), "the server lets nobody in")
        return
    except MigrateError as error:
        if error.cause in (Cause.TLS, Cause.REFUSED):
            error.remedy += _PORTS
        yield failed("reachable", error)
        unreached = "the server could not be reached"
        yield from not_tried((LOGIN, ACCOUNTS, ADMINISTRATORS), unreached)
        return
    version = session.details.get("serverVersion")
    named = f": {version}" if isinstance(version, str) and version else ""
    yield sound("reachable", f"a FairCom server answers{named}")
    yield _login(session)
    try:
        yield _accounts(reader.capture())
    except MigrateError as error:
        yield failed(ACCOUNTS, error)
    yield _administrators(session.username)


def _login(session: Session) -> Finding:
    secret = session.secret
    if secret is None:
        return sound(LOGIN, f"{session.username} is let in by its certificate")
    if secret.preferred:
        return sound(LOGIN, f"{session.username} is let in; {secret.setting} is taken")
    return warning(
        LOGIN,
        f"{session.username} is let in; only {secret.setting} is taken",
        Cause.SECRET_IDLE,
        "The password was changed: put the next one in the place of password.",
    )


def _accounts(state: State) -> Finding:
    count = len(state.people.principals) if state.people is not None else 0
    roles = len(state.roles[ROLE_TYPE].roles)
    return sound(ACCOUNTS, f"{count} accounts show, and {roles} roles in use")


def _administrators(username: str) -> Finding:
    if fold("user", username) == ADMIN:
        return sound(ADMINISTRATORS, "this login can change who holds the role ADMIN")
    what = f"{username} can't change who holds the role ADMIN: only the account ADMIN can"
    remedy = "Promote with --exclude-role ADMIN, or as ADMIN."
    return warning(ADMINISTRATORS, what, Cause.RIGHTS, remedy)
