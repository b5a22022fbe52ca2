"""A restore of several disks does what was asked, and nothing that a name, or a vault that can't be read, leaves open."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import arm
from arm import disk_id
from forging import Azure, applied, forbidden, lacks, two_vaults
from manifests import DISK, manifest

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = {"clock": "virtual"}


def twins() -> Any:
    rows = [arm.disk("twin", group=name) for name in ("one", "two")]
    return applied(manifest(disks=[DISK | {"id": [row["id"] for row in rows]}]), rows).aged("1d")


def test_a_name_of_two_disks_means_neither_and_a_pattern_both(forged: Forged) -> None:
    with forged(twins(), **VIRTUAL) as azure:
        for name in ("one", "two"):
            azure.delete(disk_id("twin", group=name))
        done = azure.run("restore", "twin", "--newest", "--auto-approve")
        assert (done.code, done.writes, "names 2 disks" in done.err) == (1, [], True), done
        done = azure.run("restore", "twi*", "--newest", "--auto-approve")
        assert (done.code, len(done.writes) > 2) == (0, True), done


def test_a_disk_in_a_vault_that_cannot_be_read_is_not_called_unknown(forged: Forged) -> None:
    away = (lacks("GET */backupVaults", "*/OtherVault"), forbidden("GET */backupVaults/OtherVault"))
    with forged(two_vaults(4).aged("1d"), *away, **VIRTUAL) as azure:
        for name in ("disk-01", "disk-02"):
            azure.delete(disk_id(name))
        done = azure.run("restore", "disk-01", "disk-02", "--newest", "--auto-approve", "--format", "json")
        assert done.code == 1, done
        assert "no vault that could be read has a backup instance of such a disk" in str(done.document["notes"])
        assert [one["disk"] for one in done.document["made"]] == [disk_id("disk-01")]
