"""A secret that may be rotated while it is in use.

A long run outlives rotations, and they come in either order: the place where the secret is kept
may have the new one before the platform takes it, or after. Whatever is tried here, the platform
sees each text at most once in a row of refusals: too many wrong ones can lock an app out.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from migrate.errors import MigrateError
from migrate.secrets.values import Secret


@dataclass(frozen=True, slots=True)
class Source:
    """A place that a secret is kept in: the setting that names it, and how to fetch it."""

    setting: str
    fetch: Callable[[], Secret]


class RotatingSecret:
    """The secret in use, out of one of `sources`; the first is the one to prefer.

    Whoever uses it says what became of that: `refused`, `accepted`. A source is fetched again at
    most once from a refusal to the next success. `tell` hears which one is used from then on;
    `where` names the app for it. Thread-safe. Raises as `resolve` where the first source can't be
    fetched.
    """

    def __init__(
        self, sources: tuple[Source, ...], *, where: str, tell: Callable[[str], None]
    ) -> None:
        self._sources = sources
        self._where = where
        self._tell = tell
        self._used = sources[0]
        self._secrets = {sources[0].setting: sources[0].fetch()}
        self._refused: set[str] = set()
        self._tried: dict[str, str] = {}
        self._lock = threading.Lock()

    @property
    def current(self) -> Secret:
        """The secret to use now."""
        with self._lock:
            return self._secrets[self._used.setting]

    @property
    def setting(self) -> str:
        """The setting that the secret in use comes from."""
        return self._used.setting

    @property
    def preferred(self) -> bool:
        """Whether it is the one to prefer, and no next one."""
        return self._used is self._sources[0]

    @property
    def spare(self) -> tuple[Source, ...]:
        """The sources of which none is in use."""
        return tuple(source for source in self._sources if source is not self._used)

    @property
    def tried(self) -> str:
        """What was tried since the platform took one last, in words; "" where nothing was."""
        with self._lock:
            return "; ".join(self._tried.values())

    def refused(self, secret: Secret) -> bool:
        """The platform refused `secret`. Returns whether there is another one to try now."""
        with self._lock:
            self._refused.add(secret.reveal())
            if self._secrets[self._used.setting].reveal() not in self._refused:
                return True  # another thread was here in the meantime
            for source in (self._used, *self.spare):
                if source.setting not in self._tried and self._fetched(source):
                    self._used = source
                    return True
            self._used = self._sources[0]
            return False

    def accepted(self, secret: Secret) -> None:
        """The platform took `secret`."""
        with self._lock:
            used = self._used
            # An answer to what was sent before the refusal says nothing of what is used now.
            if not self._refused or secret.reveal() != self._secrets[used.setting].reveal():
                return
            changed = secret.reveal() not in self._refused
            self._refused.clear()
            self._tried.clear()
        if not changed:
            return
        if used is self._sources[0]:
            self._tell(f"{self._where}: {used.setting} was changed meanwhile; the new one works")
        else:
            self._tell(
                f"warning: {self._where}: {self._sources[0].setting} is refused and {used.setting} "
                "works, and is used from here on: put it in the other's place"
            )

    def _fetched(self, source: Source) -> bool:
        """Fetch a secret again; whether it is one that was not refused yet."""
        setting = source.setting
        try:
            found = source.fetch()
        except MigrateError as error:
            self._tried[setting] = f"{setting} can't be fetched: {error.what}"
            return False
        known = self._secrets.get(setting)
        self._secrets[setting] = found
        if found.reveal() not in self._refused:
            self._tried[setting] = f"{setting} is refused, too"
            return True
        same = known is not None and known.reveal() == found.reveal()
        what = "was fetched again and is what it was" if same else "holds what was refused already"
        self._tried[setting] = f"{setting} {what}"
        return False
