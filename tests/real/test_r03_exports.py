"""R3: one odd object costs an export that object, which the file's head tells of; only nothing at all is an error."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import APPS, OTHER, PLATFORM, disk_id, group_id
from forging import Azure, Done, disks, edits, edits_rows, forbidden, html, quickstart, two_vaults

Forged = Callable[..., AbstractContextManager[Azure]]

STORES = "properties.policyInfo.policyParameters.dataStoreParametersList.0.resourceGroupId"
INSTANCES = "GET */backupInstances"


def of_disk(name: str) -> Callable[[Any], bool]:
    return lambda row: str(row["properties"]["dataSourceInfo"]["resourceID"]).endswith(f"/{name}")


def exported(azure: Azure, *scopes: str) -> Done:
    done = azure.run("export", *(scopes or (PLATFORM,)))
    assert done.code == 0, done
    return done


def head(done: Done) -> str:
    return done.out.partition("\napiVersion:")[0]


ODD = {
    "snapshots in another subscription": {STORES: group_id(OTHER, "snapshotrg")},
    "no snapshot group": {STORES: ""},
    "a disk whose name no manifest takes": {
        "properties.dataSourceInfo.resourceID": disk_id("disk 01 %"),
        "properties.dataSourceInfo.resourceUri": disk_id("disk 01 %"),
    },
    "a disk whose group no manifest takes": {
        "properties.dataSourceInfo.resourceID": disk_id("disk-01", "rg‿😀"),
        "properties.dataSourceInfo.resourceUri": disk_id("disk-01", "rg‿😀"),
    },
    "no policy": {"properties.policyInfo.policyId": None},
    "an unknown state": {"properties.currentProtectionState": "ProtectionBaffled"},
}


@pytest.mark.parametrize("what", ODD)
def test_one_odd_instance_costs_one_disk(forged: Forged, what: str) -> None:
    with forged(disks(3), edits_rows(INSTANCES, of_disk("disk-01"), ODD[what]), clock="virtual") as azure:
        done = exported(azure)
        body = done.out.partition("\napiVersion:")[2]
        assert ("disk-02" in body, "disk-03" in body, "disk-01" in body) == (True, True, False), done
        assert "disk" in head(done)
        assert "left out" in head(done)


def test_a_disk_of_a_name_that_no_manifest_takes_is_left_out(forged: Forged) -> None:
    """It exists, but has a name that only another client could have given it."""
    with forged(disks(3), clock="virtual") as azure:
        own, odd = disk_id("disk-01"), disk_id("disk 01 %")
        rename = {"id": odd, "name": "disk 01 %"}
        source = {"properties.dataSourceInfo.resourceID": odd, "properties.dataSourceInfo.resourceUri": odd}
        azure.rules(edits_rows("GET */disks", own, rename), edits_rows(INSTANCES, of_disk("disk-01"), source))
        done = exported(azure)
        assert "does not allow its name" in head(done), done
        assert done.out.partition("\napiVersion:")[2].count("/disks/disk-0") == 2


def test_a_vault_without_identity_is_told_of(forged: Forged) -> None:
    with forged(two_vaults(4), clock="virtual") as azure:
        said = {"identity": {"type": "None"}}
        azure.rules(
            edits_rows("GET */backupVaults", "*/OtherVault", said), edits("GET */OtherVault", said, optional=True)
        )
        done = exported(azure)
        assert "OtherVault" in head(done), done
        body = done.out.partition("\napiVersion:")[2]
        assert ("disk-01" in body, "disk-02" in body) == (True, False)


def test_a_vault_whose_contents_can_t_be_understood_is_left_out(forged: Forged) -> None:
    gone = {"properties.dataSourceInfo": None}
    with forged(two_vaults(4), edits_rows("GET */OtherVault/backupInstances", "*", gone), clock="virtual") as azure:
        done = exported(azure)
        assert "OtherVault" in head(done)
        assert "- name: OtherVault" not in done.out
        assert "TestBkpVault" in done.out


@pytest.mark.parametrize("rule", [forbidden, html])
def test_a_vault_whose_contents_can_t_be_read_is_left_out(forged: Forged, rule: Callable[..., Any]) -> None:
    with forged(two_vaults(4), rule("GET */OtherVault/backupInstances"), clock="virtual") as azure:
        done = exported(azure)
        assert "OtherVault" in head(done)
        assert ("- name: OtherVault" in done.out, "- name: TestBkpVault" in done.out) == (False, True)


@pytest.mark.parametrize("rule", [forbidden, html])
def test_a_subscription_that_can_t_be_read_costs_its_disks(forged: Forged, rule: Callable[..., Any]) -> None:
    far = disk_id("far", subscription=OTHER)
    source = {"properties.dataSourceInfo.resourceID": far, "properties.dataSourceInfo.resourceUri": far}
    with forged(
        disks(3),
        edits_rows(INSTANCES, of_disk("disk-01"), source),
        rule(f"GET /subscriptions/{OTHER}/**"),
        clock="virtual",
    ) as azure:
        done = exported(azure)
        assert "its subscription can't be read" in head(done), done
        assert "disk-02" in done.out


def test_of_three_scopes_one_may_have_no_vault(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        (vault,) = azure.ids("*/backupVaults/*")
        done = exported(azure, vault, APPS, group_id(PLATFORM, "empty"))
        assert head(done).count("no Backup vault") == 2, done
        document = azure.run("export", vault, APPS, "--format", "json").document
        assert any("no Backup vault" in note for note in document["notes"])
        nothing = azure.run("export", APPS, "--format", "json")
        assert (nothing.code, "no-vault" in nothing.text) == (1, True), nothing


def test_what_is_left_out_stands_in_the_document(forged: Forged) -> None:
    with forged(disks(3), edits_rows(INSTANCES, of_disk("disk-01"), {STORES: ""}), clock="virtual") as azure:
        document = azure.run("export", PLATFORM, "--format", "json").document
        assert [one["disk"].rpartition("/")[2].lower() for one in document["left_out"]] == ["disk-01"]
        azure.declare(exported(azure).out, "exported.yaml")
        assert azure.run("plan", "exported.yaml", "--format", "json").document["changes"] == []
