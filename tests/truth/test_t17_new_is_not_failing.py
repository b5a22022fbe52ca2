"""T17: a disk that was never protected is new, on the page and in colour; it still counts as unprotected."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from arm import disk, disk_id
from forging import Azure, disks, quickstart
from manifests import disk as entry

Forged = Callable[..., AbstractContextManager[Azure]]


def tiles(azure: Azure, code: int) -> dict[str, int]:
    """The tiles of the page that `status` writes."""
    done = azure.run("status", "--report", "estate.html")
    assert done.code == code, done
    text = (Path(azure.folder) / "estate.html").read_text(encoding="utf-8")
    found = re.findall(r"<dt>(\w+)</dt><dd>(\d+)", text)
    return {name: int(count) for name, count in found if name in {"covered", "late", "failing", "new"}}


def test_before_the_first_apply_nothing_fails(forged: Forged) -> None:
    with forged(disks(5, fresh=True)) as azure:
        assert tiles(azure, 2) == {"covered": 0, "late": 0, "failing": 0, "new": 5}
        done = azure.run("status", "--format", "json")
        assert {row["state"] for row in done.document["disks"]} == {"unprotected"}
        assert {row["note"] for row in done.document["disks"]} == {"no backup instance yet"}


def test_a_disk_that_was_added_since_the_last_apply_is_new(forged: Forged) -> None:
    estate = quickstart().aged("1d").saying(disks=[entry("PSTestDisk"), entry("Added")])
    with forged(estate, clock="virtual") as azure:
        body = disk("Added")
        azure.put(body["id"], body)
        assert tiles(azure, 2) == {"covered": 1, "late": 0, "failing": 0, "new": 1}


def test_a_disk_whose_instance_was_deleted_is_not_new(forged: Forged) -> None:
    with forged(quickstart().aged("1d"), clock="virtual") as azure:
        (instance,) = azure.ids("*/backupInstances/*")
        azure.ask("DELETE", instance)
        azure.advance("10m")
        assert tiles(azure, 2) == {"covered": 0, "late": 0, "failing": 1, "new": 0}


def test_a_disk_whose_instance_is_gone_for_good_is_not_new_while_its_jobs_are_known(forged: Forged) -> None:
    with forged(quickstart().aged("1d"), clock="virtual") as azure:
        azure.delete("*/backupInstances/*")
        assert tiles(azure, 2) == {"covered": 0, "late": 0, "failing": 1, "new": 0}


def test_a_disk_that_is_declared_and_not_there_is_not_new(forged: Forged) -> None:
    with forged(quickstart(fresh=True), clock="virtual") as azure:
        azure.delete(disk_id("PSTestDisk"))
        assert tiles(azure, 2) == {"covered": 0, "late": 0, "failing": 1, "new": 0}
