"""What a probe's findings teach, in the terms in which planning knows a platform."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from migrate.behaviour import Learned
from migrate.profile import Finding

_LESSONS: Mapping[tuple[str, str | None], Mapping[str, Any]] = {
    ("ids", "kept"): {"ids": "kept"},
    ("ids", "minted"): {"ids": "minted"},
    ("members", "carried"): {"members": "carried"},
    ("members", "dropped"): {"members": "dropped"},
    ("update", "merged"): {"merges": True},
    ("update", "replaced"): {"disproved": frozenset({"merges"})},
    ("absent_permissions", "denied"): {"fills": True},
    ("absent_permissions", "absent"): {"disproved": frozenset({"fills"})},
    ("unknown_permissions", "dropped"): {"drops_unknown": True},
    ("unknown_permissions", "kept"): {"disproved": frozenset({"drops_unknown"})},
    ("full_deletes", "no"): {"keeps_roles": True},
    ("full_deletes", "yes"): {"disproved": frozenset({"keeps_roles"})},
}
"""By question and answer. What a platform calls its own beside these teaches planning nothing."""


def lessons(findings: Iterable[Finding]) -> dict[str, Learned]:
    """What to join to what is known, by role type. Nothing comes of what is not settled."""
    learned: dict[str, Learned] = {}
    for finding in findings:
        lesson = _LESSONS.get((finding.question, finding.value))
        if lesson is None or not finding.role_type:
            continue
        known = learned.get(finding.role_type, Learned())
        disproved = known.disproved | lesson.get("disproved", frozenset())
        learned[finding.role_type] = replace(known, **{**lesson, "disproved": disproved})
    return learned
