"""Files of expectations: what a policy has to say of recorded plans, so that it can be tested."""

from typing import Any

from migrate.config.lines import toml_lines
from migrate.config.load import parsed
from migrate.errors import InvalidInput
from migrate.resources import schema
from migrate.trial import Expectation
from migrate.validation import validate

SCHEMA = "policy-test"


def read_expectations(data: bytes, where: str) -> tuple[Expectation, ...]:
    """The expectations in the bytes of a file (TOML). Raises InvalidInput with every fault."""
    value: Any = parsed(data, where, "file of expectations")
    wrong = validate(value, data, schema(SCHEMA), where=where, locator=toml_lines)
    if wrong:
        raise InvalidInput(
            "this is no sound file of expectations",
            where=where,
            target="unchanged",
            remedy=f"`role-migrate schema {SCHEMA}` shows every setting.",
            faults=wrong,
        )
    return tuple(
        Expectation(
            each["plan"],
            frozenset(each["refuses"]),
            frozenset(each["warns"]) if "warns" in each else None,
        )
        for each in value["plans"]
    )
