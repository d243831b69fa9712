"""By what an environment is reached: an app of the platform's account, or an account of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

from migrate.secrets import SecretRef


@dataclass(frozen=True, slots=True)
class App:
    """An app of the platform's account. `sub` is the JWT's subject where the app needs one.

    `client_secret_next` is where the secret is kept that will take the other's place, if any.
    """

    client_id: str
    client_secret: SecretRef
    sub: str | None = None
    client_secret_next: SecretRef | None = None

    @property
    def secrets(self) -> Mapping[str, SecretRef]:
        """Where the secret is kept, by setting, the one to prefer first."""
        return _places(client_secret=self.client_secret, client_secret_next=self.client_secret_next)


@dataclass(frozen=True, slots=True)
class Login:
    """An account of the platform's own, by name and password.

    `password` is None where a client certificate stands for it; `password_next` is where the one
    is kept that will take its place, if any.
    """

    username: str
    password: SecretRef | None = None
    password_next: SecretRef | None = None

    @property
    def secrets(self) -> Mapping[str, SecretRef]:
        """Where the password is kept, by setting, the one to prefer first."""
        return _places(password=self.password, password_next=self.password_next)


def _places(**named: SecretRef | None) -> Mapping[str, SecretRef]:
    return {setting: ref for setting, ref in named.items() if ref is not None}
