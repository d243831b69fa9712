"""What is known of FairCom's accounts and roles (faircom.md 3 to 5)."""

from collections.abc import Iterator

from migrate.model import Assignment
from migrate.traits import RoleTypeTraits, Traits
from migrate.wording import quoted

ROLE_TYPE = "account"
"""The one kind of roles there is: held by accounts of a server, wherever they log in."""

ADMIN = "ADMIN"
"""The account that is always there, and the role that may do everything."""

GUEST = "GUEST"
"""The account of nobody in particular, and the role that whoever has none shows. It is never given
or taken: it comes and goes with the others."""

MOST_ROLES = 128
LONGEST, SAFE = 64, 31
"""Bytes of the longest name, by the newer pages, and of the longest that older ones take."""


def fold(kind: str, name: str) -> str:
    """What a name is matched by, as the server itself folds it: in capitals (faircom.md 5)."""
    return name.upper()


def not_assignable(assignment: Assignment) -> str:
    """Why this is never given or taken; "" where it is."""
    who, role = assignment.principal, assignment.role
    if role == GUEST:
        return "the role GUEST is what an account without roles shows: it can't be given or taken"
    if who == GUEST:
        return "the account GUEST can't be given roles"
    if (who, role) == (ADMIN, ADMIN):
        return "the account ADMIN keeps the role ADMIN, whatever the source says"
    too_long = [quoted(name) for name in (who, role) if _bytes(name) > LONGEST]
    if too_long:
        return f"a name has {LONGEST} bytes at most: {', '.join(too_long)}"
    return ""


def caution(assignment: Assignment) -> str:
    """What deserves a word about what is given; "" where nothing does."""
    return "; ".join(_long(assignment))


def _long(assignment: Assignment) -> Iterator[str]:
    for what, name in (("account", assignment.principal), ("role", assignment.role)):
        if _bytes(name) > SAFE:
            yield (
                f"the name of {what} {quoted(name)} has {_bytes(name)} bytes: servers may take "
                f"{SAFE} at most"
            )


def _bytes(name: str) -> int:
    return len(name.encode())


TRAITS = Traits(
    platform="faircom",
    role_types={ROLE_TYPE: RoleTypeTraits(built_in=frozenset({ADMIN, GUEST}))},
    fold=fold,
    not_assignable=not_assignable,
    caution=caution,
    sensitive=(ADMIN,),
    role_management=ADMIN,
    nouns={"user": "account"},
    opaque_roles=True,
    shows_everybody=True,
    most_roles=MOST_ROLES,
    only_by={ADMIN: ADMIN},  # error 924 for anybody else (faircom.md 5)
)
