"""What the server's error codes mean (faircom.md 6). Which one comes when is documented for few."""

from collections.abc import Mapping

from migrate.causes import Cause

SESSION_GONE = 12031
"""The token is of no session, or of one that has expired: nothing was executed."""

WRONG_PASSWORD = frozenset({450, 451, 12033})
"""Which of them a wrong password comes to is not documented."""

NO_ADMINISTRATOR = frozenset({589, 593, 12030})
"""Whoever logged in lacks the role ADMIN."""

_SESSIONS = (
    "Close sessions that nobody needs, or wait until they expire; the server's services.json has "
    "the limits (maxJsonApiSessions, …PerUsername, …PerIpAddress)."
)
_WHEN = "See on the server when this account may log in, and this machine's and its clock."
_ACCOUNT = (
    Cause.CREDENTIALS,
    "Check username and password under login in the config, and the account on the "
    "server: it may be locked, or its password expired.",
)

_LOGIN: Mapping[int, tuple[Cause, str]] = {
    **dict.fromkeys((84, 967, 968, 984, 12004), (Cause.SESSION_LIMIT, _SESSIONS)),
    **dict.fromkeys((579, 585), (Cause.LOCKED_OUT, _WHEN)),
    584: (
        Cause.LOCKED_OUT,
        "Put the right password into the config, and have the account unlocked on the server.",
    ),
    470: (Cause.CREDENTIALS, "Name an account under login: guests can't log in to this server."),
    593: (Cause.RIGHTS, "The server takes administrators only for now: wait, or log in as one."),
    **dict.fromkeys((787, 788, 789), (Cause.RIGHTS, "See which LDAP group may log in there.")),
    **dict.fromkeys(
        (609, 1116),
        (
            Cause.CREDENTIALS_EXPIRED,
            "Have the password changed on the server, and put the new one where the config names.",
        ),
    ),
}


def login_trouble(code: int) -> tuple[Cause, str]:
    """Why nobody is let in, and what mends it (faircom.md 2, 6)."""
    return _LOGIN.get(code, _ACCOUNT)


_WORDS: Mapping[int, str] = {
    84: "too many users are logged in",
    450: "no such user",
    451: "wrong password",
    452: "the user could not be looked at",
    455: "the account does not hold the role",
    456: "access denied",
    470: "guests can't log in",
    579: "it is too soon, or too late, since the last login",
    580: "a security operation failed",
    581: "no such role",
    584: "locked after too many failed logins",
    585: "logins are not allowed at this date",
    589: "administrators only",
    593: "administrators only, for now",
    609: "the one-time password was used",
    924: "only the account ADMIN may do this",
    967: "the account has too many logins",
    968: "the role has too many logins",
    984: "too many accounts are logged in",
    1116: "the password has expired",
    12004: "the list of sessions is full",
    12025: "a required parameter is missing",
    12030: "administrators only",
    12031: "no such session",
    12033: "wrong password",
    14700: "a parameter is unknown, missing or wrong",
    14701: "an unknown action",
    14702: "a parameter is of the wrong type",
    14703: "not implemented, or an internal error",
}


def words(code: int) -> str:
    """`error 451 (wrong password)`."""
    meaning = _WORDS.get(code)
    return f"error {code} ({meaning})" if meaning else f"error {code}"
