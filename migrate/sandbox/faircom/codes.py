"""Error codes (faircom.md 6), and the exception that ends an action with one."""

from collections.abc import Mapping

UNKNOWN_USER, WRONG_PASSWORD, NOT_IN_ROLE, NO_GUESTS = 450, 451, 455, 470
SECURITY, UNKNOWN_ROLE, LOCKED_OUT, NOT_NOW, ADMIN_NEEDED = 580, 581, 584, 585, 589
ONLY_ADMIN, TOO_MANY_LOGONS, PASSWORD_EXPIRED = 924, 967, 1116
LIST_FULL, NOT_SUPPORTED, NO_FUNCTION, INTERNAL = 12004, 12006, 12008, 12009
BAD_VALUE, OUT_OF_LIMIT, EXISTS, MISSING = 12012, 12015, 12020, 12025
REQUEST_TOO_LARGE, NOT_ADMIN, DEAD_TOKEN, INVALID_PASSWORD = 12028, 12030, 12031, 12033
TOO_LONG, BAD_PARAMETER, UNKNOWN_ACTION, WRONG_TYPE = 12034, 14700, 14701, 14702

NOT_REMOVED = 101
"""The warning of dropAccounts (faircom.md 4.4)."""

MESSAGES: Mapping[int, str] = {
    UNKNOWN_USER: "Invalid user id.",
    WRONG_PASSWORD: "Invalid password.",
    NOT_IN_ROLE: "The user is not a member of the group.",
    NO_GUESTS: "Guest logons are disabled.",
    SECURITY: "The security operation failed.",
    UNKNOWN_ROLE: "The group does not exist.",
    LOCKED_OUT: "The account exceeded the limit of failed logons.",
    NOT_NOW: "The account is not enabled on this date.",
    ADMIN_NEEDED: "Membership of the ADMIN group is required.",
    ONLY_ADMIN: "Only the ADMIN account may do this.",
    TOO_MANY_LOGONS: "The account has reached its maximum of logons.",
    PASSWORD_EXPIRED: "The password has expired.",
    LIST_FULL: "The list of sessions is full.",
    NOT_SUPPORTED: "Not supported.",
    INTERNAL: "Internal error.",
    BAD_VALUE: "Invalid argument value.",
    OUT_OF_LIMIT: "Out of limit.",
    EXISTS: "The name exists already.",
    MISSING: "Missing required parameter.",
    REQUEST_TOO_LARGE: "The request is too large.",
    NOT_ADMIN: "Administration permission is required.",
    DEAD_TOKEN: "'authToken' does not match any existing session. Use a valid 'authToken' or use "
    "'createSession' to create a valid 'authToken'.",
    INVALID_PASSWORD: "Invalid password.",
    TOO_LONG: "A parameter exceeds its maximum size.",
    BAD_PARAMETER: "Missing, unknown or invalid parameter.",
    WRONG_TYPE: "Wrong parameter, type or method.",
    UNKNOWN_ACTION: "Unknown method.",
    NO_FUNCTION: "Function not found.",
}

_DENIED = frozenset(
    {UNKNOWN_USER, WRONG_PASSWORD, NO_GUESTS, LOCKED_OUT, NOT_NOW, PASSWORD_EXPIRED}
    | {INVALID_PASSWORD, DEAD_TOKEN}
)
_FORBIDDEN = frozenset({ADMIN_NEEDED, NOT_ADMIN, ONLY_ADMIN})


class Failed(Exception):
    """An action that ends with an error code. `detail` is put after the code's message."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = f"{MESSAGES[code]} {detail}".rstrip()


def http_status(code: int) -> int:
    """The status that suits an error, where the server tells errors by it at all."""
    if code in _DENIED:
        return 401
    return 403 if code in _FORBIDDEN else 400
