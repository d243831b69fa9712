"""What a source or target is, as it is spelled on the command line.

An environment's name, or `file:PATH` (a snapshot, or a bare export array as the platform returned
it), `dir:DIR` (a folder of role files), `sha256:DIGEST` (a snapshot in the store), `run:ID` (what a
run left behind). Or, beside these, an assignments file.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migrate import __version__, snapshot
from migrate.archive import Archive
from migrate.canonical import read
from migrate.config import Config, Environment
from migrate.connect import Connections, platform, traits_of
from migrate.errors import InvalidInput, StoreFailed, UsageError
from migrate.model import Identity, Selection, Snapshot
from migrate.pipeline import confirming
from migrate.pipeline.capture import Captured, capture, right_source
from migrate.pipeline.confirming import deleting
from migrate.plan import Origin, Plan, Side, Source
from migrate.platforms.base import Need
from migrate.resources import schema
from migrate.snapshot import UNDATED
from migrate.tools import Tools
from migrate.validation import validate
from migrate.validation.documents import check_snapshot

if TYPE_CHECKING:
    from migrate.assignments_file import AssignmentsFile

SCHEMES = ("file", "dir", "sha256", "run")


@dataclass(frozen=True, slots=True)
class Spelled:
    """A source or target as given: `kind` is `environment` or one of `SCHEMES`."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Hints:
    """What the command line adds for a bare export: where it came from, and its role type."""

    source_env: str | None = None
    role_type: str | None = None


def spelled(text: str) -> Spelled:
    """Take a source's spelling apart; raises UsageError where nothing follows the colon."""
    scheme, colon, rest = text.partition(":")
    if not colon or scheme not in SCHEMES:
        return Spelled("environment", text)
    if not rest:
        raise UsageError(f"{text!r} names nothing", remedy=f"Write {scheme}:SOMETHING.")
    return Spelled(scheme, rest)


def obtain(
    what: Spelled,
    connections: Connections,
    hints: Hints,
    selection: Selection,
    people: Need = Need.NOTHING,
) -> Snapshot:
    """The snapshot that a source names: read now from an environment, else from where it lies.

    Raises InvalidInput where the environment is another account than the config or the store knows.
    """
    if what.kind == "environment":
        environment = connections.config.environment(what.value)
        reader, tools = connections.reader(environment), connections.tools
        taken = capture(reader, environment, tools, selection=selection, people=people)
        right_source(environment, taken.state.people, connections)
        return taken
    if what.kind == "file":
        return from_file(Path(what.value), connections.config, hints)
    if what.kind == "dir":
        from migrate import rolefolder

        return rolefolder.load(Path(what.value))
    return from_store(what, connections)


def confirm(
    what: "Spelled | AssignmentsFile | None", taken: Snapshot, connections: Connections, plan: Plan
) -> None:
    """Read roles of an environment again if a plan deletes what it lacks.

    Raises Unsteady where it does not answer the same a second time.
    """
    if isinstance(what, Spelled) and what.kind == "environment":
        reader = connections.reader(connections.config.environment(what.value))
        confirming.confirm(reader, taken, deleting(plan), connections.tools)


def asked(
    file: "AssignmentsFile",
    target: Captured,
    environment: Environment,
    tools: Tools,
    *,
    skip: bool,
) -> Source:
    """The environment as it would be with a file's lines done; `skip` what it does not know.

    Raises InvalidInput that lists everything in the file that can't be done there.
    """
    from migrate.assignments_file.resolving import asked_of

    found = asked_of(
        file,
        target.snapshot.state,
        traits_of(environment),
        skip_unresolved=skip,
        unread=target.unread,
        look_up=target.look_up,
    )
    side = Side(
        environment=file.name,
        identity=environment.identity,
        captured_at=tools.timestamp(),
        digest=file.digest,
        snapshot="",
        origin=Origin.ASSIGNMENTS_FILE,
    )
    return Source(side, found.state, notes=found.notes)


def from_file(path: Path, config: Config | None, hints: Hints) -> Snapshot:
    """The snapshot in a file, or one made of the bare export array in it, which needs a config."""
    value, text = read(path)
    if not isinstance(value, list):
        where = str(path)
        faults = validate(value, text, schema("snapshot"), where=where)
        if faults:
            raise InvalidInput(
                "this is neither a snapshot nor an export array",
                where=where,
                remedy="Give a snapshot, or the array that Export Roles answers with.",
                faults=faults,
            )
        faults = tuple(fault for fault in check_snapshot(value, text) if not fault.warning)
        if faults:
            raise InvalidInput(
                "this is no sound snapshot",
                where=where,
                remedy="Take the snapshot again, or use the untouched file.",
                faults=faults,
            )
        return snapshot.from_value(value, where=where)
    if hints.source_env is None or config is None:
        raise UsageError(
            "a bare export does not say which environment it came from",
            where=str(path),
            remedy="Add --source-env NAME; a name from the config, whose platform it then has.",
        )
    environment = config.environment(hints.source_env)
    return _of_export(value, text, path, environment, hints)


def _of_export(
    value: list[Any], text: bytes, path: Path, environment: Environment, hints: Hints
) -> Snapshot:
    state = platform(environment).state_of_export(value, text, hints.role_type, where=str(path))
    return Snapshot(
        environment.name,
        environment.identity,
        UNDATED,
        __version__,
        Selection(),
        state,
    )


def from_store(what: Spelled, connections: Connections) -> Snapshot:
    """A snapshot by digest, or the state that a run left behind, from any environment's shelf."""
    from migrate.archive.pruned import pruned_at
    from migrate.keeping import Kind

    if what.kind == "sha256" and not re.fullmatch("[0-9a-f]{64}", what.value):
        raise UsageError(
            "sha256: takes the 64 hexadecimal digits of a snapshot's state digest",
            remedy="role-migrate snapshot and runs show print it.",
        )
    if what.kind == "run":
        run_named(what.value)
    kind = Kind.SNAPSHOT if what.kind == "sha256" else Kind.RUN
    begun, unread, pruned = False, None, None
    for archive in _archives(connections):
        try:
            begun = begun or (kind is Kind.RUN and archive.begun(what.value))
            digest = what.value if kind is Kind.SNAPSHOT else _after(archive, what.value)
            taken = archive.load_snapshot(digest) if digest else None
            pruned = pruned or (None if taken else pruned_at(archive, kind, what.value))
        except StoreFailed as error:  # other environments' folders need not be open to everybody
            unread = error
            continue
        if taken is not None:
            return taken
    if begun:
        raise UsageError(
            f"run {what.value} left no snapshot: it did not get as far as to read the target back",
            remedy=f"role-migrate runs show {what.value} tells how far it came.",
        )
    if pruned is not None:
        raise UsageError(
            f"the {kind.value} {what.value} was pruned on {pruned}",
            remedy="Name a newer one (role-migrate runs), or restore it in the store from an older "
            "version or a backup.",
        )
    if unread is not None:
        raise unread
    named = "snapshot" if what.kind == "sha256" else "run that left a snapshot"
    raise UsageError(
        f"no {named} {what.value} in the stores of the config",
        remedy="Check the name with role-migrate runs, and that the config names the right store.",
    )


def run_named(text: str) -> str:
    """A run's id as it was given; raises UsageError for what can be none."""
    from migrate.journal import check_run_id

    try:
        return check_run_id(text)
    except InvalidInput as error:
        raise UsageError(error.what, remedy=error.remedy) from None


def _archives(connections: Connections) -> list[Archive]:
    found: dict[tuple[str, Identity], Archive] = {}
    for environment in connections.config.environments.values():
        archive = connections.archive(environment)
        found.setdefault((archive.location, environment.identity), archive)
    return list(found.values())


def _after(archive: Archive, run_id: str) -> str | None:
    report = archive.report(run_id)
    return None if report is None else str(report["after"])
