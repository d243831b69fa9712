"""Commands on files alone, against a bare script that reads and validates the same files."""

import math
from pathlib import Path

from tests.benchmarks.bounds import Bound, Results, Table
from tests.benchmarks.made import snapshot_file
from tests.benchmarks.measuring import OURS, PYTHON, ROOT, Usage, side_by_side

SIZES = (100, 1_000, 10_000, 50_000)
SCHEMA = ROOT / "schemas" / "snapshot.schema.json"
BARE = (*PYTHON, ROOT / "tests" / "benchmarks" / "bare.py", SCHEMA)
PEER = (*PYTHON, "-m", "check_jsonschema", "--schemafile", SCHEMA)
MIB = 1024 * 1024
CONFIG = """formatVersion = 1
[store]
directory = "store"
durable = true
[environments.nobody]
platform = "kore"
url = "https://bots.example.com"
account = "nobody"
upload = "platform"
[environments.nobody.admin_app]
client_id = "cs-1"
client_secret = { env = "NOT_NEEDED" }
"""
"""Planning from file to file needs a config, and reads no environment of it."""


def start(results: Results, folder: Path) -> None:
    """What the command line takes before it does anything."""
    click = "import click"
    commands = {
        click: (*PYTHON, "-c", click),
        "--help": (*OURS, "--help"),
        "--version": (*OURS, "--version"),
    }
    found = side_by_side(commands, 9, folder)
    for option in ("--help", "--version"):
        ratio = found[option].cpu / found[click].cpu
        results.bounds.append(Bound(f"role-migrate {option}", f"python -c '{click}'", ratio, 2))
    results.figures["start"] = {name: usage.cpu for name, usage in found.items()}


def measure(results: Results, folder: Path) -> None:
    """Validating one file, and planning from one to another, at every size."""
    config = folder / "role-migrate.toml"
    config.write_text(CONFIG, encoding="utf-8")
    rows = []
    at: dict[int, dict[str, Usage]] = {}
    for size in SIZES:
        one, other = (snapshot_file(folder / f"{seed}.json", size, seed) for seed in (1, 2))
        plan = (*OURS, "--config", config, "plan", "--from", f"file:{one}", "--to", f"file:{other}")
        commands = {
            "bare, one": (*BARE, one),
            "validate": (*OURS, "validate", one),
            "bare, both": (*BARE, one, other),
            "plan": plan,
            "plan, nothing to change": (*plan[:-1], f"file:{one}"),
        }
        if size == 10_000:
            commands["check-jsonschema"] = (*PEER, one)
        at[size] = found = side_by_side(commands, 5 if size <= 10_000 else 3, folder)
        read = one.stat().st_size
        rows += [_row(size, name, usage, found, read) for name, usage in found.items()]
        _memory(results, size, found, read)
    results.tables.append(Table("On files alone", _HEADS, tuple(rows), _NOTE))
    results.figures["files"] = {
        size: {name: {"cpu": u.cpu, "wall": u.wall, "peak": u.peak} for name, u in found.items()}
        for size, found in at.items()
    }
    found = at[10_000]
    validate, bare = found["validate"].cpu, found["bare, one"].cpu
    both, peer = found["bare, both"].cpu, found["check-jsonschema"].cpu
    results.bounds += [
        Bound("validate of 10,000 roles", "orjson + jsonschema-rs alone", validate / bare, 2),
        Bound("check-jsonschema on the same file", "validate", peer / validate, 6, least=True),
        Bound("plan from file to file, 10,000 roles", "the bare script on both",
              found["plan"].cpu / both, 3),
    ]  # fmt: skip
    began = results.figures["start"]["--version"]
    for name in ("validate", "plan"):
        few, many = (at[size][name].cpu - began for size in (1_000, 50_000))
        exponent = math.log(many / few) / math.log(50)
        results.bounds.append(
            Bound(f"growth of {name}, 1,000 to 50,000 roles", "exponent, start-up taken off",
                  exponent, 1.1, below=True)
        )  # fmt: skip


_HEADS = ("roles", "command", "CPU s", "× bare", "wall s", "peak MiB", "files MiB")
_NOTE = (
    "Bare is `tests/benchmarks/bare.py`: Python, orjson and jsonschema-rs on the same files. Files "
    "are snapshots as `snapshot --out` writes them; a plan reads two."
)


def _row(size: int, name: str, usage: Usage, found: dict[str, Usage], read: int) -> tuple[str, ...]:
    files = 2 if "plan" in name or "both" in name else 1
    floor = found["bare, both" if files == 2 else "bare, one"]
    return (
        f"{size:,}",
        name,
        f"{usage.cpu:.2f}",
        f"{usage.cpu / floor.cpu:.1f}",
        f"{usage.wall:.2f}",
        f"{usage.peak / MIB:.0f}",
        f"{files * read / MIB:.1f}",
    )


def _memory(results: Results, size: int, found: dict[str, Usage], read: int) -> None:
    if size != SIZES[-1]:
        return
    for name, files in (("validate", 1), ("plan", 2)):
        allowed = 4 * files * read + 60 * MIB
        what, against = f"peak memory of {name}, {size:,} roles", "4 × bytes read + 60 MiB"
        results.bounds.append(Bound(what, against, found[name].peak / allowed, 1, below=True))
