"""JWTs for Kore.ai's `auth` header: one per request (kore.md E).

HS256 is pinned: it is what apps with API scopes take. A fresh `jti` with an `exp` well under an
hour is valid whether the app enforces JTI or not.
"""

import uuid
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from migrate.http import Answer
from migrate.platforms.kore.answers import credentials_refused, credentials_taken
from migrate.secrets import RotatingSecret, Secret

ALGORITHM = "HS256"
LIFETIME = 300
"""Seconds: long enough for a slow upload to be checked at its end, far under the hour allowed."""

Sign = Callable[[], Mapping[str, str]]
"""Gives the headers that are good for one request."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An app of the account. `subject` is the `sub` claim."""

    client_id: str
    secret: RotatingSecret
    subject: str


class Tokens:
    """Mints a token for each request. `clock` gives epoch seconds."""

    def __init__(self, credentials: Credentials, clock: Callable[[], float]) -> None:
        self._credentials = credentials
        self._clock = clock

    @property
    def secret(self) -> RotatingSecret:
        """The app's secret."""
        return self._credentials.secret

    def signed(self, send: Callable[[Sign], Answer]) -> Answer:
        """Have a request sent, and again where another secret of the app may be taken.

        What is refused for its credentials was not executed (kore.md D), so that is safe for a
        write, too. Returns the last answer.
        """
        while True:
            secret = self.secret.current
            answer = send(self._signing(secret))
            if credentials_refused(answer):
                if self.secret.refused(secret):
                    continue
            elif credentials_taken(answer):
                self.secret.accepted(secret)
            return answer

    def mint(self) -> str:
        """A token as requests are signed with, for whoever sends one of their own."""
        return self._mint(self.secret.current)

    def _signing(self, secret: Secret) -> Sign:
        return lambda: {"auth": self._mint(secret)}

    def _mint(self, secret: Secret) -> str:
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
        return jwt.encode(claims, secret.reveal(), algorithm=ALGORITHM)
