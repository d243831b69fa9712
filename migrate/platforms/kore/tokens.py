"""JWTs for Kore.ai's `auth` header: one per request (kore.md E).

HS256 is pinned: it is what apps with API scopes take. A fresh `jti` with an `exp` well under an
hour is valid whether the app enforces JTI or not.
"""

import uuid
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from migrate.secrets import Secret

ALGORITHM = "HS256"
LIFETIME = 300
"""Seconds: long enough for a slow upload to be checked at its end, far under the hour allowed."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An app of the account. `subject` is the `sub` claim."""

    client_id: str
    secret: Secret
    subject: str


class Tokens:
    """Mints a token for each request. `clock` gives epoch seconds."""

    def __init__(self, credentials: Credentials, clock: Callable[[], float]) -> None:
        self._credentials = credentials
        self._clock = clock

    @property
    def client_id(self) -> str:
        """The app's client id, for messages."""
        return self._credentials.client_id

    def mint(self) -> str:
        """A JWT that is good for one request."""
        import jwt

        # How long the secret is was the platform's choice, and is nothing to bother people with.
        warnings.filterwarnings("ignore", category=jwt.InsecureKeyLengthWarning)
        now = int(self._clock())
        claims = {
            "sub": self._credentials.subject,
            "appId": self._credentials.client_id,
            "jti": str(uuid.uuid4()),
            "iat": now,
            "exp": now + LIFETIME,
        }
        return jwt.encode(claims, self._credentials.secret.reveal(), algorithm=ALGORITHM)
