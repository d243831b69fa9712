"""Builds readers and writers of FairCom servers from the config."""

from collections.abc import Iterator
from typing import Any

from migrate.config import Environment
from migrate.diagnosis import Finding
from migrate.diff import Change
from migrate.errors import UNCHANGED, InvalidInput, UsageError
from migrate.http import Http
from migrate.model import State
from migrate.plan import Plan
from migrate.platforms.assign_step import assign_effect
from migrate.platforms.base import Outcome, Shared, Step, Uploads
from migrate.platforms.faircom import checkup
from migrate.platforms.faircom.catalogue import TRAITS
from migrate.platforms.faircom.channel import ReadChannel, WriteChannel
from migrate.platforms.faircom.reader import FairComReader
from migrate.platforms.faircom.session import Credentials, Session
from migrate.platforms.faircom.writer import FairComWriter
from migrate.standing import Effect
from migrate.tools import Tools

__all__ = [
    "TRAITS",
    "check",
    "effect_of",
    "import_files",
    "reader",
    "state_of_export",
    "writer",
]


def reader(environment: Environment, shared: Shared, tools: Tools) -> FairComReader:
    """A reader of the server, as the config's login."""
    session = _session(environment, _http(environment, tools), shared, tools)
    return FairComReader(ReadChannel(session, shared.pace, environment.name), environment.name)


def writer(
    environment: Environment, shared: Shared, tools: Tools, uploads: Uploads
) -> FairComWriter:
    """A writer to the server; nothing is uploaded here."""
    http = _http(environment, tools)
    session = _session(environment, http, shared, tools)
    return FairComWriter(
        WriteChannel(session, shared.pace, environment.name),
        environment.name,
        timeout=http.longest(),
        patience=environment.timeout,
        pause=tools.pause,
    )


def check(environment: Environment, shared: Shared, tools: Tools) -> Iterator[Finding]:
    """Whether a server is ready to be worked with, for `doctor`."""
    session = _session(environment, _http(environment, tools), shared, tools)
    try:
        channel = ReadChannel(session, shared.pace, environment.name)
        yield from checkup.check(session, FairComReader(channel, environment.name))
    finally:
        session.close()


def effect_of(
    step: Step, payload: bytes | None, changes: tuple[Change, ...], outcome: Outcome | None
) -> Effect:
    """What a step makes of a server if all of it is done as told."""
    return assign_effect(step, outcome)


def import_files(plan: Plan, target: State) -> Iterator[tuple[str, bytes]]:
    """None: nothing is uploaded."""
    return iter(())


def state_of_export(value: Any, text: bytes, role_type: str | None, *, where: str) -> State:
    """Raises UsageError: a server has no export of roles."""
    raise UsageError(
        "FairCom servers export no roles, so this array is none of theirs",
        where=where,
        target=UNCHANGED,
        remedy="Give a snapshot of the environment: role-migrate snapshot --env E -o FILE.",
    )


def _http(environment: Environment, tools: Tools) -> Http:
    certificate = environment.client_cert
    return Http(
        environment.url,
        ca_bundle=environment.ca_bundle,
        certificate=(certificate, environment.client_key) if certificate else None,
        proxy=environment.proxy,
        timeout=environment.timeout,
        pause=tools.pause,
        begins=tools.traffic.begins(environment.name),
        heard=tools.traffic.calls(environment.name),
    )


def _session(environment: Environment, http: Http, shared: Shared, tools: Tools) -> Session:
    login = environment.login
    if login is None:
        raise InvalidInput(
            f"environments.{environment.name} has no login",
            remedy=f"Add [environments.{environment.name}.login] with username and password.",
        )
    where = f"environments.{environment.name}.login"
    secret = shared.secret(login, where) if login.secrets else None
    certificate = environment.client_cert is not None
    credentials = Credentials(login.username, secret, certificate)
    return Session(http, credentials, shared.pace.wait, tools.random_hex(6), environment.name)
