"""From a parsed config in which no fault was found to its values."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrate.canonical.diagnose import JsonPath
from migrate.config.checks import BESIDE_PARAMETERS
from migrate.config.logins import App, Login
from migrate.config.people_settings import duration, identity_rules
from migrate.config.secret_settings import Refs
from migrate.config.values import (
    ApprovalTerms,
    DirectoryLocation,
    Environment,
    ImportBucket,
    Limits,
    PolicyRef,
    S3Location,
    StoreLocation,
    Upload,
    UploadCommand,
)
from migrate.guardkind import Severity
from migrate.guards import GuardRule
from migrate.urls import host_of

DEFAULT_DIRECTORY = ".role-migrate"
_S3_PLAIN = (
    "endpoint_url",
    "region",
    "profile",
    "path_style",
    "proxy",
    "timeout",
    "expected_bucket_owner",
    "sse",
    "kms_key_id",
    "checksums",
)
_ENVIRONMENT_PLAIN = (
    "proxy",
    "timeout",
    "verify_timeout",
    "send_source_id",
    "account_id",
    "protected",
    "approvals",
    "require_verified_in",
)
_LIMITS: Mapping[str, Mapping[str, int]] = {"faircom": {"per_minute": 0, "per_hour": 0}}
"""Where another budget is documented than the defaults say: for FairCom none is."""

_ENVIRONMENT_LISTS = ("keep", "promote_builtins", "role_types", "promotes_from")


class Builder:
    """Builds values; paths resolve against `folder`, secrets come from `refs` by their path."""

    def __init__(self, folder: Path, refs: Refs) -> None:
        self._folder = folder
        self._refs = refs

    def environment(self, name: str, table: Mapping[str, Any]) -> Environment:
        """One `[environments.NAME]` table."""
        path: JsonPath = ("environments", name)
        optional: dict[str, Any] = {key: table[key] for key in _ENVIRONMENT_PLAIN if key in table}
        optional |= {key: tuple(table[key]) for key in _ENVIRONMENT_LISTS if key in table}
        for key in ("admin_app", "builder_app"):
            if key in table:
                optional[key] = self._app(table[key], (*path, key))
        if "login" in table:
            optional["login"] = self._login(table["login"], (*path, "login"))
        if "import_bucket" in table:
            bucket = table["import_bucket"]
            location = self._bucket(bucket, (*path, "import_bucket"))
            optional["import_bucket"] = ImportBucket(location, bucket["file_id"])
        if "max_source_age" in table:
            optional["max_source_age"] = duration(table["max_source_age"])
        if "store" in table:
            optional["store"] = self.store(table["store"], (*path, "store"))
        return Environment(
            name=name,
            platform=table["platform"],
            url=table["url"].rstrip("/"),
            account=table.get("account") or _account(table),
            ca_bundle=self._file(table.get("ca_bundle")),
            client_cert=self._file(table.get("client_cert")),
            client_key=self._file(table.get("client_key")),
            upload=_upload(table.get("upload")),
            permission_map=dict(table.get("permission_map", {})),
            identity_rules=identity_rules(table.get("identity", {})),
            limits=Limits(**{**_LIMITS.get(table["platform"], {}), **table.get("limits", {})}),
            **optional,
        )

    def approval(self, table: Mapping[str, Any]) -> ApprovalTerms:
        """The `[approval]` table."""
        own = {"valid_for": duration(table["valid_for"])} if "valid_for" in table else {}
        return ApprovalTerms(self._file(table.get("allowed_signers")), **own)  # type: ignore[arg-type]

    def policy(self, table: Mapping[str, Any] | None) -> PolicyRef | None:
        """The `[policy]` table."""
        if table is None:
            return None
        return PolicyRef(table["digest"].removeprefix("sha256:"), self._file(table.get("file")))

    def store(self, table: Mapping[str, Any], path: JsonPath) -> StoreLocation:
        """One `[store]` table, of the config or of an environment."""
        if "url" in table:
            return self._bucket(table, path)
        directory = self._folder / Path(table.get("directory", DEFAULT_DIRECTORY)).expanduser()
        return DirectoryLocation(directory, table.get("durable", False))

    def _bucket(self, table: Mapping[str, Any], path: JsonPath) -> S3Location:
        bucket, _, prefix = table["url"].removeprefix("s3://").partition("/")
        return S3Location(
            bucket=bucket,
            prefix=prefix.strip("/"),
            ca_bundle=self._file(table.get("ca_bundle")),
            access_key=self._refs.get((*path, "access_key")),
            secret_key=self._refs.get((*path, "secret_key")),
            session_token=self._refs.get((*path, "session_token")),
            **{key: table[key] for key in _S3_PLAIN if key in table},
        )

    def _app(self, table: Mapping[str, Any], path: JsonPath) -> App:
        secret = self._refs[(*path, "client_secret")]
        following = self._refs.get((*path, "client_secret_next"))
        return App(table["client_id"], secret, table.get("sub"), following)

    def _login(self, table: Mapping[str, Any], path: JsonPath) -> Login:
        places = (self._refs.get((*path, key)) for key in ("password", "password_next"))
        return Login(table["username"], *places)

    def _file(self, written: str | None) -> Path | None:
        return None if written is None else self._folder / Path(written).expanduser()


def guard_rule(table: Mapping[str, Any]) -> GuardRule:
    """One `[[guards]]` table."""
    severity = table.get("severity")
    return GuardRule(
        rule=table["rule"],
        severity=None if severity is None else Severity(severity),
        environments=tuple(table.get("environments", ())),
        parameters={
            key: tuple(each) if isinstance(each, list) else each
            for key, each in table.items()
            if key not in BESIDE_PARAMETERS
        },
    )


def _account(table: Mapping[str, Any]) -> str:
    """What stands for an account that the config does not name: its app, or the server's host."""
    app: str | None = table.get("admin_app", {}).get("client_id")
    return app or host_of(table["url"])


def _upload(value: Any) -> Upload | None:
    if isinstance(value, dict):
        options = {"timeout": float(value["timeout"])} if "timeout" in value else {}
        return UploadCommand(tuple(value["command"]), **options)
    if value == "store":
        return "store"
    return "platform" if value == "platform" else None
