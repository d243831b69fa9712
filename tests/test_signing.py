"""SSH signatures by the real ssh-keygen."""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.approval import Proof
from migrate.errors import InvalidInput, UsageError
from migrate.signing import Signers, sign

pytestmark = pytest.mark.skipif(
    not shutil.which("ssh-keygen"), reason="OpenSSH is not installed: nothing can be signed"
)
DATA = b'{"yes":1}'
NOW = time.time()
Key = Callable[[str], Path]


@pytest.fixture
def key(tmp_path: Path) -> Key:
    def made(name: str) -> Path:
        path = tmp_path / name
        if not path.exists():
            words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)]
            subprocess.run(words, check=True)
        return path

    return made


def line(key: Path, principals: str, options: str = "") -> str:
    public = key.with_suffix(".pub").read_text().split()
    return " ".join(part for part in (principals, options, *public[:2]) if part) + "\n"


@pytest.fixture
def signers(tmp_path: Path) -> Callable[..., Signers]:
    def made(*lines: str) -> Signers:
        path = tmp_path / "allowed_signers"
        path.write_text("# who signs\n\n" + "".join(lines))
        return Signers(path)

    return made


def test_a_signature_proves_who_signed(key: Key, signers: Callable[..., Signers]) -> None:
    alice = key("alice")
    allowed = signers(line(key("bob"), "bob@example.com"), line(alice, "alice@example.com"))
    proof = allowed.proof(DATA, sign(DATA, alice), (NOW, NOW - 60), "whoever")
    assert isinstance(proof, Proof)
    assert proof.principal == "alice@example.com"
    assert proof.key in allowed.keys_of("alice@example.com")
    assert allowed.keys_of("carol@example.com") == frozenset()


def test_of_several_names_the_claimed_one_counts(key: Key, signers: Callable[..., Signers]) -> None:
    allowed = signers(line(key("alice"), "ops@example.com,alice@example.com"))
    signature = sign(DATA, key("alice"))
    for claimed in ("ops@example.com", "alice@example.com"):
        proof = allowed.proof(DATA, signature, (NOW,), claimed)
        assert isinstance(proof, Proof)
        assert proof.principal == claimed
    proof = allowed.proof(DATA, signature, (NOW,), "bob@example.com")
    assert isinstance(proof, Proof)
    assert proof.principal == "ops@example.com"


@pytest.mark.parametrize(
    ("options", "moments", "why"),
    [
        ('valid-before="20200101Z"', (NOW,), "not among the allowed signers"),
        ('valid-after="20400101Z"', (NOW,), "not among the allowed signers"),
        ('valid-before="20350101Z"', (NOW, 2_100_000_000), "not among the allowed signers"),
        ('namespaces="git"', (NOW,), "does not fit"),
    ],
)
def test_a_key_must_be_allowed_for_this_and_at_every_moment(
    key: Key, signers: Callable[..., Signers], options: str, moments: tuple[float, ...], why: str
) -> None:
    allowed = signers(line(key("alice"), "alice@example.com", options))
    said = allowed.proof(DATA, sign(DATA, key("alice")), moments, "alice@example.com")
    assert isinstance(said, str)
    assert why in said


def test_what_proves_nothing(key: Key, signers: Callable[..., Signers]) -> None:
    allowed = signers(line(key("alice"), "alice@example.com"))
    signature = sign(DATA, key("alice"))
    other = sign(DATA, key("mallory"))
    assert "does not fit" in str(allowed.proof(DATA + b" ", signature, (NOW,), ""))
    assert "not among" in str(allowed.proof(DATA, other, (NOW,), "alice@example.com"))
    for forged in ("", "nonsense", signature.replace("A", "B"), signature[:200]):
        assert isinstance(allowed.proof(DATA, forged, (NOW,), ""), str)


def test_keys_and_files_that_are_not_there(tmp_path: Path, key: Key) -> None:
    with pytest.raises(UsageError, match="there is no key"):
        sign(DATA, tmp_path / "nobody")
    (tmp_path / "notes.txt").write_text("no key")
    with pytest.raises(UsageError, match="did not sign"):
        sign(DATA, tmp_path / "notes.txt")
    with pytest.raises(InvalidInput, match="can't be read"):
        Signers(tmp_path / "none").proof(DATA, "", (NOW,), "")
