"""Validation in two tiers: a fast verdict on the whole, and reasons for what is rejected.

`jsonschema_rs` says valid or not (8 ms for 10,000 roles where `jsonschema` takes 1,500); only the
parts that it rejects go to `jsonschema`, in `reasons`, whose errors `explain` puts into words. What
no schema can say is in `documents`, and in each platform's own checks.
"""

from collections.abc import Mapping
from typing import Any

from migrate.errors import Fault
from migrate.validation.locate import Locator, lines


def validate(
    value: Any,
    text: bytes | None,
    schema: Mapping[str, Any],
    *,
    where: str,
    locator: Locator = lines,
) -> tuple[Fault, ...]:
    """Every fault that `schema` finds in `value`, by line; empty where it is valid.

    `text` is what `value` was read from and `locator` what finds lines in it (for JSON unless
    told otherwise); without a text, faults have no lines. `where` is what the document is called
    in messages. At most MAX_FAULTS faults are listed, then one that counts the rest. References
    in `schema` are to its own `$defs`.
    """
    import jsonschema_rs

    root = dict(schema)
    try:
        if jsonschema_rs.validator_for(root).is_valid(value):
            return ()
    except (TypeError, ValueError):
        pass  # a value that JSON can't hold, such as a date from TOML
    from migrate.validation.reasons import reasons

    return reasons(value, text, root, where, locator)
