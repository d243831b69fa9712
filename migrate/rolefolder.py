"""A folder of role files on disk: written by `snapshot --split`, edited by people, kept in Git.

Nothing outside of the folder is read or written, also where a checkout put symbolic links into it.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from migrate.canonical import read_bytes
from migrate.errors import Fault, InvalidInput, UsageError
from migrate.model import Identity, Selection, Snapshot
from migrate.rolefiles import INDEX, Index, index_file, index_of, read_index, role_files
from migrate.rolefiles.reading import RoleFiles, read_files
from migrate.wording import quoted

MOST_BYTES = 4 * 1024 * 1024
"""The largest file of the folder that is read, in bytes."""

_STAGING = ".role-migrate-split-"
_ANOTHER = "Name another folder, or an empty one."


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the files: places that were written, removed, and left as they were equal.

    `others` are files of roles that the snapshot does not have, put there by somebody else.
    """

    written: tuple[str, ...]
    removed: tuple[str, ...]
    equal: int
    others: tuple[str, ...]


def is_folder(path: Path) -> bool:
    """Whether there is a folder at a path, be it one that no folder can have."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def read(path: Path) -> RoleFiles:
    """What a folder holds, with every fault in its files.

    Raises UsageError where there is no such folder, InvalidInput where it has no sound index, or
    where writing it was cut off.
    """
    index = _index(path)
    if index is None:
        raise InvalidInput(
            f"this is no folder of roles: it has no {INDEX}",
            where=str(path),
            remedy="role-migrate snapshot --env E --split DIR makes one.",
        )
    if index.unfinished:
        raise InvalidInput(
            "writing this folder was cut off: it holds roles of two snapshots",
            where=str(path),
            remedy="Take the snapshot into it again, or restore it (git restore).",
        )
    try:
        found, strays = _files(path, index.folders)
    except OSError as error:
        raise InvalidInput(
            f"cannot be read: {error.strerror or error}",
            where=str(path),
            remedy="Name a folder that can be read.",
        ) from None
    taken = read_files(
        index, {place: read_bytes(path / place, limit=MOST_BYTES) for place in found}
    )
    return replace(taken, faults=(*strays, *taken.faults))


def load(path: Path) -> Snapshot:
    """The roles of a folder as a snapshot without a time, which says that it comes from files:
    people may have edited them. Raises InvalidInput with every fault.
    """
    taken = read(path)
    wrong = tuple(fault for fault in taken.faults if not fault.warning)
    if wrong:
        raise InvalidInput(
            "this is no sound folder of roles",
            where=str(path),
            target="unchanged",
            remedy=f"Mend the files; role-migrate validate {path} checks them.",
            faults=wrong,
        )
    return replace(taken.snapshot(), environment=f"{taken.index.environment} (from files)")


def may_take(path: Path, identity: Identity, selection: Selection) -> Index | None:
    """The index of what a folder holds so far, None for nothing.

    Raises UsageError where that is of another environment, or another part of its roles: their
    files would be removed.
    """
    if not os.path.lexists(path):
        return None
    index = _index(path)
    if index is None:
        return None
    if index.identity != identity:
        known = index.identity
        raise UsageError(
            f"this folder has the roles of {quoted(index.environment)}: {known.platform} account "
            f"{quoted(known.account)} at {known.url}",
            where=str(path),
            remedy=_ANOTHER,
        )
    if index.selection != selection:
        raise UsageError(
            "this folder was written with another --role or --exclude-role: files of roles that "
            "are now left out would be removed",
            where=str(path),
            remedy="Give the same options as then, or another folder.",
        )
    return index


def write(path: Path, taken: Snapshot) -> Written:
    """Make a folder hold the roles of a snapshot. Files that nobody but others wrote stay.

    All is written beside the folder's files first, and the index says so until the last one is
    in its place: a folder that was left half-way is not read. Raises UsageError where it can't be
    written, or something is in the way that is no file of a role, and as `may_take`.
    """
    known = may_take(path, taken.identity, taken.selection)
    wanted, index = role_files(taken.state), index_of(taken)
    before = known.files if known else frozenset()
    try:
        path.mkdir(parents=True, exist_ok=True)
        present, _ = _files(path, {*index.folders, *(known.folders if known else ())})
        changed = {place: data for place, data in wanted.items() if _differs(path / place, data)}
        for place in changed.keys() - (before & present):
            _not_in_the_way(path / place)
        gone = sorted(place for place in before - wanted.keys() if place in present)
        final = index_file(index)
        if changed or gone or _differs(path / INDEX, final):
            between = replace(index, files=index.files | before, unfinished=True)
            _replace(path, changed, gone, index_file(between), final)
    except (OSError, ValueError) as error:  # ValueError: a name that no folder can have
        raise UsageError(
            f"the folder can't be written: {getattr(error, 'strerror', None) or error}",
            where=str(path),
            remedy="Name a folder that exists or can be made, and can be written to.",
        ) from error
    others = tuple(sorted(present - wanted.keys() - before))
    return Written(tuple(sorted(changed)), tuple(gone), len(wanted) - len(changed), others)


def _replace(
    path: Path, changed: dict[str, bytes], gone: list[str], between: bytes, final: bytes
) -> None:
    import shutil  # these two take longer than all else that a check of a folder imports
    import tempfile

    for left in path.glob(f"{_STAGING}*"):
        shutil.rmtree(left, ignore_errors=True)  # what was cut off left it
    staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=path))
    try:
        for number, data in enumerate((between, final, *changed.values())):
            (staging / str(number)).write_bytes(data)
        (staging / "0").replace(path / INDEX)
        for number, place in enumerate(changed, 2):
            (path / place).parent.mkdir(exist_ok=True)
            (staging / str(number)).replace(path / place)
        for place in gone:
            (path / place).unlink(missing_ok=True)
            with suppress(OSError):  # Git keeps no empty folder, and neither do we
                (path / place).parent.rmdir()
        (staging / "1").replace(path / INDEX)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _index(path: Path) -> Index | None:
    if not is_folder(path):
        raise UsageError(
            "there is no such folder", where=str(path), remedy="Check its name, and where it is."
        )
    if not os.path.lexists(path / INDEX):
        return None
    _no_link(path / INDEX)
    return read_index(read_bytes(path / INDEX, limit=MOST_BYTES), str(path / INDEX))


def _files(path: Path, folders: Iterable[str]) -> tuple[set[str], list[Fault]]:
    """The places of the files of roles in a folder, and faults for what else is beside them."""
    found, strays = set(), []
    for name in sorted(folders):
        folder = path / name
        if not os.path.lexists(folder):
            continue
        _no_link(folder)
        if not folder.is_dir():
            raise UsageError("this is no folder", where=str(folder), remedy=_ANOTHER)
        for each in sorted(folder.iterdir()):
            place = f"{name}/{each.name}"
            if each.name.startswith("."):
                continue
            if each.is_symlink() or not each.is_file():
                strays.append(Fault("this is no plain file, and is not read", file=place))
            elif each.suffix != ".json":
                message = "this is no file of a role, whose name would end in .json"
                strays.append(Fault(message, file=place))
            else:
                found.add(place)
    return found, strays


def _no_link(path: Path) -> None:
    if path.is_symlink():
        raise InvalidInput(
            "this is a symbolic link, which could lead out of the folder",
            where=str(path),
            remedy="Put a plain file or folder in its place.",
        )


def _differs(path: Path, data: bytes) -> bool:
    return path.is_symlink() or not path.is_file() or path.read_bytes() != data


def _not_in_the_way(path: Path) -> None:
    """Raises UsageError where there is something that neither we nor an editor of roles wrote."""
    if not os.path.lexists(path):
        return
    from migrate.canonical import loads
    from migrate.validation.documents import kind_of

    try:
        if path.is_symlink():
            raise InvalidInput("a link")
        if kind_of(loads(read_bytes(path, limit=MOST_BYTES), ""), where="") == "role":
            return
    except (InvalidInput, UsageError):
        pass
    raise UsageError(
        "this is in the way of a role's file, and is no file of a role",
        where=str(path),
        remedy=_ANOTHER,
    )
