"""What nobody outside the vendor knows: one switch each, the first value its default.

The table is section 7 of the design; kore.md I lists what only a live account can settle.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from migrate.errors import InvalidInput

Value = str | int | float

CHOICES: Mapping[str, tuple[str, ...]] = {
    "full_deletes": ("yes", "no"),
    "ids": ("kept", "minted"),
    "minted_members": ("carried", "dropped"),
    "match": ("name", "ref_id"),
    "no_id": ("accepted", "refused"),
    "update": ("replaced", "merged"),
    "permissions": ("as_sent", "drop_unknown", "fill_no"),
    "builtins_answered": ("no", "yes"),
    "builtins_omitted": ("kept", "reset", "deleted"),
    "response_order": ("file", "arbitrary"),
    "response_scope": ("file", "all"),
    "file_ids": ("upload", "key", "version_id", "sha256"),
    "file_reuse": ("accepted", "refused"),
    "bad_content": ("refused", "error_500"),
    "unknown_principal": ("entry", "refuse", "silent"),
    "assign_status": ("documented", "plain"),
    "group_rows": ("one", "merged"),
    "group_children": ("objects", "names", "ids"),
    "roleless_users": ("listed", "omitted"),
    "offset_users": ("record", "page"),
    "offset_groups": ("page", "record"),
    "offset_bots": ("page", "record"),
    "look_up_case": ("exact", "any"),
    "payload_encryption": ("off", "on"),
    "rate_limit": ("retry_after", "bare", "message"),
    "jti": ("optional", "enforced"),
    "admin_scope": ("granted", "missing"),
    "user_scope": ("granted", "missing"),
}

SECONDS: Mapping[str, float] = {"read_lag": 0, "clock_offset": 0}
COUNTS: Mapping[str, int] = {"limit_per_minute": 60, "limit_per_hour": 1800}
PAGES: Mapping[str, int] = {"default_page": 50, "largest_page": 1000}

MEANINGS: Mapping[str, str] = {
    "full_deletes": "a full import removes the custom roles that its file lacks",
    "ids": "what a role's _id does when the role is imported again",
    "minted_members": "what becomes of a role's holders when its _id is minted anew",
    "match": "how an import finds the role that a document updates",
    "no_id": "a document without _id",
    "update": "permissions that the role had and the document lacks: gone, or kept",
    "permissions": "what an import does with permission names",
    "builtins_answered": "built-ins that cannot be edited are in the import's answer",
    "builtins_omitted": "editable built-ins that the file of a full import lacks",
    "response_order": "order of the import's answer",
    "response_scope": "roles in the import's answer: those of the file, or all of the type",
    "file_ids": "what a fileId is: given by the upload, or an object in the bucket",
    "file_reuse": "a fileId that was imported before",
    "bad_content": "what an import says to a good fileId whose content is no role file",
    "unknown_principal": "users, groups, roles and bots of an assignment that are not known: "
    "a failure entry, 400 for the whole batch, or passed over as if done",
    "assign_status": "the status of a good assignment: as documented, with the trailing blank for "
    "bot roles and the roleId for admin roles, or success and nothing else",
    "group_rows": "who holds a role in several ways: one row per way, or one with all groups",
    "group_children": "how Get Groups shows the groups inside a group",
    "roleless_users": "users without any role in Get User Roles Details",
    "offset_users": "what offset counts in Get User Roles Details",
    "offset_groups": "what offset counts in Get Groups",
    "offset_bots": "what offset counts in Get Bots",
    "look_up_case": "whether Get User Information minds upper and lower case of e-mails",
    "payload_encryption": "on: Get User Roles Details and Get User Information answer encrypted",
    "rate_limit": "how a spent request budget is told",
    "jti": "enforced: a token works once, and for at most an hour",
    "admin_scope": "whether the admin app has the role management scope",
    "user_scope": "whether the admin app has the user management scope, which Get User Information "
    "needs",
    "read_lag": "seconds until a write shows in reads",
    "clock_offset": "seconds by which the server's clock is ahead (negative: behind)",
    "limit_per_minute": "requests in any 60 seconds, 0 for no limit",
    "limit_per_hour": "requests in any 3600 seconds, 0 for no limit",
    "default_page": "rows of a page where no limit is asked for",
    "largest_page": "most users of a page, whatever limit is asked for (groups and bots: 50)",
}


@dataclass(frozen=True, slots=True)
class Switches:
    """The behaviour of one environment. See `MEANINGS`; seconds and counts are numbers."""

    full_deletes: str = "yes"
    ids: str = "kept"
    minted_members: str = "carried"
    match: str = "name"
    no_id: str = "accepted"
    update: str = "replaced"
    permissions: str = "as_sent"
    builtins_answered: str = "no"
    builtins_omitted: str = "kept"
    response_order: str = "file"
    response_scope: str = "file"
    file_ids: str = "upload"
    file_reuse: str = "accepted"
    bad_content: str = "refused"
    unknown_principal: str = "entry"
    assign_status: str = "documented"
    group_rows: str = "one"
    group_children: str = "objects"
    roleless_users: str = "listed"
    offset_users: str = "record"
    offset_groups: str = "page"
    offset_bots: str = "page"
    look_up_case: str = "exact"
    payload_encryption: str = "off"
    rate_limit: str = "retry_after"
    jti: str = "optional"
    admin_scope: str = "granted"
    user_scope: str = "granted"
    read_lag: float = 0
    clock_offset: float = 0
    limit_per_minute: int = 60
    limit_per_hour: int = 1800
    default_page: int = 50
    largest_page: int = 1000

    def changed(self, values: object) -> "Switches":
        """A copy with `values` (an object of switch names and values) set.

        Raises InvalidInput that names the unknown switch, or the values that it takes.
        """
        if not isinstance(values, dict):
            raise InvalidInput("Switches are an object of names and values.", where="switches")
        for name, value in values.items():
            _check(name, value)
        return replace(self, **values)

    def as_document(self) -> dict[str, Value]:
        """Every switch and its value, as JSON."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}


def describe() -> dict[str, dict[str, object]]:
    """Every switch with its meaning, its default, and the values it takes where they are words."""
    defaults = Switches().as_document()
    table: dict[str, dict[str, object]] = {}
    for name, meaning in MEANINGS.items():
        table[name] = {"meaning": meaning, "default": defaults[name]}
        if name in CHOICES:
            table[name]["values"] = list(CHOICES[name])
    return table


def _check(name: object, value: object) -> None:
    if name in CHOICES:
        if value not in CHOICES[str(name)]:
            allowed = ", ".join(CHOICES[str(name)])
            raise _wrong(name, f"takes one of {allowed}", value)
    elif name in COUNTS:
        if type(value) is not int or value < 0:
            raise _wrong(name, "takes a whole number, 0 for no limit", value)
    elif name in PAGES:
        if type(value) is not int or value < 1:
            raise _wrong(name, "takes a whole number from 1", value)
    elif name in SECONDS:
        if type(value) not in (int, float) or not abs(float(str(value))) < 1e9:
            raise _wrong(name, "takes a number of seconds", value)
        if name == "read_lag" and float(str(value)) < 0:
            raise _wrong(name, "takes a number of seconds, 0 or more", value)
    else:
        raise InvalidInput(
            f"There is no switch {name!r}.",
            where="switches",
            remedy=f"The switches are {', '.join(MEANINGS)}.",
        )


def _wrong(name: object, takes: str, value: object) -> InvalidInput:
    return InvalidInput(f"Switch {name} {takes}, not {value!r}.", where="switches")
