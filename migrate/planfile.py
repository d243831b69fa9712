"""Plans as files: their JSON value, and the digest that shows whether one was edited."""

from typing import Any

from migrate import peopleplanfile
from migrate.actor import Actor, actor_to_value
from migrate.canonical import dumps, sha256
from migrate.diff import Action, Change, Left, Reason, Rules
from migrate.errors import InvalidInput
from migrate.guards import Outcome, Override, Verdict
from migrate.model import Mode, Role
from migrate.plan import Origin, Plan, Reverted, Side, Terms, Undoes
from migrate.rolevalue import role_from_value, role_to_value
from migrate.snapshot import (
    identity_from_value,
    identity_to_value,
    selection_from_value,
    selection_to_value,
)

SCHEMA = "urn:role-migrate:schema:plan:1"
FORMAT_VERSION = 1


def to_value(plan: Plan) -> dict[str, Any]:
    """The JSON value of a plan file, with its digest."""
    value: dict[str, Any] = {
        "$schema": SCHEMA,
        "formatVersion": FORMAT_VERSION,
        "id": plan.id,
        "createdAt": plan.created_at,
        "version": plan.version,
        "planner": actor_to_value(plan.planner),
        "mode": plan.mode.value,
        "assignments": plan.people.assignments.value,
        "source": _side_to_value(plan.source),
        "target": _side_to_value(plan.target),
        "store": plan.store,
        "selections": [selection_to_value(selection) for selection in plan.selections],
        "keep": list(plan.rules.keep),
        "promoteBuiltins": list(plan.rules.promote_builtins),
        "sendSourceId": plan.rules.send_source_id,
        "changes": [_change_to_value(change) for change in plan.changes],
        "left": [
            {
                "roleType": left.role_type,
                "name": left.name,
                "reason": left.reason.value,
                "details": list(left.details),
            }
            for left in plan.left
        ],
        "unknownPermissions": [
            {"roleType": key[0], "name": key[1], "permission": name} for key, name in plan.unknown
        ],
        "equal": plan.equal,
        "sourceSizes": dict(plan.source_sizes),
        "sourceNames": {kind: sorted(names) for kind, names in plan.source_names.items()},
        "sourceTerms": {
            "permissions": {
                kind: sorted(names) for kind, names in plan.source_terms.permissions.items()
            },
            "roles": sorted(plan.source_terms.roles),
        },
        "overrides": [
            {"rule": override.rule, "reason": override.reason} for override in plan.overrides
        ],
        "verdicts": [verdict_to_value(verdict) for verdict in plan.verdicts],
        "people": peopleplanfile.to_value(plan.people),
        "undoes": _undoes_to_value(plan.undoes),
        "reverts": [
            {
                "roleType": each.role_type,
                "role": each.role,
                "what": list(each.what),
                "log": list(each.log),
            }
            for each in plan.reverts
        ],
    }
    value["digest"] = _digest(value)
    return value


def from_value(value: dict[str, Any], *, where: str) -> Plan:
    """The plan in a JSON value that its schema allows.

    Raises InvalidInput where its digest does not match: the file was edited.
    """
    if _digest(value) != value["digest"]:
        raise InvalidInput(
            "the plan was edited after it was made: its digest does not match its content",
            where=where,
            target="unchanged",
            remedy="Make a new plan; a plan is only ever run as it was reviewed.",
        )
    changes = tuple(_change_from_value(change) for change in value["changes"])
    _check_consistent(changes, Mode(value["mode"]), where)
    if changes and value["source"].get("origin") == Origin.ASSIGNMENTS_FILE.value:
        raise InvalidInput(
            "this is no plan that role-migrate made: an assignments file changes no role",
            where=where,
            target="unchanged",
            remedy="Make a new plan, and find out who edited this one.",
        )
    return Plan(
        id=value["id"],
        created_at=value["createdAt"],
        version=value["version"],
        planner=Actor(**value["planner"]),
        mode=Mode(value["mode"]),
        source=_side_from_value(value["source"]),
        target=_side_from_value(value["target"]),
        store=value["store"],
        selections=tuple(selection_from_value(part) for part in value["selections"]),
        rules=Rules(
            keep=tuple(value["keep"]),
            promote_builtins=tuple(value["promoteBuiltins"]),
            send_source_id=value["sendSourceId"],
        ),
        changes=changes,
        left=tuple(
            Left(left["roleType"], left["name"], Reason(left["reason"]), tuple(left["details"]))
            for left in value["left"]
        ),
        unknown=tuple(
            ((item["roleType"], item["name"]), item["permission"])
            for item in value["unknownPermissions"]
        ),
        equal=value["equal"],
        source_sizes=value["sourceSizes"],
        source_names={kind: frozenset(names) for kind, names in value["sourceNames"].items()},
        source_terms=Terms(
            {kind: frozenset(names) for kind, names in value["sourceTerms"]["permissions"].items()},
            frozenset(value["sourceTerms"]["roles"]),
        ),
        overrides=tuple(Override(item["rule"], item["reason"]) for item in value["overrides"]),
        verdicts=tuple(
            Verdict(item["rule"], Outcome(item["outcome"]), item["message"], item["reason"])
            for item in value["verdicts"]
        ),
        people=peopleplanfile.from_value(value["people"]),
        undoes=_undoes_from_value(value["undoes"]),
        reverts=tuple(
            Reverted(item["roleType"], item["role"], tuple(item["what"]), tuple(item["log"]))
            for item in value["reverts"]
        ),
    )


def _check_consistent(changes: tuple[Change, ...], mode: Mode, where: str) -> None:
    """Raise InvalidInput for what no planner makes: whoever edits a plan can redo its digest."""
    keys = [change.key for change in changes]

    def odd(change: Change) -> bool:
        names = {role.name for role in (change.before, change.after) if role is not None}
        return names != {change.name} or (change.action is Action.DELETE and mode is not Mode.FULL)

    wrong = [change.name for change in changes if odd(change)]
    if wrong or len(set(keys)) != len(keys):
        raise InvalidInput(
            "this is no plan that role-migrate made: "
            f"{', '.join(map(repr, wrong)) or 'a role twice'}",
            where=where,
            target="unchanged",
            remedy="Make a new plan, and find out who edited this one.",
        )


def plan_digest(plan: Plan) -> str:
    """The digest of a plan, as in its file."""
    if "plan" not in plan.digests:
        plan.digests["plan"] = str(to_value(plan)["digest"])
    return plan.digests["plan"]


def verdict_to_value(verdict: Verdict) -> dict[str, str]:
    """A verdict as JSON."""
    return {
        "rule": verdict.rule,
        "outcome": verdict.outcome.value,
        "message": verdict.message,
        "reason": verdict.reason,
    }


def _digest(value: dict[str, Any]) -> str:
    return sha256(dumps({key: item for key, item in value.items() if key != "digest"}))


def _side_to_value(side: Side) -> dict[str, Any]:
    return {
        "origin": side.origin.value,
        "environment": side.environment,
        "identity": identity_to_value(side.identity),
        "capturedAt": side.captured_at,
        "digest": side.digest,
        "snapshot": side.snapshot,
    }


def _side_from_value(value: dict[str, Any]) -> Side:
    return Side(
        value["environment"],
        identity_from_value(value["identity"]),
        value["capturedAt"],
        value["digest"],
        value["snapshot"],
        Origin(value["origin"]),
    )


def _undoes_to_value(undoes: Undoes | None) -> dict[str, Any] | None:
    if undoes is None:
        return None
    own = [{"roleType": role_type, "role": name} for role_type, name in sorted(undoes.own)]
    return {"run": undoes.run, "own": own}


def _undoes_from_value(value: dict[str, Any] | None) -> Undoes | None:
    if value is None:
        return None
    return Undoes(value["run"], frozenset((own["roleType"], own["role"]) for own in value["own"]))


def _change_to_value(change: Change) -> dict[str, Any]:
    return {
        "action": change.action.value,
        "roleType": change.role_type,
        "name": change.name,
        "before": role_to_value(change.before) if change.before else None,
        "after": role_to_value(change.after) if change.after else None,
    }


def _change_from_value(value: dict[str, Any]) -> Change:
    def role(part: dict[str, Any] | None) -> Role | None:
        return role_from_value(value["roleType"], part) if part is not None else None

    return Change(
        Action(value["action"]),
        value["roleType"],
        value["name"],
        role(value["before"]),
        role(value["after"]),
    )
