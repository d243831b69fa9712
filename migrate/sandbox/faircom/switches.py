"""What the public documentation leaves open: one switch each, the first value its default.

faircom.md 10 lists what is not found, 5 what can only be inferred. Where there is evidence, the
default follows it: the one sibling whose trouble is documented, dropAccounts, answers 0 with a
warning for each item.
"""

from dataclasses import dataclass

from migrate.sandbox.switchboard import Switchboard, choice, count, seconds, size

_TROUBLE = ("warning", "error", "silent")
_ERROR = ("error", "warning", "silent")


@dataclass(frozen=True, slots=True)
class Switches(Switchboard):
    """The behaviour of one server; each switch says what it decides."""

    # the envelope
    after_api: str = choice(("ignored", "not_found"), "what follows /api in the path")
    api: str = choice(
        ("optional", "required", "session"),
        "a request that names no api: of the admin API, refused, or of the session's defaultApi",
    )
    token_place: str = choice(
        ("both", "result", "top"), "where the answer to createSession has its token"
    )
    error_code: str = choice(("number", "string"), "the type of errorCode")
    error_result: str = choice(("absent", "empty"), "the result of an error")
    write_result: str = choice(
        ("empty", "absent", "accounts"), "the result of a write: {}, none, or the accounts touched"
    )
    warning_shape: str = choice(
        ("short", "long"), "the keys of a warning: code and message, or warningCode and so on"
    )
    default_debug: str = choice(
        ("none", "max"), "whether there is debugInfo where neither request nor session asks"
    )
    dead_token_status: str = choice(("200", "401"), "the HTTP status of 12031")
    error_status: str = choice(("200", "4xx"), "the HTTP status of every other error")
    unknown_action: str = choice(("14701", "12006", "12008"), "the error for no such action")
    unknown_param: str = choice(
        ("14702", "14700", "ignored"), "the error for a parameter that the action does not know"
    )
    largest_request: int = count(0, "bytes of a request, 0 for no limit")
    too_large: str = choice(("12028", "413"), "how a request that is too large is told")

    # sessions
    bad_login: str = choice(
        ("native", "12033"), "unknown user and wrong password: 450 and 451, or one error for both"
    )
    guest_login: str = choice(("refused", "allowed"), "createSession without a username")
    permanent_sessions: str = choice(("refused", "allowed"), "permanentSession true")
    idle_timeout: int = size(3600, "seconds a session may be idle where it does not say")
    sessions: int = count(1024, "sessions at a time, 0 for no limit")
    sessions_per_user: int = count(50, "sessions of one account at a time, 0 for no limit")

    # rights
    list_rights: str = choice(
        ("short", "empty", "12030", "589"),
        "what a list shows to an account that is no administrator: itself, nobody, or an error",
    )
    write_rights: str = choice(("12030", "589"), "the error for a write by no administrator")
    live_rights: str = choice(
        ("at_once", "at_login"), "when a change of roles counts for the sessions of the account"
    )

    # names
    spelling: str = choice(
        ("kept", "upper", "example"),
        "how names are shown: as they were given, in upper case, or as in the documented example "
        "(accounts in lower case, roles in upper case)",
    )
    role_case: str = choice(
        ("folded", "exact"), "role names of an assignment: in any case, or as they are shown"
    )
    partial_case: str = choice(("folded", "exact"), "partialNames: in any case, or as shown")
    role_names_key: str = choice(
        ("exact", "any_case", "lower"),
        "the key for role names in an assignment: roleNames, in any case, or only rolenames",
    )
    longest_name: int = size(64, "bytes of the name of an account or role")
    longest_password: int = size(256, "bytes of a password")

    # lists
    role_shape: str = choice(
        ("objects", "names", "strings"),
        "roles of an account: roles of {roleName}, roleNames of strings, or roles of strings",
    )
    role_order: str = choice(
        ("kept", "by_name"), "the order of roles: as they were given, the primary one first, or not"
    )
    guest: str = choice(
        ("shown", "hidden", "absent", "always"),
        "an account without roles: shows GUEST, an empty list, or no list; or all show GUEST",
    )
    describe_shape: str = choice(
        ("accounts", "bare"),
        "the result of describeAccounts: a list, or for one account that account itself",
    )
    describe_roles: str = choice(("no", "yes"), "whether describeAccounts shows roles")

    # assignments
    unknown_role: str = choice((*_TROUBLE, "created"), "a role that is not known (581)")
    unknown_user: str = choice(_TROUBLE, "an account that is not known (450)")
    duplicate_add: str = choice(_TROUBLE, "adding a role that the account holds (580)")
    absent_remove: str = choice(_TROUBLE, "removing a role that the account does not hold (455)")
    guest_change: str = choice(_TROUBLE, "adding or removing GUEST, or roles of GUEST (580)")
    admin_change: str = choice(_ERROR, "ADMIN given or taken by another account than ADMIN (924)")
    too_many_roles: str = choice(_ERROR, "a role above the 128 that an account may hold (12015)")
    batch: str = choice(
        ("each", "stops", "atomic"),
        "what an error leaves done of a call: all the rest, what came before it, or nothing",
    )
    order: str = choice(("add_first", "remove_first"), "what of one call is done first")

    read_lag: float = seconds("seconds until a write shows in reads")
    latency: float = seconds("seconds that each request is on its way before it is looked at")
    clock_offset: float = seconds(
        "seconds by which the server's clock is ahead (negative: behind)", signed=True
    )
