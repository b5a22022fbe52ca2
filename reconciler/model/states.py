"""What status calls a disk's backups."""

from __future__ import annotations

from collections.abc import Mapping

OK, LATE, FAILING, GONE, UNPROTECTED, WAITING, HALTED, UNKNOWN = (
    "ok", "late", "failing", "gone", "unprotected", "waiting", "halted", "unknown",
)  # fmt: skip
STATES: Mapping[str, str] = {
    GONE: "Azure no longer has the disk",
    FAILING: "protection or the last backup failed, or snapshots of its recovery points are gone",
    LATE: "the newest recovery point is older than the schedule promises",
    UNPROTECTED: "declared as protected, and not protected",
    UNKNOWN: "it could not be told when the newest recovery point was made",
    WAITING: "protected since so recently that the first backup isn't due yet",
    HALTED: "suspended or stopped, as declared",
    OK: "protected, and as fresh as promised",
}
"""Every state with its meaning, worst first."""

BAD = frozenset({FAILING, GONE, LATE, UNPROTECTED})
"""The states that make `status` exit with 2."""
