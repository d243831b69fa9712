"""The one call that could touch roles of others: a full import, which removes the probe's roles.

It holds every other role just as the account has it, and is sent only where everything that was
seen before says that such an import leaves those roles as they are: nothing could put back an id
that was minted anew.
"""

from collections.abc import Iterable
from dataclasses import replace
from unicodedata import normalize

from migrate.behaviour import is_denied
from migrate.model import People, Role
from migrate.platforms.kore.catalogue import DENIED
from migrate.platforms.kore.probe import judging
from migrate.platforms.kore.probe.desk import Desk
from migrate.platforms.kore.probe.sketch import (
    FIRST_MIRROR,
    MAIN,
    MOST_MIRRORS,
    emptied,
    others,
)
from migrate.profile import made_by_probe
from migrate.validation.role_names import LONGEST_NAME
from migrate.wording import quoted

ABANDONED = "left by a probe of role-migrate: nobody needs this role, delete it in the console"
"""The description of a role that a probe could not remove."""


def obstacle(desk: Desk, before: Iterable[Role], people: People | None) -> str:
    """Why a full import is not tried; "" where what was seen says that it does no harm.

    `before` are the roles of the type before the probe, `people` who held them.
    """
    roles = tuple(before)
    mine = others(roles, desk.role_type)
    ids = desk.notebook.value("ids", desk.role_type)
    if ids != "kept":
        what = "mints" if ids == "minted" else "may mint"
        return f"not tried: an import here {what} ids anew, and nothing puts back those of others"
    if not desk.refs_kept:
        return "not tried: an import here changes refIds, and nothing puts back those of others"
    marks = [(role.id, role.ref_id) for role in mine]
    repeated = any(len({*column}) < len(column) for column in zip(*marks, strict=True))
    if repeated or any(None in pair for pair in marks):
        return "not tried: not every role has an _id and a refId of its own"
    odd = next((role.name for role in mine if _odd(role.name, mine)), None)
    if odd is not None:
        return f"not tried: the name {quoted(odd)} might be read as another"
    return _losing(desk, mine, people)


def _odd(name: str, roles: tuple[Role, ...]) -> bool:
    alike = [role for role in roles if role.name.casefold() == name.casefold()]
    plain = " ".join(normalize("NFC", name).split())
    return len(alike) > 1 or name != plain or not name.isprintable() or len(name) > LONGEST_NAME


def _losing(desk: Desk, mine: tuple[Role, ...], people: People | None) -> str:
    if people is None:
        return "not tried: it can't be read who holds roles"
    names = {role.name for role in mine}
    held = [i for i in people.assignments if i.role_type == desk.role_type and i.role in names]
    # What a group without members holds shows nowhere.
    if (held or people.unseen_groups) and desk.notebook.value(
        "members", desk.role_type
    ) != "carried":
        return "not tried: roles are held, and that an import keeps members was not seen"
    if desk.notebook.value("absent_permissions", desk.role_type) == "absent":
        return ""
    # What came back unasked, and what was sent: another role that lacks any of it may be filled.
    names = desk.role(MAIN).permissions.keys() | desk.sketch.known
    names -= {desk.sketch.unknown}
    sparse = next((role for role in mine if names - role.permissions.keys()), None)
    if sparse is not None:
        return f"not tried: the role {quoted(sparse.name)} leaves out what an import may fill in"
    return ""


def rehearse(desk: Desk) -> str:
    """Import copies of what others' roles hold, under names of its own; "" if they come as sent."""
    mirrors = desk.sketch.mirrors
    if len(mirrors) > MOST_MIRRORS:
        return "not tried: too many values of one permission to try them all before"
    if not mirrors:
        return ""
    desk.next_step()
    roles = [
        replace(desk.new(FIRST_MIRROR + number, mirror.permissions), description=mirror.description)
        for number, mirror in enumerate(mirrors)
    ]
    answer = desk.bring_in(desk.upload(roles), roles)
    if answer.refusal:
        return f"not tried: a copy of what roles hold was refused: {answer.refusal}"
    if not desk.see(roles, answer):
        return "not tried: a copy of what roles hold did not show in time"
    for role in roles:
        read = desk.roles[role.name]
        changed = [n for n, value in role.permissions.items() if read.permissions.get(n) != value]
        if changed:
            return f"not tried: an import changes the permission {quoted(changed[0])}"
        if read.description != role.description:
            return f"not tried: an import changes the description {quoted(role.description)}"
    return ""


def try_full(desk: Desk, before: Iterable[Role]) -> bool:
    """Leave out all roles of the probe but one; whether a full import can remove that, too."""
    there = _untouched(desk, before)
    if there is None:
        desk.leave(("full_deletes",), "not tried: somebody changed roles meanwhile")
        return False
    desk.next_step()
    roles = [*there, desk.again(MAIN, desk.sketch.least)]
    left_out = [name for name in desk.roles if made_by_probe(name) and name != roles[-1].name]
    answer = desk.bring_in(desk.upload(roles), roles, full=True)
    shown = not answer.refusal and desk.see(roles, answer, desk.shows(MAIN), left_out)
    if not shown or not desk.look_again(left_out):
        why = f"was refused: {answer.refusal}" if answer.refusal else "did not show in time"
        desk.leave(("full_deletes",), f"a full import {why}")
        return False
    verdict = judging.deletes(left_out, desk.roles)
    desk.note("full_deletes", verdict)
    return verdict.value == "yes"


def remove(desk: Desk, before: Iterable[Role]) -> None:
    """Remove every role of a probe by a full import without them."""
    there = _untouched(desk, before)
    if there is None:
        return
    answer = desk.bring_in(desk.upload(there), there, full=True)
    if answer.refusal:
        return
    found = desk.bench.until(desk.role_type, lambda roles: not any(map(made_by_probe, roles)))
    desk.roles = desk.bench.roles(desk.role_type) if found is None else found


def empty(desk: Desk) -> None:
    """Take from every role of a probe what it grants, where that is not done yet."""
    full = [role for role in desk.roles.values() if _is_full(role)]
    if not full:
        return
    roles = [emptied(role, ABANDONED) for role in full]
    answer = desk.bring_in(desk.upload(roles), roles)
    if not answer.refusal:
        found = desk.bench.until(desk.role_type, lambda now: not any(map(_is_full, now.values())))
        desk.roles = desk.bench.roles(desk.role_type) if found is None else found


def still_granting(desk: Desk) -> tuple[str, ...]:
    """The roles of probes that are there and not emptied."""
    return tuple(role.name for role in desk.roles.values() if _is_full(role))


def _is_full(role: Role) -> bool:
    denying = all(is_denied(value, DENIED) for value in role.permissions.values())
    return made_by_probe(role.name) and not (denying and role.description == ABANDONED)


def _untouched(desk: Desk, before: Iterable[Role]) -> tuple[Role, ...] | None:
    """Everybody else's roles as they are now; None where they are not what they were before."""
    then = {role.name: role for role in before if not made_by_probe(role.name)}
    for _ in range(2):
        desk.roles = desk.bench.roles(desk.role_type)
        now = {name: role for name, role in desk.roles.items() if not made_by_probe(name)}
        if now == then:
            return tuple(now.values())
    return None
