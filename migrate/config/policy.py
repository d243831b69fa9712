"""Policy files: guards that others keep, pinned in a config by their digest."""

from dataclasses import dataclass
from typing import Any

from migrate.canonical import sha256
from migrate.config.build import guard_rule
from migrate.config.checks import check_guards
from migrate.config.lines import toml_lines
from migrate.config.load import parsed
from migrate.errors import InvalidInput
from migrate.guards import GuardRule
from migrate.resources import schema
from migrate.validation import validate
from migrate.validation.locate import faults


@dataclass(frozen=True, slots=True)
class Policy:
    """The guards of a policy file. With `waivers_only` nothing is allowed by whoever plans."""

    digest: str = ""
    guards: tuple[GuardRule, ...] = ()
    waivers_only: bool = False


def read_policy(data: bytes, where: str, digest: str = "") -> Policy:
    """The policy in the bytes of a file (TOML), which must be those of a `digest` if one is given.

    Raises InvalidInput with every fault.
    """
    found = sha256(data)
    if digest and found != digest:
        raise InvalidInput(
            f"this is not the policy that the config names: its digest is sha256:{found}",
            where=where,
            target="unchanged",
            remedy="Find out who changed it; if it is meant, write its digest into [policy] of the "
            "config.",
        )
    value: Any = parsed(data, where)
    wrong = [
        *validate(value, data, schema("policy"), where=where, locator=toml_lines),
        *faults([*check_guards(value)], data, toml_lines),
    ]
    wrong = [each for each in wrong if not each.warning]
    if wrong:
        raise InvalidInput(
            "this is no sound policy",
            where=where,
            target="unchanged",
            remedy="`role-migrate schema policy` shows every setting.",
            faults=tuple(wrong),
        )
    guards = tuple(guard_rule(table) for table in value.get("guards", ()))
    return Policy(found, guards, value.get("allow") == "waiver")
