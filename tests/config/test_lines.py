"""Lines of settings in TOML."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.config.lines import toml_lines

TEXT = '''# a comment with = and [brackets]
top = 1
"quoted key" = 2
dotted . "a.b".c = 3
text = """
later = 5
[not.a.header]
"""
later = 6
[table] # comment
key = "[x]"
'literal' = """one line""" # = x
list = [
  "a = b",
  "c",
]
inline = { inner = 1 }

[table.sub."x y"]
key = 1
[[guards]]
rule = "a"
[guards.more]
x = 1
[[ guards ]]
rule = "b"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("quoted key",), 3),
        (("dotted", "a.b", "c"), 4),
        (("dotted", "a.b"), 4),
        (("text",), 5),
        (("later",), 9),
        (("table",), 10),
        (("table", "key"), 11),
        (("table", "literal"), 12),
        (("table", "list", 1), 13),
        (("table", "inline", "inner"), 17),
        (("table", "missing"), 10),
        (("table", "sub", "x y", "key"), 20),
        (("guards", 0), 21),
        (("guards", 0, "rule"), 22),
        (("guards", 0, "more", "x"), 24),
        (("guards", 1, "rule"), 26),
        (("nowhere",), None),
        ((), None),
    ],
)
def test_lines(path: tuple[str | int, ...], line: int | None) -> None:
    assert toml_lines(TEXT.encode(), {path}).get(path) == line


def test_windows_line_ends() -> None:
    assert toml_lines(b"[a]\r\nb = 1\r\n[c]\r\n", {("a", "b"), ("c",)}) == {
        ("a", "b"): 2,
        ("c",): 3,
    }


NAMES = st.text("ab-_ .é", min_size=1, max_size=3)


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, st.integers(), max_size=3), max_size=4))
def test_every_table_and_key_is_found(value: dict[str, dict[str, int]]) -> None:
    lines: list[str] = []
    wanted: dict[tuple[str | int, ...], int] = {}
    for name, table in value.items():
        lines.append(f'["{name}"]')
        wanted[(name,)] = len(lines)
        for key, number in table.items():
            lines.append(f'"{key}" = {number}')
            wanted[(name, key)] = len(lines)
    text = "\n".join(lines)
    parsed: dict[str, Any] = tomllib.loads(text)
    assert parsed == value
    assert toml_lines(text.encode(), wanted.keys()) == wanted


def test_a_hostile_line_costs_no_time() -> None:
    text = 'a = """\n' + "x" * 200_000 + "\n" + '"a"' * 50_000 + "\n" + "." * 100_000 + '\n"""\n'
    toml_lines(text.encode(), {("a",)})
    toml_lines(("#" + "a" * 300_000 + "\nb = 1").encode(), {("b",)})
