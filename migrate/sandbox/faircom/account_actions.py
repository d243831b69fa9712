"""The actions about accounts, but for roles: create, alter, clone, drop, list, describe."""

from collections.abc import Mapping
from typing import Any

from migrate.sandbox.faircom import codes
from migrate.sandbox.faircom.account import ADMIN, SETTINGS, Account, folded
from migrate.sandbox.faircom.actions import Action, Job, is_admin, only_admin, refuse_others
from migrate.sandbox.faircom.codes import Failed
from migrate.sandbox.faircom.envelope import Reply, Warned
from migrate.sandbox.faircom.environment import FaircomEnvironment
from migrate.sandbox.faircom.listing import described, listed, matching, visible_to
from migrate.sandbox.faircom.params import Check, Params, flag, mapping, text, texts, whole
from migrate.sandbox.faircom.switches import Switches

_LONGEST_TEXT = 65500
_MOST_MINUTES = 35791394
_SETTINGS: Mapping[str, Check] = {
    **{name: whole() if type(usual) is int else text(64) for name, usual in SETTINGS.items()},
    "accountDescription": text(_LONGEST_TEXT),
    "maxMinutesBeforeNextLogin": whole(_MOST_MINUTES),
}


def _saving(switches: Switches) -> Params:
    name, password = text(switches.longest_name, 1), text(switches.longest_password)
    return Params({"username": name, "password": password, **_SETTINGS}, ("username",))


def _cloning(switches: Switches) -> Params:
    name = text(switches.longest_name, 1)
    checks: dict[str, Check] = {
        "sourceUsername": name,
        "cloneUsername": name,
        "clonePassword": text(switches.longest_password),
        "cloneRoles": flag,
        "cloneDescription": text(_LONGEST_TEXT),
        "cloneMetadata": mapping,
    }
    return Params(checks, ("sourceUsername", "cloneUsername", "clonePassword"))


def _names(key: str) -> Any:
    return lambda switches: Params({key: texts(switches.longest_name)})


class AccountActions:
    """Answers the actions about the accounts of one server."""

    def __init__(self, environment: FaircomEnvironment) -> None:
        self._environment = environment

    def actions(self) -> Mapping[str, Action]:
        """The actions by name."""
        return {
            "createAccount": Action(_saving, self._create),
            "alterAccount": Action(_saving, self._alter),
            "cloneAccount": Action(_cloning, self._clone),
            "dropAccounts": Action(_names("usernames"), self._drop),
            "listAccounts": Action(_names("partialNames"), self._list),
            "describeAccounts": Action(_names("usernames"), self._describe),
        }

    def _create(self, job: Job) -> Reply:
        self._refuse_others(job)
        account = Account(
            job.params["username"],
            settings={**SETTINGS, **_settings(job.params)},
            password_changed=self._environment.timestamp(),
        )
        self._refuse_taken(account.key)
        return self._save(job, account, job.params.get("password", ""))

    def _alter(self, job: Job) -> Reply:
        self._refuse_others(job)
        environment = self._environment
        old, password = self._known(job.params["username"]), job.params.get("password")
        # What is left out, or null, stays; what is empty is emptied (faircom.md 4.2).
        account = Account(
            old.username,
            old.roles,
            {**old.settings, **_settings(job.params)},
            old.metadata,
            old.password_changed if password is None else environment.timestamp(),
        )
        return self._save(job, account, password)

    def _clone(self, job: Job) -> Reply:
        self._refuse_others(job)
        params, source = job.params, self._known(job.params["sourceUsername"])
        roles = source.roles if params.get("cloneRoles", True) else ()
        if ADMIN in roles:
            only_admin(job.operator)
        account = Account(
            params["cloneUsername"],
            roles,
            {**source.settings, "accountDescription": params.get("cloneDescription", "")},
            params.get("cloneMetadata", {}),
            self._environment.timestamp(),
        )
        self._refuse_taken(account.key)
        return self._save(job, account, params["clonePassword"])

    def _drop(self, job: Job) -> Reply:
        self._refuse_others(job)
        environment, warnings = self._environment, []
        server = environment.state
        for name in job.params.get("usernames", ()):
            key = folded(name)
            if key in server.accounts and key != ADMIN:
                server = server.lacking(key)
                environment.logons.forget(key)
            else:
                # ADMIN can't be removed; nor can who is not there, in the documented words.
                code = codes.SECURITY if key == ADMIN else 0
                message = f"Not able to remove account [{key}] - ISAM error [{code}]"
                warnings.append(Warned(codes.NOT_REMOVED, message))
        environment.commit(job.call.seq, server)
        return Reply(None, tuple(warnings), token=job.token)

    def _list(self, job: Job) -> Reply:
        server, switches = self._environment.visible(), self._environment.switches
        found = matching(self._visible(job), job.params.get("partialNames", ()), switches)
        accounts = [listed(server, account, switches) for account in found]
        return Reply({"accounts": accounts}, token=job.token)

    def _describe(self, job: Job) -> Reply:
        server, switches = self._environment.visible(), self._environment.switches
        wanted = {folded(name) for name in job.params.get("usernames", ())}
        found = [each for each in self._visible(job) if not wanted or each.key in wanted]
        accounts = [described(server, account, switches) for account in found]
        if switches.describe_shape == "bare" and len(accounts) == 1:
            return Reply(accounts[0], token=job.token)
        return Reply({"accounts": accounts}, token=job.token)

    def _visible(self, job: Job) -> tuple[Account, ...]:
        environment = self._environment
        switches = environment.switches
        admin = is_admin(environment.state, job.session, switches)
        return visible_to(environment.visible(), job.operator, switches, admin=admin)

    def _refuse_others(self, job: Job) -> None:
        refuse_others(self._environment.state, job.session, self._environment.switches)

    def _refuse_taken(self, key: str) -> None:
        if key in self._environment.state.accounts:
            raise Failed(codes.EXISTS)

    def _known(self, name: str) -> Account:
        account = self._environment.state.account(name)
        if account is None:
            raise Failed(codes.UNKNOWN_USER)
        return account

    def _save(self, job: Job, account: Account, password: str | None) -> Reply:
        environment = self._environment
        server = environment.state.having(account)
        environment.commit(job.call.seq, server)
        if password is not None:
            environment.logons.set(account.username, password)
        return Reply(written(server, [account], environment.switches), token=job.token)


def written(server: Any, accounts: list[Account], switches: Switches) -> dict[str, Any] | None:
    """The result of a write, of which none is documented."""
    match switches.write_result:
        case "empty":
            return {}
        case "absent":
            return None
    return {"accounts": [listed(server, account, switches) for account in accounts]}


def _settings(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: params[name] for name in SETTINGS if name in params}
