"""SSH signatures, made and checked by `ssh-keygen -Y` (OpenSSH 8.9 or later)."""

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from migrate.approval import Proof
from migrate.errors import InvalidInput, UsageError

NAMESPACE = "role-migrate-approval"
"""What signatures are made for: one made for anything else is none of an approval."""

SECONDS = 120.0
"""How long ssh-keygen may take to sign: somebody types a passphrase, or touches a key."""

_GOOD = re.compile(
    r'^Good "[^"]+" signature for (?P<who>.+) with \S+ key (?P<key>SHA256:\S+)', re.MULTILINE
)
_REMEDY = "Install OpenSSH 8.9 or later, of which ssh-keygen is a part."


def sign(data: bytes, key: Path) -> str:
    """The armoured signature over some bytes, by a private key or one that an agent holds.

    Whoever has to type a passphrase is asked on the terminal. Raises UsageError where that key
    can't sign.
    """
    if not key.is_file():
        raise UsageError(
            f"there is no key at {str(key)!r}",
            remedy="Name a private SSH key, or the public one of a key in your agent.",
        )
    words = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", NAMESPACE]
    done = _run(words, data)
    signature = done.stdout.decode("ascii", "replace")
    if done.returncode or "BEGIN SSH SIGNATURE" not in signature:
        raise UsageError(
            f"this key did not sign: {_said(done)}",
            where=str(key),
            remedy="Try it by: ssh-keygen -Y sign -n test -f KEY, with a line on standard input.",
        )
    return signature


@dataclass(frozen=True, slots=True)
class Signers:
    """A file of allowed signers (ssh-keygen's ALLOWED SIGNERS), which says whose key is whose."""

    path: Path

    def proof(
        self, data: bytes, signature: str, moments: tuple[float, ...], claimed: str
    ) -> Proof | str:
        """Who signed the bytes, or why the signature proves nothing.

        The key must have been allowed at each of the moments (epoch seconds). Where the file gives
        it several names, `claimed` counts if it is one of them.
        """
        self.check()
        with tempfile.TemporaryDirectory(prefix="role-migrate-") as folder:
            file = Path(folder, "signature")
            file.write_text(signature, encoding="utf-8")
            proofs = {self._at(data, file, moment, claimed) for moment in moments}
        wrong = [proof for proof in proofs if isinstance(proof, str)]
        if wrong:
            return wrong[0]
        return proofs.pop() if len(proofs) == 1 else "its key was another's before"

    def keys_of(self, name: str) -> frozenset[str]:
        """The fingerprints of all keys that the file has for a name, patterns left out."""
        from migrate.approval import same_person

        self.check()
        found = {
            _fingerprint(rest)
            for principals, rest in self._lines()
            if any(same_person(each, name) for each in principals)
        }
        return frozenset(found - {""})

    def _lines(self) -> list[tuple[list[str], str]]:
        """The principals of each line, and what follows them."""
        found = []
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            parts = line.split(maxsplit=1)
            if parts and not parts[0].startswith("#"):
                principals = [each.strip('"') for each in parts[0].split(",")]
                found.append((principals, parts[1] if len(parts) > 1 else ""))
        return found

    def check(self) -> None:
        """Raises InvalidInput where the file can't be read."""
        try:
            self.path.read_bytes()
        except OSError as error:
            raise InvalidInput(
                f"the allowed signers can't be read: {error.strerror}",
                where=str(self.path),
                remedy="Put the file there, or name another in [approval] of the config.",
            ) from error
        for principals, rest in self._lines():
            if "cert-authority" in rest or set("".join(principals)) & set("*?!"):
                raise InvalidInput(
                    "the allowed signers must tell who each key belongs to: patterns of names and "
                    f"cert-authority do not ({','.join(principals)})",
                    where=str(self.path),
                    remedy="Give each key a line with its owner's name.",
                )

    def _at(self, data: bytes, signature: Path, moment: float, claimed: str) -> Proof | str:
        when = datetime.fromtimestamp(moment, UTC).strftime("%Y%m%d%H%M%S")
        shared = ["-s", str(signature), f"-Overify-time={when}"]
        words = ["ssh-keygen", "-Y", "find-principals", "-f", str(self.path), *shared]
        found = _run(words, b"")
        if found.returncode:
            return "its key is not among the allowed signers, or was not at that time"
        names = found.stdout.decode("utf-8", "replace").replace(",", "\n").splitlines()
        for principal in (claimed, *names):
            words = ["ssh-keygen", "-Y", "verify", "-f", str(self.path), "-n", NAMESPACE]
            done = _run([*words, "-I", principal, *shared], data)
            good = _GOOD.search(done.stdout.decode("utf-8", "replace"))
            if not done.returncode and good:
                return Proof(good["who"], good["key"])
        return "its signature does not fit: it was altered, or made for something else"


def _fingerprint(rest: str) -> str:
    """The fingerprint of the key in a line of allowed signers, after the principals."""
    found = re.search(r"\b((?:sk-)?(?:ssh|ecdsa)-\S+ [A-Za-z0-9+/=]+)", rest)
    if not found:
        return ""
    done = _run(["ssh-keygen", "-l", "-f", "-"], found[1].encode())
    key = re.search(rb"SHA256:\S+", done.stdout)
    return key[0].decode() if key else ""


def _run(words: list[str], data: bytes) -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(  # noqa: S603 - fixed words, and paths of the config
            words,
            input=data,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={**os.environ, "TZ": "UTC"},  # what verify-time is read in
        )
    except FileNotFoundError as error:
        raise UsageError("ssh-keygen is not installed", remedy=_REMEDY) from error
    except subprocess.TimeoutExpired as error:
        raise UsageError(
            f"ssh-keygen did not end within {SECONDS:g} seconds",
            remedy="Unlock the key first (ssh-add), and name its public key.",
        ) from error


def _said(done: "subprocess.CompletedProcess[bytes]") -> str:
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else f"ssh-keygen ended with {done.returncode}"
