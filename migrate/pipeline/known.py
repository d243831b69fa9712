"""What is known to be in an environment by runs of ours: the base that hotfixes are told by."""

from dataclasses import replace

from migrate.archive import Archive
from migrate.hotfix import next_base
from migrate.model import Snapshot, State
from migrate.pipeline.record import Record
from migrate.plan import Plan


def known_state(archive: Archive) -> State | None:
    """What runs are known to have left; None before the first one, or where that was lost."""
    found = archive.base()
    taken = archive.load_snapshot(found[0]) if found else None
    return taken.state if taken else None


def keep_known(plan: Plan, archive: Archive, left: Snapshot, record: Record) -> None:
    """Remember what is known now that a run has ended, and was read back as `left`.

    After a run that takes the last one back, it is what was known before that one.
    """
    found = archive.base()
    if found is not None and found[1] == record.run_id:
        return  # a run that is gone on with, and came as far as this before
    before = found[0] if found else ""
    if plan.undoes is not None and found is not None and found[1] == plan.undoes.run and found[3]:
        archive.save_base(found[3], record.run_id, left.captured_at, before)
        return
    old = known_state(archive)
    source = archive.load_snapshot(plan.source.snapshot) if plan.source.snapshot else None
    deviations = record.verification.deviations if record.verification else ()
    foreign = {(each.role_type, each.name) for each in deviations if not each.ours}
    state = next_base(plan, source.state if source else None, old, left.state, foreign)
    digest = archive.save_snapshot(replace(left, state=state))
    archive.save_base(digest, record.run_id, left.captured_at, before)
