"""Our own log records made audible with -v."""

import logging
from collections.abc import Callable


class _Handler(logging.Handler):
    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(f"{record.name}: {record.getMessage()}")


def listen(say: Callable[[str], None]) -> None:
    """Say every record of ours from now on, in place of whoever listened before."""
    logger = logging.getLogger("migrate")
    logger.handlers[:] = [_Handler(say)]
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
