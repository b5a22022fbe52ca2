"""D13: what a selector no longer takes is pruned only with a word, however few disks there are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import APPS, PLATFORM, disk_id
from arm import disk as disk_body
from arm import group as group_body
from forging import Azure, applied, names
from manifests import disk, manifest, selecting

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = {"clock": "virtual"}
GOLD = {"backup": "gold"}


def stopped(azure: Azure) -> int:
    found = azure.show("*/backupInstances/*")
    return sum(row["properties"]["currentProtectionState"] == "ProtectionStopped" for row in found)


def picking(**said: Any) -> dict[str, Any]:
    """The entry with another selector; None takes a key out."""
    select = {**selecting()["select"], **said}
    return {**selecting(), "select": {key: value for key, value in select.items() if value is not None}}


def nine() -> Any:
    found = [disk_body(name, tags=GOLD) for name in names(8)]
    return applied(manifest(disks=[selecting(), disk("PSTestDisk")]), found, disk_body("PSTestDisk"))


@pytest.mark.parametrize(
    "entry",
    [
        picking(tags={"backup": "Gold"}),
        picking(tags={"Backup-tier": "gold"}),
        picking(names=["dsik-*"]),
        picking(resourceGroups=["diskgr"]),
        picking(subscriptions=[PLATFORM]),
        picking(skus=["StandardSSD_LRS"]),
        picking(exclude=[{"names": ["*"], "reason": "meant otherwise"}]),
        picking(tags={"backup": "gold", "tier": "1"}),
    ],
)
def test_an_entry_that_takes_nothing_any_more_closes_prune(forged: Forged, entry: dict[str, Any]) -> None:
    with forged(nine().saying(disks=[entry, disk("PSTestDisk")]), **VIRTUAL) as azure:
        done = azure.run("apply", "--prune", "--auto-approve")
        assert (done.code, "selects-nothing" in done.err, azure.writes) == (1, True, []), done


def test_a_tag_that_was_renamed_in_azure_closes_prune_until_it_is_meant(forged: Forged) -> None:
    with forged(nine(), **VIRTUAL) as azure:
        azure.patch("*/disks/disk-0*", {"tags": {"backup": None, "Backup-Class": "gold"}})
        plan = azure.run("plan", "--prune", "--format", "json")
        (gate,) = (row for row in plan.document["gates"] if not row["open"])
        assert (plan.code, gate["name"], gate["local"], len(gate["addresses"])) == (1, "selects-nothing", False, 8)
        assert "matches no disk, and 8 " in gate["message"]
        assert azure.run("apply", "--auto-approve").code == 0, "without --prune nothing is at stake"
        assert stopped(azure) == 0
        meant = azure.run("apply", "--prune", "--auto-approve", "--force", "selects-nothing")
        assert (meant.code, stopped(azure)) == (0, 8), meant


@pytest.mark.parametrize(("left", "closes"), [(1, True), (3, True), (4, False), (7, False)])
def test_an_entry_that_takes_far_less_than_before_closes_prune(forged: Forged, left: int, closes: bool) -> None:
    with forged(nine(), **VIRTUAL) as azure:
        for name in names(8)[left:]:
            azure.patch(disk_id(name), {"tags": {"backup": "silver"}})
        done = azure.run("apply", "--prune", "--auto-approve")
        assert (done.code, "selects-nothing" in done.err) == (int(closes), closes), done
        assert stopped(azure) == (0 if closes else 8 - left)


def test_a_condition_that_leaves_out_nearly_all_closes_prune(forged: Forged) -> None:
    entry = picking(exclude=[{"names": ["disk-0[1-7]"], "reason": "rebuilt nightly"}])
    with forged(nine().saying(disks=[entry, disk("PSTestDisk")]), **VIRTUAL) as azure:
        done = azure.run("apply", "--prune", "--auto-approve")
        assert (done.code, "selects-nothing" in done.err, azure.writes) == (1, True, []), done


def test_an_entry_that_is_taken_out_closes_nothing_for_others_elsewhere(forged: Forged) -> None:
    entries = [picking(resourceGroups=["diskrg"]), picking(resourceGroups=["web"])]
    found = [disk_body("shop", tags=GOLD), *(disk_body(name, "web", tags=GOLD) for name in names(3))]
    estate = applied(manifest(disks=entries), found, group_body(APPS, "diskrg"), group_body(APPS, "web"))
    with forged(estate.saying(disks=entries[:1]), **VIRTUAL) as azure:
        done = azure.run("apply", "--prune", "--auto-approve")
        assert (done.code, stopped(azure)) == (0, 3), done


def test_a_disk_that_is_excluded_by_its_id_was_meant(forged: Forged) -> None:
    excluded = [{"id": disk_id(name), "reason": "ticket 4711"} for name in names(8)[2:]]
    with forged(nine().saying(excluded=excluded), **VIRTUAL) as azure:
        done = azure.run("apply", "--prune", "--auto-approve")
        assert (done.code, stopped(azure)) == (0, 6), done


PLACES = [
    {"resourceGroups": ["diskrg", "wbe"]},
    {"subscriptions": [APPS, PLATFORM], "resourceGroups": ["diskrg"]},
    {"names": ["shop", "dsik-*"]},
]


@pytest.mark.parametrize("said", PLACES)
def test_one_of_several_places_that_finds_nothing_closes_prune(forged: Forged, said: dict[str, Any]) -> None:
    found = [disk_body("shop", tags=GOLD), *(disk_body(name, "web", tags=GOLD) for name in names(3))]
    estate = applied(manifest(disks=[selecting()]), found, group_body(APPS, "diskrg"), group_body(APPS, "web"))
    with forged(estate.saying(disks=[picking(**said)]), **VIRTUAL) as azure:
        done = azure.run("apply", "--prune", "--auto-approve")
        assert (done.code, "selects-nothing" in done.err, azure.writes) == (1, True, []), done


def test_places_that_all_find_something_close_nothing(forged: Forged) -> None:
    found = [disk_body("shop", tags=GOLD), *(disk_body(name, "web", tags=GOLD) for name in names(3))]
    more = [disk_body("other", "third", tags=GOLD)]
    estate = applied(manifest(disks=[selecting()]), found, more)
    with forged(estate.saying(disks=[picking(resourceGroups=["diskrg", "third"])]), **VIRTUAL) as azure:
        done = azure.run("apply", "--prune", "--auto-approve")
        assert (done.code, stopped(azure)) == (0, 3), done
