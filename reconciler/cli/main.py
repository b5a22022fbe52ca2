"""The root command, and the one place where errors become messages and exit codes.

0: success. 1: an error, also of the command line. 2: differences (`drift`, `plan --detailed-exitcode`). 130 and 143:
interrupted by SIGINT and SIGTERM.
"""

from __future__ import annotations

import errno
import gc
import os
import signal
from contextlib import suppress
from types import FrameType

import click

from reconciler import __version__
from reconciler.cli.lazy import LazyGroup
from reconciler.cli.output import Output
from reconciler.model.errors import ReconcilerError

COLLECTION = (50_000, 20, 50)
"""The thresholds of garbage collection: rare, since most objects of a run stay, and every collection scans them again."""

COMMANDS = {
    "validate": ("reconciler.cli.validate", "validate", "Check a manifest without contacting Azure."),
    "plan": ("reconciler.cli.plan", "plan", "Show what apply would change in Azure; change nothing."),
    "apply": ("reconciler.cli.apply", "apply", "Change Azure to match the manifest."),
    "drift": ("reconciler.cli.drift", "drift", "Check whether Azure still matches the manifest."),
    "backup": ("reconciler.cli.backup", "backup", "Back up disks now, in addition to their schedule."),
    "jobs": ("reconciler.cli.jobs", "jobs", "List, show and wait for jobs: backups and restores."),
    "recovery-points": (
        "reconciler.cli.recovery_points",
        "recovery_points",
        "List the recovery points of disks, newest first.",
    ),
    "restore": ("reconciler.cli.restore", "restore", "Restore a recovery point to a new disk, and check the disk."),
    "drill": ("reconciler.cli.drill", "drill", "Test with trial restores that backups can be restored."),
    "watch": ("reconciler.cli.watch", "watch", "Check at intervals; serve metrics, and notify webhooks of changes."),
    "status": ("reconciler.cli.status", "status", "Show how fresh the backups of each declared disk are."),
    "coverage": (
        "reconciler.cli.coverage",
        "coverage",
        "Show which disks are backed up, excluded on purpose, or neither.",
    ),
    "export": ("reconciler.cli.export", "export", "Write a manifest of what is already protected."),
    "move": ("reconciler.cli.move", "move", "Move a disk's backups to another vault; its recovery points are kept."),
    "whoami": ("reconciler.cli.whoami", "whoami", "Show who signs in, how, and which permissions are missing."),
    "condition": (
        "reconciler.cli.condition",
        "condition",
        "Print the condition that keeps the operator from granting itself roles.",
    ),
    "schema": (
        "reconciler.cli.schema",
        "schema",
        "Print a JSON Schema, for editors and for programs that read JSON reports.",
    ),
    "explain": ("reconciler.cli.explain", "explain", "Explain a code, a gate or a field of the manifest, or a disk."),
    "init": ("reconciler.cli.init", "init", "Write a first manifest."),
    "fmt": ("reconciler.cli.fmt", "fmt", "Format manifests; comments are kept."),
    "completion": ("reconciler.cli.completion", "completion", "Print a shell completion script."),
    "sandbox": ("reconciler.cli.sandbox", "sandbox", "Serve, show and change a simulated Azure."),
}
"""Every verb: its module, its command there, its line of help."""


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="reconciler")
def root() -> None:
    """Make Azure Disk Backup match a declarative manifest, and report when it no longer does.

    Exit codes: 0 success, 1 error, 2 differences or unhealthy backups, 130 and 143 interrupted.
    """


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; errors print no traceback without `--verbose`."""
    output = Output()
    gc.set_threshold(*COLLECTION)
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as of a job in a script's background
            signal.signal(number, _leave)
    try:
        code = _guarded(arguments, output)
    finally:
        output.close()
    return output.exit_code(code)


def _leave(number: int, _frame: FrameType | None) -> None:
    """End the process at once: only an apply has something to finish, and it handles signals itself.

    No exception is raised instead, since code that happens to run could swallow it, and with it the signal.
    """
    with suppress(OSError):
        os.write(2, b"\nInterrupted.\n")
    os._exit(128 + number)


def _guarded(arguments: list[str], output: Output) -> int:
    try:
        code = root.main(args=arguments, prog_name="reconciler", standalone_mode=False, obj=output)
    except (KeyboardInterrupt, click.Abort):
        output.tell("\nInterrupted.\n")
        return 128 + signal.SIGINT
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 1
    except Exception as error:  # noqa: BLE001 - the last resort: a message in place of a traceback
        _tell(error, output)
        return 1
    return code if isinstance(code, int) else 0


def _tell(error: Exception, output: Output) -> None:
    from reconciler.cli import failure  # `--help` needs none of it

    if isinstance(error, click.ClickException):
        failure.tell_usage(error, output)
    elif isinstance(error, ReconcilerError):
        failure.tell_error(error, output)
    elif isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
        output.lose(error)  # click's own text, such as that of --help
    else:
        failure.tell_unexpected(error, output)
