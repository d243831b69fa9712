"""Why a document is rejected: the slow tier, which only looks into what the fast one refused."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from migrate.errors import Fault
from migrate.validation.explain import DISAGREEMENT, Error, explain
from migrate.validation.locate import Finding, Locator, faults
from migrate.wording import MAX_FAULTS

_KIND_KEYS = ("roleType", "$schema", "formatVersion")
"""Constants that tell kinds of documents apart. A document of another kind breaks its schema in
many ways, of which only this one matters."""


def reasons(
    value: Any, text: bytes | None, schema: dict[str, Any], where: str, locator: Locator
) -> tuple[Fault, ...]:
    """Every fault of a value that `schema` rejects; arguments as for `validate`."""
    tier = _SlowTier(schema)
    findings: list[Finding] = []
    for error in tier.errors(value):
        if tier.full:
            tier.unlisted += 1
        else:
            findings.extend(explain(error, where))
            tier.full = len(findings) >= MAX_FAULTS
    found = findings or [Finding(DISAGREEMENT)]
    return faults(found, text, locator, unlisted=tier.unlisted)


def _accepts(is_valid: Callable[[Any], bool], value: Any) -> bool:
    try:
        return is_valid(value)
    except (TypeError, ValueError):  # a value that JSON can't hold, such as a date from TOML
        return False


class _SlowTier:
    """`jsonschema`, told to look only into those entries of a list that are rejected.

    Once `full` is set, rejected entries are counted in `unlisted` and no longer looked into.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        from jsonschema import Draft202012Validator, validators

        keywords = {
            "items": self._items,
            "required": _required,
            "additionalProperties": _additional_properties,
        }
        self._schema = schema
        self._verdicts: dict[int, Callable[[Any], bool]] = {}
        extended: Any = validators.extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
        self._validator = extended(schema)
        self.full = False
        self.unlisted = 0

    def errors(self, value: Any) -> Iterator[Error]:
        """Every error in `value`; where it is another kind of document, only that."""
        properties = self._schema.get("properties", {})
        kind = {key: properties[key] for key in _KIND_KEYS if key in properties}
        other_kind = list(self._validator.evolve(schema={"properties": kind}).iter_errors(value))
        yield from other_kind or self._validator.iter_errors(value)

    def _items(
        self, validator: Any, items: Any, instance: Any, schema: dict[str, Any]
    ) -> Iterator[Error]:
        if not isinstance(instance, list):
            return
        first = len(schema.get("prefixItems", ()))
        is_valid = self._verdict(items)
        for index, item in enumerate(instance[first:], first):
            if _accepts(is_valid, item):
                continue
            if self.full:
                self.unlisted += 1
                continue
            errors = list(validator.descend(item, items, path=index))
            yield from _other_kind(errors) or errors or [_disagreement(index)]

    def _verdict(self, schema: Any) -> Callable[[Any], bool]:
        if id(schema) not in self._verdicts:
            import jsonschema_rs

            part = {"$defs": self._schema.get("$defs", {}), "allOf": [schema]}
            self._verdicts[id(schema)] = jsonschema_rs.Draft202012Validator(part).is_valid
        return self._verdicts[id(schema)]


def _other_kind(errors: list[Error]) -> list[Error]:
    """Of one list entry's errors, those which say that it is another kind of document."""
    return [
        error
        for error in errors
        if error.validator == "const" and len(error.path) == 2 and error.path[-1] in _KIND_KEYS
    ]


def _disagreement(index: int) -> Error:
    from jsonschema.exceptions import ValidationError

    return ValidationError(DISAGREEMENT, validator="disagreement", path=(index,))


def _required(validator: Any, required: list[str], instance: Any, schema: Any) -> Iterator[Error]:
    """As the library's, but each error's message is just the name of what is missing."""
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, dict):
        for name in required:
            if name not in instance:
                yield ValidationError(name)


def _additional_properties(
    validator: Any, extra: Any, instance: Any, schema: dict[str, Any]
) -> Iterator[Error]:
    """As the library's, but in the document's order, and an error each, with the name alone."""
    from jsonschema.exceptions import ValidationError

    if not isinstance(instance, dict):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name in instance:
        if name in known or any(re.search(pattern, name) for pattern in patterns):
            continue
        if extra is False:
            yield ValidationError(name, path=(name,))
        else:
            yield from validator.descend(instance[name], extra, path=name)
