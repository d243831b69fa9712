"""References to secrets, a fetched secret, and the means to keep it out of texts."""

from dataclasses import dataclass
from json import dumps
from urllib.parse import quote, quote_plus

from migrate.errors import Fault

LEAST_REDACTED = 4
"""Shorter secrets are not replaced in texts: it would only scatter asterisks over them."""


@dataclass(frozen=True, slots=True)
class EnvRef:
    """`{ env = "VAR" }`: an environment variable."""

    variable: str


@dataclass(frozen=True, slots=True)
class FileRef:
    """`{ file = "path" }`: a file; a relative path is resolved against the config's folder."""

    path: str


@dataclass(frozen=True, slots=True)
class CommandRef:
    """`{ command = ["vault", …], timeout = 30 }`: what a program prints. No shell is involved."""

    argv: tuple[str, ...]
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class KeyringRef:
    """`{ keyring = "service", user = "name" }`: the operating system's keyring."""

    service: str
    user: str


@dataclass(frozen=True, slots=True)
class AwsRef:
    """`{ aws_secret = "id", key = "field" }`: AWS Secrets Manager, whole or one JSON field."""

    secret_id: str
    key: str | None = None
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None


SecretRef = EnvRef | FileRef | CommandRef | KeyringRef | AwsRef


class Secret:
    """A secret's text, which only `reveal()` gives. `warnings` are for the caller to show."""

    __slots__ = ("_text", "warnings")

    def __init__(self, text: str, warnings: tuple[Fault, ...] = ()) -> None:
        self._text = text
        self.warnings = warnings

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._text

    def __repr__(self) -> str:
        """Render as `***`."""
        return "***"

    def __reduce__(self) -> str:
        """Refuse to be pickled: a secret never goes over a wire or onto a disk."""
        raise TypeError("a secret cannot be pickled")


class Redactor:
    """Replaces known secrets in any text: the last line of defence for logs and errors."""

    def __init__(self) -> None:
        self._forms: tuple[str, ...] = ()

    def add(self, secret: Secret) -> None:
        """Remember `secret`, also as it looks in a URL, a form and JSON."""
        text = secret.reveal()
        if len(text) < LEAST_REDACTED:
            return
        forms = {
            text,
            quote(text, safe=""),
            quote(text),
            quote_plus(text),
            dumps(text)[1:-1],
            dumps(text, ensure_ascii=False)[1:-1],
        }
        # Longest first, so that a secret inside another leaves no rest of the longer one.
        self._forms = tuple(sorted({*self._forms, *forms}, key=lambda form: (-len(form), form)))

    def redact(self, text: str) -> str:
        """Replace each known secret in `text` by `***`."""
        for form in self._forms:
            text = text.replace(form, "***")
        return text


def describe(ref: SecretRef) -> str:
    """Say where `ref` points, in words and without a command's arguments."""
    match ref:
        case EnvRef(variable):
            return f"the environment variable {variable}"
        case FileRef(path):
            return f"the file {path}"
        case CommandRef(argv):
            return f"the output of {argv[0]}"
        case KeyringRef(service, user):
            return f"the keyring entry {service} of {user}"
        case AwsRef(secret_id):
            return f"the AWS secret {secret_id}"
