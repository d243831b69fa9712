"""Pages of docs as sessions: what their blocks type is run, and what they show is compared.

A page's blocks run in order, in a folder of their own with a sandbox. A `sh` block is run by bash;
the `text` block right after it shows what it prints. A `toml` block is joined into the config. In
the page's source, where readers don't see it, a comment may say more:

    <!-- not run: REASON -->      the next block is not run, nor joined; a `toml` block must load
    <!-- file: NAME -->           the next block is a file of that name
    <!-- on the sandbox: SCRIPT -->    what happens meanwhile: trouble, or what others do
"""

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from migrate.config.load import load
from migrate.errors import InvalidInput

ROOT = Path(__file__).resolve().parents[1]

NOTE = re.compile(r"<!-- (not run|file|on the sandbox):\s+(.*?)\s*-->", re.DOTALL)

CODE = re.compile(r"; echo \$\?")
"""How a page marks a command that is expected to fail: by showing its exit code."""

CONTROL = """#!{python}
import json, sys, urllib.request
def ask(path, value=None):
    request = urllib.request.Request(json.load(open("{ready}"))["control"] + path)
    request.add_header("content-type", "application/json")
    if value is not None:
        request.method, request.data = "PUT", json.dumps(value).encode()
    return json.load(urllib.request.urlopen(request, timeout=30))
def permit(environment, role, permission, value):
    state = ask("/state/" + environment)
    (held,) = [each for each in state["roles"] if each["role"] == role]
    held["permissions"][permission] = value
    ask("/state/" + environment, state)
if sys.argv[1] == "permit":
    permit(*sys.argv[2:])
else:
    print(json.dumps(ask(sys.argv[1], *map(json.loads, sys.argv[2:]))))
"""
"""What scripts on the sandbox call: `control PATH [JSON]`, or to change a role as if by hand
`control permit ENVIRONMENT ROLE PERMISSION VALUE`."""

NAMING = {
    "run": r"\b\d{8}T\d{6}Z-[0-9a-f]{6}\b",
    "plan": r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
    "digest": r"\b[0-9a-f]{64}\b",
}
"""Ids that are others each time: where a page shows one, the one printed there is meant later."""

PASSING = {
    "time": r"\b\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z)?",
    "port": r"(?<=127\.0\.0\.1:)\d+",
    "cut": r"(?<=sha256:)[0-9a-f]{6,63}",
    "account": r"(?<=-)[0-9a-f]{8}\b",
    "file": r"\b[0-9a-f]{24}\b",
    "seconds": r"(?<= )\d+(?:\.\d+)? s\b",
}
"""What is another each time, and names nothing later."""

ANY = "…"

WILD = re.compile(
    "|".join(f"(?P<{k}>{form})" for k, form in (NAMING | PASSING).items()) + f"|{ANY}"
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block, or the script of a comment: language, text, line, and the comment before."""

    language: str
    text: str
    line: int
    note: str = ""
    words: str = ""


def blocks(path: Path) -> list[Block]:
    """What a page has to be run, shown or joined, in order."""
    found: list[Block] = []
    note = words = ""
    for token in _tokens(path):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "html_block":
            if match := NOTE.search(token.content):
                note, words = match[1], match[2]
                if note == "on the sandbox":
                    found.append(Block("sandbox", words, line))
                    note = words = ""
        elif token.type == "fence":
            found.append(Block(token.info.strip(), token.content, line, note, words))
            note = words = ""
    return found


@dataclass
class Session:
    """A page being run: its folder, and which ids stand for those that the page shows."""

    folder: Path
    known: dict[str, str] = field(default_factory=dict)
    said: str = ""
    owed: bool = False
    groups: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tools.mkdir()
        for name in ("docs", "samples"):
            (self.folder / name).symlink_to(ROOT / name)
        control = self.tools / "control"
        control.write_text(CONTROL.format(python=sys.executable, ready=self.ready))
        control.chmod(0o755)

    @property
    def tools(self) -> Path:
        """Where what readers don't have is."""
        return self.folder / ".tools"

    @property
    def ready(self) -> Path:
        """Where the sandbox is to say where everything is."""
        return self.tools / "ready.json"

    def play(self, path: Path) -> None:
        """Run a page; raises AssertionError where it does not tell what happens."""
        try:
            for block in blocks(path):
                self._take(block, f"{path.name}:{block.line}")
            assert not self.owed, f"{path.name}: what fails is to be shown"
        finally:
            for group in self.groups:
                with suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)

    def _take(self, block: Block, where: str) -> None:
        assert not self.owed or block.language == "text", f"{where}: what fails is to be shown"
        text = self._translated(block.text)
        if block.note == "file":
            path = self.folder / block.words
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif block.language == "toml":
            self._join(text, where, keep=block.note != "not run")
        elif block.note == "not run":
            assert block.words, f"{where}: say why it is not run"
        elif block.language in ("sh", "sandbox"):
            code = self._run(CODE.sub(" && echo 0 || echo $?", text))
            assert code == 0, f"{where} ended with {code}: {self.said}"
            assert "Traceback" not in self.said, f"{where}: {self.said}"
            self.owed = bool(CODE.search(text))
        elif block.language == "text":
            self._compare(block.text, where)
        else:
            raise AssertionError(f"{where}: nobody knows what to do with {block.language!r}")

    def _translated(self, text: str) -> str:
        """A text of the page with the ids that there are here."""
        for shown, real in self.known.items():
            text = text.replace(shown, real)
        return text

    def _run(self, script: str) -> int:
        """Run a script with bash, which stops where something fails."""
        output = self.tools / "output"
        path = [str(self.tools), str(Path(sys.executable).parent), "/usr/bin", "/bin"]
        environment = {
            "PATH": os.pathsep.join(path),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "LOGNAME": "pat",
        }
        with output.open("wb") as stream:
            process = subprocess.Popen(
                ["bash", "-ec", script],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
            self.groups.append(process.pid)
            code = process.wait(timeout=120)
        self.said = output.read_text(encoding="utf-8")
        for secret in (self.folder / "secrets").iterdir():
            assert secret.read_text(encoding="utf-8").strip() not in self.said, secret.name
        return code

    def _compare(self, text: str, where: str) -> None:
        """Hold what a page shows against what was printed, and learn its ids."""
        pattern, names = self._pattern(text)
        match = re.fullmatch(pattern, self.said)
        assert match, f"{where}: this is shown:\n{text}\nand this was printed:\n{self.said}"
        self.known |= {shown: match[name] for shown, name in names.items()}
        self.owed = False

    def _pattern(self, text: str) -> tuple[str, dict[str, str]]:
        """A text as a regular expression, and the groups that catch ids which it shows first."""
        names: dict[str, str] = {}

        def wild(match: re.Match[str]) -> str:
            kind, shown = match.lastgroup, match[0]
            if kind is None:
                return ".*?"
            if kind in PASSING:
                return PASSING[kind]
            if shown in self.known:
                return re.escape(self.known[shown])
            if shown in names:
                return f"(?P={names[shown]})"
            names[shown] = f"id{len(names)}"
            return f"(?P<{names[shown]}>{NAMING[kind]})"

        pattern = ""
        for line in text.rstrip("\n").split("\n"):
            end = 0
            if line.strip() == ANY:
                pattern += r"(?:.*\n)*?"
                continue
            for match in WILD.finditer(line):
                pattern += re.escape(line[end : match.start()]) + wild(match)
                end = match.end()
            pattern += re.escape(line[end:].rstrip()) + r" *\n"
        return pattern, names

    def _join(self, text: str, where: str, *, keep: bool) -> None:
        """Join settings into the config, which must load then; `keep` is whether they stay.

        A whole config, with its formatVersion, is not joined to anything.
        """
        path = self.folder / "role-migrate.toml"
        before, more = path.read_text(encoding="utf-8"), tomllib.loads(text)
        whole = more if "formatVersion" in more else joined(tomllib.loads(before), more)
        path.write_text("".join(f"{k} = {_toml(v)}\n" for k, v in whole.items()), encoding="utf-8")
        try:
            load(path, {})
        except InvalidInput as error:
            raise AssertionError(f"{where}: {error}: {error.faults}") from error
        if not keep:
            path.write_text(before, encoding="utf-8")


PLACES = {"env", "file", "command", "keyring", "aws_secret"}
"""What says where a secret is: of two such tables the second one holds."""


def joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two tables as one, setting by setting; the other's goes first."""
    return {
        **one,
        **{
            key: joined(one[key], value)
            if isinstance(value, dict)
            and isinstance(one.get(key), dict)
            and not PLACES & value.keys()
            else value
            for key, value in other.items()
        },
    }


def _toml(value: Any) -> str:
    """A value in TOML, tables inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def codes(path: Path) -> Iterator[str]:
    """What a page writes in backticks inside its text."""
    for token in _tokens(path):
        for child in token.children or ():
            if child.type == "code_inline":
                yield child.content


def links(path: Path) -> Iterator[str]:
    """Where the links of a page lead."""
    for token in _tokens(path):
        for child in token.children or ():
            if child.type == "link_open":
                yield str(child.attrs["href"])


def slugs(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and GitLab make them."""
    tokens = _tokens(path)
    heads = [tokens[n + 1].content for n, each in enumerate(tokens) if each.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def _tokens(path: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))
