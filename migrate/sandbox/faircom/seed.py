"""Large servers made on the spot, the same for the same numbers."""

from random import Random
from typing import Any

_TEAMS = ("CLAIMS", "PAYMENTS", "RETAIL", "SUPPORT", "FRAUD", "LOGISTICS", "PEOPLE", "TREASURY")
_DUTIES = ("READ", "WRITE", "REVIEW", "AUDIT", "BATCH", "REPORT", "EXPORT")


def server_state(
    accounts: int, *, roles: int = 40, roles_per_account: float = 5, seed: int = 0
) -> dict[str, Any]:
    """A state document with so many accounts beside ADMIN, and so many roles.

    Each account holds as many roles as the mean says. Names are the same under every `seed`; who
    holds what is not.
    """
    # Not for secrets: the same numbers must give the same server.
    chance = Random(seed)  # noqa: S311
    names = [_role(number) for number in range(roles)]
    return {
        "platform": "faircom",
        "roles": ["ADMIN", "GUEST", *names],
        "accounts": [
            {"username": "ADMIN", "roles": ["ADMIN"]},
            *(
                {"username": f"USER{number:05d}", "roles": _some(names, roles_per_account, chance)}
                for number in range(accounts)
            ),
        ],
    }


def _role(number: int) -> str:
    return f"{_TEAMS[number % len(_TEAMS)]}_{_DUTIES[number % len(_DUTIES)]}_{number:03d}"


def _some(names: list[str], mean: float, chance: Random) -> list[str]:
    least = int(mean)
    count = least + (chance.random() < mean - least)
    return chance.sample(names, min(count, len(names)))
