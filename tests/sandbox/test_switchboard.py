from dataclasses import dataclass

import pytest

from migrate.errors import InvalidInput
from migrate.sandbox.platforms import PLATFORMS
from migrate.sandbox.switchboard import Switchboard, choice, count, seconds, size


@dataclass(frozen=True, slots=True)
class Board(Switchboard):
    ids: str = choice(("kept", "minted"), "what an id does")
    read_lag: float = seconds("how late a read is")
    clock_offset: float = seconds("how wrong the clock is", signed=True)
    limit: int = count(60, "how many of them")
    page: int = size(50, "how many at once")


BOARDS = {name: each.switches for name, each in PLATFORMS.items()}
VALUES = [
    (name, switch, value)
    for name, board in BOARDS.items()
    for switch, values in board.choices().items()
    for value in values
]


@pytest.mark.parametrize("board", [Board, *BOARDS.values()])
def test_the_first_value_of_every_switch_is_its_default(board: type[Switchboard]) -> None:
    document = board().as_document()
    assert {name: document[name] for name in board.choices()} == {
        name: values[0] for name, values in board.choices().items()
    }
    assert set(document) == set(board.describe())
    for entry in board.describe().values():
        assert len(str(entry["meaning"])) > 10


@pytest.mark.parametrize(("platform", "name", "value"), VALUES)
def test_every_value_can_be_set(platform: str, name: str, value: str) -> None:
    assert BOARDS[platform]().changed({name: value}).as_document()[name] == value


@pytest.mark.parametrize("board", BOARDS.values())
def test_every_platform_has_a_lag_and_a_clock(board: type[Switchboard]) -> None:
    assert {"read_lag": 0, "clock_offset": 0}.items() <= board().as_document().items()


def test_what_a_table_says_of_itself() -> None:
    assert Board.describe() == {
        "ids": {"meaning": "what an id does", "default": "kept", "values": ["kept", "minted"]},
        "read_lag": {"meaning": "how late a read is", "default": 0},
        "clock_offset": {"meaning": "how wrong the clock is", "default": 0},
        "limit": {"meaning": "how many of them", "default": 60},
        "page": {"meaning": "how many at once", "default": 50},
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"ids": "stable"}, "kept, minted"),
        ({"ids": ["kept"]}, "kept, minted"),
        ({"ids": None}, "kept, minted"),
        ({"idz": "kept"}, "no switch 'idz'"),
        ({"limit": -1}, "whole number"),
        ({"limit": True}, "whole number"),
        ({"limit": 1.5}, "whole number"),
        ({"page": 0}, "whole number from 1"),
        ({"page": "50"}, "whole number from 1"),
        ({"read_lag": -0.1}, "0 or more"),
        ({"read_lag": "1"}, "seconds"),
        ({"read_lag": 1e9}, "seconds"),
        ({"clock_offset": float("nan")}, "seconds"),
        ({"clock_offset": -1e10}, "seconds"),
        (["ids"], "an object"),
    ],
)
def test_a_wrong_value_is_refused_with_what_would_do(values: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Board().changed(values)


def test_numbers() -> None:
    switches = Board().changed({"read_lag": 0.2, "clock_offset": -3600, "limit": 0})
    assert (switches.read_lag, switches.clock_offset, switches.limit) == (0.2, -3600, 0)
