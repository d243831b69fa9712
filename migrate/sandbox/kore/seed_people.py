"""People and bots for large accounts, and who holds what: the same for the same numbers."""

import base64
from collections.abc import Sequence
from hashlib import sha256
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from migrate.sandbox.kore.catalogue import BUILT_INS

_FIRST = ("Ada", "Bo", "Chidi", "Dana", "Eren", "Fatima", "Goran", "Hana", "Ivo", "Jun", "Kofi")
_LAST = ("Abe", "Brandt", "Costa", "Diallo", "Eriksen", "Farah", "Gupta", "Haas", "Ito", "Jonker")


def add_people(
    state: dict[str, Any],
    users: int,
    groups: int,
    bots: int,
    *,
    roles_per_user: float,
    groups_per_user: float,
    roles_per_group: float,
    seed: int,
) -> None:
    """Fill the sections of a state document whose roles are there, and set holders of the roles.

    The numbers per user and group are means. E-mails, group names and bot names are the same for
    every `seed`; the bots' ids and secrets, and who holds what, are not.
    """
    # Not for secrets: the same numbers must give the same account.
    chance = Random(f"people {seed}")  # noqa: S311
    state["users"] = [_user(number) for number in range(users)]
    state["groups"] = [_group(number) for number in range(groups)]
    state["bots"] = [_bot(number, seed) for number in range(bots)]
    _fill_groups(state, groups_per_user, chance)
    names = [user["username"] for user in state["users"]]
    _give_roles(state, "user", names, roles_per_user, chance)
    names = [group["gN"] for group in state["groups"]]
    _give_roles(state, "group", names, roles_per_group, chance)


def _user(number: int) -> dict[str, Any]:
    first, last = _FIRST[number % len(_FIRST)], _LAST[number % len(_LAST)]
    return {
        "username": f"{first}.{last}.{number:05d}@example.com".lower(),
        "orgUserId": f"E{number:06d}",
        "firstName": first,
        "lastName": last,
        "isDeveloper": number % 3 == 0,
        "canCreateBot": number % 9 == 0,
    }


def _group(number: int) -> dict[str, Any]:
    # Every tenth group has no users of its own, but the group before it inside.
    inside = [f"Team {number - 1:04d}"] if number % 10 == 9 else []
    return {"gN": f"Team {number:04d}", "gDesc": "", "users": [], "groups": inside}


def _bot(number: int, seed: int) -> dict[str, Any]:
    name = f"Assistant {number:03d}"
    mark = f"{seed}/{name}"
    secret = base64.b64encode(sha256(f"secret of {mark}".encode()).digest()).decode()
    app = {"name": name, "clientId": f"cs-{uuid5(NAMESPACE_URL, mark)}", "clientSecret": secret}
    return {"_id": f"st-{uuid5(NAMESPACE_URL, mark)}", "name": name, "jwtApps": [app]}


def _fill_groups(state: dict[str, Any], per_user: float, chance: Random) -> None:
    filled = [group for group in state["groups"] if not group["groups"]]
    for user in state["users"]:
        for group in _some(filled, per_user, chance):
            group["users"].append(user["username"])


def _give_roles(
    state: dict[str, Any], kind: str, names: Sequence[str], mean: float, chance: Random
) -> None:
    # Built-ins stay aside: not everybody may hold each of them. Bot roles need a bot.
    roles = [
        role
        for role in state["roles"]
        if role["role"] not in BUILT_INS[role["roleType"]]
        and (role["roleType"] == "admin" or state["bots"])
    ]
    for name in names:
        for role in _some(roles, mean, chance):
            holder = {kind: name}
            if role["roleType"] == "bot":
                holder["bot"] = chance.choice(state["bots"])["_id"]
            role.setdefault("holders", []).append(holder)


def _some(things: Sequence[Any], mean: float, chance: Random) -> list[Any]:
    """Different ones of the things, so many that their mean number is `mean`."""
    least = int(mean)
    count = least + (chance.random() < mean - least)
    return chance.sample(things, min(count, len(things)))
