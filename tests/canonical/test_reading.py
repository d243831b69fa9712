import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.canonical import dumps, dumps_pretty, loads, read
from migrate.canonical.diagnose import diagnose
from migrate.canonical.json_syntax import syntax_message
from migrate.errors import InvalidInput, UsageError

STRINGS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | STRINGS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(STRINGS, inner, max_size=4),
    max_leaves=20,
)

REFUSED = [
    pytest.param(b"", "is empty", None, id="empty"),
    pytest.param(b" \r\n\t", "is empty", None, id="blank"),
    pytest.param(b"\xef\xbb\xbf[]", "byte-order mark", None, id="bom"),
    pytest.param("[1]".encode("utf-16"), "UTF-16", None, id="utf-16 with a mark"),
    pytest.param("[1]".encode("utf-16-le"), "UTF-16", None, id="utf-16-le"),
    pytest.param("[1]".encode("utf-16-be"), "UTF-16", None, id="utf-16-be"),
    pytest.param("[1]".encode("utf-32"), "UTF-32", None, id="utf-32"),
    pytest.param(b'[\n "\xe9"]', "column 3: is not UTF-8: the byte 0xe9", 2, id="latin-1"),
    pytest.param(b'["\xed\xa0\x80"]', "is not UTF-8", 1, id="raw surrogate"),
    pytest.param(b'["\xc3', "middle of a character: it is cut off", 1, id="cut character"),
    pytest.param(b'[{"a": 1,\n', "it is cut off", 2, id="cut after a comma"),
    pytest.param(b"[1, 2", "it is cut off", 1, id="cut after a number"),
    pytest.param(b"[tru", "it is cut off", 1, id="cut word"),
    pytest.param(b"[1.", "it is cut off", 1, id="cut fraction"),
    pytest.param(b"[-", "it is cut off", 1, id="cut sign"),
    pytest.param(b'{"a"', "it is cut off", 1, id="cut after a key"),
    pytest.param(b'["ab', "starts here and never ends", 1, id="cut string"),
    pytest.param(b'["\\u00', "it is cut off", 1, id="cut escape"),
    pytest.param(b'["\\u00"]', "four hexadecimal digits", 1, id="short escape"),
    pytest.param(b'["\\x"]', "starts no escape", 1, id="wrong escape"),
    pytest.param(b'["a\n"]', "raw line end", 1, id="raw line end"),
    pytest.param(b'["a\n', "raw line end", 1, id="raw line end, then nothing"),
    pytest.param(b"<html>", "HTML", 1, id="html"),
    pytest.param(b"[<a>]", 'expected a value, found "<"', 1, id="html inside"),
    pytest.param(b"[1,]", "a comma with nothing", 1, id="trailing comma"),
    pytest.param(b'{"a": 1,}', "a comma with nothing", 1, id="trailing comma in an object"),
    pytest.param(b"[,1]", "a comma with nothing", 1, id="leading comma"),
    pytest.param(b"[1, // one\n]", "no comments", 1, id="comment"),
    pytest.param(b"{'a': 1}", "double quotes", 1, id="single quotes"),
    pytest.param(b"{a: 1}", "expected a key", 1, id="bare key"),
    pytest.param(b'{"a" 1}', 'expected ":"', 1, id="no colon"),
    pytest.param(b"[1 2]", 'expected ","', 1, id="no comma"),
    pytest.param(b"[01]", 'expected ","', 1, id="leading zero"),
    pytest.param(b"[None]", 'expected a value, found "N"', 1, id="python's null"),
    pytest.param(b"[1,\xc2\xa02]", "found U+00A0", 1, id="hard space"),
    pytest.param(b"[] []", "nothing more", 1, id="two documents"),
    pytest.param(b'{"a":1,\n"a":1}', 'the key "a" is here twice, first on line 1', 2, id="dup"),
    pytest.param(b'[{"\\u0061":1,"a":1}]', 'the key "a" is here twice', 1, id="dup, escaped"),
    pytest.param(b"[NaN]", "NaN is not a JSON number", 1, id="nan"),
    pytest.param(b"[-Infinity]", "-Infinity is not a JSON number", 1, id="infinity"),
    pytest.param(b"[1e999]", "number is too large", 1, id="1e999"),
    pytest.param(b"[18446744073709551616]", "needs over 64 bits", 1, id="2**64"),
    pytest.param(b"[-9223372036854775809]", "needs over 64 bits", 1, id="-2**63-1"),
    pytest.param(b"9" * 5000, "needs over 64 bits", 1, id="5000 digits"),
    pytest.param(b'["\\ud800"]', "half of a surrogate pair", 1, id="lone surrogate"),
    pytest.param(b'["\\uDC00"]', "half of a surrogate pair", 1, id="low surrogate"),
    pytest.param(b'{"\\ud800": 1}', 'the key "\\ud800" holds half', 1, id="surrogate in a key"),
    pytest.param(b"[" * 65 + b"]" * 65, "more than 64 levels", 1, id="65 levels"),
    pytest.param(b"[" * 100_000, "more than 64 levels", 1, id="bomb of lists"),
    pytest.param(b'{"a":' * 100_000, "more than 64 levels", 1, id="bomb of objects"),
]


@pytest.mark.parametrize(("data", "message", "line"), REFUSED)
def test_each_kind_of_bad_text_has_its_own_sentence_and_line(data, message, line):
    with pytest.raises(InvalidInput) as caught:
        loads(data, "roles.json")
    error = caught.value
    assert message in error.faults[0].message
    assert error.faults[0].line == line
    assert str(error.faults[0]) in str(error)
    assert error.where == "roles.json"
    assert error.remedy
    str(error).encode()


def test_a_syntax_error_never_repeats_what_may_be_a_secret():
    with pytest.raises(InvalidInput) as caught:
        loads(b"hunter2-is-the-password", "secret.txt")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 64 + "]" * 64,
        '{"a":' * 64 + "1" + "}" * 64,
        '["[[", "{", "]"]',
        '["\\"[[[[", "\\\\"]',
        '["\\ud83d\\ude00", "\\u00e9"]',
        "[18446744073709551615, -9223372036854775808, 1.5e3, -0.0]",
        "1",
        " \r\n[]\r\n",
    ],
)
def test_sound_text_is_read_as_the_standard_library_reads_it(text):
    assert loads(text.encode(), "x") == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        '["[", ' * 40 + '{"]": ' * 40 + "1" + "}" * 40 + "]" * 40,
        '["]", ' * 65 + "1" + ', "["]' * 65,
        '["\\"]\\"", ' * 65 + "1" + ', "\\"[\\""]' * 65,
        '["\\\\", ' + "[" * 64 + "]" * 64 + "]",
    ],
)
def test_brackets_in_strings_do_not_hide_depth(text):
    with pytest.raises(InvalidInput, match="more than 64 levels"):
        loads(text.encode(), "x")


@given(VALUES)
def test_what_is_written_is_read_back(value):
    assert loads(dumps(value), "x") == value
    assert loads(dumps_pretty(value), "x") == value
    assert diagnose(dumps(value).decode()) == ()


@given(
    st.binary(max_size=40) | st.text('[]{}",:\\u0dD8eE1-. \nNatrueÿ', max_size=40).map(str.encode)
)
def test_any_bytes_give_a_value_or_a_clear_error(data):
    try:
        loads(data, "x")
    except InvalidInput as error:
        assert error.faults
        assert all(fault.message for fault in error.faults)


@given(VALUES, st.data())
def test_every_cut_of_a_list_is_refused(value, data):
    whole = dumps([value])
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(InvalidInput):
        loads(whole[:cut], "x")


def test_every_fault_is_listed_with_its_path():
    text = b'[NaN,\n {"a": 1, "a": 2,\n "b c": 1e999}] x'
    with pytest.raises(InvalidInput) as caught:
        loads(text, "x")
    assert [(fault.line, fault.path) for fault in caught.value.faults] == [
        (1, "$[0]"),
        (2, "$[1].a"),
        (3, '$[1]["b c"]'),
        (3, ""),
    ]
    assert "(and 3 more)" in str(caught.value)


def test_the_list_of_faults_is_bounded():
    with pytest.raises(InvalidInput) as caught:
        loads(b"[" + b"NaN," * 5000 + b"1]", "x")
    assert len(caught.value.faults) == 101
    assert "only the first 100" in caught.value.faults[-1].message


def test_the_limit_is_stated_with_the_size():
    assert loads(b"[12]", "x", limit=4) == [12]
    with pytest.raises(InvalidInput, match="has 5 bytes; the limit is 4"):
        loads(b"[123]", "x", limit=4)


def test_a_file_is_read_with_its_bytes(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"[1]\n")
    assert read(path) == ([1], b"[1]\n")


def test_a_file_over_the_limit_is_refused_unread(tmp_path):
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.truncate(10_000_000_000)
    with pytest.raises(InvalidInput, match="has 10,000,000,000 bytes"):
        read(path)


def test_missing_files_and_directories_are_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        read(tmp_path / "none.json")
    with pytest.raises(UsageError, match="directory"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["nul\0.json", "x" * 5000])
def test_impossible_names_are_invalid_input(tmp_path, name):
    with pytest.raises(InvalidInput, match="cannot be read"):
        read(tmp_path / name)


def test_a_file_that_the_system_refuses_is_invalid_input(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"[]")
    with pytest.raises(InvalidInput, match="cannot be read: Not a directory"):
        read(path / "b.json")


def test_a_device_without_a_size_is_bounded_too():
    with pytest.raises(InvalidInput, match="the limit is 1,000"):
        read(Path("/dev/zero"), limit=1000)


def test_a_syntax_error_that_another_python_words_differently_is_still_placed():
    error = json.JSONDecodeError("Something new", "[\n x", 3)
    assert syntax_message("[\n x", error) == "column 2: this is not JSON"
