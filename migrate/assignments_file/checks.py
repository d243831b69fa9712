"""What no form of an assignments file rules out by itself."""

from collections.abc import Iterator

from migrate.assignments_file.values import Placed, Wanted
from migrate.identity import caseless
from migrate.validation.locate import Finding
from migrate.wording import JsonPath, quoted


def check(placed: Placed) -> Iterator[Finding]:
    """What does not go together, and what is odd.

    Errors: bot roles without a bot, admin roles with one, the same added and removed, and what is
    named twice in letters of different case. Said twice alike, and blanks at an end, are warnings.
    """
    first: dict[tuple[object, ...], Wanted] = {}
    for path, each in placed.items():
        if each.role_type == "bot" and not (each.bot.strip() or each.bot_id):
            yield Finding(f"the bot role {quoted(each.role)} needs a bot that it is held in", path)
        if each.role_type != "bot" and each.bot:
            kind = f"{each.role_type} role"
            message = f"the {kind} {quoted(each.role)} is held in the whole account, not in "
            yield Finding(f"{message}the bot {quoted(each.bot)}", path)
        for name in each.names:
            if name != name.strip():
                message = f"{quoted(name)} has a blank at an end; it is taken as it is written"
                yield Finding(message, path, warning=True)
        ids = (each.role_id, each.bot_id)
        folded = (each.kind, each.by_org_id, each.role_type, *ids, *map(caseless, each.names))
        other = first.setdefault(folded, each)
        if other is not each:
            yield _twice(each, other, path)


def _twice(one: Wanted, other: Wanted, path: JsonPath) -> Finding:
    """What to say of two lines about the same, case aside."""
    if one.names != other.names:
        pairs = zip(one.names, other.names, strict=True)
        differ = ", ".join(f"{quoted(a)} and {quoted(b)}" for a, b in pairs if a != b)
        return Finding(f"{differ} differ only by case; the other is {other.place}", path)
    who, role, _ = one.names
    said = f"the {one.kind} {quoted(who)} and the {one.role_type} role {quoted(role)}"
    if one.action is not other.action:
        return Finding(f"{said} are added and removed; the other is {other.place}", path)
    return Finding(f"{said} are named twice; the other is {other.place}", path, warning=True)
