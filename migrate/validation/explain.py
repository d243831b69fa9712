"""What a schema holds against a value, in words that a release engineer understands.

Turns the errors of `jsonschema` into findings; `migrate.validation` calls this only for what
`jsonschema_rs` rejected. No value under a key that may hold a secret is ever repeated.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any

from migrate.redaction import secretive
from migrate.validation.locate import Finding
from migrate.wording import near, quoted, subject, value_words

Error = Any
"""A ValidationError of `jsonschema`, whose fields its type stubs leave open."""

_TYPES = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
DISAGREEMENT = "jsonschema-rs refuses this and jsonschema finds nothing wrong with it"
"""What is said where the two validators disagree; it is never passed over in silence."""


def explain(error: Error, where: str) -> Iterator[Finding]:
    """What one error of `jsonschema` means; `where` is what the document is called."""
    path = tuple(error.absolute_path)
    if error.validator in ("anyOf", "oneOf") and error.context:
        yield from _nearest_branch(error, where)
    elif error.validator == "disagreement":
        yield Finding(error.message, path)
    elif error.validator in _WHOLE_SENTENCES:
        yield Finding(_WHOLE_SENTENCES[error.validator](error), path)
    elif error.validator == "const" and (message := _other_kind(error)):
        yield Finding(message, path)
    else:
        is_key = "propertyNames" in error.absolute_schema_path
        about = f"the key {quoted(error.instance)}" if is_key else subject(path) or where
        write = _WORDS.get(str(error.validator), _not_allowed)
        yield Finding(f"{about} {write(error)}", path)


def _found(error: Error) -> str:
    if any(secretive(step) for step in error.absolute_path):
        return "found something that is not shown, for it may be a secret"
    return f"found {value_words(error.instance)}"


def _nearest_branch(error: Error, where: str) -> Iterator[Finding]:
    """The findings of that alternative which the value comes nearest to."""
    context = error.context or ()
    branches = [list(part) for _, part in groupby(context, lambda each: each.schema_path[0])]
    wrong_types = [each for each in context if each.validator == "type" and not each.path]
    if len(wrong_types) == len(branches):
        kinds = " or ".join(_types(each) for each in wrong_types)
        path = tuple(error.absolute_path)
        yield Finding(f"{subject(path) or where} must be {kinds}, {_found(error)}", path)
        return
    for each in min(branches, key=_distance):
        yield from explain(each, where)


def _distance(branch: list[Error]) -> tuple[bool, int]:
    """How far a value is from one alternative: most of all where it is of another kind."""
    other_kind = any(
        (each.validator == "type" and not each.path)
        or (each.validator in ("const", "enum") and len(each.path) == 1)
        for each in branch
    )
    return (other_kind, len(branch))


def _types(error: Error) -> str:
    names = error.validator_value
    return " or ".join(
        _type_words(name, error.schema) for name in ([names] if isinstance(names, str) else names)
    )


def _type_words(name: str, schema: Any) -> str:
    items = schema.get("items") if isinstance(schema, Mapping) else None
    if name == "array" and isinstance(items, Mapping) and items.get("type") == "string":
        return "a list of strings"
    return _TYPES.get(name, name)


def _choice(error: Error) -> str:
    allowed = error.validator_value
    names = [each for each in allowed if isinstance(each, str)]
    listed = ", ".join(quoted(each) if isinstance(each, str) else str(each) for each in allowed)
    guess = near(error.instance, names) if isinstance(error.instance, str) else ""
    return f"must be one of {listed}, {_found(error)}{guess}"


def _constant(error: Error) -> str:
    return f"must be {value_words(error.validator_value)}, {_found(error)}"


def _other_kind(error: Error) -> str:
    """The sentence for a constant that tells kinds of documents apart; "" for any other."""
    key, found, wanted = list(error.absolute_path)[-1:], error.instance, error.validator_value
    if key == ["roleType"] and found in ("admin", "bot"):
        article = "an" if found == "admin" else "a"
        return f"this is {article} {found} role in a file of {wanted} roles"
    if key == ["formatVersion"] and isinstance(found, int):
        return f"this is format version {found}; this version of role-migrate reads only {wanted}"
    return ""


def _not_allowed(error: Error) -> str:
    return f"is not allowed here, {_found(error)}"


def _missing(error: Error) -> str:
    return f"{quoted(error.message)} is missing"


def _unknown(error: Error) -> str:
    free = set(error.schema.get("properties", {})) - set(error.instance)
    return f"the field {quoted(error.message)} is unknown{near(error.message, sorted(free))}"


def _form(error: Error) -> str:
    if error.validator_value == {}:  # nothing is allowed, and the schema says why
        return str(error.schema.get("description", "is not allowed here"))
    wanted = error.schema.get("description") or f"the pattern {error.validator_value}"
    return f"has the wrong form, {_found(error)}; expected: {wanted}"


def _at_least(unit: str) -> Callable[[Error], str]:
    def write(error: Error) -> str:
        if error.validator_value == 1:
            return "must not be empty"
        return f"must have at least {error.validator_value} {unit}, has {len(error.instance)}"

    return write


def _at_most(unit: str) -> Callable[[Error], str]:
    def write(error: Error) -> str:
        if error.validator_value == 0:
            return f"must be empty here, has {len(error.instance)} {unit}"
        return f"must have at most {error.validator_value} {unit}, has {len(error.instance)}"

    return write


def _bound(words: str) -> Callable[[Error], str]:
    return lambda error: f"must be {words} {error.validator_value}, {_found(error)}"


_WHOLE_SENTENCES: Mapping[object, Callable[[Error], str]] = {
    "required": _missing,
    "additionalProperties": _unknown,
}
_WORDS: Mapping[str, Callable[[Error], str]] = {
    "type": lambda error: f"must be {_types(error)}, {_found(error)}",
    "enum": _choice,
    "const": _constant,
    "pattern": _form,
    "not": _form,
    "minLength": _at_least("characters"),
    "maxLength": _at_most("characters"),
    "minItems": _at_least("entries"),
    "maxItems": _at_most("entries"),
    "minProperties": _at_least("fields"),
    "maxProperties": _at_most("fields"),
    "minimum": _bound("at least"),
    "maximum": _bound("at most"),
    "exclusiveMinimum": _bound("more than"),
    "exclusiveMaximum": _bound("less than"),
    "uniqueItems": lambda _: "must not list anything twice",
}
