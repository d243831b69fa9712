"""Is a server ready to be worked with? Network, login, the right to see everybody."""

from collections.abc import Iterator

from migrate.errors import AccessDenied, MigrateError
from migrate.model import State
from migrate.platforms.faircom.catalogue import ADMIN, ROLE_TYPE, fold
from migrate.platforms.faircom.reader import FairComReader
from migrate.platforms.faircom.session import Session
from migrate.stores.probe import Finding


def check(session: Session, reader: FairComReader) -> Iterator[Finding]:
    """What a promotion rests on, in the order in which it is needed; the rest is left out where
    something fails.
    """
    try:
        session.open()
    except AccessDenied as error:
        yield Finding("reachable", True, "a FairCom server answers")
        yield Finding("login", False, error.what, error.remedy)
        return
    except MigrateError as error:
        yield Finding("reachable", False, error.what, error.remedy)
        return
    version = session.details.get("serverVersion")
    named = f": {version}" if isinstance(version, str) and version else ""
    yield Finding("reachable", True, f"a FairCom server answers{named}")
    yield _login(session)
    yield from _next(session)
    try:
        state = reader.capture()
    except MigrateError as error:
        yield Finding("accounts", False, error.what, error.remedy)
        return
    yield _accounts(state)
    yield _administrators(session.username)


def _login(session: Session) -> Finding:
    secret = session.secret
    if secret is None:
        return Finding("login", True, f"{session.username} is let in by its certificate")
    if secret.preferred:
        return Finding("login", True, f"{session.username} is let in; {secret.setting} is taken")
    return Finding(
        "login",
        True,
        f"{session.username} is let in; only {secret.setting} is taken",
        "The password was changed: put the next one in the place of password.",
    )


def _next(session: Session) -> Iterator[Finding]:
    """A password that waits for its turn is fetched, not tried: it need not be taken yet."""
    secret = session.secret
    waiting = secret.spare if secret is not None and secret.preferred and not secret.tried else ()
    for source in waiting:
        try:
            source.fetch()
        except MigrateError as error:
            yield Finding(f"login: {source.setting}", True, error.what, error.remedy)
        else:
            yield Finding(f"login: {source.setting}", True, "can be fetched, for a rotation")


def _accounts(state: State) -> Finding:
    count = len(state.people.principals) if state.people is not None else 0
    roles = len(state.roles[ROLE_TYPE].roles)
    return Finding("accounts", True, f"{count} accounts show, and {roles} roles in use")


def _administrators(username: str) -> Finding:
    if fold("user", username) == ADMIN:
        return Finding("administrators", True, "this login can change who holds the role ADMIN")
    what = f"{username} can't change who holds the role ADMIN: only the account ADMIN can"
    return Finding("administrators", True, what, "Promote with --exclude-role ADMIN, or as ADMIN.")
