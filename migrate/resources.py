"""The one room that finds shipped data, in a wheel and in a checkout alike.

A wheel carries it in `migrate/data/`; in a checkout it lies beside the package, in `schemas/` and
`samples/`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrate.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent
_SCHEMAS = (_PACKAGE / "data" / "schemas", _PACKAGE.parent / "schemas")
_SEED = (_PACKAGE / "data" / "seed", _PACKAGE.parent / "samples" / "seed")
_ASSIGNMENTS = (
    _PACKAGE / "data" / "assignments.csv",
    _PACKAGE.parent / "samples" / "assignments.csv",
)
_SCHEMA_SUFFIX = ".schema.json"


def schema_names() -> tuple[str, ...]:
    """The names of all schemas, sorted: "import-kore-admin", "snapshot", …"""
    return tuple(sorted(_files(_SCHEMAS, _SCHEMA_SUFFIX)))


def schema_text(name: str) -> str:
    """The JSON Schema `name` as it is shipped. Raises UsageError for an unknown name."""
    return _find(_files(_SCHEMAS, _SCHEMA_SUFFIX), name, "schema").read_text(encoding="utf-8")


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema `name`, parsed. Raises UsageError for an unknown name."""
    parsed: dict[str, Any] = json.loads(schema_text(name))
    return parsed


def seed_names() -> tuple[str, ...]:
    """The names of all environments that the sandbox can start with, sorted."""
    return tuple(sorted(_files(_SEED, ".json")))


def seed(name: str) -> dict[str, Any]:
    """What the sandbox's environment `name` holds at its start. Raises UsageError if unknown."""
    path = _find(_files(_SEED, ".json"), name, "seed")
    parsed: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return parsed


def sample_assignments() -> bytes:
    """An assignments file for the seed `prod`."""
    return next(place for place in _ASSIGNMENTS if place.is_file()).read_bytes()


def _files(places: tuple[Path, ...], suffix: str) -> dict[str, Path]:
    folder = next((place for place in places if place.is_dir()), None)
    if folder is None:
        return {}
    return {path.name.removesuffix(suffix): path for path in folder.glob(f"*{suffix}")}


def _find(files: Mapping[str, Path], name: str, kind: str) -> Path:
    if name in files:
        return files[name]
    raise UsageError(
        f'there is no {kind} "{name}"',
        remedy=f"Choose one of: {', '.join(sorted(files)) or 'none is installed'}.",
    )
