"""What the program is doing while somebody watches: the call that is under way, on one line."""

from migrate.cli.voice import Voice
from migrate.traffic import Going


class Progress:
    """Shows each call on a terminal for as long as it lasts, and what came before it.

    `prod: GET /api/public/roles/alluserroles, page 12; 34 calls, 3.1 MiB`; in a log, where a line
    stays, nothing.
    """

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def __call__(self, going: Going | None) -> None:
        """Show a call that begins; None: none is under way any more."""
        if not self._voice.live:
            return
        if going is None:
            self._voice.clear()
            return
        page = f", page {going.page}" if going.page > 1 else ""
        calls = "1 call" if going.calls == 1 else f"{going.calls} calls"
        self._voice.show(f"{going.where}: {going.what}{page}; {calls}, {_size(going.received)}")


def _size(number: int) -> str:
    """A number of bytes for people: `812 B`, `12 KiB`, `3.1 MiB`."""
    if number < 1024:
        return f"{number} B"
    if number < 1024 * 1024:
        return f"{number / 1024:.0f} KiB"
    return f"{number / 1024 / 1024:.1f} MiB"
