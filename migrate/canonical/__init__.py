"""JSON in and out: the one reader, canonical bytes for digests, and files for people."""

from collections.abc import Iterable, Iterator
from typing import Any

from migrate.canonical.reading import MAX_BYTES, loads, read, read_bytes
from migrate.errors import InvalidInput

__all__ = [
    "MAX_BYTES",
    "canonical",
    "dumps",
    "dumps_each",
    "dumps_pretty",
    "loads",
    "once",
    "read",
    "read_bytes",
    "sha256",
    "sha256_of",
]


def dumps(value: Any) -> bytes:
    """`value` as JSON for machines: UTF-8, keys by code point, no spaces.

    Raises InvalidInput for what JSON or UTF-8 can't carry (an argument in another encoding, say).
    """
    import orjson

    return _written(value, orjson.OPT_SORT_KEYS)


def dumps_each(values: Iterable[Any]) -> Iterator[bytes]:
    """Each of the values as by `dumps`, in less time than so many calls take."""
    import orjson

    write, option = orjson.dumps, orjson.OPT_SORT_KEYS
    try:
        for value in values:
            yield write(value, None, option)
    except orjson.JSONEncodeError as error:
        raise _no_json(error) from None


def once(value: Any) -> Any:
    """`value` as it is part of others that are written: as by `dumps`, but once for all of them."""
    import orjson

    return orjson.Fragment(dumps(value))


def dumps_pretty(value: Any) -> bytes:
    """`value` as JSON for people: as `dumps`, but indented by 2, with a line end at the end."""
    import orjson

    return _written(value, orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def canonical(value: Any) -> bytes:
    """The bytes that digests are made of: as `dumps`, with every list sorted.

    A list is sorted by the canonical bytes of its elements; tuples count as lists. Strings are
    never normalised. Raises InvalidInput for a float, whose text differs between writers.
    """
    return dumps(_ordered(value))


def sha256(data: bytes) -> str:
    """The SHA-256 digest of `data`, 64 lower-case hexadecimal digits."""
    import hashlib

    return hashlib.sha256(data).hexdigest()


def sha256_of(pieces: Iterable[bytes]) -> str:
    """The digest, as by `sha256`, of bytes that come piece by piece."""
    import hashlib

    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _ordered(value: Any) -> Any:
    import orjson

    if isinstance(value, dict):
        return {key: v if type(v) is str else _ordered(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        if len(value) < 2:
            return [_ordered(item) for item in value]
        return [orjson.Fragment(part) for part in sorted(canonical(item) for item in value)]
    if isinstance(value, float):
        raise InvalidInput(f"{value} has a fraction or an exponent, which digests can't carry")
    return value


def _written(value: Any, option: int) -> bytes:
    import orjson

    try:
        return orjson.dumps(value, option=option)
    except orjson.JSONEncodeError as error:
        raise _no_json(error) from None


def _no_json(error: Exception) -> InvalidInput:
    return InvalidInput(f"cannot be written as JSON: {error}")
