"""Assignments as a CSV table: bytes in, rows with their lines out. Pure."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from migrate.errors import Fault, InvalidInput
from migrate.wording import near, quoted

COLUMNS: Mapping[str, bool] = {
    "kind": True,
    "principal": True,
    "role_type": True,
    "role": True,
    "bot": False,
    "action": False,
}
"""Every column and whether a file must have it. Case, blanks, - and _ make no difference."""

WORDS: Mapping[str, tuple[str, ...]] = {
    "kind": ("user", "group"),
    "role_type": ("admin", "bot", "account"),
    "action": ("add", "remove"),
}
"""What cells of these columns hold, in any case."""

_NAMES = ("principal", "role", "bot")
_FORMULA = ("=", "+", "-", "@")
_SAVE_AS = "Save it as CSV in UTF-8, with commas between the columns, and try again."


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row without faults; `line` is where it starts. `action` is "add" where it is not given."""

    line: int
    kind: str
    principal: str
    role_type: str
    role: str
    bot: str
    action: str


def is_table(data: bytes) -> bool:
    """Whether a text starts as an assignments file in CSV does: with two of its columns, at least.

    Other separators count, too: what they are is then told.
    """
    start = re.match(rb"(?:\xef\xbb\xbf)?\s*([^\n]{0,1000})", data)
    first = start[1] if start else b""
    if first.startswith((b"{", b"[")):
        return False
    names = re.split("[,;\t]", first.decode(errors="replace"))
    return len(COLUMNS.keys() & {_folded(name.strip('"\r ')) for name in names}) >= 2


def read_table(data: bytes, where: str) -> tuple[list[CsvRow], list[Fault]]:
    """The sound rows, and what is wrong or odd with the others, cell by cell.

    A byte-order mark at the start is passed over, since spreadsheets write one. Raises
    InvalidInput for what is no CSV in UTF-8, and with every fault of a header that cannot be used.
    """
    lines = _lines(_text(data, where))
    first = next(lines, None)
    if first is None:
        _refuse(where, Fault("there is no header: the file is empty", line=1))
    if isinstance(first, Fault):
        _refuse(where, first)
    line, header = first
    faults = list(_header_faults(header, line))
    if faults:
        _refuse(where, *faults)
    columns = [_folded(name) for name in header]
    rows: list[CsvRow] = []
    for each in lines:
        if isinstance(each, Fault):
            faults.append(each)
            continue
        line, cells = each
        found = list(_cell_faults(columns, cells, line))
        faults += found
        if all(fault.warning for fault in found):
            rows.append(_row(dict(zip(columns, cells, strict=True)), line))
    return rows, faults


def _text(data: bytes, where: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data[:4]:
        _refuse(where, Fault("looks like UTF-16 or UTF-32 text, not UTF-8"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        byte = error.object[error.start]
        _refuse(where, Fault(f"is not UTF-8: the byte 0x{byte:02x} fits no character", line=line))


def _lines(text: str) -> Iterator[tuple[int, list[str]] | Fault]:
    """Every row that is not blank, with the line that it starts on. A fault of form ends it."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Fault(f"this is no sound CSV from here on: {error}", line=line)
            return
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, cells


def _header_faults(header: list[str], line: int) -> Iterator[Fault]:
    for separator, word in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and separator in header[0]:
            yield Fault(f"the columns are separated by {word}, not by commas", line=line)
            return
    found = [_folded(name) for name in header]
    missing = [name for name, needed in COLUMNS.items() if needed and name not in found]
    for place, name in enumerate(found):
        if name not in COLUMNS:
            guess = near(name, [each for each in COLUMNS if each not in found])
            yield Fault(f"the column {quoted(header[place])} is unknown{guess}", line=line)
        elif name in found[:place]:
            yield Fault(f"the column {quoted(name)} is there twice", line=line)
    for name in missing:
        yield Fault(f"the column {quoted(name)} is missing", line=line)


def _cell_faults(columns: list[str], cells: list[str], line: int) -> Iterator[Fault]:
    if len(cells) != len(columns):
        yield Fault(f"the row has {len(cells)} cells, the header has {len(columns)}", line=line)
        return
    for column, cell in zip(columns, cells, strict=True):
        place = f"column {column}"
        if not cell.strip():
            if COLUMNS[column]:
                yield Fault("the cell is empty", place, line)
        elif column in WORDS and cell.strip().lower() not in WORDS[column]:
            *others, last = WORDS[column]
            allowed = f"{', '.join(others)} or {last}"
            guess = near(cell, WORDS[column])
            yield Fault(f"must be {allowed}, found {quoted(cell)}{guess}", place, line)
        elif column in _NAMES and cell.startswith(_FORMULA):
            yield Fault(
                f"{quoted(cell)} starts as a formula does; it is taken as it is written",
                place,
                line,
                warning=True,
            )


def _row(cells: Mapping[str, str], line: int) -> CsvRow:
    return CsvRow(
        line=line,
        kind=cells["kind"].strip().lower(),
        principal=cells["principal"],
        role_type=cells["role_type"].strip().lower(),
        role=cells["role"],
        bot=cells.get("bot", "") if cells.get("bot", "").strip() else "",
        action=cells.get("action", "").strip().lower() or "add",
    )


def _folded(name: str) -> str:
    """A column's name as it is in COLUMNS, however it is written; another as it stands."""
    plain = "".join(letter for letter in name.casefold() if letter not in " _-\u00a0")
    known = {each.replace("_", ""): each for each in COLUMNS}
    return known.get(plain, name)


def _refuse(where: str, *faults: Fault) -> NoReturn:
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    raise InvalidInput(f"{faults[0]}{more}", where=where, remedy=_SAVE_AS, faults=faults)
