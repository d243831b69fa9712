"""One running Kore account: its apps, uploads and request budget beside its state."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from migrate.errors import UsageError
from migrate.sandbox.config import Config
from migrate.sandbox.environment import Environment, Setup
from migrate.sandbox.kore.account import Account
from migrate.sandbox.kore.auditing import CONSOLE_USER, Event, events
from migrate.sandbox.kore.limits import Budget
from migrate.sandbox.kore.state import read_account
from migrate.sandbox.kore.switches import Switches
from migrate.sandbox.kore.tokens import (
    AUDIT_LOGS,
    ROLE_MANAGEMENT,
    UPLOAD,
    USER_MANAGEMENT,
    App,
    TokenGate,
)
from migrate.sandbox.s3 import S3Endpoint

_FILE_ID = {"key": "{key}", "version_id": "{version_id}", "sha256": "{sha256}"}


class KoreEnvironment(Environment[Account, Switches]):
    """The mutable holder of an account.

    By default a sandbox's first environment takes platform uploads and the others read from the
    bucket; without S3 all take platform uploads. Raises InvalidInput for a bad state or switch,
    UsageError for fileIds that need a bucket.
    """

    def __init__(self, setup: Setup) -> None:
        usual = {"file_ids": "key" if setup.bucket and setup.place else "upload"}
        switches = Switches().changed({**usual, **setup.switches})
        _check_file_ids(setup.name, switches, bucket=setup.bucket)
        self._bucket = setup.bucket
        self.apps = new_apps(setup.name)
        super().__init__(setup, read_account(setup.document, setup.name), switches)

    def reset(self) -> None:
        """As at the start: state, switches, secrets, uploads, budget, used tokens and files."""
        with self.lock:
            super().reset()
            self.uploads: dict[str, bytes] = {}
            self.imported: set[str] = set()
            self.audit: list[Event] = []
            self.budget = Budget()
            self.gate = TokenGate(self.apps)

    def commit(self, seq: int, state: Account) -> None:
        """Keep what a call made of the account, and log it as the app's doing."""
        self._log(state, self.apps["admin_app"].client_id)
        super().commit(seq, state)

    def put(self, seq: int, state: Account) -> None:
        """Set the account by hand, and log it as done in the console."""
        self._log(state, CONSOLE_USER)
        super().put(seq, state)

    def _log(self, after: Account, who: str) -> None:
        with self.lock:
            now = round(self.now() * 1000)
            self.audit += [
                Event(now, name, text, who, self.mint_id())
                for name, text in events(self.state, after)
            ]

    def timestamp(self) -> str:
        """The server's clock as ISO 8601, UTC, with milliseconds."""
        moment = datetime.fromtimestamp(self.now(), UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def mint_id(self) -> str:
        """A new object id: 24 hex digits, of which the first 8 are the time (kore.md B)."""
        return f"{int(self.now()):08x}"[-8:] + secrets.token_hex(8)

    def read(self, document: object) -> Account:
        """The account that a document describes. Raises InvalidInput with every fault."""
        return read_account(document, self.name)

    def set_switches(self, values: object) -> Switches:
        """Set some switches. Raises InvalidInput, or UsageError for ids that need a bucket."""
        with self.lock:
            switches = self.switches.changed(values)
            _check_file_ids(self.name, switches, bucket=self._bucket)
            self.switches = switches
            return switches

    def change_secret(self, entry: object) -> dict[str, Any]:
        """Give an app a new secret: see `TokenGate.rotate`. Raises InvalidInput."""
        with self.lock:
            return self.gate.rotate(entry)

    def credentials(self) -> dict[str, Any]:
        """The client ids and secrets of both apps."""
        return {
            kind: {"client_id": app.client_id, "client_secret": app.client_secret}
            for kind, app in self.apps.items()
        }

    def settings(self, header: str, config: Config, s3: S3Endpoint | None) -> list[str]:
        """The way to a fileId, both apps, and the bucket that imports read from."""
        file_ids = self.switches.file_ids
        lines = [config.entry("upload", "platform" if file_ids == "upload" else "store")]
        for kind, app in self.apps.items():
            file = f"{self.name}-{kind.replace('_', '-')}"
            lines += ["", f"[{header}.{kind}]", config.entry("client_id", app.client_id)]
            lines += [config.secret("client_secret", file, app.client_secret)]
        if s3 and file_ids != "upload":
            url = f"s3://{s3.bucket}/imports"
            lines += ["", f"[{header}.import_bucket]", config.entry("url", url)]
            lines += [*config.access(s3), config.entry("file_id", _FILE_ID[file_ids])]
        return lines


def _check_file_ids(name: str, switches: Switches, *, bucket: bool) -> None:
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
        "admin_app": frozenset({ROLE_MANAGEMENT, USER_MANAGEMENT, UPLOAD, AUDIT_LOGS}),
        "builder_app": frozenset({UPLOAD}),
    }
    return {
        kind: App(f"cs-{name}-{kind.split('_')[0]}", secrets.token_urlsafe(36), granted)
        for kind, granted in scopes.items()
    }
