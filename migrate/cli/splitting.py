"""`snapshot --split`: the roles of a snapshot as files in a folder."""

from pathlib import Path
from typing import TYPE_CHECKING

from migrate.errors import UsageError
from migrate.report.escape import inert

if TYPE_CHECKING:
    from migrate.cli.runtime import Runtime
    from migrate.config import Environment
    from migrate.model import Selection, Snapshot

SHOWN = 5


def splitting(text: str | None, environment: "Environment", selection: "Selection") -> Path | None:
    """The folder of `--split`, looked at before anything is read.

    Raises UsageError where the environment has no roles to show, or the folder is another's.
    """
    if text is None:
        return None
    from migrate.connect import traits_of
    from migrate.rolefolder import may_take

    traits = traits_of(environment)
    if traits.opaque_roles:
        raise UsageError(
            f"--split: roles of {environment.platform} can't be listed, and who holds them is in "
            "no file of a role",
            remedy="Leave it out: -o FILE writes the whole snapshot.",
        )
    path = Path(text)
    may_take(path, environment.identity, selection.folded(traits.fold_role))
    return path


def split_into(path: Path, taken: "Snapshot", runtime: "Runtime") -> str:
    """Write the files, and say in one line what became of them."""
    from migrate.rolefolder import write

    done = write(path, taken)
    for place in done.others[:SHOWN]:
        runtime.voice.warn(
            f"{path / place}: {taken.environment} has no such role, and somebody else put the "
            "file there: left as it is"
        )
    if len(done.others) > SHOWN:
        runtime.voice.warn(f"… and {len(done.others) - SHOWN} more such files")
    return inert(
        f"{path}: {len(done.written)} written, {len(done.removed)} removed, {done.equal} equal"
    )
