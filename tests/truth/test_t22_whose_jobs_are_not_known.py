"""T22: where a vault's jobs can't be read, the document says of each disk whether that concerns it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import disk_id
from forging import GRAPH, Azure, about, forbidden, two_vaults, unavailable
from manifests import VAULT, selecting

Forged = Callable[..., AbstractContextManager[Azure]]
AWAY = (unavailable(GRAPH, when=about("backupjobs")), forbidden("GET */backupVaults/OtherVault/backupJobs"))
OTHER = {"backup": "other"}


def unknown(done: Any) -> set[str]:
    return {row["disk"].rpartition("/")[2] for row in done.document["disks"] if not row["jobs_known"]}


@pytest.mark.parametrize("protection", ["protected", "suspended"])
def test_the_disks_of_that_vault_are_told_apart(forged: Forged, protection: str) -> None:
    """Of suspended disks the report showed no sign: it exited with 1, and every row looked well."""
    estate = two_vaults(4).aged("1d")
    first, second, _ = estate.manifest["disks"]
    said = estate.saying(disks=[first, second, selecting(OTHER, vault="OtherVault", protection=protection)])
    with forged(said, *AWAY, clock="virtual") as azure:
        done = azure.run("status", "--format", "json")
        assert (done.code, unknown(done)) == (1, {"disk-02", "disk-04"}), done


def test_a_disk_that_fails_for_another_reason_is_also_told(forged: Forged) -> None:
    broken = {"currentProtectionState": "ProtectionError", "protectionStatus": {"status": "ProtectionError"}}
    with forged(two_vaults(4).aged("1d"), *AWAY, clock="virtual") as azure:
        azure.patch("*/backupInstances/disk-02*", {"properties": broken})
        done = azure.run("status", "--format", "json")
        states = {row["disk"][-7:]: row["state"] for row in done.document["disks"]}
        assert (states["disk-02"], unknown(done)) == ("failing", {"disk-02", "disk-04"}), done


def test_where_all_is_read_all_is_known(forged: Forged) -> None:
    with forged(two_vaults(4).aged("1d"), clock="virtual") as azure:
        done = azure.run("status", "--format", "json")
        assert (done.code, unknown(done)) == (0, set()), done


def test_of_a_disk_that_is_gone_no_jobs_were_read(forged: Forged) -> None:
    with forged(two_vaults(4).aged("1d"), clock="virtual") as azure:
        azure.delete(disk_id("disk-03"))
        done = azure.run("status", "--format", "json")
        states = {row["disk"][-7:]: row["state"] for row in done.document["disks"]}
        assert (states["disk-03"], unknown(done)) == ("gone", {"disk-03"}), done


def test_the_vault_has_the_manifests_name(forged: Forged) -> None:
    vaults = [VAULT, {**VAULT, "name": "second", "azureName": "OtherVault"}]
    estate = two_vaults(4).aged("1d")
    first, second, _ = estate.manifest["disks"]
    said = estate.saying(vaults=vaults, disks=[first, second, selecting(OTHER, vault="second")])
    with forged(said, *AWAY, clock="virtual") as azure:
        done = azure.run("status", "--format", "json")
        assert [one["address"] for one in done.document["findings"]] == ["vault/second"], done
