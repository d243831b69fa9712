"""Run one command and print what it used, as JSON; started by `measuring`, without site-packages.

A process of its own, and a small one: the peak memory of a child is never less than what its parent
had when it was started. What the command prints goes to a file.
"""

import json
import os
import sys
import time

answers, command = sys.argv[1], sys.argv[2:]
began = time.monotonic()
process = os.fork()
if not process:
    os.dup2(os.open(answers, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
    os.execv(command[0], command)
_, status, used = os.wait4(process, 0)
usage = {
    "code": os.waitstatus_to_exitcode(status),
    "wall": time.monotonic() - began,
    "cpu": used.ru_utime + used.ru_stime,
    "peak": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
}
print(json.dumps(usage))  # noqa: T201 - for `measuring`
