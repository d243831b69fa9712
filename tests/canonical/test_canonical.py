import hashlib
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.canonical import canonical, dumps, dumps_pretty, loads, sha256
from migrate.errors import InvalidInput

STRINGS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | STRINGS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(STRINGS, inner, max_size=5),
    max_leaves=25,
)


def shuffled(value, chance):
    if isinstance(value, dict):
        items = [(key, shuffled(item, chance)) for key, item in value.items()]
        chance.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        items = [shuffled(item, chance) for item in value]
        chance.shuffle(items)
        return items
    return value


def reference(value):
    """Canonical JSON as DESIGN 2 puts it, the slow and obvious way."""
    if isinstance(value, dict):
        inside = (f"{reference(key)}:{reference(value[key])}" for key in sorted(value))
        return "{" + ",".join(inside) + "}"
    if isinstance(value, list):
        inside = sorted((reference(item) for item in value), key=str.encode)
        return "[" + ",".join(inside) + "]"
    return json.dumps(value, ensure_ascii=False)


@given(VALUES, st.randoms(use_true_random=False))
def test_order_of_keys_and_lists_does_not_matter(value, chance):
    assert canonical(shuffled(value, chance)) == canonical(value)


@given(VALUES)
def test_canonical_bytes_are_a_fixed_point(value):
    assert canonical(loads(canonical(value), "x")) == canonical(value)


@given(VALUES.filter(lambda value: "\x7f" not in str(value)))
def test_canonical_bytes_are_what_the_definition_says(value):
    assert json.loads(canonical(value)) == json.loads(reference(value))
    assert canonical(value).decode() == reference(value)


def test_keys_are_sorted_by_code_point_and_lists_by_their_bytes():
    value = {"😀": 1, "\ue000": 2, "b": [3, 20, "x", [2, 1]], "B": None}
    assert canonical(value).decode() == '{"B":null,"b":["x",20,3,[1,2]],"\ue000":2,"😀":1}'


def test_strings_are_not_normalised():
    assert canonical("\u00e9") != canonical("e\u0301")


def test_a_tuple_counts_as_a_list():
    assert canonical({"a": ("y", "x")}) == canonical({"a": ["x", "y"]})


@pytest.mark.parametrize("value", [1.5, [1.0], {"a": [2, 0.5]}, (1e30,)])
def test_floats_are_refused(value):
    with pytest.raises(InvalidInput, match="digests"):
        canonical(value)


@pytest.mark.parametrize("value", ["\udcff", {"\udcff": 1}, 2**64, {1: 2}, object()])
def test_what_json_cannot_carry_is_a_clear_error(value):
    for write in (dumps, dumps_pretty, canonical):
        with pytest.raises(InvalidInput, match="cannot be written as JSON"):
            write(value)


def test_written_forms():
    value = {"b": [2, 1], "a": "ü"}
    assert dumps(value) == '{"a":"ü","b":[2,1]}'.encode()
    assert dumps_pretty(value).decode() == '{\n  "a": "ü",\n  "b": [\n    2,\n    1\n  ]\n}\n'


def test_sha256_is_hexadecimal():
    assert sha256(b"abc") == hashlib.sha256(b"abc").hexdigest()


def test_many_roles_take_linear_time():
    chance = random.Random(1)
    roles = [{"name": str(chance.random()), "permissions": {"a": ["x"]}} for _ in range(20_000)]
    assert canonical(roles) == canonical(roles[::-1])
