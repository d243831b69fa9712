"""The file of a set: `fleet.json` beside the plans that it names. Pure."""

from typing import Any

from migrate.actor import Actor, actor_to_value
from migrate.canonical import dumps, sha256
from migrate.errors import InvalidInput
from migrate.fleet.sets import FleetSet, Member, Missing
from migrate.statement import Together, subject_from_value, subject_to_value

SCHEMA = "urn:role-migrate:schema:fleet:1"
NAME = "fleet.json"


def plan_name(environment: str) -> str:
    """The name of a target's plan beside the set's file."""
    return f"{environment}.plan.json"


def to_value(fleet: FleetSet) -> dict[str, Any]:
    """The JSON value of a set, with its digest."""
    waves = {name: number for number, wave in enumerate(fleet.waves, 1) for name in wave}
    value: dict[str, Any] = {
        "$schema": SCHEMA,
        "formatVersion": 1,
        "id": fleet.id,
        "createdAt": fleet.created_at,
        "version": fleet.version,
        "planner": actor_to_value(fleet.planner),
        "group": fleet.group,
        "source": fleet.source,
        "members": [
            {
                "environment": name,
                "wave": waves[name],
                "file": plan_name(name),
                **subject_to_value(fleet.member(name).subject),
            }
            for name in fleet.order
        ],
        "missing": [
            {"environment": each.environment, "exitCode": each.exit_code, "what": each.what}
            for each in fleet.missing
        ],
    }
    value["digest"] = _digest(value)
    return value


def from_value(value: dict[str, Any], *, where: str) -> FleetSet:
    """The set in a JSON value that its schema allows.

    Raises InvalidInput where its digest does not match, or it names a target twice.
    """
    names = [each["environment"] for each in value["members"]]
    if _digest(value) != value["digest"] or len(set(names)) != len(names):
        raise InvalidInput(
            "the set was edited after it was made: its digest does not match its content",
            where=where,
            target="unchanged",
            remedy="Make it anew; a set is only ever run as it was reviewed.",
        )
    numbers = sorted({each["wave"] for each in value["members"]})
    return FleetSet(
        id=value["id"],
        created_at=value["createdAt"],
        version=value["version"],
        planner=Actor(**value["planner"]),
        group=value["group"],
        source=value["source"],
        waves=tuple(
            tuple(each["environment"] for each in value["members"] if each["wave"] == number)
            for number in numbers
        ),
        members=tuple(
            Member(each["environment"], subject_from_value(each)) for each in value["members"]
        ),
        missing=tuple(
            Missing(each["environment"], each["exitCode"], each["what"])
            for each in value["missing"]
        ),
    )


def digest_of(fleet: FleetSet) -> str:
    """The digest of a set, as in its file."""
    return str(to_value(fleet)["digest"])


def together(fleet: FleetSet) -> Together:
    """What one approval of the whole set is about."""
    return Together(digest_of(fleet), tuple(each.subject for each in fleet.members))


def _digest(value: dict[str, Any]) -> str:
    return sha256(dumps({key: item for key, item in value.items() if key != "digest"}))
