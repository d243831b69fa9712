"""What runs are known to have left in an environment, as the object `base.json` holds it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from migrate.archive.shelf import shape
from migrate.model import RoleKey

_OPEN = shape(roleType="string", role="string", since="string")
_WHOLE = shape(snapshot="string", run="string", at="string", before="string")
SHAPE: Mapping[str, Any] = {
    **_WHOLE,
    "properties": {
        **_WHOLE["properties"],
        **{name: {"type": "array", "items": _OPEN} for name in ("open", "openBefore")},
    },
}


@dataclass(frozen=True, slots=True)
class Base:
    """The digest of the state that is known, and the last `run`, which was read back `at`.

    `open` are the roles that were not as known even then, with the time after which that was done.
    `before` is the digest that was known before that run, "" where nothing was, and `open_before`
    what was open then. Times are ISO 8601, UTC.
    """

    snapshot: str
    run: str
    at: str
    before: str
    open: Mapping[RoleKey, str] = field(default_factory=dict)
    open_before: Mapping[RoleKey, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "Base":
        """The base in a JSON value of this shape."""
        still, earlier = (
            {(each["roleType"], each["role"]): each["since"] for each in value.get(name, ())}
            for name in ("open", "openBefore")
        )
        return cls(value["snapshot"], value["run"], value["at"], value["before"], still, earlier)

    def to_value(self) -> dict[str, Any]:
        """The base as JSON."""
        still, earlier = (
            [
                {"roleType": role_type, "role": name, "since": since}
                for (role_type, name), since in sorted(roles.items())
            ]
            for roles in (self.open, self.open_before)
        )
        told = {"snapshot": self.snapshot, "run": self.run, "at": self.at, "before": self.before}
        return {**told, "open": still, "openBefore": earlier}

    def since(self, roles: Iterable[RoleKey]) -> str:
        """After when it was done that some roles are not as known."""
        return min((self.open.get(key, self.at) for key in roles), default=self.at)
