import pytest

from migrate.errors import InvalidInput
from migrate.sandbox.switches import CHOICES, COUNTS, MEANINGS, PAGES, SECONDS, Switches, describe


def test_the_first_value_of_every_switch_is_its_default() -> None:
    document = Switches().as_document()
    assert {name: document[name] for name in CHOICES} == {
        name: values[0] for name, values in CHOICES.items()
    }
    numbers = {**COUNTS, **PAGES, **SECONDS}
    assert {name: document[name] for name in numbers} == numbers
    assert set(document) == set(MEANINGS) == set(describe())


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in CHOICES.items() for v in vs])
def test_every_value_can_be_set(name: str, value: str) -> None:
    assert Switches().changed({name: value}).as_document()[name] == value


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"ids": "stable"}, "kept, minted"),
        ({"ids": ["kept"]}, "kept, minted"),
        ({"ids": None}, "kept, minted"),
        ({"idz": "kept"}, "no switch 'idz'"),
        ({"limit_per_minute": -1}, "whole number"),
        ({"limit_per_minute": True}, "whole number"),
        ({"limit_per_hour": 1.5}, "whole number"),
        ({"default_page": 0}, "whole number from 1"),
        ({"largest_page": "50"}, "whole number from 1"),
        ({"read_lag": -0.1}, "0 or more"),
        ({"read_lag": "1"}, "seconds"),
        ({"clock_offset": float("nan")}, "seconds"),
        (["ids"], "an object"),
    ],
)
def test_a_wrong_value_is_refused_with_what_would_do(values: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Switches().changed(values)


def test_numbers() -> None:
    switches = Switches().changed({"read_lag": 0.2, "clock_offset": -3600, "limit_per_hour": 0})
    assert (switches.read_lag, switches.clock_offset, switches.limit_per_hour) == (0.2, -3600, 0)
