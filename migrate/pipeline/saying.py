"""What a step came to, in a line for whoever watches the run."""

from migrate.platforms.base import Outcome, Step


def told(step: Step, outcome: Outcome) -> str:
    """One line on a step that is done."""
    if "fileId" in outcome:
        return f"upload: {outcome['place']}, fileId {outcome['fileId']}"
    if "settled" in outcome:
        return f"{step.kind}: {step.object}: done, as reading back shows"
    if "dropped" in outcome:
        return _restored(outcome)
    if "entries" in outcome:
        entries, shown = outcome["entries"], outcome.get("shown")
        sent = f"assign: {entries} entr{'y' if entries == 1 else 'ies'} sent"
        return sent if shown is None else f"{sent}, all shows ({shown})"
    if "confirmed" in outcome:
        return f"confirm: all {outcome['confirmed']} show"
    missing, different = len(outcome["missing"]), len(outcome["different"])
    text = f"reconciled: {outcome['sent']} sent, {outcome['answered']} answered"
    if missing or different:
        return f"{text}, {missing} missing, {different} different: the export will tell"
    silent = outcome["sent"] - (outcome["answered"] - outcome["others"])
    left = f", {silent} built-in left out of the answer, the rest" if silent > 0 else ", all"
    return f"{text}{left} as sent"


def _restored(outcome: Outcome) -> str:
    if not outcome["dropped"]:
        return "restore: every member is still there"
    return f"restore: {len(outcome['dropped'])} assignments were dropped and put back"
