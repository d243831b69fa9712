"""One running account: its state over time, its behaviour, its apps and uploads."""

import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from migrate.errors import UsageError
from migrate.sandbox.account import Account
from migrate.sandbox.limits import Budget
from migrate.sandbox.switches import Switches
from migrate.sandbox.tokens import ROLE_MANAGEMENT, UPLOAD, USER_MANAGEMENT, App, TokenGate


@dataclass(frozen=True, slots=True)
class Moment:
    """The account after a write: the call's sequence number, and when (monotonic seconds).

    States that were put in by hand carry minus infinity: they show at once, whatever the lag.
    """

    seq: int
    time: float
    account: Account


class Environment:
    """The mutable holder of an account. Whoever reads then writes holds `lock`."""

    def __init__(self, name: str, account: Account, switches: Switches, prefix: str = "") -> None:
        self.name = name
        self.prefix = prefix
        self.lock = threading.RLock()
        self.apps = new_apps(name)
        self._start = (account, switches)
        self.reset()

    def reset(self) -> None:
        """As at the start: state, switches, secrets, uploads, budget, used tokens and files."""
        with self.lock:
            account, self.switches = self._start
            self._history = [Moment(0, float("-inf"), account)]
            self.uploads: dict[str, bytes] = {}
            self.imported: set[str] = set()
            self.budget = Budget()
            self.gate = TokenGate(self.apps)

    def now(self) -> float:
        """The server's clock in epoch seconds, which a switch can move."""
        return time.time() + self.switches.clock_offset

    def elapsed(self) -> float:
        """The server's clock for the budget, in seconds; the same switch moves it."""
        return time.monotonic() + self.switches.clock_offset

    def timestamp(self) -> str:
        """The server's clock as ISO 8601, UTC, with milliseconds."""
        moment = datetime.fromtimestamp(self.now(), UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def mint_id(self) -> str:
        """A new object id: 24 hex digits, of which the first 8 are the time (kore.md B)."""
        return f"{int(self.now()):08x}"[-8:] + secrets.token_hex(8)

    @property
    def account(self) -> Account:
        """The account as it is."""
        with self.lock:
            return self._history[-1].account

    def visible(self) -> Account:
        """The account as reads show it, `read_lag` seconds late."""
        with self.lock:
            until = time.monotonic() - self.switches.read_lag
            shown = (moment for moment in reversed(self._history) if moment.time <= until)
            return next(shown).account

    def commit(self, seq: int, account: Account) -> None:
        """Keep what call number `seq` made of the account."""
        with self.lock:
            self._history.append(Moment(seq, time.monotonic(), account))

    def put(self, seq: int, account: Account) -> None:
        """Set the account by hand; reads show it at once."""
        with self.lock:
            self._history.append(Moment(seq, float("-inf"), account))

    def at(self, seq: int) -> Account:
        """The account after call number `seq`."""
        with self.lock:
            known = (moment for moment in reversed(self._history) if moment.seq <= seq)
            return next(known).account

    def set_switches(self, values: object, *, bucket: bool) -> Switches:
        """Set some switches. Raises InvalidInput, or UsageError for ids that need a bucket."""
        with self.lock:
            switches = self.switches.changed(values)
            check_file_ids(self.name, switches, bucket=bucket)
            self.switches = switches
            return switches


def check_file_ids(name: str, switches: Switches, *, bucket: bool) -> None:
    """Refuse fileIds that name objects of a bucket where there is none. Raises UsageError."""
    if switches.file_ids != "upload" and not bucket:
        raise UsageError(
            f"file_ids = {switches.file_ids} needs a bucket, and this sandbox has none.",
            where=name,
            remedy="Start the sandbox with S3, or use file_ids = upload.",
        )


def new_apps(name: str) -> Mapping[str, App]:
    """The two apps of an account: `admin_app` may do both, `builder_app` may only upload.

    Either kind was seen to upload (kore.md D, Upload).
    """
    scopes = {
        "admin_app": frozenset({ROLE_MANAGEMENT, USER_MANAGEMENT, UPLOAD}),
        "builder_app": frozenset({UPLOAD}),
    }
    return {
        kind: App(f"cs-{name}-{kind.split('_')[0]}", secrets.token_urlsafe(36), granted)
        for kind, granted in scopes.items()
    }
