"""Puts the pieces together: config to stores, readers and writers. Built when first asked for.

Platforms and stores are imported here, by name, when a command needs them.
"""

import importlib
import os
from copy import copy
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING

from migrate.archive import Archive, folder_of
from migrate.canonical import read_bytes
from migrate.config import (
    App,
    Config,
    DirectoryLocation,
    Environment,
    Login,
    PolicyRef,
    S3Location,
    UploadCommand,
)
from migrate.config.load import MAX_BYTES
from migrate.config.policy import Policy, read_policy
from migrate.errors import Fault, InvalidInput
from migrate.guards import GuardRule
from migrate.kept import Kept
from migrate.model import Identity
from migrate.platforms.base import Reader, Shared, Uploader, Writer
from migrate.redaction import Redactor
from migrate.secrets import RotatingSecret, Secret, SecretRef, Source, resolve
from migrate.stores.base import Store
from migrate.tools import Tools
from migrate.traits import Traits

if TYPE_CHECKING:
    from migrate.platforms.probing import Prober, ProbeWish
    from migrate.stores.deleting import Remover


class Connections:
    """What the config describes, connected on demand and kept for the whole command.

    `warned` are the warnings about secrets so far.
    """

    def __init__(self, config: Config, tools: Tools, redactor: Redactor) -> None:
        self.config = config
        self.tools = tools
        self._redactor = redactor
        self._stores: Kept[DirectoryLocation | S3Location, Store] = Kept()
        self._archives: Kept[tuple[DirectoryLocation | S3Location, Identity], Archive] = Kept()
        self._shared: Kept[Identity, Shared] = Kept()  # all share one pace for an account
        self._secrets: Kept[tuple[Identity, App | Login], RotatingSecret] = Kept()
        self._open: list[Reader] = []
        self._policies: Kept[PolicyRef, Policy] = Kept()
        self.warned: list[Fault] = []

    def archive(self, environment: Environment) -> Archive:
        """The environment's shelf in its store."""
        where = (self.config.store_of(environment.name), environment.identity)
        return self._archives.get(where, lambda: Archive(self.store(where[0]), where[1]))

    def policy(self, environment: Environment) -> Policy:
        """The policy that the config names, read once; one without guards where it names none.

        Raises InvalidInput where it is another one than the config pins, or not there.
        """
        named = self.config.policy
        if named is None:
            return Policy()

        def read() -> Policy:
            if named.file is None:
                return self.archive(environment).policy(named.digest)
            return read_policy(
                read_bytes(named.file, limit=MAX_BYTES), str(named.file), named.digest
            )

        return self._policies.get(named, read)

    def guards(self, environment: Environment) -> tuple[GuardRule, ...]:
        """The guards of the config and of its policy: neither loosens the other."""
        return (*self.policy(environment).guards, *self.config.guards)

    def store(self, location: DirectoryLocation | S3Location) -> Store:
        """The store at a location, opened once."""
        return self._stores.get(location, lambda: self._opened(location))

    def reader(self, environment: Environment) -> Reader:
        """Something that can only read the environment."""
        reader: Reader = platform(environment).reader(
            environment, self.shared(environment), self.tools
        )
        self._open.append(reader)
        return reader

    def writer(self, environment: Environment) -> Writer:
        """Something that can carry out plans on the environment.

        Raises InvalidInput where the config does not say how files are uploaded.
        """
        writer: Writer = platform(environment).writer(
            environment, self.shared(environment), self.tools, partial(self._uploader, environment)
        )
        self._open.append(writer)
        return writer

    def shared(self, environment: Environment) -> Shared:
        """What all share who work with the environment's account, whatever the config calls it."""
        identity = environment.identity

        def make() -> Shared:
            from migrate.pace import Pace

            known = self.config.environments.values()
            limits = [environment.limits]
            limits += [each.limits for each in known if each.identity == identity]
            pace = Pace(
                per_minute=min((each.per_minute for each in limits if each.per_minute), default=0),
                per_hour=min((each.per_hour for each in limits if each.per_hour), default=0),
                clock=self.tools.monotonic,  # windows must not move with the wall clock
                now=self.tools.now,
                pause=self.tools.pause,
                where=environment.name,
            )
            return Shared(pace, partial(self._secret_of, identity))

        return self._shared.get(identity, make)

    def _secret_of(self, identity: Identity, who: App | Login, where: str) -> RotatingSecret:
        def fetch() -> RotatingSecret:
            sources = tuple(
                Source(setting, partial(self.secret, ref, f"{where}.{setting}"))
                for setting, ref in who.secrets.items()
            )
            return RotatingSecret(sources, where=where, tell=self.tools.tell)

        return self._secrets.get((identity, who), fetch)

    def prober(self, environment: Environment, writer: Writer, wish: "ProbeWish") -> "Prober":
        """Something that settles, by the calls of a writer, what nobody documents."""
        prober: Prober = platform(environment).prober(environment, writer, self.tools, wish)
        return prober

    def secret(self, ref: SecretRef, where: str) -> Secret:
        """Fetch a secret; from here on it is struck out of everything that is shown."""
        secret = resolve(ref, self.config.folder, os.environ, where=where)
        self._redactor.add(secret.reveal())
        self.warned += secret.warnings
        for warning in secret.warnings:
            self.tools.tell(f"warning: {warning}")
        return secret

    def aside(self) -> "Connections":
        """The same for one of many targets: its readers and writers are closed with it."""
        own = copy(self)
        own._open = []
        return own

    def close(self) -> None:
        """Close every connection."""
        for reader in self._open:
            reader.close()

    def remover(self, environment: Environment) -> "Remover":
        """What can delete in the environment's folder of its store: for `store prune` alone."""
        location = self.config.store_of(environment.name)
        folder = folder_of(environment.identity)
        if isinstance(location, DirectoryLocation):
            from migrate.stores.directory_deleting import DirectoryRemover

            return DirectoryRemover(location.path, folder)
        from migrate.buckets import settings_of
        from migrate.stores.s3_deleting import S3Remover

        return S3Remover(settings_of(location, self.secret), folder)

    def _opened(self, location: DirectoryLocation | S3Location) -> Store:
        if isinstance(location, DirectoryLocation):
            from migrate.stores.directory import DirectoryStore

            return DirectoryStore(location.path)
        from migrate.buckets import settings_of
        from migrate.stores.s3 import S3Store

        return S3Store(settings_of(location, self.secret))

    def _uploader(self, environment: Environment) -> Uploader | None:
        """The way to a fileId; None for the platform's own upload."""
        upload = environment.upload
        if upload is None:
            raise InvalidInput(
                f"environments.{environment.name} does not say how import files are uploaded",
                where=str(self.config.path),
                target="unchanged",
                remedy='Set upload = "store", "platform" or { command = […] } for it.',
            )
        from migrate.uploads import CommandUpload, StoreUpload

        if isinstance(upload, UploadCommand):
            return CommandUpload(upload.argv, environment.name, self.config.folder, upload.timeout)
        if upload == "platform":
            return None
        bucket = environment.import_bucket
        if bucket is None:
            raise InvalidInput(
                f'environments.{environment.name} has upload = "store" and no import_bucket',
                where=str(self.config.path),
                target="unchanged",
                remedy=f"Add [environments.{environment.name}.import_bucket] with url and file_id.",
            )
        return StoreUpload(
            self.store(bucket.location), bucket.location.prefix, bucket.file_id, environment.name
        )


def platform(environment: Environment | Identity) -> ModuleType:
    """The platform's `connect` module; the config's schema lists which there are."""
    return importlib.import_module(f"migrate.platforms.{environment.platform}.connect")


def traits_of(environment: Environment | Identity) -> Traits:
    """What the pure rooms must know of an environment's platform."""
    catalogue = importlib.import_module(f"migrate.platforms.{environment.platform}.catalogue")
    traits: Traits = catalogue.TRAITS
    return traits
