"""Issue G: recovery points that can't be read leave one disk untold; all else is shown."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from forging import Azure, Rule, answers, cut_short, disks, forbidden, html, not_found, null_value, unavailable
from manifests import disk

Forged = Callable[..., AbstractContextManager[Azure]]
POINTS = "GET */backupInstances/disk-01-*/recoveryPoints"
EVERY = "GET */recoveryPoints"
LOST = 3


def pages(where: str) -> dict[str, Rule]:
    """Answers that don't tell which recovery points there are."""
    return {
        "503": unavailable(where),
        "403": forbidden(where),
        "html": html(where),
        "404": not_found(where),
        "null": null_value(where),
        "cut short": cut_short(where),
        "odd": answers(where, 200, {"value": [7]}),
    }


PAGES = sorted(pages(POINTS))


def lose_snapshots(azure: Azure, *names: str, count: int = LOST) -> None:
    """The oldest snapshots of some disks are deleted, so that `status` has to read their recovery points."""
    for name in names:
        own = [
            row
            for row in azure.show("*/snapshots/*")
            if f"/{name}" in row["properties"]["creationData"]["sourceResourceId"]
        ]
        for row in sorted(own, key=lambda row: row["properties"]["timeCreated"])[:count]:
            azure.delete(row["id"])


def states(done: Any) -> list[str]:
    return [row["state"] for row in done.document["disks"]]


@pytest.mark.parametrize("page", PAGES)
def test_one_list_that_nobody_can_read_leaves_one_disk_untold(forged: Forged, page: str) -> None:
    """It ended the whole `status` with an error, and nothing was shown."""
    with forged(disks(4).aged("1d"), clock="virtual") as azure:
        lose_snapshots(azure, "disk-01", "disk-02")
        azure.rules(pages(POINTS)[page])
        done = azure.run("status", "--format", "json")
        assert (done.code, states(done)) == (1, ["unknown", "failing", "ok", "ok"]), done
        (finding,) = done.document["findings"]
        assert finding["code"] == ("out-of-reach" if page == "403" else "not-known")
        assert "could not tell which recovery points disk-01 has" in finding["message"]
        text = azure.run("status")
        assert (text.code, "Status: 2 ok, 1 unknown, 1 failing of 4 disks." in text.out) == (1, True), text
        assert "could not read its recovery points" in " ".join(text.out.split())


@pytest.mark.parametrize("page", PAGES)
def test_what_is_late_stays_late_and_is_not_sure(forged: Forged, page: str) -> None:
    with forged(disks(2).aged("1d"), clock="virtual") as azure:
        azure.switch(scheduled_backups=False)
        azure.advance("12h")
        azure.rules(pages(POINTS)[page])
        done = azure.run("status", "--format", "json")
        assert (done.code, states(done), len(done.document["findings"])) == (1, ["late", "late"], 1), done


def test_what_is_known_to_be_lost_fails_whether_points_can_be_read_or_not(forged: Forged) -> None:
    with forged(disks(2).aged("1d"), unavailable(POINTS), clock="virtual") as azure:
        lose_snapshots(azure, "disk-01", count=99)
        done = azure.run("status", "--format", "json")
        assert (done.code, states(done)) == (1, ["failing", "ok"]), done


@pytest.mark.parametrize("declared", ["stopped", "suspended"])
def test_a_halted_disk_is_untold_too(forged: Forged, declared: str) -> None:
    entries = [disk(name, protection=declared) for name in ("disk-01", "disk-02")]
    with forged(disks(2).aged("1d").saying(disks=entries), clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        azure.advance("200d")
        assert azure.run("status").code == 0, "by then Azure has forgotten the jobs, and recovery points tell"
        azure.rules(unavailable(POINTS))
        done = azure.run("status", "--format", "json")
        assert (done.code, states(done)) == (1, ["unknown", "halted"]), done


def test_watch_goes_on_and_tells_of_the_others(forged: Forged) -> None:
    with forged(disks(2).aged("1d"), clock="virtual") as azure:
        lose_snapshots(azure, "disk-01", "disk-02")
        azure.rules(unavailable(POINTS))
        done = azure.run("watch", "--times", "1", "--listen", "none")
        assert (done.code, '"status": {"failing": 1, "unknown": 1}' in done.text) == (0, True), done
