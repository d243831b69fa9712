"""A fleet as jobs of a CI system: its runs share nothing but the store. Pure.

GitHub Actions takes at most 256 jobs of one matrix, GitLab CI at most 200 of one `parallel`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from migrate.errors import UsageError

MOST = {"github": 256, "gitlab": 200}


@dataclass(frozen=True, slots=True)
class Job:
    """One target: its wave from 1, and the plan to apply; "" where there is none yet."""

    environment: str
    wave: int
    plan: str = ""
    digest: str = ""


def of_wave(jobs: Sequence[Job], wave: int) -> list[Job]:
    """The jobs of a wave. Raises UsageError where there is none."""
    found = [job for job in jobs if job.wave == wave]
    if not found:
        raise UsageError(
            f"--wave {wave}: the last one is {max(job.wave for job in jobs)}",
            target="unchanged",
            remedy="Leave that one's jobs out of the pipeline.",
        )
    return found


def github(jobs: Sequence[Job]) -> str:
    """JSON for `strategy: { matrix: ${{ fromJSON(…) }} }`."""
    _few("github", jobs)
    include = [
        {"environment": job.environment, "wave": job.wave}
        | ({"plan": job.plan, "digest": job.digest} if job.plan else {})
        for job in jobs
    ]
    return json.dumps({"include": include}) + "\n"


def gitlab(jobs: Sequence[Job]) -> str:
    """A child pipeline in YAML: a stage for each wave, a job for each target in it."""
    waves = sorted({job.wave for job in jobs})
    lines = ["stages:", *(f"  - wave-{number}" for number in waves)]
    for number in waves:
        here = [job for job in jobs if job.wave == number]
        _few("gitlab", here)
        lines += ["", f"apply-{number}:", f"  stage: wave-{number}", "  parallel:", "    matrix:"]
        for job in here:
            lines.append(f"      - ENVIRONMENT: {json.dumps(job.environment)}")
            if job.plan:
                lines.append(f"        PLAN: {json.dumps(job.plan)}")
                lines.append(f"        DIGEST: {json.dumps(job.digest)}")
        lines += ["  script:", f"    - {_COMMAND if here[0].plan else _COMMAND_OF_GROUP}"]
    return "\n".join(lines) + "\n"


_COMMAND = 'role-migrate apply "$PLAN" --expect-digest "$DIGEST" --yes'
_COMMAND_OF_GROUP = 'role-migrate plan --from "$SOURCE" --to "$ENVIRONMENT" --out plan.json'


def _few(system: str, jobs: Sequence[Job]) -> None:
    if len(jobs) > MOST[system]:
        raise UsageError(
            f"{len(jobs)} jobs in one matrix: {system} takes {MOST[system]}",
            target="unchanged",
            remedy="Make smaller waves, or smaller groups.",
        )
