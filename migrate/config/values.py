"""What a config says, as frozen values. Secrets are in here as references only."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from migrate.config.logins import App, Login
from migrate.errors import Fault, InvalidInput, UsageError
from migrate.fleet.waves import Terms
from migrate.guards import GuardRule
from migrate.identity.rules import IdentityRules
from migrate.model import Identity
from migrate.secrets import SecretRef
from migrate.urls import fold


@dataclass(frozen=True, slots=True)
class Limits:
    """The platform's request budget per account (kore.md E: 60 and 1,800); 0 is none."""

    per_minute: int = 60
    per_hour: int = 1800


@dataclass(frozen=True, slots=True)
class DirectoryLocation:
    """A store in a directory. `durable` says that it outlives the machine of a CI job."""

    path: Path
    durable: bool = False


@dataclass(frozen=True, slots=True)
class S3Location:
    """A bucket, the prefix in it (no slash at either end), and how to reach it.

    `timeout` is in seconds. Without keys, boto3's usual ways to credentials count.
    """

    bucket: str
    prefix: str = ""
    endpoint_url: str | None = None
    region: str | None = None
    profile: str | None = None
    path_style: bool = False
    ca_bundle: Path | None = None
    proxy: str | None = None
    timeout: float = 60.0
    expected_bucket_owner: str | None = None
    sse: Literal["AES256", "aws:kms"] | None = None
    kms_key_id: str | None = None
    checksums: Literal["when_supported", "when_required"] = "when_supported"
    access_key: SecretRef | None = None
    secret_key: SecretRef | None = None
    session_token: SecretRef | None = None

    @property
    def url(self) -> str:
        """`s3://bucket/prefix`."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


StoreLocation = DirectoryLocation | S3Location


@dataclass(frozen=True, slots=True)
class ImportBucket:
    """Where `upload = "store"` puts import files. `file_id` is the template of the fileId."""

    location: S3Location
    file_id: str


@dataclass(frozen=True, slots=True)
class UploadCommand:
    """`upload = { command = […] }`: gets the file's path, prints the fileId, within `timeout` s."""

    argv: tuple[str, ...]
    timeout: float = 300.0


Upload = Literal["store", "platform"] | UploadCommand


@dataclass(frozen=True, slots=True)
class Environment:
    """One account on a platform, under the name that the config gives it.

    What it is reached by depends on the platform: apps on Kore.ai, a login on FairCom, perhaps
    with a client certificate (PEM; `client_key` None where its key is in the same file).

    `upload` is None where the config does not say; writing needs it. `role_types` None means all
    that the platform has. `timeout` bounds a silence of the platform, `verify_timeout` how long
    verification polls, both in seconds. `store` overrides the config's.

    `protected` environments are not probed, full promotions into them need a profile, and what
    is to be done there is planned, approved and applied. `approvals` is how many people must
    approve, None where the config does not say. `promotes_from` are the only sources, () for all;
    `require_verified_in` is where what is promoted must have been verified, None for nowhere.

    `account_id` is the accountId that the platform's answers must have, None where the config
    does not say. `identity_rules` hold where this is the target. `max_source_age` bounds, in
    seconds, how old a snapshot may be from which assignments are made here; None: no bound.
    """

    name: str
    platform: str
    url: str
    account: str
    admin_app: App | None = None
    builder_app: App | None = None
    login: Login | None = None
    ca_bundle: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    proxy: str | None = None
    timeout: float = 60.0
    verify_timeout: float = 30.0
    upload: Upload | None = None
    import_bucket: ImportBucket | None = None
    keep: tuple[str, ...] = ()
    promote_builtins: tuple[str, ...] = ()
    permission_map: Mapping[str, str] = field(default_factory=dict)
    send_source_id: bool = False
    limits: Limits = Limits()
    role_types: tuple[str, ...] | None = None
    store: StoreLocation | None = None
    protected: bool = False
    approvals: int | None = None
    promotes_from: tuple[str, ...] = ()
    require_verified_in: str | None = None
    account_id: str | None = None
    identity_rules: IdentityRules = field(default_factory=IdentityRules)
    max_source_age: float = 24 * 3600.0

    @property
    def identity(self) -> Identity:
        """What this environment really is: platform, folded URL, account."""
        return Identity(self.platform, fold(self.url), self.account)

    @property
    def acts_as(self) -> str:
        """As whom a run acts: who logs in, or an app's `sub` that is an e-mail; else ""."""
        if self.login is not None:
            return self.login.username
        subject = self.admin_app.sub if self.admin_app is not None else None
        return subject if subject and "@" in subject else ""


def _same_account(one: Environment, other: Environment) -> bool:
    """Whether two are one account: by what they say, or by logging in there as one and the same."""
    if one.identity == other.identity:
        return True
    place = (one.platform, fold(one.url)) == (other.platform, fold(other.url))
    apps = (one.admin_app, other.admin_app)
    return place and all(apps) and len({app.client_id for app in apps if app}) == 1


@dataclass(frozen=True, slots=True)
class ApprovalTerms:
    """What makes an approval count. With `allowed_signers` only signed ones do.

    `valid_for` is in seconds.
    """

    allowed_signers: Path | None = None
    valid_for: float = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class PolicyRef:
    """Which policy holds: the one of this digest (SHA-256, hex), in a file, or in the store."""

    digest: str
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """A whole config. `folder` is what its relative paths resolve against.

    `warnings` are for the caller to show. `in_ci` says that CI was set when it was loaded.
    """

    path: Path
    folder: Path
    environments: Mapping[str, Environment]
    guards: tuple[GuardRule, ...]
    default_store: StoreLocation
    approval: ApprovalTerms = ApprovalTerms()
    policy: PolicyRef | None = None
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fleet: Terms = field(default_factory=Terms)
    warnings: tuple[Fault, ...] = ()
    in_ci: bool = False

    def environment(self, name: str) -> Environment:
        """The environment called `name`. Raises UsageError that lists what there is."""
        if name in self.environments:
            return self.environments[name]
        near = difflib.get_close_matches(name, self.environments, n=1)
        guess = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(
            f'the config has no environment "{name}"{guess}',
            where=str(self.path),
            remedy=f"Choose one of: {', '.join(sorted(self.environments))}. "
            "A file is written file:PATH.",
        )

    def names_of(self, environment: Environment) -> tuple[Environment, ...]:
        """The environments that are the same account as one, under whatever names, itself too."""
        others = (each for each in self.environments.values() if each != environment)
        return (environment, *(each for each in others if _same_account(each, environment)))

    def is_protected(self, environment: Environment) -> bool:
        """Whether an environment is protected, under this name or another for the same account."""
        return any(each.protected for each in self.names_of(environment))

    def approvals_of(self, environment: Environment) -> int:
        """How many people must approve a plan for an environment, under whatever name."""
        return max(
            int(each.protected) if each.approvals is None else each.approvals
            for each in self.names_of(environment)
        )

    def store_of(self, environment: str) -> StoreLocation:
        """Where the snapshots, plans, runs and locks of `environment` are kept.

        Raises UsageError for an unknown environment, and InvalidInput for a directory that was
        not declared durable while CI is set: what a job leaves behind there is gone with it, and
        two jobs would not see each other's locks.
        """
        store = self.environment(environment).store or self.default_store
        if self.in_ci and isinstance(store, DirectoryLocation) and not store.durable:
            raise InvalidInput(
                f"the store is the directory {store.path}, and CI is set: a job's directory "
                "neither protects nor resumes anything",
                where=str(self.path),
                remedy='Name a bucket (`url = "s3://…"`) under [store], or say `durable = true` '
                "if the directory outlives the job and all jobs share it.",
            )
        return store
