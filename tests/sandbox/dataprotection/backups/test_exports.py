"""The export of a vault's jobs."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize("version", ["2024-04-01", "2026-07-01"])
def test_an_export_names_two_blobs(protected: Any, version: str) -> None:
    begun = protected.call("POST", f"{protected.VAULT}/exportBackupJobs", version=version)
    assert (begun.status, begun.body, set(begun.headers)) == (202, None, {"Location", "Retry-After"})
    place = begun.headers["Location"]
    assert place.startswith(f"https://management.azure.com{protected.VAULT}/backupJobs/operations/")
    assert place.endswith(f"?api-version={version}")
    running = protected.call("GET", place, version=version)
    assert (running.status, running.headers["Location"]) == (202, place)
    protected.wait(60)
    told = protected.get(place, version=version)
    assert set(told) == {"blobUrl", "blobSasKey", "excelFileBlobUrl", "excelFileBlobSasKey"}
    again = protected.call("POST", f"{protected.VAULT}/exportBackupJobs")
    assert again.headers["Location"].partition("?")[0] != place.partition("?")[0]


def test_there_is_no_export_of_no_vault_and_no_result_of_no_export(protected: Any) -> None:
    assert protected.call("POST", f"{protected.VAULT}2/exportBackupJobs").status == 404
    assert protected.call("GET", f"{protected.VAULT}/backupJobs/operations/none").status == 404
