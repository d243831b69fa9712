"""What the server's error codes mean (faircom.md 6). Which one comes when is documented for few."""

from collections.abc import Mapping

SESSION_GONE = 12031
"""The token is of no session, or of one that has expired: nothing was executed."""

WRONG_PASSWORD = frozenset({450, 451, 12033})
"""Which of them a wrong password comes to is not documented."""

NO_ADMINISTRATOR = frozenset({589, 593, 12030})
"""Whoever logged in lacks the role ADMIN."""

_WORDS: Mapping[int, str] = {
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
    1116: "the password has expired",
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
