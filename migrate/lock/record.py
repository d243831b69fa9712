"""What is written into a lock: who holds it, for which run, until when."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from migrate import canonical
from migrate.actor import Who
from migrate.errors import NOT_BY_US, InvalidInput, TargetLocked
from migrate.model import Identity

FORMAT_VERSION = 1


def lock_key(identity: Identity) -> str:
    """The key of a target's lock: the same for every way to write its URL's host and end.

    `locks/` and 32 hexadecimal digits of the SHA-256 of platform, URL and account.
    """
    scheme, mark, rest = identity.url.rstrip("/").partition("://")
    host, slash, path = rest.partition("/")
    url = f"{scheme.lower()}{mark}{host.lower()}{slash}{path}"
    text = "\n".join((identity.platform, url, identity.account))
    return f"locks/{canonical.sha256(text.encode())[:32]}.json"


@dataclass(frozen=True, slots=True)
class LockRecord:
    """The content of a lock. Times are whole epoch seconds.

    `owner` is a random token, so that no two holders ever write the same bytes. `call_timeout` is
    the most seconds that a call may last which was announced under this lock, 0 as long as none
    was. `unfinished` is a run that has to be settled before another one starts.
    """

    identity: Identity
    owner: str
    who: Who
    run: str
    acquired_at: int
    lease_until: int
    call_timeout: int
    released: bool = False
    unfinished: str | None = None

    def to_bytes(self) -> bytes:
        """The record as it is stored."""
        return canonical.dumps(
            {
                "formatVersion": FORMAT_VERSION,
                "identity": {
                    "platform": self.identity.platform,
                    "url": self.identity.url,
                    "account": self.identity.account,
                },
                "owner": self.owner,
                "who": {
                    "user": self.who.user,
                    "host": self.who.host,
                    "pid": self.who.pid,
                    "job": self.who.job,
                },
                "run": self.run,
                "acquiredAt": self.acquired_at,
                "leaseUntil": self.lease_until,
                "callTimeout": self.call_timeout,
                "released": self.released,
                "unfinished": self.unfinished,
            }
        )


def parse_lock(data: bytes, where: str) -> LockRecord:
    """Read a lock back. Raises TargetLocked for one that can't be read: better safe than free."""
    try:
        value = canonical.loads(data, where)
    except InvalidInput as error:
        raise unreadable(where, f"is damaged: {error.what}") from error
    if not isinstance(value, dict) or not isinstance(value.get("formatVersion"), int):
        raise unreadable(where, "is no lock record")
    if value["formatVersion"] > FORMAT_VERSION:
        raise unreadable(where, "was written by a newer version of role-migrate")
    try:
        identity, who = value["identity"], value["who"]
        if _typed(value, "callTimeout", int) < 0:
            raise TypeError("callTimeout")
        return LockRecord(
            identity=Identity(
                platform=_typed(identity, "platform", str),
                url=_typed(identity, "url", str),
                account=_typed(identity, "account", str),
            ),
            owner=_typed(value, "owner", str),
            who=Who(
                user=_typed(who, "user", str),
                host=_typed(who, "host", str),
                pid=_typed(who, "pid", int),
                job=_typed(who, "job", str | None),
            ),
            run=_typed(value, "run", str),
            acquired_at=_typed(value, "acquiredAt", int),
            lease_until=_typed(value, "leaseUntil", int),
            call_timeout=_typed(value, "callTimeout", int),
            released=_typed(value, "released", bool),
            unfinished=_typed(value, "unfinished", str | None),
        )
    except (KeyError, TypeError) as error:
        raise unreadable(where, f"lacks a sound {error.args[0]!r}") from error


def at(seconds: float) -> str:
    """Epoch seconds as people read them, in UTC."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return f"at second {seconds:.0f}"


def _typed(holder: Any, name: str, kind: Any) -> Any:
    value = holder[name] if isinstance(holder, dict) else None
    sound = isinstance(holder, dict) and isinstance(value, kind)
    if not sound or (kind is int and isinstance(value, bool)):
        raise TypeError(name)
    return value


def unreadable(where: str, why: str) -> TargetLocked:
    """The error for an object that stands where the lock should; `why` goes on from "is"."""
    return TargetLocked(
        f"what is stored as the lock {why}",
        where=where,
        target=NOT_BY_US,
        remedy="Use the version of role-migrate that wrote it. If nothing runs on the target and "
        "no run is unfinished, remove this object by hand.",
    )
