"""The states of a disk's backups in `status`."""

from __future__ import annotations

from collections.abc import Mapping

OK, LATE, FAILING, GONE, UNPROTECTED, WAITING, HALTED, UNKNOWN = (
    "ok", "late", "failing", "gone", "unprotected", "waiting", "halted", "unknown",
)  # fmt: skip
STATES: Mapping[str, str] = {
    GONE: "the disk no longer exists in Azure",
    FAILING: "protection or the last backup failed, or snapshots of its recovery points are gone",
    LATE: "the newest recovery point is older than the schedule promises",
    UNPROTECTED: "declared protected, but not protected",
    UNKNOWN: "could not tell when the newest recovery point was made",
    WAITING: "protected so recently that the first backup isn't due yet",
    HALTED: "suspended or stopped, as declared",
    OK: "protected, and as fresh as the schedule promises",
}
"""Every state with its meaning, worst first."""

BAD = frozenset({FAILING, GONE, LATE, UNPROTECTED})
"""The states that make `status` exit with 2."""
