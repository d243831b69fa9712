"""What can be wrong with the names of the roles of one type: the same twice, alike, or odd."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping

from migrate.validation.locate import Finding
from migrate.wording import JsonPath, json_path, quoted

LONGEST_NAME = 100
"""Characters of the longest role name that is no cause for a warning."""

_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)


def check_names(names: Mapping[int, str], place: Callable[[int], JsonPath]) -> Iterator[Finding]:
    """Findings for the role names of one type, by position; `place` is the path of such a name.

    Two roles of one name are an error. Names that differ only by case, Unicode normalisation or
    blanks are warned about, and so are control and bidi characters and names over LONGEST_NAME.
    """
    if _plain(list(names.values())):
        return
    exact: dict[str, int] = {}
    alike: dict[str, int] = {}
    for index, name in names.items():
        first = exact.setdefault(name, index)
        if first != index:
            message = f"two roles have the name {quoted(name)}, the other is {_role(place(first))}"
            yield Finding(message, place(index))
            continue
        first = alike.setdefault(_folded(name), index)
        if first != index:
            message = (
                f"the name {quoted(name)} differs from {quoted(names[first])}, which is "
                f"{_role(place(first))}, only by case, Unicode normalisation or blanks"
            )
            yield Finding(message, place(index), warning=True)
        if len(name) > LONGEST_NAME or not name.isprintable():
            for message in _oddities(name):
                yield Finding(message, place(index), warning=True)


def _plain(names: list[str]) -> bool:
    """Whether nothing is wrong with any of them, told in a tenth of the time of looking at each."""
    if not (all(map(str.isascii, names)) and all(map(str.isprintable, names))):
        return False
    lines = "\n".join(names)
    blanks = ("  ", " \n", "\n ")
    return (
        lines == lines.strip(" ")
        and not any(blank in lines for blank in blanks)
        and len(set(lines.lower().split("\n"))) == len(names)
        and max(map(len, names)) <= LONGEST_NAME
    )


def _role(name: JsonPath) -> str:
    return json_path(name[:-1])


def _folded(name: str) -> str:
    plain = name if name.isascii() else unicodedata.normalize("NFKC", name)
    return " ".join(plain.casefold().split())


def _oddities(name: str) -> Iterator[str]:
    odd = _INVISIBLE.search(name)
    if odd:
        character = f"U+{ord(odd[0]):04X} {unicodedata.name(odd[0], 'control character')}"
        yield f"the name holds an invisible character, {character}: it may not be what it seems"
    if len(name) > LONGEST_NAME:
        yield f"the name has {len(name)} characters; over {LONGEST_NAME} may be refused or cut"
