import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import Fault
from migrate.validation.locate import Finding, faults, lines
from migrate.wording import MAX_FAULTS

TEXT = """[
 {"a": 1,
  "b é" :
   [1,
    {"c": null}],
  "d": {}
 },
 "x", -1.5e3
]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        ((0,), 2),
        ((0, "a"), 2),
        ((0, "b é"), 3),
        ((0, "b é", 0), 4),
        ((0, "b é", 1), 5),
        ((0, "b é", 1, "c"), 5),
        ((0, "d"), 6),
        ((1,), 8),
        ((2,), 8),
        pytest.param((0, "d", "missing"), 6, id="missing key"),
        pytest.param((0, "b é", 7, "c", 1), 3, id="missing entry"),
        pytest.param((1, "a"), 8, id="inside a string"),
        pytest.param((9,), 1, id="behind the end"),
        pytest.param(("a",), 1, id="key of a list"),
        pytest.param((0, 0), 2, id="position in an object"),
    ],
)
def test_a_path_has_the_line_of_its_value_or_nearest_parent(path, line):
    assert lines(TEXT.encode(), [path]) == {path: line}
    assert lines(b"\r\n" + TEXT.replace("\n", "\r\n").encode(), [path]) == {path: line + 1}


KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.sampled_from(
    ['"', "]", "{"]
)
VALUES = st.recursive(
    st.none() | st.integers(-5, 10**6) | st.floats(allow_nan=False, allow_infinity=False) | KEYS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


def written(value, path, out, at):
    """Write JSON with every value on its own line; note the lines in `at`."""
    at[path] = len(out)
    if not isinstance(value, list | dict):
        out[-1] += json.dumps(value)
        return
    out[-1] += "[" if isinstance(value, list) else "{"
    entries = enumerate(value) if isinstance(value, list) else value.items()
    for number, (step, item) in enumerate(entries):
        out[-1] += "," if number else ""
        out.append("" if isinstance(value, list) else json.dumps(step) + ": ")
        written(item, (*path, step), out, at)
    out.append("]" if isinstance(value, list) else "}")


@given(VALUES, st.data())
def test_lines_agree_with_a_writer_that_knows_them(value, data):
    out, at = [""], {}
    written(value, (), out, at)
    wanted = data.draw(st.lists(st.sampled_from(sorted(at, key=repr)), unique=True))
    assert lines("\n".join(out).encode(), wanted) == {path: at[path] for path in wanted}


def test_a_text_as_deep_as_the_reader_allows():
    path = tuple("a" for _ in range(64))
    text = b'{"a":\n' * 64 + b"1" + b"}" * 64
    assert lines(text, [path]) == {path: 64}


def test_findings_become_faults_in_the_order_of_lines():
    found = [Finding("second", (1,)), Finding("first", (0, "a b"), warning=True)]
    text = b'[{"a b": 1},\n2]'
    first = Fault("first", '$[0]["a b"]', 1, warning=True)
    assert faults(found, text) == (first, Fault("second", "$[1]", 2))
    assert [fault.line for fault in faults(found, None)] == [None, None]


def test_another_locator_can_be_given():
    def locate(text, paths):
        assert text == b"x = 1"
        return {path: 7 for path in paths if path}

    found = faults([Finding("a", ("x",)), Finding("b", ())], b"x = 1", locate)
    assert {fault.message: fault.line for fault in found} == {"a": 7, "b": None}


def test_errors_come_before_warnings_where_not_all_can_be_listed():
    findings = [Finding(f"warning {i}", (i,), warning=True) for i in range(MAX_FAULTS)]
    listed = faults([*findings, Finding("error", ())], None)
    assert len(listed) == MAX_FAULTS + 1
    assert "error" in [fault.message for fault in listed]
    assert listed[-1] == Fault("at least 1 more warnings are not listed", warning=True)
    assert faults([], None, unlisted=3) == (Fault("at least 3 more faults are not listed"),)
