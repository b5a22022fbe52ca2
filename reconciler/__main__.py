"""The entry point of the command `reconciler` and of `python -m reconciler`.

Not here: arguments and errors, which are in `cli`.
"""

from __future__ import annotations

import os
import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command line and leave with its exit code; an interrupt while it is still being loaded is quiet too."""
    try:
        from reconciler.cli.main import run  # within `try`: loading takes long enough to be interrupted

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = _INTERRUPTED
    if code >= _INTERRUPTED:
        os._exit(code)  # all output is flushed; a second signal would kill the interpreter during its clean-up
    sys.exit(code)


if __name__ == "__main__":
    main()
