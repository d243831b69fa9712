"""What of an environment's folder may go: by age and number, and by what rests on what. Pure.

Runs, plans, snapshots and import files are taken to name each other by their names, wherever in an
object these stand: so nothing is missed that another version writes in another place.
"""

import re
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

TOO_YOUNG = 3600.0
"""Seconds for which an object is never touched, whatever the limits: its command may still run."""

_RUN = r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}"
_PLAN = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_DIGEST = r"[0-9a-f]{64}"
_NAMES = re.compile(rf"(?<![0-9A-Za-z])(?:{_RUN}|{_PLAN}|{_DIGEST})(?![0-9A-Za-z])".encode())
BEGINNING = "0000.json"
_ENTRY = re.compile(r"[0-9]{4,}\.json")


class Kind(StrEnum):
    """What can go. Everything else in the folder stays."""

    RUN = "run"
    PLAN = "plan"
    IMPORT = "import file"
    SNAPSHOT = "snapshot"


_KEYS = {
    # A plan's claim is no part of it: it stays, so that the plan never runs twice.
    Kind.RUN: re.compile(rf"runs/({_RUN})/[^/]+"),
    Kind.PLAN: re.compile(rf"plans/({_PLAN})\.json"),
    Kind.IMPORT: re.compile(rf"imports/({_DIGEST})\.json"),
    Kind.SNAPSHOT: re.compile(rf"snapshots/({_DIGEST})(?:-[0-9a-f]{{16}})?\.json"),
}

Ref = tuple[Kind, str]
"""An item: its kind and its name (a run's id, a plan's id, a digest)."""


class Why(StrEnum):
    """Why an item stays."""

    UNFINISHED = "unfinished"
    VERIFIED = "the last verified run"
    LAST = "named by the last capture"
    PROBE = "named by an unfinished probe"
    NAMED = "named by a younger entry of captures or history"
    YOUNG = "younger than the limit"
    NEWEST = "among the newest"
    NEEDED = "needed by what stays"


@dataclass(frozen=True, slots=True)
class Object:
    """An object in the folder: its key there, bytes, and when it was written (epoch seconds)."""

    key: str
    size: int
    written_at: float


@dataclass(frozen=True)
class Item:
    """What stays or goes as one. `objects` are in the order in which they go.

    Once the first is gone, nobody takes the item to be there any more.
    """

    kind: Kind
    name: str
    objects: tuple[Object, ...]

    @property
    def ref(self) -> Ref:
        """Its kind and name."""
        return (self.kind, self.name)

    @cached_property
    def size(self) -> int:
        """Bytes in all."""
        return sum(each.size for each in self.objects)

    @cached_property
    def written_at(self) -> float:
        """When the newest of its objects was written."""
        return max(each.written_at for each in self.objects)

    @property
    def whole(self) -> bool:
        """Whether its first object is there: a run without its beginning is none any more."""
        return self.kind is not Kind.RUN or self.objects[0].key.endswith(f"/{BEGINNING}")

    @property
    def end(self) -> Object:
        """The last entry of a run's journal; of anything else its only object."""
        entries = [each for each in self.objects if _ENTRY.fullmatch(each.key.rpartition("/")[2])]
        # "10000" comes after "9999": by length first.
        return max(entries or self.objects, key=lambda each: (len(each.key), each.key))


@dataclass(frozen=True, slots=True)
class Limits:
    """What stays by itself: what is younger than `age` seconds, and the `last` of each kind."""

    age: float
    last: int


@dataclass(frozen=True, slots=True)
class Stock:
    """A folder's items, what each rests on, and which stay whatever the limits, and why.

    `leftovers` are runs that an earlier prune began to delete. `now` is epoch seconds. `others` are
    the objects that never go.
    """

    items: Mapping[Ref, Item]
    rests_on: Mapping[Ref, frozenset[Ref]]
    pinned: Mapping[Ref, Why]
    now: float
    leftovers: frozenset[Ref] = frozenset()
    others: tuple[Object, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """`going` in the order in which it goes: first what rests on others. `staying` with the reason,
    and for what is only needed, an item that needs it."""

    going: tuple[Item, ...]
    staying: Mapping[Ref, tuple[Why, Ref | None]] = field(default_factory=dict)


@dataclass(slots=True)
class Gone:
    """What a prune came to: items that are gone, and how many objects and bytes those were.

    `hidden` of these lie behind a delete marker, with `hidden_size` bytes: the bucket keeps their
    versions. `held` are keys that the store did not let go of, with its reason, and `spared` items
    that stay for one of these rests on them.
    """

    items: list[Item] = field(default_factory=list)
    objects: int = 0
    size: int = 0
    hidden: int = 0
    hidden_size: int = 0
    held: dict[str, str] = field(default_factory=dict)
    spared: list[Ref] = field(default_factory=list)


def items_of(objects: Iterable[Object]) -> tuple[dict[Ref, Item], tuple[Object, ...]]:
    """The items that a folder's objects make, and the objects that are part of none."""
    found: dict[Ref, list[Object]] = defaultdict(list)
    others = []
    for each in objects:
        match = next(((k, m) for k, key in _KEYS.items() if (m := key.fullmatch(each.key))), None)
        if match is None:
            others.append(each)
        else:
            found[match[0], match[1][1]].append(each)
    items = {
        ref: Item(*ref, tuple(sorted(parts, key=lambda each: (len(each.key), each.key))))
        for ref, parts in found.items()
    }
    return items, tuple(others)


def names_in(data: bytes) -> frozenset[str]:
    """Everything in some bytes that can be the name of an item."""
    return frozenset(name.decode() for name in _NAMES.findall(data))


def refs(names: Collection[str], items: Mapping[Ref, Item]) -> frozenset[Ref]:
    """The items that have one of the names."""
    return frozenset((kind, name) for name in names for kind in Kind if (kind, name) in items)


def decide(stock: Stock, limits: Limits) -> Decision:
    """What goes: whatever no limit keeps, is not pinned, and is not needed by what stays."""
    staying: dict[Ref, tuple[Why, Ref | None]] = {}
    roots = _roots(stock, limits)
    left: deque[tuple[Ref, Why, Ref | None]] = deque((ref, why, None) for ref, why in roots.items())
    while left:
        ref, why, by = left.popleft()
        if ref not in staying:
            staying[ref] = (why, by)
            left.extend((each, Why.NEEDED, ref) for each in sorted(stock.rests_on.get(ref, ())))
    return Decision(_ordered(stock, staying), staying)


def _roots(stock: Stock, limits: Limits) -> dict[Ref, Why]:
    roots = {ref: why for ref, why in stock.pinned.items() if ref in stock.items}
    for kind in Kind:
        ours = [item for item in stock.items.values() if item.kind is kind]
        ours.sort(key=lambda item: (item.written_at, item.name), reverse=True)
        whole = [item for item in ours if item.ref not in stock.leftovers]
        for item in ours:
            age = limits.age if item.ref not in stock.leftovers else 0.0
            if stock.now - item.written_at < max(age, TOO_YOUNG):
                roots.setdefault(item.ref, Why.YOUNG)
        # Import files are nothing by themselves: they are there for runs.
        for item in whole[: limits.last] if kind is not Kind.IMPORT else ():
            roots.setdefault(item.ref, Why.NEWEST)
    return roots


def _ordered(stock: Stock, staying: Collection[Ref]) -> tuple[Item, ...]:
    """What goes, each before whatever it rests on; else by kind, the newest first."""
    going = [item for ref, item in stock.items.items() if ref not in staying]
    kinds = list(Kind)
    going.sort(key=lambda item: (-kinds.index(item.kind), item.written_at, item.name))
    seen: set[Ref] = set()
    found: list[Item] = []
    for item in going:
        # In depth, without recursion: an item comes after all that it rests on, then all is turned.
        path = [(item.ref, iter(sorted(stock.rests_on.get(item.ref, ()))))]
        while path:
            ref, rest = path[-1]
            if ref in seen or ref in staying:
                path.pop()
                continue
            below = next((each for each in rest if each not in seen), None)
            if below is not None and all(below != each for each, _ in path):
                path.append((below, iter(sorted(stock.rests_on.get(below, ())))))
            elif below is None:
                seen.add(ref)
                found.append(stock.items[ref])
                path.pop()
    return tuple(reversed(found))
