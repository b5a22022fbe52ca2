"""What became of on-demand backups."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.ids import ArmId
from reconciler.model.jobs import Job

READY, STARTED, COMPLETED, FAILED, REFUSED, RUNNING = (
    "ready", "started", "completed", "failed", "refused", "in-progress",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Backup:
    """One disk's on-demand backup.

    `status`: `ready` (a dry run would have sent it), `started`, `completed`, `failed`, `refused` (nothing was sent) or
    `in-progress` (still running at the deadline). `rule` and `retention_rule` are the policy's own names,
    `name` is the short name of the disk.
    """

    disk: ArmId
    status: str
    instance: ArmId | None = None
    rule: str = ""
    retention_rule: str = ""
    job: Job | None = None
    job_id: ArmId | None = None
    code: str = ""
    message: str = ""
    hint: str = ""
    name: str = ""

    @property
    def ok(self) -> bool:
        """Whether it succeeded, or may still succeed."""
        return self.status in (READY, STARTED, COMPLETED)
