"""How faults are put into words: paths, quoted text, values, and guesses at what was meant.

Whatever comes from a file is quoted, shortened and safe to encode; the face that prints it
escapes what a terminal would obey.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from migrate.redaction import struck

MAX_FAULTS = 100
"""Faults listed for one text; reading on for more would help nobody."""

JsonPath = tuple[str | int, ...]
"""Keys and positions from the top of a document down to one value; () is the document."""

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def quoted(text: str, longest: int = 60) -> str:
    """`text` in double quotes, shortened to `longest` characters, safe to encode as UTF-8."""
    shown = text if len(text) <= longest else text[: longest - 1] + "…"
    written = json.dumps(shown, ensure_ascii=False)
    return written.encode("utf-8", "backslashreplace").decode()


def json_path(path: JsonPath) -> str:
    """A path as people write it: `$[3].permissions["Single Sign On"]`."""
    parts = ["$"]
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif _PLAIN_KEY.fullmatch(step):
            parts.append(f".{step}")
        else:
            parts.append(f"[{quoted(step, longest=200)}]")
    return "".join(parts)


def subject(path: JsonPath) -> str:
    """What a fault at `path` is about: `permissions["Single Sign On"]`, `role`; "" at the top."""
    numbers = [index for index, step in enumerate(path[:-1]) if isinstance(step, int)]
    tail = path[numbers[-1] + 1 :] if numbers else path
    if not tail:
        return ""
    if isinstance(tail[0], int):
        return "this entry"
    return json_path(tail[-3:]).removeprefix("$").removeprefix(".")


def value_words(value: Any) -> str:
    """What a value is, in words: `the string "FULL"`, `an empty list`, `null`."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f"the string {quoted(struck(value[:200]))}"
    if isinstance(value, int | float):
        return f"the number {str(value)[:40]}"
    if isinstance(value, Mapping):
        return "an object" if value else "an empty object"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    return f"a {type(value).__name__}"


def shape_words(value: Any) -> str:
    """What kind of value it is, without any of it: for what a platform answers as a whole."""
    if isinstance(value, str):
        return "a string" if value else "an empty string"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "a number"
    return value_words(value)


def near(name: str, known: Iterable[str]) -> str:
    """` (did you mean "Tasks"?)` for the known name nearest to `name`; "" if none is near."""
    import difflib

    folded = {each.casefold(): each for each in known}
    found = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.75)
    return f" (did you mean {quoted(folded[found[0]])}?)" if found else ""
