"""assignRolesToAccounts: from its parameters to pairs of account and role (faircom.md 4.1)."""

from collections.abc import Mapping
from typing import Any

from migrate.sandbox.faircom import codes
from migrate.sandbox.faircom.account import folded
from migrate.sandbox.faircom.account_actions import written
from migrate.sandbox.faircom.actions import Action, Job, refuse_others
from migrate.sandbox.faircom.assigning import Pair, assign
from migrate.sandbox.faircom.codes import Failed
from migrate.sandbox.faircom.envelope import Reply
from migrate.sandbox.faircom.environment import FaircomEnvironment
from migrate.sandbox.faircom.params import Check, Params, texts
from migrate.sandbox.faircom.switches import Switches

_KEYS: Mapping[str, str] = {"exact": "roleNames", "lower": "rolenames"}


def _params(switches: Switches) -> Params:
    names = texts(switches.longest_name)

    def entries(name: str, value: Any) -> None:
        # The documented default of an array of objects is printed as an empty object.
        if not isinstance(value, list) and value != {}:
            raise Failed(codes.WRONG_TYPE, f"'{name}' is an array of objects.")
        for entry in value:
            if not isinstance(entry, dict):
                raise Failed(codes.WRONG_TYPE, f"'{name}' is an array of objects.")
            Params({_role_key(entry, switches): names, "usernames": names}).read(entry, switches)

    checks: dict[str, Check] = {"add": entries, "remove": entries}
    return Params(checks)


class AssignAction:
    """Answers assignRolesToAccounts of one server."""

    def __init__(self, environment: FaircomEnvironment) -> None:
        self._environment = environment

    def actions(self) -> Mapping[str, Action]:
        """The action by its name."""
        return {"assignRolesToAccounts": Action(_params, self._assign)}

    def _assign(self, job: Job) -> Reply:
        environment, switches = self._environment, self._environment.switches
        refuse_others(environment.state, job.session, switches)
        pairs = _pairs(job.params, switches)
        half = job.call.fault in ("assign_partial", "assign_half")
        outcome = assign(
            environment.state,
            pairs,
            job.operator,
            switches,
            most=len(pairs) // 2 if half else None,
        )
        environment.commit(job.call.seq, outcome.server)
        if outcome.error:
            told = outcome.error
            return Reply(warnings=outcome.warnings, code=told.code, message=told.message)
        if job.call.fault == "assign_partial":
            raise Failed(codes.SECURITY)
        keys = dict.fromkeys(folded(pair.username) for pair in pairs)
        touched = [outcome.server.accounts[key] for key in keys if key in outcome.server.accounts]
        result = written(outcome.server, touched, switches)
        return Reply(result, outcome.warnings, token=job.token)


def _pairs(params: Mapping[str, Any], switches: Switches) -> list[Pair]:
    """Every role with every account of its entry, in the order in which they are done."""
    order = ("add", "remove") if switches.order == "add_first" else ("remove", "add")
    return [
        Pair(kind == "add", role, username)
        for kind in order
        for entry in params.get(kind) or ()
        for username in entry.get("usernames") or ()
        for role in entry.get(_role_key(entry, switches)) or ()
    ]


def _role_key(entry: Mapping[str, Any], switches: Switches) -> str:
    """The key that an entry's role names must have, or have where any case will do."""
    if switches.role_names_key != "any_case":
        return _KEYS[switches.role_names_key]
    return next((key for key in entry if key.lower() == "rolenames"), "roleNames")
