import copy
import datetime
import json
import math
import time

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrate import resources
from migrate.errors import Fault
from migrate.validation import validate
from migrate.validation.explain import DISAGREEMENT

BOT = resources.schema("import-kore-bot")
ADMIN = resources.schema("import-kore-admin")
SNAPSHOT = resources.schema("snapshot")


def bot_role(name="Tester", **fields):
    return {"roleType": "bot", "role": name, "permissions": {"Tasks": ["FULL"]}, **fields}


def admin_role(name="Auditor", **fields):
    return {"roleType": "admin", "role": name, "permissions": {"Invite": "NO"}, **fields}


def snapshot_value():
    items = [{"name": "A", "description": "", "permissions": {"T": "YES", "U": ["NO"]}, "id": "1"}]
    return {
        "$schema": "urn:role-migrate:schema:snapshot:1",
        "formatVersion": 1,
        "environment": "dev",
        "identity": {"platform": "kore", "url": "https://dev.example", "account": "cs-1"},
        "capturedAt": "2026-01-31T12:00:00Z",
        "version": "0.1.0",
        "selection": {"include": ["A*"], "exclude": []},
        "digests": {"content": "0" * 64, "state": "f" * 64},
        "state": {
            "roles": {
                "admin": {"capture": "captured", "items": items},
                "bot": {"capture": "empty", "items": []},
                "agent": {"capture": "not captured", "items": []},
                "used": {"capture": "seen in use", "items": items},
            },
            "assignments": {"capture": "not captured"},
        },
    }


def check(value, schema, **options):
    text = json.dumps(value, indent=1).encode()
    return validate(value, text, schema, where="roles.json", **options)


def only(value, schema):
    (fault,) = check(value, schema)
    return fault


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ([], BOT),
        ([bot_role(), bot_role("B", rDesc="", _id="x", refId="y", mapping={"users": []})], BOT),
        ([bot_role(permissions={}), bot_role("C", permissions={"Odd": ["NEW", "OLD"]})], BOT),
        ([admin_role(), admin_role("B", permissions={"Odd": "EDIT"})], ADMIN),
        (snapshot_value(), SNAPSHOT),
        (snapshot_value() | {"capturedAt": "2026-01-31T12:00:00.123456Z"}, SNAPSHOT),
    ],
)
def test_what_is_sound_has_no_fault(value, schema):
    assert check(value, schema) == ()
    jsonschema.validate(value, schema)


ROLE_FAULTS = [
    ({}, "$", "roles.json must be a list, found an empty object"),
    ([7], "$[0]", "this entry must be an object, found the number 7"),
    ([{**bot_role(), "role": ""}], "$[0].role", "role must not be empty"),
    ([{**bot_role(), "role": None}], "$[0].role", "role must be a string, found null"),
    ([{**bot_role(), "rDesc": True}], "$[0].rDesc", "rDesc must be a string, found true"),
    ([{**bot_role(), "_id": ""}], "$[0]._id", "_id must not be empty"),
    ([{**bot_role(), "refId": 1.5}], "$[0].refId", "refId must be a string, found the number 1.5"),
    (
        [{**bot_role(), "permissions": ["Tasks"]}],
        "$[0].permissions",
        "permissions must be an object, found a list",
    ),
    (
        [bot_role(permissions={"Single Sign On": "FULL"})],
        '$[0].permissions["Single Sign On"]',
        'permissions["Single Sign On"] must be a list of strings, found the string "FULL"',
    ),
    ([bot_role(permissions={"T": []})], "$[0].permissions.T", "permissions.T must not be empty"),
    (
        [bot_role(permissions={"T": ["NO", 1]})],
        "$[0].permissions.T[1]",
        "permissions.T[1] must be a string, found the number 1",
    ),
    ([admin_role()], "$[0].roleType", "this is an admin role in a file of bot roles"),
    (
        [bot_role(roleType="system")],
        "$[0].roleType",
        'roleType must be the string "bot", found the string "system"',
    ),
]


@pytest.mark.parametrize(("value", "path", "message"), ROLE_FAULTS)
def test_a_wrong_shape_is_explained(value, path, message):
    fault = only(value, BOT)
    assert (fault.path, fault.message) == (path, message)
    assert fault.line is not None
    assert not fault.warning


def test_an_admin_value_that_is_a_list_is_explained():
    fault = only([admin_role(permissions={"Invite": ["YES"]})], ADMIN)
    assert fault.message == "permissions.Invite must be a string, found a list"


def test_a_role_of_the_other_type_is_told_once_and_not_for_each_permission():
    fault = only([admin_role(), bot_role(permissions={"A": ["NO"], "B": ["NO"]})], ADMIN)
    assert fault == Fault("this is a bot role in a file of admin roles", "$[1].roleType", 10)


def test_missing_fields_are_named_at_their_object():
    faults = check([bot_role(), {}], BOT)
    assert [(fault.path, fault.line) for fault in faults] == [("$[1]", 11)] * 3
    assert [fault.message for fault in faults] == [
        f'"{name}" is missing' for name in ("roleType", "role", "permissions")
    ]


def without(*path):
    value = snapshot_value()
    part = value
    for step in path[:-1]:
        part = part[step]
    del part[path[-1]]
    return value


def having(new, *path):
    value = snapshot_value()
    part = value
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = new
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (without("digests"), '"digests" is missing'),
        (without("identity", "account"), '"account" is missing'),
        (having(1, "stat"), 'the field "stat" is unknown'),
        (
            having({"platfrom": "kore", "url": "u", "account": "a"}, "identity"),
            '"platform" is missing',
        ),
        (having(2, "formatVersion"), "this is format version 2"),
        (having("yesterday", "capturedAt"), "capturedAt has the wrong form"),
        (having("2026-01-31T12:00:00Z\n", "capturedAt"), "capturedAt has the wrong form"),
        (having("0" * 63 + "g", "digests", "state"), "digests.state has the wrong form"),
        (having("0" * 64 + "\n", "digests", "state"), "at most 64 characters, has 65"),
        (having("0" * 63, "digests", "state"), "at least 64 characters, has 63"),
        (having("emty", "state", "roles", "bot", "capture"), '(did you mean "empty"?)'),
        (having("captured", "state", "roles", "bot", "capture"), "items must not be empty"),
        (having("empty", "state", "roles", "admin", "capture"), "items must be empty here, has 1"),
        (having("not captured", "state", "roles", "used", "capture"), "must be empty here"),
        (having({}, "state", "roles", ""), 'the key "" must not be empty'),
        (
            having("captured", "state", "assignments", "capture"),
            '"accountId" is missing',
        ),
    ],
)
def test_a_wrong_snapshot_is_explained(value, message):
    assert message in check(value, SNAPSHOT)[0].message


def test_an_unknown_field_gets_the_nearest_missing_one_as_a_guess():
    faults = check(having({"platfrom": "kore", "url": "u", "account": "a"}, "identity"), SNAPSHOT)
    assert faults[1].message == 'the field "platfrom" is unknown (did you mean "platform"?)'


def test_a_field_that_is_there_is_no_guess_for_one_that_is_unknown():
    assert only(having(1, "stat"), SNAPSHOT).message == 'the field "stat" is unknown'


def test_another_format_version_hides_what_follows_from_it():
    value = {"formatVersion": 9, "new": {}}
    assert "format version 9" in only(value, SNAPSHOT).message


def test_alternatives_are_explained_by_the_nearest():
    command = {
        "type": "object",
        "required": ["command"],
        "additionalProperties": False,
        "properties": {"command": {"type": "array", "minItems": 1, "items": {"type": "string"}}},
    }
    schema = {"properties": {"upload": {"anyOf": [{"type": "string", "enum": ["store"]}, command]}}}

    def messages(upload):
        return [fault.message for fault in check({"upload": upload}, schema)]

    assert messages("store") == []
    assert messages("stor") == [
        'upload must be one of "store", found the string "stor" (did you mean "store"?)'
    ]
    assert messages({"command": []}) == ["upload.command must not be empty"]
    assert messages(5) == ["upload must be a string or an object, found the number 5"]


def test_an_alternative_of_another_kind_is_not_the_nearest():
    number = {"type": "integer"}
    move = {"properties": {"kind": {"const": "move"}, "x": number, "y": number}}
    schema = {"oneOf": [move, {"properties": {"kind": {"const": "stop"}}}]}
    assert [fault.path for fault in check({"kind": "move", "x": "", "y": ""}, schema)] == [
        "$.x",
        "$.y",
    ]


def test_bounds_and_repeats_are_explained():
    schema = {
        "properties": {
            "low": {"minimum": 1},
            "high": {"exclusiveMaximum": 5},
            "list": {"maxItems": 2, "uniqueItems": True},
            "other": {"dependentRequired": {"a": ["b"]}},
            "pair": {"prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
        },
    }
    value = {"low": 0, "high": 5, "list": [1, 1, 1], "other": {"a": 1}, "pair": ["a", 1, "b"]}
    assert {fault.message for fault in check(value, schema)} == {
        "low must be at least 1, found the number 0",
        "high must be less than 5, found the number 5",
        "list must have at most 2 entries, has 3",
        "list must not list anything twice",
        "other is not allowed here, found an object",
        'pair[2] must be a whole number, found the string "b"',
    }


@pytest.mark.parametrize("key", ["client_secret", "apiKey", "password", "access_key", "authToken"])
def test_what_may_be_a_secret_is_never_repeated(key):
    schema = {"properties": {key: {"type": "object"}}, "additionalProperties": False}
    for value in ({key: "hunter2"}, {key: {"is": 1}, "other": "hunter2"}):
        (fault,) = check(value, schema)
        assert "hunter2" not in fault.message


@pytest.mark.parametrize("odd", [datetime.date(2026, 1, 31), datetime.time(1), math.nan])
def test_values_that_json_cannot_hold_are_faults_and_no_traceback(odd):
    faults = validate({"x": odd}, None, {"properties": {"x": {"type": "string"}}}, where="c.toml")
    assert faults[0].path == "$.x"
    assert faults[0].message.startswith("x must be a string, found ")


def test_without_a_text_there_are_no_lines_and_a_locator_can_find_them():
    schema = {"properties": {"x": {"type": "string"}}}
    assert validate({"x": 1}, None, schema, where="c")[0].line is None
    faults = validate(
        {"x": 1}, b"x = 1", schema, where="c", locator=lambda text, paths: dict.fromkeys(paths, 42)
    )
    assert faults[0].line == 42


def test_thousands_of_faults_are_bounded_and_counted():
    roles = [bot_role(str(i), permissions={"T": "NO"}) for i in range(10_000)]
    text = json.dumps(roles).encode()
    start = time.perf_counter()
    faults = validate(roles, text, BOT, where="x")
    assert time.perf_counter() - start < 10  # quadratic would take far longer
    assert len(faults) == 101
    assert faults[-1].message == "at least 9900 more faults are not listed"


def test_one_object_with_thousands_of_faults_is_bounded_too():
    roles = [bot_role(permissions={f"T{i}": "NO" for i in range(5000)})]
    faults = check(roles, BOT)
    assert len(faults) == 101
    assert faults[-1].message == "at least 4900 more faults are not listed"


def test_the_slow_tier_looks_only_into_rejected_entries(monkeypatch):
    looked_into = []
    original = jsonschema.Draft202012Validator.VALIDATORS["minLength"]

    def spy(validator, minimum, instance, schema):
        looked_into.append(instance)
        return original(validator, minimum, instance, schema)

    monkeypatch.setitem(jsonschema.Draft202012Validator.VALIDATORS, "minLength", spy)
    assert check([bot_role("sound"), bot_role("")], BOT)[0].path == "$[1].role"
    assert "" in looked_into
    assert "sound" not in looked_into

    looked_into.clear()
    assert len(check([bot_role("") for _ in range(1000)], BOT)) == 101
    assert looked_into.count("") == 100


def test_a_disagreement_of_the_validators_is_never_silent():
    """Python's `$` matches before a last line end, Rust's does not."""
    schema = {"properties": {"x": {"pattern": "^a$"}, "y": {"items": {"pattern": "^a$"}}}}
    assert only({"x": "a\n"}, schema).message == DISAGREEMENT
    assert only({"y": ["a", "a\n"]}, schema) == Fault(DISAGREEMENT, "$.y[1]", 4)


# Both validators, held to one verdict.

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, -1, 1.0, 2.5, -0.0, 2**63, 2**64 - 1, 1e300]),
    st.sampled_from(["", "\n", "1\n", "admin", "bot", "😀", "e\u0301", "\u0661\u0662", "a" * 300]),
    st.sampled_from([[], {}, [[]], [""], {"": ""}, {"$schema": 1}]),
)


def instances(schema, root):
    """Values that mostly, not always, satisfy `schema`."""
    if schema is True or not schema:
        return JUNK
    if "$ref" in schema:
        return st.deferred(lambda: instances(root["$defs"][schema["$ref"].split("/")[-1]], root))
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return st.one_of([instances(part, root) for part in schema[key]])
    types = schema.get("type", "object" if "properties" in schema else "null")
    choices = [types] if isinstance(types, str) else types
    return st.one_of([of_type(each, schema, root) for each in choices])


def of_type(name, schema, root):
    if name == "object":
        parts = schema.get("properties", {})
        required = {
            key: instances(parts.get(key, True), root) for key in schema.get("required", ())
        }
        optional = {
            key: instances(part, root) for key, part in parts.items() if key not in required
        }
        fixed = st.fixed_dictionaries(required, optional=optional)
        extra = schema.get("additionalProperties", True)
        if extra is False:
            return fixed
        free = st.dictionaries(
            st.sampled_from(["a", "Single Sign On", "", "é\n"]), instances(extra, root), max_size=2
        )
        return st.builds(lambda one, two: {**two, **one}, fixed, free)
    if name == "array":
        size = {"min_size": schema.get("minItems", 0), "max_size": schema.get("maxItems", 2)}
        size["max_size"] = max(size["max_size"], size["min_size"])
        return st.lists(instances(schema.get("items", True), root), **size)
    if name == "string":
        if "pattern" in schema:
            return st.from_regex(schema["pattern"]) | st.just("2026-01-31T12:00:00Z")
        least = schema.get("minLength", 0)
        return st.text("aé😀\n", min_size=least, max_size=max(least, schema.get("maxLength", 3)))
    whole = st.integers(
        schema.get("minimum", -3), schema.get("maximum", schema.get("minimum", 0) + 9)
    )
    return {"integer": whole, "number": whole, "boolean": st.booleans(), "null": st.none()}[name]


def places(value, path=()):
    yield path
    if isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, step))


def mutated(value, data):
    """One place of `value` replaced by junk, dropped, or given a stray neighbour."""
    path = data.draw(st.sampled_from(list(places(value))))
    if not path:
        return data.draw(JUNK)
    value = copy.deepcopy(value)
    part = value
    for step in path[:-1]:
        part = part[step]
    how = data.draw(st.sampled_from(["replace", "line end", "drop", "add"]))
    if how == "replace":
        part[path[-1]] = data.draw(JUNK)
    elif how == "line end" and isinstance(part[path[-1]], str):
        part[path[-1]] += "\n"
    elif how == "drop":
        del part[path[-1]]
    elif isinstance(part, dict):
        part["strange"] = data.draw(JUNK)
    else:
        part.append(data.draw(JUNK))
    return value


@pytest.mark.parametrize("name", resources.schema_names())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_both_validators_give_the_same_verdict(name, data):
    schema = resources.schema(name)
    value = data.draw(instances(schema, schema))
    for _ in range(data.draw(st.integers(0, 2))):
        value = mutated(value, data)
    fast = jsonschema_rs.validator_for(schema).is_valid(value)
    slow = jsonschema.Draft202012Validator(schema).is_valid(value)
    assert fast == slow
    faults = check(value, schema)
    assert bool(faults) == (not slow)
    assert DISAGREEMENT not in {fault.message for fault in faults}


def test_no_schema_uses_what_the_validators_read_differently():
    for name in resources.schema_names():
        text = resources.schema_text(name)
        for avoided in ('"multipleOf"', '"format"', "\\\\d", "\\\\w", "\\\\p", "\\\\s", "\\\\b"):
            assert avoided not in text, f"{name}: {avoided}"
