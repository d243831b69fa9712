"""Permissions in Kore.ai role documents that nobody documented (kore.md A).

Unknown names and values are passed through untouched, for catalogues differ between versions of
the platform; but each is told once, with the documented name that may have been meant.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import Any

from migrate.validation.locate import Finding
from migrate.wording import MAX_FAULTS, JsonPath, near, quoted, subject

KnownPermissions = Mapping[str, Collection[str]]
"""The documented permission names of one role type, each with its documented values."""

Entries = Mapping[int, Mapping[str, Any]]
"""Role documents by their position in the file."""

_ALIASES = (
    ("Batch Testing", "Testing"),
    ("Extensions", "Integrations & Extensions"),
    ("Bot builder API Scopes", "Bot Builder API Scopes", "App Builder API Scopes"),
)
"""Spellings of one permission in versions of the platform (kore.md A3), for suggestions only."""


class Tally:
    """Things that occur in many roles: where each was first seen, and in how many places."""

    def __init__(self) -> None:
        self.places: dict[Any, JsonPath] = {}
        self._counts: Counter[Any] = Counter()

    def add(self, thing: Hashable, path: JsonPath) -> None:
        """Count `thing`, seen at `path`."""
        self.places.setdefault(thing, path)
        self._counts[thing] += 1

    def roles(self, thing: Hashable) -> str:
        """` (in 3 roles)`, or nothing for a thing seen once."""
        count = self._counts[thing]
        return f" (in {count} roles)" if count > 1 else ""


def check_permissions(
    entries: Entries, role_type: str, known: KnownPermissions
) -> Iterator[Finding]:
    """Warnings about permission names and values beyond `known`, one for each name or value.

    Also about bot values with more than one string, which were never seen on the wire (A1).
    """
    names, values, lists = Tally(), Tally(), Tally()
    documented_pairs = {(name, value) for name, held in known.items() for value in held}
    for index, document in entries.items():
        permissions = document.get("permissions")
        if not isinstance(permissions, dict) or (
            # Almost every admin role: one look at all of it is faster than one at each entry.
            role_type == "admin" and _within(permissions, documented_pairs)
        ):
            continue
        for name, held in permissions.items():
            documented = known.get(name)
            if documented is None:
                names.add(name, (index, "permissions", name))
            elif held.__class__ is str:
                if held not in documented:
                    values.add((name, held), (index, "permissions", name))
            elif held.__class__ is list:
                for value in held:
                    if value.__class__ is str and value not in documented:
                        values.add((name, value), (index, "permissions", name))
                if len(held) > 1:
                    lists.add(name, (index, "permissions", name))
    yield from _unknown_names(names, role_type, known)
    yield from _unknown_values(values, known)
    for name, path in lists.places.items():
        message = f"{subject(path)} holds more than one value, which was never seen on the platform"
        yield Finding(f"{message}{lists.roles(name)}", path, warning=True)


def _within(permissions: dict[str, Any], pairs: set[tuple[str, str]]) -> bool:
    try:
        return permissions.items() <= pairs
    except TypeError:  # a value that can't be hashed is of the wrong shape
        return False


def _unknown_names(names: Tally, role_type: str, known: KnownPermissions) -> Iterator[Finding]:
    for count, (name, path) in enumerate(names.places.items()):
        # Finding a near name is slow, and no more than MAX_FAULTS are ever shown.
        meant = _suggestion(name, known) if count < MAX_FAULTS else ""
        message = (
            f"the permission {quoted(name)} is not among the documented ones for {role_type} roles"
            f"{meant}; it is passed through{names.roles(name)}"
        )
        yield Finding(message, path, warning=True)


def _unknown_values(values: Tally, known: KnownPermissions) -> Iterator[Finding]:
    for count, ((name, value), path) in enumerate(values.places.items()):
        meant = near(value, known[name]) if count < MAX_FAULTS else ""
        documented = ", ".join(quoted(each) for each in sorted(known[name]))
        message = (
            f"{subject(path)} holds {quoted(value)}, documented are {documented}"
            f"{meant}; it is passed through{values.roles((name, value))}"
        )
        yield Finding(message, path, warning=True)


def _suggestion(name: str, known: KnownPermissions) -> str:
    for spellings in _ALIASES:
        if name in spellings:
            also = next((each for each in spellings if each in known), None)
            return f" ({quoted(also)} is another spelling of it)" if also else near(name, known)
    renamed = name.replace("App", "Bot") if "App" in name else name.replace("Bot", "App")
    if renamed in known:
        return f" ({quoted(renamed)} may be another spelling of it)"
    return near(name, known)
