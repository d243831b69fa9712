"""Looks up in a target what the lines of an assignments file name: users, groups, roles, bots."""

from collections.abc import Mapping
from dataclasses import dataclass

from migrate.assigning import empty_groups
from migrate.assignments_file.values import Action, Wanted
from migrate.identity.rules import BOT, GROUP, USER, Fold
from migrate.identity.things import Index, Thing, things
from migrate.model import Assignment, People, RoleKey, State
from migrate.wording import near, quoted

_NONE = "the target has none of that name"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line can't be done. `final`: it can't be skipped either, for it may be meant otherwise.

    `kind` and `name` say what was not found, for a guess at what was meant.
    """

    message: str
    final: bool = False
    kind: str = ""
    name: str = ""


class Here:
    """What a target has, by all that a line may name it by."""

    def __init__(self, target: State, people: People, fold: Fold) -> None:
        known = {kind: things(people, kind) for kind in (USER, GROUP, BOT)}
        self._fold = fold
        self._unseen, self._empty = people.unseen_groups, empty_groups(people)
        self._captured = target.captured
        self._in_part = target.in_part
        self._roles = target.by_key()
        self._role_ids = {role.id: role.key for role in target.all_roles() if role.id}
        self._index = {kind: Index(found) for kind, found in known.items()}
        self._names: Mapping[str, list[str]] = {
            **{kind: [each.name for each in found] for kind, found in known.items()},
            **{
                f"{role_type} role": [role.name for role in section.roles]
                for role_type, section in target.roles.items()
            },
        }

    def find(self, line: Wanted) -> Assignment | tuple[Problem, ...]:
        """The assignment that a line means, or all that is not known of it, or not clear."""
        holder, role, bot = self._holder(line), self._role(line), self._bot(line)
        if isinstance(holder, Problem) or isinstance(role, Problem) or isinstance(bot, Problem):
            return tuple(each for each in (holder, role, bot) if isinstance(each, Problem))
        return Assignment(line.kind.value, holder, *role, bot)

    def hint(self, problem: Problem) -> str:
        """A guess at what was meant, to put behind a problem's message; "" without one."""
        name = problem.name
        if not name:
            return ""
        person = self._index[USER].with_org_id(name) if problem.kind == USER else []
        if person:
            return f" (it is the organisation id of {quoted(person[0].name)})"
        for kind, names in self._names.items():
            if kind != problem.kind and name in names:
                return f" (there is a {kind} of that name)"
        return near(name, self._names.get(problem.kind, ()))

    def _holder(self, line: Wanted) -> str | Problem:
        kind, name = line.kind.value, line.principal
        if line.by_org_id:
            what = f"user with the organisation id {quoted(name)}"
            none = "the target shows none, and nobody can be looked up by it"
            return _only(self._index[USER].with_org_id(name), what, none)
        found = self._index[kind].named(self._fold(kind, name))
        taken = line.action is Action.REMOVE
        if kind == GROUP and name in (self._unseen if taken else self._empty):
            why = "nobody is in it" if name in self._empty else "no user in it is listed"
            return Problem(f"group {quoted(name)}: {why}, so that what it holds is not shown here")
        return _only(found, f"{kind} {quoted(name)}", _NONE, kind, name)

    def _role(self, line: Wanted) -> RoleKey | Problem:
        if line.role_id:
            return self._role_of_id(line)
        key = (line.role_type, self._fold("role", line.role))
        kind = f"{line.role_type} role"
        if key in self._roles or self._in_part(line.role_type):
            return key
        if line.role_type not in self._captured:
            return Problem(f"{kind} {quoted(line.role)}: {kind}s of the target are not read")
        return Problem(f"{kind} {quoted(line.role)}: {_NONE}", kind=kind, name=line.role)

    def _role_of_id(self, line: Wanted) -> RoleKey | Problem:
        key = self._role_ids.get(line.role_id)
        what = f"role with the id {quoted(line.role_id)}"
        if key is None:
            return Problem(f"{what}: the target has none")
        what += f" is the {key[0]} role {quoted(key[1])}"
        if line.role and line.role != key[1]:
            return Problem(f"{what}, not {quoted(line.role)}", final=True)
        if key[0] != line.role_type:
            named = line.bot or line.bot_id
            how = "is held in no bot" if named else "needs a bot that it is held in"
            return Problem(f"{what}, which {how}", final=True)
        return key

    def _bot(self, line: Wanted) -> str | Problem:
        name = line.bot
        if not line.bot_id:
            if not name:
                return name
            return _only(self._index[BOT].named(name), f"bot {quoted(name)}", _NONE, BOT, name)
        found = self._index[BOT].by_id.get(line.bot_id)
        what = f"bot with the id {quoted(line.bot_id)}"
        if found is None:
            return Problem(f"{what}: the target has none")
        if name and name not in (found.base, found.key):
            return Problem(f"{what} is {quoted(found.key)}, not {quoted(name)}", final=True)
        return found.key


def _only(
    found: list[Thing], what: str, missing: str, kind: str = "", name: str = ""
) -> str | Problem:
    """The key of the only one, or a problem: a name that means several is never skipped."""
    if len(found) == 1:
        return found[0].key
    if not found:
        return Problem(f"{what}: {missing}", kind=kind, name=name)
    which = " or ".join(quoted(each.spelled) for each in found)
    return Problem(f"{what}: it could be {which}; say which is meant", final=True)
