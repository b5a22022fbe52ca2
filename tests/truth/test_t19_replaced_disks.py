"""T19: another disk under the name of one that is backed up is told, and so is a disk that goes on under another id."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from arm import disk as disk_body
from arm import disk_id
from forging import (
    GONE,
    GRAPH,
    Azure,
    Done,
    Rule,
    about,
    disks,
    edits_rows,
    emptied,
    forbidden,
    selected,
    unavailable,
)
from manifests import disk as disk_entry

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = {"clock": "virtual"}
GOLD = {"backup": "gold"}
SNAPSHOTS = about("microsoft.compute/snapshots")


def count(done: Done, name: str) -> int:
    return int(done.document["classes"][name]["count"])


def remade(azure: Azure, name: str, **properties: object) -> None:
    """Delete a disk, and make an empty one under its name an hour later."""
    azure.delete(disk_id(name))
    azure.advance("1h")
    body = disk_body(name, tags=GOLD)
    azure.put(disk_id(name), {**body, "properties": {**body["properties"], **properties}})


@pytest.mark.parametrize("estate", [selected, disks])
def test_an_empty_disk_under_the_name_of_one_that_is_backed_up_is_told(
    forged: Forged, estate: Callable[[int], object]
) -> None:
    with forged(estate(3).aged("1d"), **VIRTUAL) as azure:  # type: ignore[attr-defined]
        assert azure.run("drift").code == 0
        remade(
            azure, "disk-02", timeCreated="2026-01-06T09:00:00+00:00", uniqueId="aaaaaaaa-0000-0000-0000-000000000001"
        )
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, count(drift, "replaced"), "disk-replaced" in drift.codes) == (2, 1, True), drift
        status = azure.run("status", "--format", "json")
        assert (status.code, status.document["summary"]["failing"]) == (2, 1), status


@pytest.mark.parametrize(("more", "code"), [((), 2), ((forbidden("GET */snapshots"),), 1)])
def test_where_resource_graph_is_away_the_snapshots_are_listed(
    forged: Forged, more: tuple[object, ...], code: int
) -> None:
    with forged(selected(3).aged("1d"), unavailable(GRAPH, when=SNAPSHOTS), *more, **VIRTUAL) as azure:
        remade(
            azure, "disk-02", timeCreated="2026-01-06T09:00:00+00:00", uniqueId="aaaaaaaa-0000-0000-0000-000000000001"
        )
        drift = azure.run("drift", "--format", "json")
        assert drift.code == code, drift


def test_a_disk_that_goes_on_under_another_id_is_told_with_it(forged: Forged) -> None:
    with forged(selected(3).aged("1d"), **VIRTUAL) as azure:
        (old,) = azure.show(disk_id("disk-02"))
        azure.delete(disk_id("disk-02"))
        azure.put(disk_id("renamed"), {**disk_body("renamed"), "properties": old["properties"]})
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, count(drift, "moved"), count(drift, "gone")) == (2, 1, 0), drift
        (told,) = (row for row in drift.document["findings"] if row["code"] == "disk-moved")
        assert "/disks/renamed" in told["message"]


def test_a_plan_without_changes_asks_nothing_of_snapshots(forged: Forged) -> None:
    with forged(selected(3).aged("1d"), **VIRTUAL) as azure:
        assert azure.run("plan", "--detailed-exitcode").code == 0
        assert not [call for call in azure.calls(GRAPH) if "snapshots" in str(call.body)]


def test_a_disk_that_was_replaced_long_ago_and_not_backed_up_since_is_told(forged: Forged) -> None:
    """Its backups are suspended, so that no newer one ever told whose they are."""
    entries = [disk_entry("disk-01"), disk_entry("disk-02", protection="suspended")]
    with forged(disks(2).aged("1d").saying(disks=entries), **VIRTUAL) as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        remade(
            azure, "disk-02", timeCreated="2026-01-06T09:00:00+00:00", uniqueId="aaaaaaaa-0000-0000-0000-000000000001"
        )
        azure.advance("9d")
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, count(drift, "replaced")) == (2, 1), drift
        status = azure.run("status", "--format", "json")
        assert (status.code, status.document["summary"]["failing"]) == (2, 1), status


def test_a_disk_that_does_not_tell_when_it_was_made_is_looked_at(forged: Forged) -> None:
    untold = {"properties.timeCreated": GONE}
    with forged(selected(3).aged("1d"), edits_rows("GET */disks", "*/disks/disk-*", untold), **VIRTUAL) as azure:
        assert azure.run("drift").code == 0
        remade(azure, "disk-02", uniqueId="aaaaaaaa-0000-0000-0000-000000000001")
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, count(drift, "replaced")) == (2, 1), drift


@pytest.mark.parametrize(("more", "code"), [((), 2), ((forbidden("GET */snapshots"),), 1)])
def test_where_resource_graph_has_heard_of_no_snapshot_they_are_listed(
    forged: Forged, more: tuple[Rule, ...], code: int
) -> None:
    with forged(selected(3).aged("1d"), emptied(GRAPH, when=SNAPSHOTS), *more, **VIRTUAL) as azure:
        remade(
            azure, "disk-02", timeCreated="2026-01-06T09:00:00+00:00", uniqueId="aaaaaaaa-0000-0000-0000-000000000001"
        )
        assert azure.run("drift").code == code
