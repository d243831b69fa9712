"""What kind of file system a folder is on, as far as this machine says so (Linux)."""

import re
from dataclasses import dataclass
from pathlib import Path

TABLE = Path("/proc/self/mountinfo")


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system: where, of which kind (`ext4`, `nfs4`, …), and its own options."""

    point: Path
    kind: str
    options: frozenset[str]


def mount_of(path: Path) -> Mount | None:
    """The mount that an absolute path without links is on; None where that can't be told."""
    try:
        lines = TABLE.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    found = None
    for line in lines:
        mount = _mount(line)
        if mount is None or not path.is_relative_to(mount.point):
            continue
        # Of several on one point the last one counts: it hides the others.
        if found is None or mount.point.is_relative_to(found.point):
            found = mount
    return found


def _mount(line: str) -> Mount | None:
    """A line: see proc(5). Fields vary in number up to a dash; blanks in paths are octal."""
    left, dash, right = line.partition(" - ")
    fields, rest = left.split(), right.split()
    if not dash or len(fields) < 5 or len(rest) < 3:
        return None
    point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[4])
    return Mount(Path(point), rest[0], frozenset(rest[2].split(",")))
