"""How many calls a minute an account takes from us: less after a refusal, slowly more again.

Whoever else uses the account takes from the same budget (kore.md E), and is seen in refusals only.
"""

QUIET = 180.0
"""Seconds without a refusal until the first step up again; twice as long each time that fails."""

LONGEST_QUIET = 4 * QUIET

STEP_EVERY = 60.0
"""Seconds between two steps up."""

_STEPS = 10
_LEAST_SHARE = 6
# A refusal says nothing new until what was sent before the one before it is out of the window.
_WINDOW = 60.0


class Allowance:
    """Calls a minute, at most `limit`. Times are seconds that never go back.

    Lowered to what got through in the minute before the refusal, though not below half of what it
    was in one go, nor below a sixth of the limit: then it is for whoever waits to give up. Raised
    by a tenth of the limit a minute once it was quiet.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._step = max(limit // _STEPS, 1)
        self._least = max(limit // _LEAST_SHARE, 1)
        self._allowed = limit
        self._quiet = QUIET
        self._raise_at = 0.0
        self._fresh_at = float("-inf")

    def at(self, now: float) -> int:
        """Calls allowed in the minute that ends now."""
        while self._allowed < self._limit and now >= self._raise_at:
            self._allowed = min(self._allowed + self._step, self._limit)
            self._raise_at += STEP_EVERY
            if self._allowed == self._limit:
                self._quiet = QUIET
        return self._allowed

    def lower(self, now: float, passed: int) -> bool:
        """After a refusal: allow less. `passed` are our calls of the last minute that got through.

        Returns False, and leaves it as it is, within a minute of the last time: what was changed
        then can't show yet.
        """
        if now < self._fresh_at:
            return False
        was = self.at(now)
        self._allowed = max(min(passed, was - 1), was // 2, self._least)
        self._fresh_at = now + _WINDOW
        self._raise_at = now + self._quiet
        self._quiet = min(2 * self._quiet, LONGEST_QUIET)
        return True
