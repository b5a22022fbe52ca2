"""What doesn't change any more is read once; what may change is read each time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from reconciler.azure.connection import Azure
from reconciler.azure.provenance import job_of
from reconciler.model.ids import ArmId

VAULT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataProtection/backupVaults/v"
JOB = ArmId(f"{VAULT}/backupJobs/1")
HALF_AN_HOUR = 1800.0


def job(status: str) -> dict[str, Any]:
    return {"id": JOB.text, "properties": {"status": status}}


def read(wire: Any, *waits: float) -> list[str]:
    """The statuses of a job that is read again after each of these waits, in seconds."""

    async def work(azure: Azure) -> list[str]:
        told = [(await job_of(azure, JOB))["properties"]["status"]]
        for seconds in waits:
            await asyncio.sleep(seconds)
            told.append((await job_of(azure, JOB))["properties"]["status"])
        return told

    return wire.run(work)


def test_a_job_is_read_until_it_has_ended(wire: Any) -> None:
    wire.on("GET", "/backupJobs/1", job("InProgress"), job("Cancelling"), job("Failed"), job("Completed"))
    assert read(wire, 1, 1, 1, 1) == ["InProgress", "Cancelling", "Failed", "Failed", "Failed"]
    assert len(wire.calls) == 3


@pytest.mark.parametrize("status", ["", "SomethingNew"])
def test_an_unknown_status_is_no_end(wire: Any, status: str) -> None:
    wire.on("GET", "/backupJobs/1", job(status), job("Completed"))
    assert read(wire, 1) == [status, "Completed"]


def test_after_half_an_hour_it_is_read_again(wire: Any) -> None:
    wire.on("GET", "/backupJobs/1", job("Completed"), job("CompletedWithWarnings"))
    assert read(wire, HALF_AN_HOUR - 1, 2) == ["Completed", "Completed", "CompletedWithWarnings"]
    assert len(wire.calls) == 2


def test_what_is_old_takes_no_memory(wire: Any) -> None:
    wire.on("GET", "/backupJobs/", lambda call: (200, {"id": f"/{call.path}", "properties": {"status": "Completed"}}))

    async def work(azure: Azure) -> int:
        for number in range(50):
            await job_of(azure, ArmId(f"{VAULT}/backupJobs/{number}"))
            await asyncio.sleep(HALF_AN_HOUR / 10)
        return len(azure.settled)

    assert wire.run(work) <= 10


def test_an_error_is_not_kept(wire: Any) -> None:
    refused = (403, {"error": {"code": "AuthorizationFailed", "message": "No."}})
    wire.on("GET", "/backupJobs/1", refused, job("Completed"))

    async def work(azure: Azure) -> str:
        with pytest.raises(Exception, match="No"):
            await job_of(azure, JOB)
        return str((await job_of(azure, JOB))["properties"]["status"])

    assert wire.run(work) == "Completed"
