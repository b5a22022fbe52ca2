"""T10: a disk that a selector newly takes is new; one whose backups somebody took away was changed outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from arm import disk as disk_body
from arm import disk_id
from forging import GRAPH, Azure, Done, about, forbidden, quickstart, selected, unavailable
from manifests import disk, selecting

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = {"clock": "virtual"}
GOLD = {"backup": "gold"}
JOBS = about("backupjobs")


def classes(done: Done) -> dict[str, int]:
    """The classes of drift that a disk is in, with how many; those of its grants are the same."""
    found = {name for name, one in done.document["classes"].items() if one["count"]}
    counts = Counter(row["drift"] for row in done.document["changes"] if row["kind"] == "disk")
    assert found == set(counts)
    return dict(counts)


def test_a_newly_tagged_disk_is_new_and_deleted_backups_are_not(forged: Forged) -> None:
    with forged(selected(3).aged("1d"), **VIRTUAL) as azure:
        azure.put(disk_id("data"), disk_body("data"))
        assert azure.run("drift").code == 0
        azure.patch(disk_id("data"), {"tags": GOLD})
        azure.delete("*/backupInstances/disk-02-*")
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, classes(drift)) == (2, {"new": 1, "changed-outside": 1}), drift
        disks = [row for row in drift.document["changes"] if row["kind"] == "disk"]
        named = {row["address"].rpartition("/")[2]: row["drift"] for row in disks}
        assert named == {"data": "new", "disk-02": "changed-outside"}
        assert azure.run("drift", "--fail-on", "changed-outside").code == 2


def test_a_disk_whose_deleted_instance_may_come_back_is_not_new(forged: Forged) -> None:
    with forged(selected(3), **VIRTUAL) as azure:
        (instance,) = azure.ids("*/backupInstances/disk-02-*")
        azure.ask("DELETE", instance)
        azure.advance("1h")
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, "new" in classes(drift)) == (2, False), drift


def test_a_disk_that_is_named_by_id_is_never_new(forged: Forged) -> None:
    with forged(quickstart(), **VIRTUAL) as azure:
        azure.delete("*/backupInstances/*")
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, classes(drift)) == (2, {"changed-outside": 1}), drift
        assert not [one for one in azure.calls("POST */resources") if "backupjobs" in str(one.body)]


def test_a_selector_that_is_widened_is_not_yet_applied(forged: Forged) -> None:
    with forged(quickstart(), **VIRTUAL) as azure:
        azure.put(disk_id("data"), disk_body("data", tags=GOLD))
        azure.declare({**quickstart().manifest, "disks": [disk("PSTestDisk"), selecting()]})
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, classes(drift)) == (2, {"not-yet-applied": 1}), drift


@pytest.mark.parametrize("deletes", [False, True])
def test_where_no_jobs_can_be_read_nobody_knows_who_it_was(forged: Forged, deletes: bool) -> None:
    away = [unavailable(GRAPH, when=JOBS), forbidden("GET */backupJobs")]
    with forged(selected(3).aged("1d"), *away, **VIRTUAL) as azure:
        if deletes:
            azure.delete("*/backupInstances/disk-02-*")
        else:
            azure.put(disk_id("data"), disk_body("data", tags=GOLD))
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, classes(drift)) == (2, {"differs": 1}), drift


def test_the_vaults_own_jobs_tell_where_resource_graph_does_not(forged: Forged) -> None:
    with forged(selected(3).aged("1d"), unavailable(GRAPH, when=JOBS), **VIRTUAL) as azure:
        azure.put(disk_id("data"), disk_body("data", tags=GOLD))
        azure.delete("*/backupInstances/disk-02-*")
        drift = azure.run("drift", "--format", "json")
        assert (drift.code, classes(drift)) == (2, {"new": 1, "changed-outside": 1}), drift


def test_many_new_disks_cost_one_question(forged: Forged) -> None:
    with forged(selected(3), **VIRTUAL) as azure:
        for number in range(30):
            azure.put(disk_id(f"data-{number}"), disk_body(f"data-{number}", tags=GOLD))
        azure.forget()
        drift = azure.run("drift", "--format", "json")
        assert classes(drift) == {"new": 30}
        assert len([call for call in azure.calls(GRAPH) if "backupjobs" in str(call.body)]) == 1


def test_a_plan_without_changes_asks_for_no_jobs(forged: Forged) -> None:
    with forged(selected(3), **VIRTUAL) as azure:
        assert azure.run("plan", "--detailed-exitcode").code == 0
        assert not [call for call in azure.calls(GRAPH) if "backupjobs" in str(call.body)]
