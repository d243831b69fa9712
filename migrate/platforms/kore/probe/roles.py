"""What an import does with roles: each question asked of one role type, with roles of its own."""

from collections.abc import Callable
from dataclasses import replace

from migrate.canonical import dumps
from migrate.model import Role
from migrate.platforms.kore.answers import ServerError
from migrate.platforms.kore.probe import judging
from migrate.platforms.kore.probe.bench import Imported
from migrate.platforms.kore.probe.desk import Desk
from migrate.platforms.kore.probe.judging import Verdict
from migrate.platforms.kore.probe.sketch import BY_ID, BY_REF, HELD, MAIN, SPARE
from migrate.profile import PREFIX

OF_ROLES = (
    *("no_id", "absent_permissions", "ids", "update", "members", "unknown_permissions", "match"),
    *("response_order", "response_scope", "full_deletes", "builtins_answered"),
)
"""What can only be asked where roles can be made."""

UNSEEN = "what was imported did not show in time"


def create(desk: Desk) -> bool:
    """Make the probe's roles, sparse and without `_id`; whether they are there."""
    desk.next_step()
    numbers = {MAIN: desk.sketch.whole, HELD: desk.sketch.least, SPARE: desk.sketch.least}
    refusals: list[str] = []
    for desk.wants_id in (False, True):
        roles = [desk.new(number, held) for number, held in numbers.items()]
        answer = desk.bring_in(desk.upload(roles), roles)
        if not answer.refusal:
            break
        refusals.append(answer.refusal)
    if answer.refusal:
        desk.made.clear()
        desk.leave(OF_ROLES, f"no role can be made: {'; and with an _id: '.join(refusals)}")
        return False
    if not desk.see(roles, answer):
        desk.leave(OF_ROLES, UNSEEN)
        return False
    how = f"refused, and accepted with one: {refusals[0]}" if refusals else "it was imported"
    desk.note("no_id", Verdict("refused" if refusals else "accepted", how))
    sent, read = desk.sketch.whole, desk.role(MAIN).permissions
    desk.note("absent_permissions", judging.absent(sent, read, desk.sketch.known))
    return True


def update(desk: Desk) -> str:
    """Import the roles again, in the other order, with less; returns the fileId, "" if in vain."""
    before = {desk.sketch.name(n): desk.role(n) for n in (MAIN, HELD, SPARE)}
    desk.next_step()
    roles = [desk.again(number, desk.sketch.least) for number in (SPARE, HELD, MAIN)]
    file_id = desk.upload(roles)
    answer = desk.bring_in(file_id, roles)
    if answer.refusal or not desk.see(roles, answer, desk.shows(MAIN)):
        why = f"roles can't be imported again: {answer.refusal}" if answer.refusal else UNSEEN
        desk.leave(("ids", "update", "members"), why)
        return ""
    desk.note("ids", judging.ids(before, desk.roles))
    desk.refs_kept = all(desk.roles[name].ref_id == was.ref_id for name, was in before.items())
    if desk.sketch.grants is None:
        desk.leave(("update",), "no permission is known that could be granted, and left out then")
    else:
        name, had = desk.sketch.grants
        desk.note("update", judging.update(name, had, desk.role(MAIN).permissions))
    return file_id


def unknown_name(desk: Desk) -> None:
    """Import a role with a permission name that no platform knows."""
    desk.next_step()
    sketch = desk.sketch
    role = desk.again(MAIN, {**desk.role(MAIN).permissions, sketch.unknown: sketch.strange_value})
    answer = desk.bring_in(desk.upload([role]), [role])
    if answer.refusal:
        desk.note("unknown_permissions", Verdict("refused", answer.refusal))
    elif desk.see([role], answer, desk.shows(MAIN)):
        read = desk.role(MAIN).permissions
        desk.note("unknown_permissions", judging.unknown_name(sketch.unknown, read))
    else:
        desk.leave(("unknown_permissions",), UNSEEN)


def reuse(desk: Desk, file_id: str, step: int, age: Callable[[], float]) -> None:
    """Import the file of an earlier step once more, under the fileId that it got then."""
    desk.step, present = step, desk.step
    roles = [desk.role(number) for number in (SPARE, HELD, MAIN)]
    answer = desk.bring_in(file_id, roles)
    after = f"after {age():.0f} s"
    if "file" in answer.refusal.lower():
        verdict = Verdict("refused", f"{after}: {answer.refusal}")
    elif answer.refusal:
        verdict = Verdict(None, f"the file was refused for another reason: {answer.refusal}")
    elif desk.see(roles, answer, desk.shows(MAIN)):
        verdict = Verdict("accepted", f"{after} it was imported a second time, and it showed")
    else:
        verdict = Verdict(None, f"{after} it was answered as if imported, and did not show")
    desk.notebook.settle("file_reuse", "", verdict.value, verdict.how)
    desk.step = present


def bad_content(desk: Desk) -> None:
    """Import a file that is no role file; twice where the platform stumbles: it may anyway."""
    verdict = _bad_import(desk)
    if verdict.value == "error_500":
        again = _bad_import(desk)
        if again.value != verdict.value:
            verdict = Verdict(None, f"{verdict.how}; and the second time: {again.how}")
    desk.notebook.settle("bad_content", "", verdict.value, verdict.how)


def _bad_import(desk: Desk) -> Verdict:
    data = dumps({PREFIX: desk.sketch.mark})
    file_id = desk.bench.upload_bytes(desk.role_type, data)
    try:
        answer = desk.bench.bring_in(desk.role_type, file_id)
    except ServerError as error:
        return Verdict("error_500", error.what)
    if answer.refusal:
        return Verdict("refused", answer.refusal)
    return Verdict("accepted", f"it was answered with {len(answer.roles)} roles")


def match(desk: Desk) -> None:
    """Import documents that name a role by one mark only: its refId, then its `_id`."""
    spare = desk.role(SPARE)
    if spare.ref_id is None or spare.id is None:
        desk.leave(("match",), "exports do not show refId and _id of a role")
        return
    desk.next_step()
    answer = _renaming(desk, BY_REF, spare.ref_id, None)
    found = _renamed(desk, spare, BY_REF)
    if answer.refusal or found is None:
        desk.leave(("match",), answer.refusal or UNSEEN)
        return
    if found:
        desk.note("match", Verdict("ref_id", "a document with a role's refId renamed that role"))
        return
    desk.next_step()
    answer = _renaming(desk, BY_ID, None, spare.id)
    found = _renamed(desk, spare, BY_ID)
    if answer.refusal or found is None:
        why = answer.refusal or UNSEEN
        desk.leave(("match",), f"not by refId; with the _id of a role alone: {why}")
    elif found:
        desk.note("match", Verdict("id", "a document with a role's _id renamed that role"))
    else:
        how = "documents with the refId or the _id of a role and another name made new roles"
        desk.note("match", Verdict("name", how))


def _renaming(desk: Desk, number: int, ref_id: str | None, own: str | None) -> Imported:
    role = desk.new(number, desk.sketch.least, ref_id)
    if own is not None:
        role = replace(role, id=own)
    answer = desk.bring_in(desk.upload([role]), [role])
    if not answer.refusal:
        desk.see([role], answer, losing=(desk.sketch.name(SPARE),))
    return answer


def _renamed(desk: Desk, spare: Role, number: int) -> bool | None:
    name = desk.sketch.name(number)
    if judging.renamed(spare, name, desk.roles) and not desk.look_again():
        return None
    return judging.renamed(spare, name, desk.roles)


def answers(desk: Desk) -> None:
    """What the answers to all imports have in common."""
    desk.note("response_order", judging.order(desk.answers))
    desk.note("response_scope", judging.scope(desk.answers, desk.role_type))
    desk.note("builtins_answered", judging.builtins(desk.answers, desk.role_type))
