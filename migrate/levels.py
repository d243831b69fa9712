"""Which values of a permission are stronger than which. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrate.model import PermissionValue

Values = tuple[PermissionValue, ...]
"""The strongest values of one permission, side by side where no order is known; () is absent."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Which values are stronger than which. `denied` grants nothing, just as absence does.

    `weaker` has, for each value of a known order, all values below it.
    """

    weaker: Mapping[PermissionValue, frozenset[PermissionValue]]
    denied: str | None

    @classmethod
    def of(cls, value_order: Sequence[Sequence[str]], denied: str | None) -> "Levels":
        """From chains of values, each from its weakest to its strongest.

        Raises ValueError where chains contradict each other, or one has something below `denied`.
        """
        below: dict[PermissionValue, set[PermissionValue]] = {}
        for chain in value_order:
            for position, value in enumerate(chain):
                below.setdefault(value, set()).update(chain[:position])
        for middle, under in below.items():
            for others in below.values():
                if middle in others:
                    others |= under
        if any(value in under for value, under in below.items()):
            raise ValueError("the orders of values contradict each other")
        if denied is not None and below.get(denied):
            raise ValueError(f"{denied} grants nothing, so no value is weaker")
        return cls({value: frozenset(under) for value, under in below.items()}, denied)

    def granting(self, values: Iterable[PermissionValue]) -> Values:
        """The values that grant something."""
        return tuple(value for value in values if value != self.denied)

    def covered(self, value: PermissionValue, held: Collection[PermissionValue]) -> bool:
        """Whether a value gives nothing beyond the ones held."""
        nothing = value == self.denied or value in held
        return nothing or any(value in self.weaker.get(other, ()) for other in held)

    def common(
        self, one: PermissionValue | None, other: PermissionValue | None
    ) -> PermissionValue | None:
        """What grants no more than either of two values of a permission; None is an absent one.

        Where nothing is known to be weaker than both it is the denied value, in the form of `one`:
        left out, a platform may keep what it has.
        """
        if one is None:
            return None
        for value, stronger in ((other, one), (one, other)):
            if value is None or stronger is None:
                continue
            if self.covered(plain(value), (plain(stronger),)):
                return value
        if self.denied is None or isinstance(one, str):
            return self.denied
        return (self.denied,)

    def strongest(self, values: Values) -> Values:
        """The values that no other one outdoes; those without a known order stay side by side."""
        granting = self.granting(values)
        weaker = {each for value in granting for each in self.weaker.get(value, ())}
        return tuple(value for value in granting if value not in weaker) or values


def plain(value: PermissionValue) -> PermissionValue:
    """A list of one string is that string; the order in a list of several means nothing."""
    if isinstance(value, str):
        return value
    return value[0] if len(value) == 1 else tuple(sorted(value))
