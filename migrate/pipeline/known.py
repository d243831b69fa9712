"""What is known to be in an environment by runs of ours: the base that hotfixes are told by."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from migrate.archive import Archive
from migrate.archive.known import Base
from migrate.digests import roles_digest
from migrate.errors import InvalidInput
from migrate.hotfix import next_base
from migrate.model import RoleKey, Snapshot, State
from migrate.plan import Plan

if TYPE_CHECKING:
    from migrate.pipeline.record import Record


def known_state(archive: Archive) -> State | None:
    """What runs are known to have left; None before the first one.

    Raises InvalidInput where that was lost: nobody can tell then what was done by hand.
    """
    found = archive.base()
    taken = archive.load_snapshot(found.snapshot) if found else None
    if found is not None and taken is None:
        raise InvalidInput(
            "what runs left here is not known any more: the snapshot of it is gone",
            where=f"{archive.store.location}/snapshots/{found.snapshot}.json",
            target="unchanged",
            remedy="Restore it from the bucket's older versions or a backup.",
        )
    return taken.state if taken else None


def keep_known(plan: Plan, archive: Archive, left: Snapshot, record: "Record") -> None:
    """Remember what is known now that a run has ended, and was read back as `left`; so it is where
    a plan has nothing to do.

    After a run that takes the last one back, it is what was known before that one. What is known
    by a run that was verified may be promoted further; what was done by hand beside it may not.
    """
    found = archive.base()
    run, at = record.run_id or f"plan {plan.id}", left.captured_at
    if found is not None and found.run == run:
        return  # a run that is gone on with, and came as far as this before
    before, earlier = (found.snapshot, found.open) if found else ("", {})
    if plan.undoes is not None and found and found.run == plan.undoes.run and found.before:
        was = archive.load_snapshot(found.before)
        still = _open(was.state, left.state, found.open_before, was.captured_at) if was else earlier
        archive.save_base(Base(found.before, run, at, before, still, earlier))
        return
    known = archive.load_snapshot(found.snapshot) if found else None
    old = known.state if known else None
    source = archive.load_snapshot(plan.source.snapshot) if plan.source.snapshot else None
    deviations = record.verification.deviations if record.verification else ()
    foreign = {(each.role_type, each.name) for each in deviations if not each.ours}
    state = next_base(plan, source.state if source else None, old, left.state, foreign)
    if not any(each for each in deviations if not each.excused) and (old or not plan.selections):
        archive.save_verified(roles_digest(state), run, at)
    digest = archive.save_snapshot(replace(left, state=state))
    still = _open(state, left.state, earlier, found.at if found else at)
    archive.save_base(Base(digest, run, at, before, still, earlier))


def _open(
    known: State, there: State, earlier: Mapping[RoleKey, str], since: str
) -> dict[RoleKey, str]:
    """The roles that are not as known, and since when: as it was `earlier`, else after `since`."""
    here, now = known.by_key(), there.by_key()
    return {
        key: earlier.get(key, since)
        for key in here.keys() | now.keys()
        if key not in here or key not in now or not here[key].same_content(now[key])
    }
