"""The house: who may import whom, how large a room may be, and that each says what it is for."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "migrate"

FLOORS: dict[int, tuple[str, ...]] = {
    0: (
        *("migrate", "migrate.errors", "migrate.model", "migrate.canonical", "migrate.wording"),
        *("migrate.traits", "migrate.resources", "migrate.redaction", "migrate.actor"),
        "migrate.causes",
    ),
    1: (
        *("migrate.snapshot", "migrate.validation", "migrate.diff", "migrate.drift"),
        *("migrate.behaviour", "migrate.rules", "migrate.guards", "migrate.plan"),
        *("migrate.planner", "migrate.planfile", "migrate.reconcile", "migrate.verification"),
        *("migrate.access", "migrate.access_rules", "migrate.accessfile", "migrate.peoplefile"),
        *("migrate.peopleplan", "migrate.peopleplanfile", "migrate.peopleplanner"),
        *("migrate.membership", "migrate.identity", "migrate.ordering", "migrate.replay"),
        *("migrate.platform_rules",),
        *("migrate.moves", "migrate.stepwise", "migrate.peopleorders", "migrate.judging"),
        *("migrate.levels", "migrate.guardkind", "migrate.unshown"),
        *("migrate.assigning", "migrate.assignments_file", "migrate.standing"),
        *("migrate.undoing", "migrate.lookups", "migrate.profile", "migrate.lessons"),
        *("migrate.approval", "migrate.waiver", "migrate.hotfix", "migrate.historyfile"),
        *("migrate.logbook", "migrate.holders", "migrate.keeping", "migrate.auditlog"),
        *("migrate.rolefiles", "migrate.diagnosis", "migrate.trial"),
        *("migrate.statement", "migrate.fleet", "migrate.digests", "migrate.rolevalue"),
    ),
    2: (
        *("migrate.http", "migrate.pace", "migrate.config", "migrate.secrets", "migrate.platforms"),
        *("migrate.stores", "migrate.archive", "migrate.uploads", "migrate.lock"),
        *("migrate.journal", "migrate.history", "migrate.tools", "migrate.mounts"),
        *("migrate.signing", "migrate.rolefolder", "migrate.traffic", "migrate.urls"),
        "migrate.kept",
    ),
    3: (
        "migrate.buckets",
        "migrate.connect",
        "migrate.checking",
        "migrate.pipeline",
        "migrate.doctor",
    ),
    4: ("migrate.report", "migrate.cli", "migrate.__main__"),
}
"""The floors of the house, and the rooms on each. A room imports lower floors and its own."""

ASIDE = "migrate.sandbox"
ASIDE_KNOWS = ("migrate.model", "migrate.errors")
ASIDE_IS_KNOWN_TO = ("migrate.cli.sandbox", "migrate.cli.demo")
ASIDE_PLATFORMS = ("migrate.sandbox.kore", "migrate.sandbox.faircom")
ASIDE_KNOWS_PLATFORMS = ("migrate.sandbox", "migrate.sandbox.platforms")
"""The folders of the sandbox's platforms, and who beside themselves may look into them."""

OUTSIDE = frozenset(
    {
        *("boto3", "botocore", "click", "requests", "rich", "tenacity", "urllib3", "jwt"),
        *("asyncio", "concurrent", "http", "io", "logging", "os", "pathlib", "random", "secrets"),
        *("select", "shutil", "signal", "socket", "ssl", "subprocess", "sys", "tempfile"),
        *("threading", "time", "datetime", "urllib", "uuid", "zoneinfo", "getpass", "platform"),
    }
)
"""What floor 1 may not import: it is pure, without I/O, clock, network or randomness."""

IN_MEMORY = {"StringIO"}
"""What floor 1 may use of `io`: a buffer is no I/O, whatever the module is called."""

SIBLINGS = (
    (
        "migrate.platforms",
        ("migrate.platforms.base", "migrate.platforms.probing", "migrate.platforms.assign_step"),
    ),
    (
        "migrate.stores",
        (
            *("migrate.stores.base", "migrate.stores.scoped", "migrate.stores.probe"),
            "migrate.stores.deleting",
        ),
    ),
)
"""Rooms whose kinds do not know each other, and what all kinds may share."""

NEVER: dict[str, tuple[str, ...]] = {
    "migrate.report": (
        *("migrate.http", "migrate.platforms", "migrate.stores", "migrate.pipeline"),
        *("migrate.connect", "migrate.archive", "migrate.config", "migrate.secrets"),
    ),
    "migrate.pipeline": ("migrate.platforms.kore", "migrate.cli", "migrate.report", "migrate.http"),
}
"""A report talks to nobody; the pipeline knows no platform's verbs."""

LONGEST = 250


@dataclass(frozen=True)
class Import:
    """One import: what is imported, where, and whether it is for type checkers only."""

    name: str
    line: int
    typing_only: bool


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def source(module: str) -> str:
    return modules()[module].read_text(encoding="utf-8")


def tree(module: str) -> ast.Module:
    return ast.parse(source(module))


@cache
def imports(module: str) -> tuple[Import, ...]:
    """Every import of a module, those inside functions too."""
    return tuple(_imports(tree(module), typing_only=False))


def _imports(node: ast.AST, *, typing_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, typing_only)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute here"
            for alias in child.names:
                whole = f"{child.module}.{alias.name}"
                name = whole if whole in modules() else str(child.module)
                yield Import(name, child.lineno, typing_only)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from _imports(ast.Module(child.body, []), typing_only=True)
            yield from _imports(ast.Module(child.orelse, []), typing_only=typing_only)
        else:
            yield from _imports(child, typing_only=typing_only)


def within(module: str, room: str) -> bool:
    """Whether a module is a room or lies in it; the package itself holds nothing but its name."""
    return module == room or (room != "migrate" and module.startswith(f"{room}."))


def floor(module: str) -> int | None:
    """The floor of a module, None for one that is in no room."""
    for number, rooms in FLOORS.items():
        if any(within(module, room) for room in rooms):
            return number
    return None


def ours(module: str) -> list[Import]:
    """The imports of a module from this package, at run time."""
    return [
        each
        for each in imports(module)
        if each.name.partition(".")[0] == "migrate" and not each.typing_only
    ]


def told(module: str, found: list[Import], rule: str) -> list[str]:
    return [f"{module}:{each.line} imports {each.name}: {rule}" for each in found]


def core() -> list[str]:
    return [module for module in modules() if not within(module, ASIDE)]


def test_every_module_has_a_place() -> None:
    homeless = [module for module in core() if floor(module) is None]
    assert homeless == [], "put these rooms on a floor: FLOORS in this file and in DESIGN"
    empty = [room for rooms in FLOORS.values() for room in rooms if room not in modules()]
    assert empty == []


def test_nobody_imports_a_higher_floor() -> None:
    faults = []
    for module in core():
        own = floor(module)
        higher = [
            each for each in ours(module) if own is not None and (floor(each.name) or 0) > own
        ]
        faults += told(module, higher, f"that is above floor {own}")
    assert not faults, "\n".join(faults)


def test_the_pure_floor_touches_nothing_outside() -> None:
    faults = []
    for module in core():
        if floor(module) == 1:
            found = [each for each in imports(module) if each.name.partition(".")[0] in OUTSIDE]
            if used_of_io(module) <= IN_MEMORY:
                found = [each for each in found if each.name != "io"]
            faults += told(module, found, "floor 1 is pure")
    assert not faults, "\n".join(faults)


def used_of_io(module: str) -> set[str]:
    """What a module takes from `io`; "" where it takes it in a way that can't be told."""
    nodes = list(ast.walk(tree(module)))
    taken = {
        id(node.value): node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    found = {taken.get(id(n), "") for n in nodes if isinstance(n, ast.Name) and n.id == "io"}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "io":
            found.update(alias.name for alias in node.names)
        if isinstance(node, ast.Import):
            found.update("" for each in node.names if each.name == "io" and each.asname)
    return found


@pytest.mark.parametrize("function", ["open", "input", "print"])
def test_the_pure_floor_calls_nothing_that_reads_or_writes(function: str) -> None:
    faults = [
        f"{module}:{node.lineno} calls {function}"
        for module in core()
        if floor(module) in (0, 1)
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id == function
    ]
    assert not faults, "\n".join(faults)


def test_the_core_does_not_know_the_sandbox() -> None:
    faults = []
    for module in core():
        if module not in ASIDE_IS_KNOWN_TO:
            found = [each for each in imports(module) if within(each.name, ASIDE)]
            faults += told(module, found, "only its own commands know the sandbox")
    assert not faults, "\n".join(faults)


def test_the_sandbox_knows_next_to_nothing_of_us() -> None:
    faults = []
    for module in modules():
        if within(module, ASIDE):
            found = [
                each
                for each in imports(module)
                if each.name.partition(".")[0] == "migrate"
                and not within(each.name, ASIDE)
                and not any(within(each.name, known) for known in ASIDE_KNOWS)
            ]
            faults += told(module, found, "so that it can't share our client's mistakes")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("folder", ASIDE_PLATFORMS)
def test_a_platform_of_the_sandbox_is_one_folder(folder: str) -> None:
    faults = []
    for module in modules():
        if within(module, ASIDE) and not within(module, folder):
            found = [each for each in imports(module) if within(each.name, folder)]
            if module not in ASIDE_KNOWS_PLATFORMS:
                faults += told(module, found, "only the list of platforms knows them")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("room", NEVER)
def test_what_a_room_never_imports(room: str) -> None:
    faults = []
    for module in core():
        if within(module, room):
            found = [
                each
                for each in imports(module)
                if any(within(each.name, forbidden) for forbidden in NEVER[room])
            ]
            faults += told(module, found, f"{room} never does")
    assert not faults, "\n".join(faults)


def kind_of(module: str, room: str, shared: tuple[str, ...]) -> str | None:
    """The kind that a module in a room belongs to: `s3` for stores.s3 and stores.s3_errors."""
    if module == room or not within(module, room) or any(within(module, each) for each in shared):
        return None
    return module.removeprefix(f"{room}.").partition(".")[0].partition("_")[0]


@pytest.mark.parametrize(("room", "shared"), SIBLINGS)
def test_kinds_do_not_know_each_other(room: str, shared: tuple[str, ...]) -> None:
    faults = []
    for module in core():
        own = kind_of(module, room, shared)
        found = [
            each
            for each in imports(module)
            if own is not None and kind_of(each.name, room, shared) not in (None, own)
        ]
        faults += told(module, found, "kinds are not to know each other")
        if own is None and any(within(module, each) for each in shared):
            known = [each for each in imports(module) if kind_of(each.name, room, shared)]
            faults += told(module, known, "what is shared knows no kind")
    assert not faults, "\n".join(faults)


def test_there_are_no_import_cycles() -> None:
    done: set[str] = set()
    trail: list[str] = []

    def visit(module: str) -> None:
        if module in trail:
            cycle = " → ".join([*trail[trail.index(module) :], module])
            pytest.fail(f"a cycle of imports: {cycle}")
        if module in done:
            return
        trail.append(module)
        for each in ours(module):
            # The package's own name holds only the version.
            if each.name in modules() and each.name not in ("migrate", module):
                visit(each.name)
        trail.pop()
        done.add(module)

    for module in modules():
        visit(module)


def test_modules_are_short_and_say_what_they_are_for() -> None:
    faults = []
    for module in modules():
        length = len(source(module).splitlines())
        if length > LONGEST:
            faults.append(f"{module} has {length} lines: split it by what its parts are for")
        if not ast.get_docstring(tree(module)):
            faults.append(f"{module} does not say what it is for")
    assert not faults, "\n".join(faults)


def test_heavy_libraries_are_imported_where_they_are_used() -> None:
    heavy = ("boto3", "botocore", "requests", "jsonschema", "jsonschema_rs", "rich", "orjson")
    heavy += ("jinja2", "markupsafe")
    at_home = ("migrate.stores.s3", "migrate.http.adapter", "migrate.http.exchange")
    faults = []
    for module in core():
        if any(module.startswith(home) for home in at_home):
            continue
        found = [
            Import(alias, node.lineno, typing_only=False)
            for node in tree(module).body
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in (
                [each.name for each in node.names]
                if isinstance(node, ast.Import)
                else [str(node.module)]
            )
            if alias.partition(".")[0] in heavy
        ]
        faults += told(module, found, "import it inside the function that needs it")
    assert not faults, "\n".join(faults)


def senders(method: str) -> set[tuple[str, str]]:
    """The functions of platforms that name an HTTP method, each with its module."""
    return {
        (module, function.name)
        for module in core()
        if within(module, "migrate.platforms")
        for function in ast.walk(tree(module))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and node.value == method
    }


def methods(module: str) -> dict[tuple[str, str], ast.FunctionDef]:
    """The methods of a module, by (class, name)."""
    return {
        (kind.name, function.name): function
        for kind in tree(module).body
        if isinstance(kind, ast.ClassDef)
        for function in kind.body
        if isinstance(function, ast.FunctionDef)
    }


def test_what_a_reader_can_send_only_reads() -> None:
    channel, session = "migrate.platforms.kore.channel", "migrate.platforms.faircom.session"
    assert senders("POST") == {(channel, "look_up"), (channel, "post"), (session, "_post")}, (
        "look-ups and writes go through it"
    )
    for method in ("PUT", "PATCH", "DELETE"):
        assert senders(method) == set(), "if one only reads, say so here"
    owners = {key for key in methods(channel) if (channel, key[1]) in senders("POST")}
    assert owners == {("ReadChannel", "look_up"), ("WriteChannel", "post")}


def test_what_a_faircom_reader_can_ask_for_only_reads() -> None:
    """There, all is one POST: it is the action that reads or writes."""
    asked = {
        (key, node.args[0].value)
        for key, function in methods("migrate.platforms.faircom.channel").items()
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "send"
        and isinstance(node.args[0], ast.Constant)
    }
    assert asked == {
        (("ReadChannel", "accounts"), "listAccounts"),
        (("WriteChannel", "assign"), "assignRolesToAccounts"),
    }


def test_a_reader_has_nothing_but_what_reads() -> None:
    from migrate.platforms.base import Reader
    from migrate.platforms.faircom import channel as faircom
    from migrate.platforms.faircom.reader import FairComReader
    from migrate.platforms.kore import channel as kore
    from migrate.platforms.kore.reader import KoreReader

    def public(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    reads = {"traits", "requests", "capture", "account_id", "know", "find_users", "close"}
    reads |= {"said_since"}
    assert public(Reader) == reads
    assert public(KoreReader) == public(FairComReader) == reads
    assert public(kore.ReadChannel) == {"get", "look_up", "requests", "close"}
    assert public(faircom.ReadChannel) == {"accounts", "username", "requests", "close"}


def test_only_pruning_can_delete_from_a_store() -> None:
    from migrate.stores.base import Store
    from migrate.stores.deleting import Remover
    from migrate.stores.directory import DirectoryStore
    from migrate.stores.s3 import S3Store
    from migrate.stores.scoped import ScopedStore

    def public(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    assert public(Store) == {"location", "get", "put_if_absent", "replace", "list"}
    for kind in (DirectoryStore, S3Store, ScopedStore):
        assert public(kind) == public(Store)
    assert public(Remover) == {"location", "listing", "remove"}

    def users(word: str) -> set[str]:
        return {module for module in core() if word in source(module)}

    pruning = {"migrate.pipeline.pruning", "migrate.pipeline.stocktaking"}
    makers = {f"migrate.stores.{name}_deleting" for name in ("directory", "s3")}
    assert users("delete_object") == {"migrate.stores.s3_deleting"}
    assert users("stores.deleting import") == {*pruning, *makers, "migrate.connect"}
    assert users("_deleting import") == {"migrate.connect"}
    assert users("connections.remover(") == {"migrate.pipeline.pruning"}
    assert users("pipeline.pruning import") == {"migrate.cli.store"}


PLANTED = (
    ("migrate.diff", "from migrate.http import Http", test_nobody_imports_a_higher_floor),
    ("migrate.stores.base", "import migrate.cli", test_nobody_imports_a_higher_floor),
    ("migrate.diff", "import time", test_the_pure_floor_touches_nothing_outside),
    (
        "migrate.snapshot",
        "def now(): from datetime import datetime",
        test_the_pure_floor_touches_nothing_outside,
    ),
    (
        "migrate.archive",
        "from migrate.sandbox import Sandbox",
        test_the_core_does_not_know_the_sandbox,
    ),
    (
        "migrate.sandbox.kore.account",
        "from migrate.canonical import loads",
        test_the_sandbox_knows_next_to_nothing_of_us,
    ),
    (
        "migrate.sandbox.front",
        "from migrate.sandbox.kore.api import KoreApi",
        lambda: test_a_platform_of_the_sandbox_is_one_folder("migrate.sandbox.kore"),
    ),
    (
        "migrate.report.escape",
        "from migrate.stores.base import Store",
        lambda: test_what_a_room_never_imports("migrate.report"),
    ),
    (
        "migrate.pipeline.running",
        "from migrate.platforms.kore import writer",
        lambda: test_what_a_room_never_imports("migrate.pipeline"),
    ),
    (
        "migrate.stores.s3",
        "from migrate.stores import directory",
        lambda: test_kinds_do_not_know_each_other(*SIBLINGS[1]),
    ),
    (
        "migrate.stores.base",
        "from migrate.stores.s3 import S3Store",
        lambda: test_kinds_do_not_know_each_other(*SIBLINGS[1]),
    ),
    ("migrate.errors", "import migrate.model, migrate.diff", test_there_are_no_import_cycles),
    (
        "migrate.platforms.kore.reader",
        'def assign(http): http.send("POST", "/x")',
        lambda: test_what_a_reader_can_send_only_reads(),
    ),
    ("migrate.archive", "import boto3", test_heavy_libraries_are_imported_where_they_are_used),
    ("migrate.archive", "x = 1", test_modules_are_short_and_say_what_they_are_for),
    (
        "migrate.archive",
        '"""."""' + "\n" * (LONGEST + 1),
        test_modules_are_short_and_say_what_they_are_for,
    ),
)


@pytest.mark.parametrize(("module", "text", "rule"), PLANTED)
def test_each_rule_finds_what_it_is_for(
    module: str, text: str, rule: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = source
    monkeypatch.setitem(globals(), "source", lambda name: text if name == module else known(name))
    imports.cache_clear()
    try:
        with pytest.raises((AssertionError, pytest.fail.Exception), match=module):
            rule()
    finally:
        imports.cache_clear()
