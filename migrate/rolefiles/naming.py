"""What the file of a role is called: `TYPE/NAME.json`, safe wherever a repository is checked out.

Names of roles may be any text; names of files are letters, digits, blanks, `_`, `-`, `%` and `~`,
so that none leaves its folder or means a device. Everything else is written as `%` and its bytes in
UTF-8, since file systems take different spellings of one character for the same.

File systems may not tell capitals apart, either. A name whose words begin with a capital and go on
in small letters is written as it is; of any other a number after `~` says which letters are of the
other case (`HR Admin` is `HR Admin~2`). A name that would be too long is cut, and has a digest.
"""

import re

from migrate.canonical import sha256

LONGEST = 120
"""Characters of the longest name of a file, without its ending."""

_CUT = 60
_ESCAPED = re.compile("[^A-Za-z0-9 _-]|^ | $")
_ESCAPED_IN_TYPE = re.compile("[^a-z0-9_-]")
_WORD = re.compile("[A-Za-z\x80-\U0010ffff]+")
_DEVICE = re.compile("con|prn|aux|nul|com[0-9]|lpt[0-9]", re.IGNORECASE)
_FILE = re.compile(r"((?:[A-Za-z0-9 _-]|%[0-9a-f]{2})+)(?:~([0-9a-f]+))?\.json")
_PLACE = re.compile(r"(?:[a-z0-9_-]|%[0-9a-f]{2})+/[A-Za-z0-9 _%~-]+\.json")
_TO_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def folder_of(role_type: str) -> str:
    """The name of the folder for roles of a type: the type itself, where that is a plain word."""
    return _ESCAPED_IN_TYPE.sub(_escape, role_type)


def place_of(role_type: str, name: str) -> str:
    """Where the file of a role lies in its folder of roles: `admin/Deployment Manager.json`.

    No two roles have one place, whatever a file system takes for equal.
    """
    return f"{folder_of(role_type)}/{file_of(name)}"


def file_of(name: str) -> str:
    """The name of the file for a role's name; the same for every role type."""
    flips = _flips(name)
    stem = _ESCAPED.sub(_escape, name)
    if _DEVICE.fullmatch(stem):
        stem = f"%{ord(stem[0]):02x}{stem[1:]}"
    whole = f"{stem}~{flips:x}" if flips else stem
    if len(whole) > LONGEST:
        start = re.match(rf"(?:%..|[^%]){{0,{_CUT}}}", stem[:_CUT])
        whole = f"{start[0] if start else ''}~~{sha256(name.encode())[:32]}"
    return f"{whole}.json"


def name_of(file: str) -> str | None:
    """The role's name that a file's name stands for; None where it is none, or was cut."""
    parts = _FILE.fullmatch(file)
    if parts is None:
        return None
    written = re.sub(rb"%(..)", lambda code: bytes.fromhex(code[1].decode()), parts[1].encode())
    try:
        titled = _titled(written.decode())
    except UnicodeDecodeError:
        return None
    flips = int(parts[2] or "0", 16)
    name = "".join(
        char.swapcase() if flips >> at & 1 and char.isascii() else char
        for at, char in enumerate(titled)
    )
    return name if file_of(name) == file else None


def is_place(text: str) -> bool:
    """Whether a text can be the place of a role's file: then it leads out of no folder."""
    return _PLACE.fullmatch(text) is not None


def _escape(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02x}" for byte in found[0].encode())


def _titled(text: str) -> str:
    """With a capital at the start of each word, and no other; ASCII letters alone have case here.

    What is not ASCII counts as a letter: which of it is one depends on the version of Unicode.
    """

    def word(found: re.Match[str]) -> str:
        small = found[0].translate(_TO_LOWER)
        return (small[0].upper() if small[0].isascii() else small[0]) + small[1:]

    return _WORD.sub(word, text)


def _flips(name: str) -> int:
    """The letters whose case is not as `_titled` has it, as the bits of a number."""
    pairs = enumerate(zip(name, _titled(name), strict=True))
    return sum(1 << at for at, (own, titled) in pairs if own != titled)
