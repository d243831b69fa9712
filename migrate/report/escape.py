"""Text from an account made safe for a terminal: names may hold anything, also escape sequences."""

import unicodedata

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def inert(text: str) -> str:
    """The text with every control, format and bidi character shown as its code point.

    What is left can neither move the cursor nor turn the order of what follows around. Emoji
    keep their joiners only as code points: looking right matters less than being right.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"\\u{ord(character):04x}" if unicodedata.category(character) in _INVISIBLE else character
        for character in text
    )


def quoted(text: str) -> str:
    """A name between quotation marks, safe for a terminal."""
    return f'"{inert(text)}"'
