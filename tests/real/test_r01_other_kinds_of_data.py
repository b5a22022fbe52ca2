"""R1: a vault of several kinds of data shows, waits for, counts and touches what is a disk's, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import APPS
from forging import GRAPH, Azure, about, adds, edits, emptied, quickstart
from manifests import POLICY

Forged = Callable[..., AbstractContextManager[Azure]]

ACCOUNT = f"/subscriptions/{APPS}/resourceGroups/diskrg/providers/Microsoft.Storage/storageAccounts/shopblobs"
CLUSTER = f"/subscriptions/{APPS}/resourceGroups/diskrg/providers/Microsoft.ContainerService/managedClusters/shop"
KINDS = [
    (ACCOUNT, "Microsoft.Storage/storageAccounts/blobServices"),
    (CLUSTER, "Microsoft.ContainerService/managedClusters"),
    (ACCOUNT, None),
    (None, "Microsoft.DBforPostgreSQL/flexibleServers"),
]


def vault_of(azure: Azure) -> str:
    (vault,) = azure.ids("*/backupVaults/*")
    return vault


def job(azure: Azure, source: str | None, kind: str | None, status: str = "InProgress") -> dict[str, Any]:
    vault = vault_of(azure)
    name = "11111111-aaaa-bbbb-cccc-222222222222"
    said = {
        "backupInstanceId": f"{vault}/backupInstances/shopblobs",
        "dataSourceId": source,
        "dataSourceType": kind,
        "operation": "Backup",
        "operationCategory": "Backup",
        "status": status,
        "startTime": azure.now.isoformat(),
        "endTime": None,
    }
    return {"id": f"{vault}/backupJobs/{name}", "name": name, "properties": said}


@pytest.mark.parametrize(("source", "kind"), KINDS)
def test_jobs_of_other_kinds_are_neither_listed_nor_waited_for(
    forged: Forged, source: str | None, kind: str | None
) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        row = job(azure, source, kind)
        azure.rules(adds("GET */backupJobs", row, times=2))
        listed = azure.run("jobs list", "--format", "json")
        assert listed.code == 0, listed
        assert row["id"] not in {one["id"] for one in listed.document["jobs"]}
        assert listed.document["jobs"]
        began = azure.now
        waited = azure.run("jobs wait", "--format", "json")
        assert (waited.code, waited.document["jobs"]) == (0, []), waited
        assert (azure.now - began).total_seconds() < 10


def test_a_job_of_another_kind_is_not_shown_by_its_name(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        name = azure.ids("*/backupJobs/*")[0].rpartition("/")[2]
        azure.rules(
            edits(
                f"GET */backupJobs/{name}",
                {"properties.dataSourceId": ACCOUNT, "properties.dataSourceType": KINDS[0][1]},
            )
        )
        shown = azure.run("jobs show", "backup.yaml", name)
        assert (shown.code, "no job" in shown.err, "shopblobs" in shown.text) == (1, True, False), shown


def test_status_doesn_t_take_another_kind_s_backups_for_the_vault_s(forged: Forged) -> None:
    """Resource Graph shows only the blobs' jobs, so the vault's own list is read, which tells of the failure."""
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        azure.fail_backups("*/disks/PSTestDisk", times=9)
        azure.advance("12h")
        jobs = (about("backupJobs"),)
        blob = {
            "instance": f"{vault_of(azure)}/backupinstances/shopblobs".lower(),
            "status": "completed",
            "kind": "microsoft.storage/storageaccounts/blobservices",
            "newest": azure.now.isoformat(),
        }
        azure.rules(adds(GRAPH, blob, when=jobs[0]), emptied(GRAPH, when=jobs[0]))
        status = azure.run("status", "--format", "json")
        (row,) = status.document["disks"]
        assert (status.code, row["state"]) == (2, "failing"), status
        assert azure.calls("GET */backupJobs")


def test_a_policy_for_blobs_is_not_taken_for_a_disk_s(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        (vault,) = azure.ids("*/backupVaults/*")
        azure.put(
            f"{vault}/backupPolicies/blobPolicy",
            {
                "id": f"{vault}/backupPolicies/blobPolicy",
                "name": "blobPolicy",
                "properties": {"datasourceTypes": [KINDS[0][1]], "policyRules": []},
            },
        )
        assert azure.run("drift").code == 0
        named = [{"name": "blobPolicy", "manage": False}]
        data = quickstart().manifest
        azure.declare({**data, "policies": [POLICY, *named], "disks": [{**data["disks"][0], "policy": "blobPolicy"}]})
        plan = azure.run("plan", "--format", "json")
        assert "policy-missing" in plan.codes, plan
        assert "isn't for disks" in plan.text
        assert plan.document["changes"] == []


@pytest.mark.parametrize(("source", "kind"), [*KINDS[:3], (ACCOUNT, "Microsoft.Compute/disks")])
def test_instances_of_other_kinds_are_no_concern(forged: Forged, source: str | None, kind: str | None) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        (known,) = azure.show("*/backupInstances/*")
        vault = vault_of(azure)
        other = {
            "id": f"{vault}/backupInstances/shopblobs",
            "name": "shopblobs",
            "tags": known.get("tags", {}),
            "properties": {
                **known["properties"],
                "dataSourceInfo": {"resourceID": source, "datasourceType": kind},
                "currentProtectionState": "ProtectionError",
            },
        }
        azure.rules(
            adds("GET */backupInstances", other),
            adds("GET */deletedBackupInstances", {**other, "id": f"{vault}/deletedBackupInstances/shopblobs"}),
        )
        for verb in ("drift", "status"):
            done = azure.run(verb)
            assert (done.code, "shopblobs" in done.text) == (0, False), done
        done = azure.run("plan", "--prune", "--format", "json")
        assert done.document["changes"] == [], done
