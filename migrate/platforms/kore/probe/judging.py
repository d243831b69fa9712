"""What the reads of a probe say: an answer and how it was seen, or why there is none. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from migrate.behaviour import is_denied, shown
from migrate.model import Permissions, PermissionValue, Role
from migrate.platforms.kore.catalogue import DENIED, TRAITS
from migrate.platforms.kore.rows import Held
from migrate.redaction import struck
from migrate.wording import quoted, value_words


class Verdict(NamedTuple):
    """An answer (None: not settled) and how it was seen, or why it is not settled."""

    value: str | None
    how: str


class Answered(NamedTuple):
    """The names in an import file, those in the answer to it, and those that the account had."""

    sent: tuple[str, ...]
    answered: tuple[str, ...]
    there: frozenset[str]


def absent(sent: Permissions, read: Permissions, known: Collection[str]) -> Verdict:
    """What became of the permissions that a new role's document leaves out."""
    left_out = sorted(set(known) - sent.keys())
    if not left_out:
        return Verdict(None, "the account's roles show no permission that could be left out")
    added = {name: value for name, value in read.items() if name not in sent}
    if not added:
        return Verdict("absent", f"{_count(len(left_out), 'permission')} left out, none came back")
    odd = [name for name, value in added.items() if not is_denied(value, DENIED)]
    if odd:
        value = shown(added[odd[0]])
        return Verdict(None, f"left out, {quoted(odd[0])} came back as {quoted(value)}")
    return Verdict("denied", f"{_count(len(added), 'permission')} left out came back as {DENIED}")


def update(name: str, had: PermissionValue, read: Permissions) -> Verdict:
    """What became of a permission that an update left out."""
    got = read.get(name)
    if got is None or is_denied(got, DENIED):
        return Verdict("replaced", f"{quoted(name)} was left out and is {shown(got)} now")
    if got == had:
        return Verdict("merged", f"{quoted(name)} was left out and is still {shown(got)}")
    return Verdict(
        None, f"{quoted(name)} was left out and turned from {shown(had)} to {shown(got)}"
    )


def unknown_name(name: str, read: Permissions) -> Verdict:
    """What became of a permission name that no platform knows."""
    if name in read:
        return Verdict("kept", f"a made-up name came back as {shown(read[name])}")
    return Verdict("dropped", "a made-up name was sent and is not there")


def ids(before: Mapping[str, Role], after: Mapping[str, Role]) -> Verdict:
    """Whether roles kept their `_id` when they were imported again."""
    pairs = [(before[name].id, after[name].id) for name in sorted(before.keys() & after.keys())]
    if not pairs or any(None in pair for pair in pairs):
        return Verdict(None, "exports show no _id")
    kept = sum(was == now for was, now in pairs)
    if 0 < kept < len(pairs):
        return Verdict(None, f"{kept} of {len(pairs)} roles kept theirs, the others did not")
    word = "kept" if kept else "minted"
    return Verdict(word, f"{len(pairs)} roles were imported again and their ids are {_same(kept)}")


def members(held: Sequence[Held], under_old_id: bool, ids_now: str | None) -> Verdict:
    """Whether the user who held a role still does; `held` are the rows under its present id."""
    because = f"ids are {ids_now} here" if ids_now else "what ids do here is not settled"
    if held:
        return Verdict("carried", f"the user still holds the role ({because})")
    if under_old_id:
        return Verdict(None, "the user is shown with the _id that the role had before")
    return Verdict("dropped", f"the user did not hold the role any more ({because})")


def renamed(role: Role, new_name: str, now: Mapping[str, Role]) -> bool | None:
    """Whether a document with a mark of `role` and another name became that role.

    False where it became a role of its own, None where it became none.
    """
    return role.name not in now if new_name in now else None


def order(answers: Sequence[Answered]) -> Verdict:
    """Whether answers come in the order of their files, by two files in opposite orders."""
    telling = []
    for sent, answered, _ in answers:
        common = tuple(name for name in answered if name in sent)
        if len(sent) > 2 and sorted(common) == sorted(sent):
            telling.append((sent, common))
    if not any(one[0] == other[0][::-1] for one in telling for other in telling):
        return Verdict(None, "no two answers could be compared with files in opposite orders")
    if all(sent == common for sent, common in telling):
        return Verdict("file", f"{_count(len(telling), 'answer')} had the order of the file")
    return Verdict("other", "files in opposite orders were not answered in theirs")


def scope(answers: Sequence[Answered], role_type: str) -> Verdict:
    """Whether answers hold only what was sent."""
    if any(set(answered) - set(sent) for sent, answered, _ in answers):
        return Verdict("all", "an answer held roles that were not sent")
    for sent, _, there in answers:
        left_out = [n for n in there - set(sent) if not TRAITS.is_untouchable(role_type, n)]
        if left_out:
            return Verdict("file", f"{_count(len(left_out), 'other role')} did not come back")
    return Verdict(None, "no import left out a role that could have come back")


def builtins(answers: Sequence[Answered], role_type: str) -> Verdict:
    """Whether fixed built-ins come back: those that were sent, or all where all roles do."""
    everything = scope(answers, role_type).value == "all"
    for sent, answered, there in answers:
        due = {
            name
            for name in (there if everything else there & set(sent))
            if TRAITS.is_untouchable(role_type, name)
        }
        if due:
            came = sorted(due & set(answered))
            names = ", ".join(map(quoted, came or sorted(due)))
            return Verdict(
                "yes" if came else "no", f"{names} {'was' if came else 'was not'} in an answer"
            )
    return Verdict(None, "no import that was made held one, and answers hold only what was sent")


def deletes(left_out: Collection[str], now: Collection[str]) -> Verdict:
    """Whether a full import deleted the roles that its file left out."""
    still = sorted(set(left_out) & set(now))
    if not still:
        return Verdict("yes", f"{_count(len(left_out), 'role')} left out, none is there any more")
    if len(still) == len(left_out):
        return Verdict("no", f"{_count(len(left_out), 'role')} left out, all are still there")
    return Verdict(None, f"of {len(left_out)} roles left out {len(still)} are still there")


def unknown(answer: Any, refusal: str, index: int) -> Verdict:
    """What is said of the entry at `index`, which names somebody unknown."""
    if refusal:
        return Verdict("refuse", f"the whole batch was refused: {refusal}")
    said = answer[index] if isinstance(answer, list) and index < len(answer) else None
    status = said.get("status") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(status, str):
        return Verdict(None, f"nothing was said of the entry: {value_words(said)}")
    word = status.strip().lower()
    if word == "success":
        return Verdict("silent", f"the entry's status is {quoted(status)}")
    reason = said.get("reason") or said.get("msg") or ""
    because = f", its reason {quoted(struck(str(reason)))}" if reason else ""
    failed = bool(reason) or word in ("failure", "failed", "error")
    return Verdict("entry" if failed else None, f"the entry's status is {quoted(status)}{because}")


def group_rows(held: Sequence[Held]) -> Verdict:
    """How a user's rows show a role that is held directly and through a group."""
    direct = [row for row in held if not row.groups]
    through = [row for row in held if row.groups]
    if direct and through:
        return Verdict("one", "a row without groups and a row with the group")
    if len(through) == 1 and not direct:
        return Verdict("merged", "one row with the group, none without")
    return Verdict(None, f"{_count(len(held), 'row')}, none through the group")


def offset(first: Sequence[str], second: Sequence[str]) -> Verdict:
    """What offset counts, by the ids of the pages at offset 0 and 1 of two rows each."""
    if len(first) < 2 or not second:
        return Verdict(None, "there are too few rows to tell")
    if second[0] == first[1]:
        return Verdict("record", "the page at offset 1 began with the second row")
    if not set(first) & set(second):
        return Verdict("page", "the page at offset 1 began after the first page")
    return Verdict(None, "the page at offset 1 repeats rows of the first in another order")


def page_size(rows: int, total: int, asked: str) -> Verdict:
    """How many rows a page holds at most."""
    if rows < total:
        return Verdict(str(rows), f"{asked}, {rows} of {total} rows came")
    return Verdict(None, f"{asked}, all rows came ({total}): at least as many fit")


def lag(longest: float, timed: int, late: int, bound: float) -> Verdict:
    """How long writes took to show."""
    if late:
        return Verdict(None, f"of {timed + late} writes {late} did not show within {bound:g} s")
    if not timed:
        return Verdict(None, "nothing was written")
    if not longest:
        return Verdict("none", f"each of {timed} writes showed in the first read after it")
    return Verdict(f"up to {longest:.1f} s", f"the longest of {timed} writes to show")


def refusal(status: int, retry_after: float | None) -> Verdict:
    """How a spent budget is told."""
    if status == 429 and retry_after is not None:
        return Verdict("retry_after", f"HTTP 429 with Retry-After: {retry_after:g}")
    if status == 429:
        return Verdict("bare", "HTTP 429 without Retry-After")
    return Verdict("message", f"HTTP {status} whose text speaks of the rate limit")


def _same(kept: int) -> str:
    return "the same" if kept else "all new"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
