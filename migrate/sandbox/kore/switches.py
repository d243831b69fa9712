"""What nobody outside the vendor knows: one switch each, the first value its default.

The table is section 7 of the design; kore.md I lists what only a live account can settle.
"""

from dataclasses import dataclass

from migrate.sandbox.switchboard import Switchboard, choice, count, seconds, size


@dataclass(frozen=True, slots=True)
class Switches(Switchboard):
    """The behaviour of one account; each switch says what it decides."""

    full_deletes: str = choice(
        ("yes", "no"), "a full import removes the custom roles that its file lacks"
    )
    ids: str = choice(("kept", "minted"), "what a role's _id does when the role is imported again")
    minted_members: str = choice(
        ("carried", "dropped"), "what becomes of a role's holders when its _id is minted anew"
    )
    match: str = choice(("name", "ref_id"), "how an import finds the role that a document updates")
    no_id: str = choice(("accepted", "refused"), "a document without _id")
    update: str = choice(
        ("replaced", "merged"),
        "permissions that the role had and the document lacks: gone, or kept",
    )
    permissions: str = choice(
        ("as_sent", "drop_unknown", "fill_no"), "what an import does with permission names"
    )
    builtins_answered: str = choice(
        ("no", "yes"), "built-ins that cannot be edited are in the import's answer"
    )
    builtins_omitted: str = choice(
        ("kept", "reset", "deleted"), "editable built-ins that the file of a full import lacks"
    )
    response_order: str = choice(("file", "arbitrary"), "order of the import's answer")
    response_scope: str = choice(
        ("file", "all"), "roles in the import's answer: those of the file, or all of the type"
    )
    file_ids: str = choice(
        ("upload", "key", "version_id", "sha256"),
        "what a fileId is: given by the upload, or an object in the bucket",
    )
    file_reuse: str = choice(("accepted", "refused"), "a fileId that was imported before")
    bad_content: str = choice(
        ("refused", "error_500"),
        "what an import says to a good fileId whose content is no role file",
    )
    unknown_principal: str = choice(
        ("entry", "refuse", "silent"),
        "users, groups, roles and bots of an assignment that are not known: a failure entry, "
        "400 for the whole batch, or passed over as if done",
    )
    assign_status: str = choice(
        ("documented", "plain"),
        "the status of a good assignment: as documented, with the trailing blank for bot "
        "roles and the roleId for admin roles, or success and nothing else",
    )
    group_rows: str = choice(
        ("one", "merged"),
        "who holds a role in several ways: one row per way, or one with all groups",
    )
    group_children: str = choice(
        ("objects", "names", "ids"), "how Get Groups shows the groups inside a group"
    )
    roleless_users: str = choice(
        ("listed", "omitted"), "users without any role in Get User Roles Details"
    )
    offset_users: str = choice(("record", "page"), "what offset counts in Get User Roles Details")
    offset_groups: str = choice(("page", "record"), "what offset counts in Get Groups")
    offset_bots: str = choice(("page", "record"), "what offset counts in Get Bots")
    offset_audit: str = choice(("page", "record"), "what offset counts in Get Audit Logs")
    look_up_case: str = choice(
        ("exact", "any"), "whether Get User Information minds upper and lower case of e-mails"
    )
    payload_encryption: str = choice(
        ("off", "on"), "on: Get User Roles Details and Get User Information answer encrypted"
    )
    rate_limit: str = choice(
        ("retry_after", "bare", "message"), "how a spent request budget is told"
    )
    rate_headers: str = choice(
        ("none", "x_ratelimit"), "whether answers say how many requests are left of the minute's"
    )
    jwe: str = choice(("off", "on"), "on: tokens that are signed and not encrypted are refused")
    jti: str = choice(
        ("optional", "enforced"), "enforced: a token works once, and for at most an hour"
    )
    admin_scope: str = choice(
        ("granted", "missing"), "whether the admin app has the role management scope"
    )
    user_scope: str = choice(
        ("granted", "missing"),
        "whether the admin app has the user management scope, which Get User Information needs",
    )
    audit_scope: str = choice(
        ("granted", "missing"), "whether the admin app has the scope of the audit logs"
    )
    audit_dates: str = choice(
        ("from_first", "from_last"),
        "which of fromDate and toDate is the earlier; the vendor's sample has the later one first",
    )
    audit_ids: str = choice(
        ("unique", "repeated"), "AuditLogId: unique, as documented, or as in the vendor's sample"
    )
    audit_user: str = choice(
        ("text", "columns", "untold"),
        "where an audit log says who did it: in the text, under the console's names, or nowhere",
    )
    read_lag: float = seconds("seconds until a write shows in reads")
    latency: float = seconds("seconds that each request is on its way before it is looked at")
    clock_offset: float = seconds(
        "seconds by which the server's clock is ahead (negative: behind)", signed=True
    )
    limit_per_minute: int = count(60, "requests in any 60 seconds, 0 for no limit")
    limit_per_hour: int = count(1800, "requests in any 3600 seconds, 0 for no limit")
    default_page: int = size(50, "rows of a page where no limit is asked for")
    largest_page: int = size(
        1000, "most users of a page, whatever limit is asked for (groups and bots: 50)"
    )
