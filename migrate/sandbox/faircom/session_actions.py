"""The actions about sessions: create, alter, ping, list, describe, delete (faircom.md 2)."""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from migrate.sandbox.faircom import codes
from migrate.sandbox.faircom.account import folded
from migrate.sandbox.faircom.actions import Action, Job, administers, is_admin
from migrate.sandbox.faircom.codes import Failed
from migrate.sandbox.faircom.envelope import DEBUG, Reply, dead_token
from migrate.sandbox.faircom.environment import FaircomEnvironment
from migrate.sandbox.faircom.params import Params, flag, mapping, one_of, text, texts, whole
from migrate.sandbox.faircom.sessions import IDLE, NOBODY, OPTIONS, Session
from migrate.sandbox.faircom.switches import Switches

SERVER_VERSION = "FairCom DB Server V13.1.5 (role-migrate sandbox)"

_OPTIONS = {
    **{name: whole() if isinstance(usual, int) else text(255) for name, usual in OPTIONS.items()},
    "defaultResponseOptions": mapping,
    "defaultDebug": one_of(*DEBUG),
    IDLE: whole(),
}


def _creating(switches: Switches) -> Params:
    password = text(switches.longest_password)
    own = {"username": text(switches.longest_name, 1), "password": password}
    return Params({**own, **_OPTIONS, "permanentSession": flag})


def _none(_switches: Switches) -> Params:
    return Params({})


class SessionActions:
    """Answers the actions about sessions of one server."""

    def __init__(self, environment: FaircomEnvironment) -> None:
        self._environment = environment

    def actions(self) -> Mapping[str, Action]:
        """The actions by name."""
        return {
            "createSession": Action(_creating, self._create, needs_session=False),
            "alterSession": Action(lambda _: Params(_OPTIONS), self._alter),
            "pingSession": Action(_none, self._ping, needs_session=False),
            "listSessions": Action(
                lambda switches: Params({"usernameFilter": texts(switches.longest_name)}),
                self._list,
            ),
            "describeSessions": Action(
                lambda _: Params({"authTokens": texts(255)}), self._describe
            ),
            "deleteSession": Action(_none, self._delete, needs_session=False),
        }

    def _create(self, job: Job) -> Reply:
        environment, switches = self._environment, self._environment.switches
        given = dict(job.params)
        account = environment.logons.admit(
            environment.state,
            given.pop("username", None),
            given.pop("password", ""),
            peer=job.call.peer,
            switches=switches,
            now=environment.now(),
        )
        permanent = given.pop("permanentSession", False)
        if permanent and switches.permanent_sessions == "refused":
            raise Failed(codes.NOT_SUPPORTED, "Permanent sessions are not enabled.")
        username = account.key if account else ""
        self._check_room(username)
        usual = {IDLE: switches.idle_timeout, "defaultDebug": switches.default_debug}
        session = environment.sessions.create(
            username,
            admin=account is not None and administers(account),
            options={**OPTIONS, **usual, **given},
            permanent=permanent,
        )
        shown = self._shown(session)
        if switches.token_place == "top":  # noqa: S105 - a place, no token
            del shown["authToken"]
        return Reply(shown, token=session.token)

    def _check_room(self, username: str) -> None:
        switches, sessions = self._environment.switches, self._environment.sessions
        if switches.sessions and len(sessions.living()) >= switches.sessions:
            raise Failed(codes.LIST_FULL)
        most = switches.sessions_per_user
        if most and len(sessions.living(username)) >= most:
            raise Failed(codes.TOO_MANY_LOGONS)

    def _alter(self, job: Job) -> Reply:
        changed = self._environment.sessions.change(job.session, job.params)
        return Reply(self._shown(changed), token=changed.token)

    def _ping(self, job: Job) -> Reply:
        # Without a token it is the server that is asked for a sign of life.
        if job.token and job.session is NOBODY:
            raise Failed(codes.DEAD_TOKEN)
        return Reply(token=job.token)

    def _list(self, job: Job) -> Reply:
        wanted = {folded(name) for name in job.params.get("usernameFilter", ())}
        sessions = [
            {
                "authToken": each.token,
                "username": self._username(each),
                "description": each.options["description"],
            }
            for each in self._visible(job)
            if not wanted or each.username in wanted
        ]
        return Reply({"sessions": sessions}, token=job.token)

    def _describe(self, job: Job) -> Reply:
        tokens = job.params.get("authTokens", ())
        found = (
            [each for each in self._visible(job) if each.token in tokens]
            if tokens
            else self._environment.sessions.living(job.operator)
        )
        return Reply({"sessions": [self._shown(each) for each in found]}, token=job.token)

    def _delete(self, job: Job) -> Reply:
        if self._environment.sessions.end(job.token):
            return Reply(token=job.token)
        # Idempotent, as documented: a warning, and all is called well.
        return Reply(warnings=(dead_token(),))

    def _visible(self, job: Job) -> list[Session]:
        environment = self._environment
        admin = is_admin(environment.state, job.session, environment.switches)
        return environment.sessions.living(None if admin else job.operator)

    def _username(self, session: Session) -> str:
        account = self._environment.state.accounts.get(session.username)
        return account.username if account else session.username

    def _shown(self, session: Session) -> dict[str, Any]:
        environment = self._environment
        return {
            "authToken": session.token,
            "username": self._username(session),
            **session.options,
            "permanentSession": session.permanent,
            "sessionStartTimestamp": environment.timestamp(session.started),
            "sessionLastAccessedTimestamp": environment.timestamp(session.used_at),
            "serverVersion": SERVER_VERSION,
            "hostname": environment.name,
            "hostUuid": str(uuid5(NAMESPACE_DNS, environment.name)),
        }
