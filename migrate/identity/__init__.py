"""Identity across environments: which user, group, bot and role of one is which of another."""

from migrate.identity.naming import called_here, scope_here
from migrate.identity.pairs import Pair, Pairs, from_value, learn, to_value
from migrate.identity.renaming import Rename, Renames, renames
from migrate.identity.resolution import (
    Resolution,
    Translation,
    Unresolved,
    called_alike,
    translated,
)
from migrate.identity.resolving import resolve, unshown_users
from migrate.identity.rules import IdentityRules, caseless, folded

__all__ = [
    "IdentityRules",
    "Pair",
    "Pairs",
    "Rename",
    "Renames",
    "Resolution",
    "Translation",
    "Unresolved",
    "called_alike",
    "called_here",
    "caseless",
    "folded",
    "from_value",
    "learn",
    "renames",
    "resolve",
    "scope_here",
    "to_value",
    "translated",
    "unshown_users",
]
