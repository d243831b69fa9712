"""Which id of a source was which id of a target, remembered from one verified run to the next.

By these pairs a role, group, user or bot is recognised after somebody renamed it on one side.
They are kept in the target's store as `identity/<source>.json`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from migrate.errors import InvalidInput
from migrate.identity.resolution import Resolution
from migrate.identity.rules import BOT, GROUP, ROLE, USER
from migrate.model import State

FORMAT_VERSION = 1
KINDS = (USER, GROUP, BOT, ROLE)


@dataclass(frozen=True, slots=True)
class Pair:
    """One object on both sides, with the names that it had when a run was last verified.

    `kind` is one of KINDS; `role_type` is "" for whatever is no role.
    """

    kind: str
    source_id: str
    target_id: str
    source_name: str
    target_name: str
    role_type: str = ""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of ids. No two of one kind share a source id or a target id."""

    pairs: tuple[Pair, ...] = ()

    def of(self, kind: str) -> dict[str, Pair]:
        """The pairs of one kind, by source id."""
        return {pair.source_id: pair for pair in self.pairs if pair.kind == kind}

    def merged(self, newer: "Pairs") -> "Pairs":
        """Both; of two pairs that share an id, or the name in the source, the newer one stays.

        The name counts so that pairs of ids which were minted anew do not pile up for ever.
        """
        sources, targets, names = set(), set(), set()
        for pair in newer.pairs:
            sources.add((pair.kind, pair.source_id))
            targets.add((pair.kind, pair.target_id))
            names.add((pair.kind, pair.role_type, pair.source_name))
        kept = (
            pair
            for pair in self.pairs
            if (pair.kind, pair.source_id) not in sources
            and (pair.kind, pair.target_id) not in targets
            and (pair.kind, pair.role_type, pair.source_name) not in names
        )
        return Pairs.of_pairs((*kept, *newer.pairs))

    @classmethod
    def of_pairs(cls, pairs: Iterable[Pair]) -> "Pairs":
        """The pairs in their order: by kind, role type, source name, source id."""
        return cls(
            tuple(
                sorted(
                    pairs,
                    key=lambda each: (each.kind, each.role_type, each.source_name, each.source_id),
                )
            )
        )


def learn(source: State, target: State, resolution: Resolution) -> Pairs:
    """The pairs of ids of all that both sides have, by the names that the run resolved.

    `target` is what the verified run read back. What has no id on either side is left out. Merge
    the answer into what was remembered before: `older.merged(learn(...))`.
    """
    return Pairs.of_pairs(
        (*_roles(source, target, resolution), *_people(source, target, resolution))
    )


def _roles(source: State, target: State, resolution: Resolution) -> Iterator[Pair]:
    here = target.by_key()
    for key, role in source.by_key().items():
        wanted = resolution.roles.get(key)
        other = here.get(wanted) if wanted else None
        if other is not None and role.id and other.id:
            yield Pair(ROLE, role.id, other.id, role.name, other.name, role.role_type)


def _people(source: State, target: State, resolution: Resolution) -> Iterator[Pair]:
    if source.people is None or target.people is None:
        return
    for key, wanted in resolution.principals.items():
        one, other = source.people.principals.get(key), target.people.principals.get(wanted)
        if one is not None and other is not None and one.id and other.id:
            yield Pair(key[0], one.id, other.id, one.name, other.name)
    for name, here in resolution.scopes.items():
        bot, same = source.people.scopes.get(name), target.people.scopes.get(here)
        if bot is not None and same is not None and bot.id and same.id:
            yield Pair(BOT, bot.id, same.id, bot.name, same.name)


def to_value(pairs: Pairs) -> dict[str, Any]:
    """The JSON value of `identity/<source>.json`."""
    return {
        "formatVersion": FORMAT_VERSION,
        "pairs": [
            {
                "kind": pair.kind,
                **({"roleType": pair.role_type} if pair.kind == ROLE else {}),
                "sourceId": pair.source_id,
                "sourceName": pair.source_name,
                "targetId": pair.target_id,
                "targetName": pair.target_name,
            }
            for pair in pairs.pairs
        ],
    }


def from_value(value: Any, *, where: str) -> Pairs:
    """The pairs in a JSON value; `where` names the file.

    Raises InvalidInput where it is damaged, has two pairs for one id, or is of another version.
    """
    try:
        version = value["formatVersion"]
        if version != FORMAT_VERSION or isinstance(version, bool):
            raise InvalidInput(
                f"the remembered identities have format {version!r}, not {FORMAT_VERSION}",
                where=where,
                remedy="Use the version of role-migrate that wrote them.",
            )
        pairs = Pairs.of_pairs(_pair(each) for each in value["pairs"])
        _refuse_twice(pairs)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(
            "the remembered identities are damaged",
            where=where,
            remedy="Delete the file: the next verified run writes it anew. Till then what was "
            "renamed on one side is not recognised.",
        ) from error
    return pairs


def _pair(value: Any) -> Pair:
    texts = [value[key] for key in ("kind", "sourceId", "targetId", "sourceName", "targetName")]
    texts.append(value["roleType"] if texts[0] == ROLE else "")
    if texts[0] not in KINDS or not all(isinstance(each, str) for each in texts):
        raise ValueError("not a pair")
    if not texts[1] or not texts[2]:
        raise ValueError("a pair without an id")
    return Pair(*texts)


def _refuse_twice(pairs: Pairs) -> None:
    for kind in KINDS:
        of_kind = [pair for pair in pairs.pairs if pair.kind == kind]
        if (
            not len(of_kind)
            == len({pair.source_id for pair in of_kind})
            == len({pair.target_id for pair in of_kind})
        ):
            raise ValueError("two pairs for one id")
