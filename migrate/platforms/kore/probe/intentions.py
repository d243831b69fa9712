"""What a probe will write, said before it writes. Pure."""

from migrate.model import State
from migrate.platforms.kore.probe.people import members
from migrate.platforms.kore.probe.sketch import BY_ID, FIRST_MIRROR, HELD, sketch
from migrate.platforms.probing import ProbeWish
from migrate.profile import PREFIX, made_by_probe, own_name
from migrate.wording import quoted


def intentions(before: State, role_types: tuple[str, ...], wish: ProbeWish) -> tuple[str, ...]:
    """The lines that somebody agrees to.

    Raises UsageError where the account does not show the user or the bot that the wish names.
    """
    whom = members(before, role_types, wish)
    lines = []
    for role_type in role_types:
        section = before.roles[role_type]
        drawn = sketch(section, role_type, wish.mark)
        last = FIRST_MIRROR + len(drawn.mirrors) - 1 if drawn.mirrors else BY_ID
        lines.append(
            f"make up to {last} {role_type} roles, {quoted(drawn.name(1))} to "
            f"{quoted(drawn.name(last))}, and change them: about ten imports in all"
        )
        mine = sum(not made_by_probe(role.name) for role in section.roles)
        lines.append(
            f"then, only if what was seen says that it leaves them as they are: import all {mine} "
            f"other {role_type} roles as they are, in full, twice, which removes the probe's. It "
            "sets the date of their last change, and a role that somebody makes in the console in "
            "that very second is lost"
        )
    for role_type, member in whom.items():
        place = f" in the bot {quoted(wish.bot)}" if member.bot_id else ""
        name = quoted(own_name(wish.mark, HELD))
        lines.append(
            f"give {quoted(member.email)} the {role_type} role {name}{place}, which denies all "
            "that it names, and take it back"
        )
        if member.group:
            lines.append(f"the same with the group {quoted(member.group)}, which that user is in")
    if whom:
        lines.append(
            f"try to assign roles to a user role-migrate-probe-{wish.mark}@example.invalid and a "
            f"group {quoted(f'{PREFIX} {wish.mark}')}, who do not exist, and a role that does not"
        )
    old = [role.name for role in before.all_roles() if made_by_probe(role.name)]
    if old:
        lines.append(f"remove {len(old)} roles that earlier probes left")
    lines.append(
        "Roles of the probe that the platform can't be made to remove are emptied, and named."
    )
    if wish.rate_limit:
        lines.append(
            "at the end, send reads until the platform refuses one: whoever else uses the account "
            "is refused, too, for a minute or more"
        )
    return tuple(lines)
