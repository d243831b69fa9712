"""The settings of an environment that say where promotions into it may come from."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from migrate.canonical.diagnose import JsonPath
from migrate.validation.locate import Finding


def check_path(
    table: Mapping[str, Any], path: JsonPath, environments: tuple[str, ...]
) -> Iterator[Finding]:
    """Yield what a schema cannot say of `promotes_from` and `require_verified_in`."""
    own = path[-1]
    sources = table.get("promotes_from")
    for index, name in enumerate(sources if isinstance(sources, list) else ()):
        yield from _known(name, own, environments, (*path, "promotes_from", index))
    if "require_verified_in" in table:
        place = (*path, "require_verified_in")
        yield from _known(table["require_verified_in"], own, environments, place)


def _known(
    name: Any, own: str | int, environments: tuple[str, ...], path: JsonPath
) -> Iterator[Finding]:
    if not isinstance(name, str) or not name:
        return
    if name == own:
        yield Finding("names the environment itself", path)
    elif name not in environments:
        near = difflib.get_close_matches(name, environments, n=1)
        guess = f"; did you mean {near[0]}?" if near else ""
        yield Finding(f"the config has no environment {name!r}{guess}", path)
