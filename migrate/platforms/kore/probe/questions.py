"""The questions of a probe (kore.md I, DESIGN 7), and the notebook that their answers go into."""

from collections.abc import Callable, Iterator, Mapping

from migrate.profile import Finding

PER_TYPE: Mapping[str, str] = {
    "no_id": "a document of a new role without _id",
    "absent_permissions": "permissions that a new role's document leaves out",
    "ids": "a role's _id when the role is imported again",
    "update": "permissions that a role had and its document leaves out",
    "members": "whoever holds a role when it is imported again",
    "unknown_permissions": "permission names that the platform does not know",
    "match": "what an import finds the role by that a document updates",
    "response_order": "the order of an import's answer",
    "response_scope": "the roles in an import's answer",
    "full_deletes": "whether a full import deletes roles that its file leaves out",
    "builtins_answered": "whether fixed built-ins are in an import's answer",
    "builtins_omitted": "editable built-ins that the file of a full import leaves out",
}
"""What each role type is asked, in the order of the table that people read."""

OF_ACCOUNT: Mapping[str, str] = {
    "full_default": "an import without fullImport",
    "file_reuse": "a fileId that was imported before",
    "bad_content": "a good fileId whose content is no role file",
    "unknown_user": "an assignment to an unknown user",
    "unknown_group": "an assignment to an unknown group",
    "unknown_role": "an assignment of an unknown role",
    "group_rows": "rows of a user who holds a role directly and through a group",
    "read_lag": "how long until a write shows in reads",
    "offset_users": "what offset counts in Get User Roles Details",
    "offset_groups": "what offset counts in Get Groups",
    "offset_bots": "what offset counts in Get Bots",
    "page_users": "rows of a page of users where no limit is sent",
    "page_groups": "rows of a page of groups where no limit is sent",
    "page_bots": "rows of a page of bots where no limit is sent",
    "largest_page": "most users of a page, whatever the limit",
    "payload_encryption": "whether Get User Roles Details answers encrypted",
    "jti": "whether a token works twice",
    "rate_limit": "how a spent request budget is told",
}

NEVER: Mapping[str, str] = {
    "builtins_omitted": "never tried: a built-in that it deleted or reset could not be put back",
    "full_default": "never tried: it may be a full import; role-migrate always sends fullImport",
}
"""What no probe asks, and why."""

NOT_REACHED = "the probe ended before it was asked"


class Notebook:
    """What was found so far. `tell` hears of each answer as it comes."""

    def __init__(self, role_types: tuple[str, ...], tell: Callable[[str], None]) -> None:
        self._role_types = role_types
        self._tell = tell
        self._found: dict[tuple[str, str], tuple[str | None, str]] = {}

    def settle(self, question: str, role_type: str, value: str | None, how: str) -> None:
        """Write down an answer; None as `value` where what was seen settles nothing.

        The last one counts.
        """
        where = f" ({role_type} roles)" if role_type else ""
        if value is not None and value != self.value(question, role_type):
            self._tell(f"settled: {question}{where}: {value}")
        self._found[question, role_type] = (value, how)

    def leave(self, questions: tuple[str, ...], role_type: str, why: str) -> None:
        """Say why questions stay open, of those that nothing is written of yet."""
        for question in questions:
            self._found.setdefault((question, role_type), (None, why))

    def value(self, question: str, role_type: str = "") -> str | None:
        """The answer so far."""
        return self._found.get((question, role_type), (None, ""))[0]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every question there is, in order."""
        return tuple(self._all())

    def _all(self) -> Iterator[Finding]:
        asked = [(name, kind) for name in PER_TYPE for kind in self._role_types]
        for question, role_type in (*asked, *((name, "") for name in OF_ACCOUNT)):
            unasked = (None, NEVER.get(question, NOT_REACHED))
            value, how = self._found.get((question, role_type), unasked)
            asks = PER_TYPE.get(question) or OF_ACCOUNT[question]
            yield Finding(question, asks, role_type, value, how)
