"""What a config says of names that differ between a source and a target."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from migrate.model import PrincipalKind
from migrate.wording import quoted

USER = PrincipalKind.USER.value
GROUP = PrincipalKind.GROUP.value
BOT = "bot"
ROLE = "role"

Fold = Callable[[str, str], str]
"""(kind, name) to the name that is matched by, as in a PrincipalKey."""


def caseless(text: str) -> str:
    """A text without regard to case, and to nothing else.

    Only a letter of which either case gives the other back is the same in both: "ß" is no "ss".
    What `str.casefold` makes alike beyond that are other letters, and so names of other people.
    """
    if text.isascii():
        return text.lower()
    lower = ((letter, letter.lower()) for letter in text)
    return "".join(small if small.upper() == letter else letter for letter, small in lower)


def folded(kind: str, name: str) -> str:
    """A name as it is matched: a user's e-mail without regard to case, any other exactly."""
    return caseless(name) if kind == USER else name


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """Names of the source, each with its name in the target that these rules are set for.

    `domains` maps the ends of users' e-mails, each with its `@`, and is asked after `users`.
    Every table is applied once: what it gives is not looked up again.
    """

    users: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    bots: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    domains: Mapping[str, str] = field(default_factory=dict)

    def role(self, name: str) -> str:
        """The target's name for a role that the source calls `name`."""
        return self.roles.get(name, name)

    def folded(self, fold: Callable[[str], str]) -> "IdentityRules":
        """With roles' names as they are matched; those of principals are folded when used."""
        return replace(self, roles={fold(key): fold(name) for key, name in self.roles.items()})

    def table(self, kind: str) -> Mapping[str, str]:
        """The explicit table of a kind: user, group or bot."""
        return {USER: self.users, GROUP: self.groups, BOT: self.bots}[kind]


def table_faults(table: Mapping[str, str], kind: str) -> Iterator[tuple[str, str]]:
    """What is wrong with one explicit table: (the source name at fault, a sentence)."""
    sources: dict[str, str] = {}
    targets: dict[str, str] = {}
    for source in table:
        first = sources.setdefault(folded(kind, source), source)
        if first != source:
            yield source, f"{quoted(source)} and {quoted(first)} are the same {kind}: keep one"
    for source, target in table.items():
        first = targets.setdefault(folded(kind, target), source)
        if folded(kind, first) != folded(kind, source):
            yield (
                source,
                f"{quoted(first)} and {quoted(source)} are both mapped to {quoted(target)}: "
                "each needs a target of its own",
            )
    yield from _chains(table, kind)


def domain_faults(table: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is wrong with the table of domains: (the source domain at fault, a sentence).

    Two domains may become one: users of the same name in both are found when it is applied.
    """
    sources: dict[str, str] = {}
    for source, target in table.items():
        for domain in (source, target):
            if not _is_domain(domain):
                yield (
                    source,
                    f'{quoted(domain)} is no domain: write it as "@example.com", with the @ in '
                    "front and no other",
                )
        first = sources.setdefault(folded(USER, source), source)
        if first != source:
            yield source, f"{quoted(source)} and {quoted(first)} are the same domain: keep one"
    yield from _chains(table, USER)


def _chains(table: Mapping[str, str], kind: str) -> Iterator[tuple[str, str]]:
    onward = {folded(kind, source): target for source, target in table.items()}
    for source, target in table.items():
        end = onward.get(folded(kind, target), target)
        if folded(kind, end) != folded(kind, target):
            yield (
                source,
                f"{quoted(source)} is mapped to {quoted(target)}, which is mapped to "
                f"{quoted(end)}: a table is applied once, so a name can't be on both sides",
            )


def _is_domain(text: str) -> bool:
    return len(text) > 1 and text.rfind("@") == 0 and not any(each.isspace() for each in text)
