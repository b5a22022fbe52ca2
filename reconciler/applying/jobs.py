"""Waits for jobs of a vault, because an operation ends as soon as its job has begun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.applying.backoff import LAG_SECONDS
from reconciler.applying.run import Run
from reconciler.azure.failures import told
from reconciler.azure.fields import pick
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import NotFound, OperationFailed
from reconciler.model.ids import ArmId, lower
from reconciler.model.jobs import ENDED, WELL


async def until_ended(run: Run, job: ArmId, deadline: float) -> None:
    """Wait until the job has succeeded; OperationFailed with Azure's reason when it fails, or doesn't end in time."""
    believed = run.now + LAG_SECONDS
    delays = run.delays(10.0, 30.0)
    status = "unknown"
    while True:
        try:
            body = await run.azure.get(job)
        except NotFound:
            if run.now >= believed:
                raise
        else:
            status = str(pick(body, "properties", "status") or status)
            if lower(status) in WELL:
                return
            if lower(status) in ENDED:
                raise _failed(job, body, status)
        await run.pause(next(delays), deadline, f"the job {job.name} is {status}")


def _failed(job: ArmId, body: Mapping[str, Any], status: str) -> OperationFailed:
    details = pick(body, "properties", "errorDetails")
    says = told({"details": details} if isinstance(details, list) else details)
    return OperationFailed(
        f"the job ended as {status}: {says.reason}",
        code=says.code or error_codes.JOB_FAILED,
        advice=says.advice,
        target=job.text,
        hint="" if says.advice else f"look at the job {job.name} in the vault {job.parent.name}",
    )
