"""Roles of a source, and selections of them, under the names that the target has for them."""

from collections import defaultdict
from dataclasses import replace

from migrate.errors import UNCHANGED, Fault, InvalidInput
from migrate.identity.rules import IdentityRules
from migrate.model import Section, Selection, State, matches
from migrate.wording import quoted


def scope_here(
    asked: Selection, taken: Selection, source: State, rules: IdentityRules
) -> tuple[Selection, Selection]:
    """Which roles a plan is about, by the target's names: of those `asked` for, and of those that
    the source was `taken` with.

    A pattern means names of the target. One that matches a name of the source which has an alias
    means the alias, too, so that either name of a role can be given, and excluding either excludes
    both. What the source was narrowed to goes by its own names: a role that was left out there is
    out of scope under whatever name.
    """
    if not rules.roles:
        return asked, taken
    there = {role.name for role in source.all_roles()}
    unseen = [
        alias
        for name, alias in rules.roles.items()
        if not taken.covers(name) and alias not in there
    ]
    taken = _with_aliases(taken, rules)
    hidden = tuple(_literally(alias) for alias in unseen)
    return _with_aliases(asked, rules), replace(taken, exclude=(*taken.exclude, *hidden))


def called_here(source: State, selections: tuple[Selection, ...], rules: IdentityRules) -> State:
    """The source's roles under the target's names, ids and all else as they are.

    Raises InvalidInput that lists the roles in scope of which two would get one name.
    """
    if not rules.roles:
        return source
    faults: list[Fault] = []
    sections: dict[str, Section] = {}
    for role_type, section in source.roles.items():
        takers: dict[str, list[str]] = defaultdict(list)
        for role in section.roles:
            takers[rules.role(role.name)].append(role.name)
        faults += [
            Fault(f"{role_type} roles {' and '.join(map(quoted, names))} would be {quoted(name)}")
            for name, names in sorted(takers.items())
            if len(names) > 1 and all(part.covers(name) for part in selections)
        ]
        sections[role_type] = section.holding(
            replace(role, name=rules.role(role.name)) for role in section.roles
        )
    if faults:
        raise InvalidInput(
            "roles of the source would get the same name in the target",
            target=UNCHANGED,
            remedy="Correct identity.roles of the target in the config: each role needs a name of "
            "its own there.",
            faults=tuple(faults),
        )
    return replace(source, roles=sections)


def _with_aliases(selection: Selection, rules: IdentityRules) -> Selection:
    include, exclude = (
        (
            *patterns,
            *(
                _literally(alias)
                for name, alias in rules.roles.items()
                if matches(name, patterns) and not matches(alias, patterns)
            ),
        )
        for patterns in (selection.include, selection.exclude)
    )
    return Selection(include, exclude)


def _literally(name: str) -> str:
    """A pattern that matches this name and no other."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
