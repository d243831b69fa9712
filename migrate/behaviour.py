"""What a platform was seen to do after our own imports, and what can be reached in spite of it.

Nobody documents what an import does with permission names it does not know, with absent ones, or
with roles that a full file leaves out (kore.md B). What a verified run saw is kept per
environment and role type; the next plan expects it, so that runs converge.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from migrate import profile as profiles
from migrate.errors import InvalidInput
from migrate.model import PermissionValue, Role
from migrate.profile import Profile

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Learned:
    """What was seen for one role type. The defaults say: the platform does as it is told.

    `fills`: absent permissions come back denied. `merges`: an update keeps permissions that the
    file leaves out. `keeps_roles`: a full import does not delete. `drops`: permission names that
    the platform threw away. `ids`: `kept` or `minted` when a role is imported again. `members`:
    `carried` or `dropped` when its id was minted anew. `drops_unknown`: a probe saw that a name
    that the platform does not know is thrown away. `rows`: whether who holds a role directly and
    through a group has `one` row for each, or one that is `merged`.

    `disproved` is what was seen to be otherwise, of `fills`, `merges`, `keeps_roles` and
    `drops_unknown`, and `obeyed` the names that were seen to be taken: they clear what was learned
    before, and are not kept themselves.
    """

    fills: bool = False
    merges: bool = False
    keeps_roles: bool = False
    drops: frozenset[str] = frozenset()
    ids: str | None = None
    members: str | None = None
    drops_unknown: bool = False
    rows: str | None = None
    disproved: frozenset[str] = field(default=frozenset(), compare=False)
    obeyed: frozenset[str] = field(default=frozenset(), compare=False)

    def joined(self, other: "Learned") -> "Learned":
        """What both saw; where they differ the later sighting, `other`, wins."""

        def still(name: str) -> bool:
            seen: bool = getattr(self, name) and name not in other.disproved
            return seen or getattr(other, name)

        return Learned(
            fills=still("fills"),
            merges=still("merges"),
            keeps_roles=still("keeps_roles"),
            drops=(self.drops - other.obeyed) | other.drops,
            ids=other.ids or self.ids,
            members=other.members or self.members,
            drops_unknown=still("drops_unknown"),
            rows=other.rows or self.rows,
        )


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Everything learned of one environment, by role type, with the run that saw it last.

    `profile` is what the last probe of this environment found, None where there was none.
    """

    role_types: Mapping[str, Learned] = field(default_factory=dict)
    run: str = ""
    seen_at: str = ""
    profile: Profile | None = None

    def of(self, role_type: str) -> Learned:
        """What is known for a role type."""
        return self.role_types.get(role_type, Learned())

    @property
    def rows(self) -> str | None:
        """`Learned.rows` of the whole account: as a run saw it, else a probe."""
        seen = {learned.rows for learned in self.role_types.values()}
        for value in ("merged", "one"):
            if value in seen:
                return value
        findings = self.profile.findings if self.profile else ()
        return next((each.value for each in findings if each.question == "group_rows"), None)

    def joined(self, seen: Mapping[str, Learned], *, run: str, at: str) -> "Behaviour":
        """This, with what a run has just seen."""
        merged = dict(self.role_types)
        for role_type, learned in seen.items():
            merged[role_type] = self.of(role_type).joined(learned)
        return replace(self, role_types=merged, run=run, seen_at=at)


def achievable(
    desired: Role,
    before: Role | None,
    learned: Learned,
    denied: str | None,
    unknown: frozenset[str] = frozenset(),
) -> tuple[Role, tuple[str, ...]]:
    """The nearest to `desired` that the platform can hold, and a sentence for each difference.

    `unknown` are permission names that no role of the target has.
    """
    if not learned.drops_unknown:
        unknown = frozenset()
    if not (learned.drops or unknown or learned.merges or learned.fills):
        return desired, ()
    permissions, because = _reachable(desired, before, learned, denied, unknown)
    if permissions == desired.permissions:
        return desired, tuple(because.values())
    return replace(desired, permissions=permissions), tuple(because.values())


def _reachable(
    desired: Role,
    before: Role | None,
    learned: Learned,
    denied: str | None,
    unknown: frozenset[str],
) -> tuple[dict[str, PermissionValue], dict[str, str]]:
    """What the role could hold, and why not more.

    What the role holds already is never given up for something learned: a name that it holds is
    sent as wanted, or, where the platform keeps whatever it does not take, stays as it is.
    """
    had = before.permissions if before else {}
    permissions = dict(desired.permissions)
    because = {}
    for name in sorted((learned.drops | unknown) & permissions.keys()):
        if name in had and (not learned.merges or had[name] == permissions[name]):
            continue
        del permissions[name]
        if name in had:
            permissions[name] = had[name]
        because[name] = f"permission {name!r} cannot be set: this platform drops the name"
        if name not in learned.drops:
            because[name] += (
                ": no role here has it, and a probe saw that what the platform does not know is "
                "dropped; --relearn sends it all the same"
            )
    for name, value in sorted(had.items()):
        if name in permissions:
            continue
        if learned.merges:
            permissions[name] = value
            because[name] = (
                f"permission {name!r} stays {shown(value)}: an import here keeps what a file "
                "leaves out; set it explicitly in the source"
            )
        elif learned.fills and is_denied(value, denied):
            permissions[name] = value
            because[name] = f"permission {name!r} stays {shown(value)}: absent becomes that here"
    return permissions, because


def is_denied(value: PermissionValue, denied: str | None) -> bool:
    """Whether a value is the platform's way to say no, as a string or in a list of one."""
    return denied is not None and (value == denied or value == (denied,))


def shown(value: PermissionValue | None) -> str:
    """A permission's value for people; an absent one is `absent`."""
    if value is None:
        return "absent"
    return value if isinstance(value, str) else ", ".join(value)


def _names(value: Any) -> list[str]:
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return value
    raise ValueError("not a list of names")


def to_value(behaviour: Behaviour) -> dict[str, Any]:
    """The JSON value of `behaviour.json`."""
    value: dict[str, Any] = {
        "formatVersion": FORMAT_VERSION,
        "run": behaviour.run,
        "seenAt": behaviour.seen_at,
        "roleTypes": {
            role_type: {
                "fills": learned.fills,
                "merges": learned.merges,
                "keepsRoles": learned.keeps_roles,
                "drops": sorted(learned.drops),
                "ids": learned.ids,
                "members": learned.members,
                "dropsUnknown": learned.drops_unknown,
                "rows": learned.rows,
            }
            for role_type, learned in sorted(behaviour.role_types.items())
        },
    }
    if behaviour.profile is not None:
        value["profile"] = profiles.to_value(behaviour.profile)
    return value


def from_value(value: Any) -> Behaviour:
    """The behaviour in a JSON value; raises InvalidInput where it is none of this version."""
    try:
        if value["formatVersion"] != FORMAT_VERSION:
            raise InvalidInput(
                f"behaviour.json has format {value['formatVersion']}, not {FORMAT_VERSION}",
                remedy="Use the version of role-migrate that wrote it, or --relearn.",
            )
        return Behaviour(
            {
                role_type: Learned(
                    fills=bool(seen["fills"]),
                    merges=bool(seen["merges"]),
                    keeps_roles=bool(seen["keepsRoles"]),
                    drops=frozenset(_names(seen["drops"])),
                    ids=seen["ids"],
                    members=seen.get("members"),
                    drops_unknown=bool(seen.get("dropsUnknown", False)),
                    rows=seen.get("rows"),
                )
                for role_type, seen in value["roleTypes"].items()
            },
            value["run"],
            value["seenAt"],
            profiles.from_value(value["profile"]) if "profile" in value else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(
            "behaviour.json is damaged", remedy="Plan with --relearn to write it anew."
        ) from error
