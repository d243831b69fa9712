"""The one reader of JSON, strict and fast; reached through `migrate.canonical`.

It is strict because what it lets through becomes access rights: it refuses whatever two
parsers may read differently (duplicate keys, NaN, huge numbers, lone surrogates) and whatever may
be cut or bombed. The fast path is short, and `diagnose` says what is wrong afterwards.
"""

import gc
import json
import os
from math import isinf
from pathlib import Path
from typing import Any, NoReturn

from migrate.canonical.diagnose import MAX_DEPTH, diagnose, fits_64_bits
from migrate.errors import Fault, InvalidInput, UsageError

MAX_BYTES = 256 * 1024 * 1024
"""Largest text, in bytes, that `loads` and `read` accept unless told otherwise."""

_LAX_MOST = 32 * 1024 * 1024
"""Bytes from which on memory counts for more than time: the lax parser takes that of five texts."""
_SAVE_AS_UTF8 = "Save it as UTF-8 without a byte-order mark and try again."
_GET_AGAIN = "Export or download it again, and compare its size with the original."
_TO_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b'[]{}"'))
_UTF16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def loads(data: bytes, where: str, *, limit: int = MAX_BYTES) -> Any:
    """The value that `data` holds as JSON; `where` names the file or answer in errors.

    Raises InvalidInput, with a Fault for everything found wrong (its line, and the column in its
    message): not UTF-8, a byte-order mark, empty, cut, not JSON, duplicate keys, NaN or Infinity
    (1e999 too), whole numbers over 64 bits, lone surrogates, nesting over 64, over `limit` bytes.
    """
    if len(data) > limit:
        _too_large(len(data), where, limit)
    collecting = gc.isenabled()
    gc.disable()  # a parse leaves no cycles, and looking for them takes a quarter of its time
    try:
        value, told = _as_it_is_written(data)
        if told and not _too_deep(data, value):
            return value
        return _decoded(data, where)
    finally:
        if collecting:
            gc.enable()


def _as_it_is_written(data: bytes) -> tuple[Any, bool]:
    """The value by a parser that is fast and lax, and whether that can be trusted.

    Written back byte for byte, a text holds nothing that this parser dropped, changed or let
    through: a second key of one name, a number that it rounded, a surrogate.
    """
    import orjson

    if len(data) > _LAX_MOST:
        return None, False
    lines = data[1:2] == b"\n"
    if not lines and b'": ' in data[:200]:
        return None, False  # written by something else
    form = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE if lines else 0
    try:
        value = orjson.loads(data)
        return value, orjson.dumps(value, option=form) == data
    except (ValueError, TypeError):  # orjson's own: can't be read, or can't be written
        return None, False


def _decoded(data: bytes, where: str) -> Any:
    """The value by the strict parser; raises InvalidInput with all that is wrong."""
    text = _text(data, where)
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        _refuse(text, where)
    if _too_deep(data, value) or (b"\\" in data and _holds_lone_surrogate(data, value)):
        _refuse(text, where)
    return value


def read(path: Path, *, limit: int = MAX_BYTES) -> tuple[Any, bytes]:
    """The value and the bytes of the JSON file at `path`; errors as `loads` and `read_bytes`."""
    data = read_bytes(path, limit=limit)
    return loads(data, str(path), limit=limit), data


def read_bytes(path: Path, *, limit: int) -> bytes:
    """The bytes of the file at `path`, whatever its format.

    Raises UsageError if there is no such file or it is a directory, InvalidInput if it can't be
    read or has over `limit` bytes.
    """
    where = str(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(limit + 1) if size <= limit else b""
    except FileNotFoundError:
        raise UsageError(
            "there is no such file", where=where, remedy="Check its name, and the folder it is in."
        ) from None
    except IsADirectoryError:
        raise UsageError(
            "this is a directory, not a file", where=where, remedy="Name the files in it."
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInput(
            f"cannot be read: {reason}", where=where, remedy="Name a file that can be read."
        ) from None
    if max(size, len(data)) > limit:
        _too_large(max(size, len(data)), where, limit)
    return data


def _text(data: bytes, where: str) -> str:
    if data.startswith(_UTF16_OR_32) or b"\x00" in data[:2]:
        _unusable("looks like UTF-16 or UTF-32 text, not UTF-8", where, _SAVE_AS_UTF8)
    if data.startswith(b"\xef\xbb\xbf"):
        _unusable("starts with a byte-order mark, which JSON may not have", where, _SAVE_AS_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        _not_utf8(data, error, where)
    if not text or text.isspace():
        _unusable("is empty", where, _GET_AGAIN)
    return text


def _not_utf8(data: bytes, error: UnicodeDecodeError, where: str) -> NoReturn:
    line = data.count(b"\n", 0, error.start) + 1
    start = data.rfind(b"\n", 0, error.start) + 1
    column = len(data[start : error.start].decode()) + 1
    if error.reason == "unexpected end of data":
        what, remedy = "ends in the middle of a character: it is cut off", _GET_AGAIN
    else:
        what, remedy = (
            f"is not UTF-8: the byte 0x{data[error.start]:02x} fits no character",
            (_SAVE_AS_UTF8),
        )
    _unusable(f"column {column}: {what}", where, remedy, line)


def _too_large(size: int, where: str, limit: int) -> NoReturn:
    _unusable(f"has {size:,} bytes; the limit is {limit:,}", where, "Split it into smaller files.")


def _unusable(what: str, where: str, remedy: str, line: int | None = None) -> NoReturn:
    fault = Fault(what, line=line)
    raise InvalidInput(str(fault), where=where, remedy=remedy, faults=(fault,)) from None


def _refuse(text: str, where: str) -> NoReturn:
    faults = diagnose(text)
    what = str(faults[0]) if faults else "this JSON was refused"
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    cut = any("cut off" in fault.message for fault in faults)
    remedy = _GET_AGAIN if cut else "Correct the file, or export it again."
    raise InvalidInput(f"{what}{more}", where=where, remedy=remedy, faults=faults) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("duplicate key")
    return result


def _integer(written: str) -> int:
    if len(written) > 18 and not fits_64_bits(written):
        raise ValueError("over 64 bits")
    return int(written)


def _float(written: str) -> float:
    value = float(written)
    if isinf(value):
        raise ValueError("too large")
    return value


def _constant(written: str) -> NoReturn:
    raise ValueError(written)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)


def _too_deep(data: bytes, value: Any) -> bool:
    if b"\\" not in data:
        # What is left of sound JSON without its strings are brackets, and taking the innermost
        # pairs away takes one level away: three times as fast as a walk. A string that holds a
        # bracket leaves a quote behind, so that the walk has to decide.
        rest = data.translate(_TO_BRACKETS, _NO_BRACKETS).replace(b'""', b"")
        for _ in range(MAX_DEPTH):
            rest = rest.replace(b"[]", b"")
            if not rest:
                return False
    level: list[Any] = [[value]]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for node in level
            for child in (node.values() if type(node) is dict else node)
            if type(child) is dict or type(child) is list
        ]
    return bool(level)


def _holds_lone_surrogate(data: bytes, value: Any) -> bool:
    if rb"\ud" not in data and rb"\uD" not in data:
        return False
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False
