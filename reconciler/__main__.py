"""The entry point of the command `reconciler` and of `python -m reconciler`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit code; an interrupt while it is still being loaded is quiet too."""
    try:
        from reconciler.cli.main import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
