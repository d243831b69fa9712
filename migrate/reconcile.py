"""Reconcile: compare the role documents that an import returned with what was sent, role by role.

What comes back is evidence, not proof: built-ins may be left out, every role of the account may
be in it, in any order (kore.md B). The proof is the second export.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrate.behaviour import shown
from migrate.diff import permission_changes
from migrate.model import Role
from migrate.traits import Traits


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What the answer says about the roles sent.

    `missing` and `different` (name to sentences) are roles sent; `others` counts documents that
    were not sent; `ids` maps the name of each role answered to its id in the target.
    """

    sent: int
    answered: int
    missing: tuple[str, ...]
    different: Mapping[str, tuple[str, ...]]
    others: int
    ids: Mapping[str, str]

    @property
    def clean(self) -> bool:
        """Whether every role sent came back as sent."""
        return not self.missing and not self.different


def reconcile(sent: Iterable[Role], answered: Iterable[Role], traits: Traits) -> Reconciliation:
    """Compare by name. A built-in that did not come back is not missing."""
    wanted = {role.name: role for role in sent}
    returned = {role.name: role for role in answered}
    missing = [
        name
        for name, role in wanted.items()
        if name not in returned and not traits.is_built_in(role.role_type, name)
    ]
    different = {}
    for name, role in wanted.items():
        back = returned.get(name)
        if back is not None and not role.same_content(back):
            different[name] = _differences(role, back)
    return Reconciliation(
        sent=len(wanted),
        answered=len(returned),
        missing=tuple(sorted(missing)),
        different=different,
        others=len(returned.keys() - wanted.keys()),
        ids={name: role.id for name, role in sorted(returned.items()) if role.id is not None},
    )


def _differences(sent: Role, back: Role) -> tuple[str, ...]:
    details = []
    if sent.description != back.description:
        details.append(f"description came back as {back.description!r}")
    details.extend(
        f"permission {change.name!r}: sent {shown(change.before)}, came back {shown(change.after)}"
        for change in permission_changes(sent, back)
    )
    return tuple(details)
