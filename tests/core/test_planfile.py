import copy
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.canonical import dumps, loads
from migrate.errors import InvalidInput
from migrate.guards import GuardRule, Override, Severity
from migrate.planfile import from_value, plan_digest, to_value
from migrate.resources import schema
from migrate.validation import validate
from tests.core.account import planned
from tests.core.strategies import promotions

GUARDS = (
    GuardRule("protected_names", parameters={"names": ("Alpha",)}),
    GuardRule("max_deletions", Severity.WARN, parameters={"max": 0}),
)
OVERRIDES = (Override("protected_names", "agreed with \u202e the owner"),)


@st.composite
def plans(draw):
    source, target, request, narrowed = draw(promotions())
    asked = replace(request, guards=GUARDS, overrides=OVERRIDES)
    return planned(source, target, asked, narrowed=narrowed)


def places(value, path=()):
    """Every place in a JSON value, as the keys and positions that lead there."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def edited(value, path, chance):
    """The value with one thing at a place changed, taken away, or put twice."""
    changed = copy.deepcopy(value)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    key = path[-1]
    ways = ["other", "gone", "twice" if isinstance(holder, list) else "renamed"]
    match chance.choice(ways):
        case "gone":
            del holder[key]
        case "twice":
            holder.insert(key, copy.deepcopy(holder[key]))
        case "renamed":
            holder[f"{key}!"] = holder.pop(key)
        case "other":
            old = holder[key]
            others = [None, "", "x", 0, 1, 1.0, True, False, [], {}, [old]]
            holder[key] = chance.choice([o for o in others if dumps(o) != dumps(old)])
    return changed


@settings(deadline=None, max_examples=50)
@given(plans())
def test_a_plan_survives_its_file_and_its_schema_allows_it(plan):
    written = dumps(to_value(plan))
    value = loads(written, where="x")
    assert validate(value, written, schema("plan"), where="x") == ()
    again = from_value(value, where="x")
    assert again == plan
    assert plan_digest(again) == plan_digest(plan) == value["digest"]


@settings(deadline=None, max_examples=50)
@given(plans(), st.randoms(use_true_random=False))
def test_any_edit_of_a_plan_is_noticed(plan, chance):
    value = loads(dumps(to_value(plan)), where="x")
    anywhere = [path for path in places(value) if path and path[0] != "digest"]
    with pytest.raises(InvalidInput, match="edited") as caught:
        from_value(edited(value, chance.choice(anywhere), chance), where="plan.json")
    assert caught.value.where == "plan.json"
    assert caught.value.target == "unchanged"
    assert caught.value.remedy


@settings(deadline=None, max_examples=20)
@given(plans())
def test_another_digest_over_the_same_plan_is_noticed(plan):
    value = to_value(plan)
    with pytest.raises(InvalidInput):
        from_value({**value, "digest": "0" * 64}, where="x")


@settings(deadline=None, max_examples=20)
@given(plans(), st.randoms(use_true_random=False))
def test_the_order_of_keys_in_a_plans_file_is_no_edit(plan, chance):
    items = list(to_value(plan).items())
    chance.shuffle(items)
    assert from_value(dict(items), where="x") == plan
