"""References to secrets, and a fetched secret."""

from dataclasses import dataclass

from migrate.errors import Fault


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
