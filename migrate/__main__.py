"""`role-migrate` and `python -m migrate`."""

import gc
import sys

# A command is short-lived and mostly reads large files, which leave no cycles: looking for some
# every 700 objects, as is the default, costs a tenth of the time of `validate`.
gc.set_threshold(100_000, 20, 50)

from migrate.cli import main  # noqa: E402 - imports profit from it, too

if __name__ == "__main__":
    sys.exit(main())
