"""What guards say of plans that were recorded, on the target as it was then; asks no platform."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from migrate.canonical import read
from migrate.config import Environment
from migrate.config.policy import Policy
from migrate.connect import Connections, traits_of
from migrate.digests import state_digest
from migrate.errors import UsageError
from migrate.guards import Outcome, Verdict
from migrate.judging import judge
from migrate.model import State
from migrate.pipeline.planning import operator_of
from migrate.pipeline.profiles import unprofiled
from migrate.pipeline.sources import Hints, from_file
from migrate.plan import Plan
from migrate.trial import Expectation, Trial


class TrialBench:
    """Judges recorded plans by a policy, and by the guards of a config where there is one.

    `policy` None: the config's own. `states` finds a target as it was, by digest, in place of the
    store. One of both, policy and config, there must be.
    """

    def __init__(
        self,
        policy: Policy | None,
        connections: Connections | None,
        states: Callable[[str], State | None] | None,
    ) -> None:
        self._policy = policy
        self._connections = connections
        self._states = states

    def judged(self, name: str, plan: Plan, expected: Expectation | None = None) -> Trial:
        """What each guard says of a plan. Raises UsageError where its target is not to be found.

        Hotfixes are those that were seen when it was planned.
        """
        environment = self._environment(plan)
        policy = self._policy_for(environment)
        target = self._target(plan, environment, name)
        own: tuple[str, ...] = ()
        guards = policy.guards
        if environment is not None and self._connections is not None:
            guards = (*guards, *self._connections.config.guards)
            own = unprofiled(environment, plan.mode, target, self._connections)
        found = judge(
            plan,
            target,
            guards,
            traits_of(plan.target.identity),
            environment.keep if environment else (),
            operator_of(environment) if environment else None,
            own,
            reverts=plan.reverts,
        )
        return Trial(name, plan, _as_taken(found, policy), expected)

    def _environment(self, plan: Plan) -> Environment | None:
        name = plan.target.environment
        if self._connections is None:
            return None
        if self._policy is not None and self._states is not None:
            return self._connections.config.environments.get(name)
        return self._connections.config.environment(name)

    def _policy_for(self, environment: Environment | None) -> Policy:
        if self._policy is not None:
            return self._policy
        if environment is None or self._connections is None:
            raise AssertionError("there is a policy, or a config with one")
        return self._connections.policy(environment)

    def _target(self, plan: Plan, environment: Environment | None, name: str) -> State:
        digest = plan.target.snapshot
        if self._states is not None:
            found = self._states(digest)
            place = "the folder of --snapshots"
        else:
            if environment is None or self._connections is None:
                raise AssertionError("without a folder of snapshots there is a store")
            taken = self._connections.archive(environment).load_snapshot(digest)
            found, place = taken.state if taken else None, "the store"
        if found is None:
            raise UsageError(
                f"{place} does not have the target that this plan was made on (sha256:{digest})",
                where=name,
                remedy="Name a folder with that snapshot: --snapshots DIR (role-migrate snapshot "
                "--env E --out FILE writes one).",
            )
        return found


def states_in(folder: Path) -> Callable[[str], State | None]:
    """Finds the states of the snapshots in a folder (`*.json`) by digest.

    Raises UsageError where there is no such folder, InvalidInput for a snapshot that is damaged.
    """
    if not folder.is_dir():
        raise UsageError(
            "--snapshots: there is no such folder",
            where=str(folder),
            remedy="Name a folder with snapshots, one in each file.",
        )
    found: Mapping[str, State] = {
        state_digest(state): state
        for state in map(_state_in, sorted(folder.glob("*.json")))
        if state is not None
    }
    return found.get


def _state_in(path: Path) -> State | None:
    """The state in a file; None where the file is no snapshot."""
    value, _ = read(path)
    if not isinstance(value, dict) or "state" not in value:
        return None
    return from_file(path, None, Hints()).state


def _as_taken(verdicts: tuple[Verdict, ...], policy: Policy) -> tuple[Verdict, ...]:
    """The verdicts as they count: with a policy that takes waivers only nothing else lets pass."""
    if not policy.waivers_only:
        return verdicts
    return tuple(
        replace(each, outcome=Outcome.REFUSE) if each.outcome is Outcome.ALLOWED else each
        for each in verdicts
    )
