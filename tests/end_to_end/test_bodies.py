"""Every body that the walkthrough's case writes has the keys, types and constants of recorded traffic."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest
from arm import APPS, BACKUP_READER, PLATFORM, SNAPSHOT_CONTRIBUTOR, disk_id, group_id, vault_id
from manifests import POLICY, VAULT, manifest
from stage import Call, Stage, failures

EXTRA = {"reconciler-owner": "quickstart"}
"""The only keys that recorded traffic doesn't have: the owner's tag, on vault and instance."""

STORE = {"objectType": "DataStoreInfoBase", "dataStoreType": "OperationalStore"}


def bodies(stage: Stage, kind: str) -> list[Any]:
    """The bodies of all requests of one kind."""
    return [call.body for call in stage.recorder.calls if call.kind == kind]


def only(stage: Stage, kind: str) -> Call:
    (call,) = [call for call in stage.recorder.calls if call.kind == kind]
    return call


def principal(stage: Stage) -> str:
    return str(stage.get(vault_id())["identity"]["principalId"])


@pytest.fixture
def applied(fresh: Stage) -> Stage:
    """The walkthrough's case, applied."""
    outcome = fresh.apply(manifest(vaults=[VAULT | {"redundancy": "LocallyRedundant"}]))
    assert outcome.ok, failures(outcome)
    return fresh


def test_nothing_else_is_written(applied: Stage) -> None:
    counted = Counter(call.kind.lower() for call in applied.writes())
    assert counted == {
        "put resourcegroups": 2,
        "put backupvaults": 1,
        "put backuppolicies": 1,
        "put roleassignments": 2,
        "put backupinstances": 1,
        "patch backupvaults": 1,
    }


def test_every_accepted_body_is_json_that_reads_back_the_same(applied: Stage) -> None:
    for call in applied.writes():
        assert json.loads(json.dumps(call.body)) == call.body


def test_resource_groups(applied: Stage) -> None:
    sent = {call.path.lower(): call.body for call in applied.writes() if call.kind.lower() == "put resourcegroups"}
    assert sent == {
        group_id(PLATFORM, "testBkpVaultRG").lower(): {"location": "westus"},
        group_id(APPS, "snapshotrg").lower(): {"location": "westus"},
    }


def test_the_tags_of_a_resource_group_that_somebody_made_since_the_look_stay(fresh: Stage) -> None:
    """A PUT replaces them as a whole, wherever the group lies by now."""
    said = manifest(snapshotResourceGroups=[{"name": "snapshotrg", "tags": {"cost": "1"}}])
    plan = fresh._look(said, {})
    fresh.sandbox.put(group_id(APPS, "snapshotrg"), {"location": "eastus", "tags": {"owner": "others"}})
    fresh.sandbox.put(group_id(PLATFORM, "testBkpVaultRG"), {"location": "westus", "tags": {"theirs": "x"}})
    fresh.forget()
    outcome = fresh.carry_out(plan)
    assert outcome.ok, failures(outcome)
    assert bodies(fresh, "PUT resourcegroups") == [{"location": "eastus", "tags": {"owner": "others", "cost": "1"}}]
    assert fresh.get(group_id(PLATFORM, "testBkpVaultRG"), version="2024-07-01")["tags"] == {"theirs": "x"}


def test_vault(applied: Stage) -> None:
    call = only(applied, "PUT backupVaults")
    assert call.path == vault_id()
    assert call.body == {
        "identity": {"type": "SystemAssigned"},
        "location": "westus",
        "tags": EXTRA,
        "properties": {"storageSettings": [{"datastoreType": "VaultStore", "type": "LocallyRedundant"}]},
    }


def test_every_block_that_a_vault_can_have(fresh: Stage) -> None:
    said = {
        "redundancy": "GeoRedundant",
        "softDelete": {"state": "On", "retentionDays": 21},
        "immutability": "Unlocked",
        "alertsForAllJobFailures": True,
        "crossRegionRestore": True,
        "crossSubscriptionRestore": True,
        "tags": {"env": "prod"},
    }
    outcome = fresh.apply(manifest(vaults=[VAULT | said]), accept_irreversible=True)
    assert outcome.ok, failures(outcome)
    assert only(fresh, "PUT backupVaults").body == {
        "identity": {"type": "SystemAssigned"},
        "location": "westus",
        "tags": {"env": "prod"} | EXTRA,
        "properties": {
            "featureSettings": {
                "crossRegionRestoreSettings": {"state": "Enabled"},
                "crossSubscriptionRestoreSettings": {"state": "Enabled"},
            },
            "monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Enabled"}},
            "securitySettings": {
                "immutabilitySettings": {"state": "Unlocked"},
                "softDeleteSettings": {"retentionDurationInDays": 21.0, "state": "On"},
            },
            "storageSettings": [{"datastoreType": "VaultStore", "type": "GeoRedundant"}],
        },
    }


def test_the_end_mark_is_a_patch_of_its_own(applied: Stage) -> None:
    call = only(applied, "PATCH backupVaults")
    assert set(call.body) == {"tags"}
    assert set(call.body["tags"]) == {"reconciler-owner", "reconciler-applied"}
    assert call == applied.writes()[-1]


def test_policy(applied: Stage) -> None:
    call = only(applied, "PUT backupPolicies")
    assert re.fullmatch(re.escape(f"{vault_id()}/backupPolicies/diskBkpPolicy-") + "[0-9a-f]{8}", call.path)
    assert call.body == {
        "properties": {
            "objectType": "BackupPolicy",
            "datasourceTypes": ["Microsoft.Compute/disks"],
            "policyRules": [
                {
                    "name": "BackupHourly",
                    "objectType": "AzureBackupRule",
                    "backupParameters": {"objectType": "AzureBackupParams", "backupType": "Incremental"},
                    "dataStore": STORE,
                    "trigger": {
                        "objectType": "ScheduleBasedTriggerContext",
                        "schedule": {
                            "repeatingTimeIntervals": ["R/2020-01-01T13:00:00+00:00/PT4H"],
                            "timeZone": "UTC",
                        },
                        "taggingCriteria": [
                            {
                                "isDefault": True,
                                "taggingPriority": 99,
                                "tagInfo": {"id": "Default_", "tagName": "Default"},
                            }
                        ],
                    },
                },
                {
                    "name": "Default",
                    "objectType": "AzureRetentionRule",
                    "isDefault": True,
                    "lifecycles": [
                        {
                            "deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": "P7D"},
                            "sourceDataStore": STORE,
                        }
                    ],
                },
            ],
        }
    }


def test_policy_with_every_rule(fresh: Stage) -> None:
    said = POLICY | {"schedule": {"daily": "14:00"}, "retention": {"default": "7d", "daily": "12d", "weekly": "12w"}}
    assert fresh.apply(manifest(policies=[said])).ok
    backup, *retentions = only(fresh, "PUT backupPolicies").body["properties"]["policyRules"]
    assert backup["name"] == "BackupDaily"
    assert backup["trigger"]["schedule"]["repeatingTimeIntervals"] == ["R/2020-01-01T14:00:00+00:00/P1D"]
    tags = {row["tagInfo"]["tagName"]: row for row in backup["trigger"]["taggingCriteria"]}
    assert {name: row["taggingPriority"] for name, row in tags.items()} == {"Default": 99, "Daily": 25, "Weekly": 20}
    assert tags["Daily"]["criteria"] == [
        {"objectType": "ScheduleBasedBackupCriteria", "absoluteCriteria": ["FirstOfDay"]}
    ]
    assert tags["Weekly"]["criteria"] == [
        {"objectType": "ScheduleBasedBackupCriteria", "absoluteCriteria": ["FirstOfWeek"]}
    ]
    assert [row["isDefault"] for row in retentions] == [True, False, False]
    assert {row["name"] for row in retentions} == set(tags)


def test_role_assignments(applied: Stage) -> None:
    sent = {call.path.rsplit("/providers/", 1)[0]: call.body for call in applied.writes() if "roleAss" in call.path}
    roles = f"/subscriptions/{APPS}/providers/Microsoft.Authorization/roleDefinitions"
    who = {"principalId": principal(applied), "principalType": "ServicePrincipal"}
    assert sent == {
        disk_id("PSTestDisk"): {"properties": {"roleDefinitionId": f"{roles}/{BACKUP_READER}"} | who},
        group_id(APPS, "snapshotrg"): {"properties": {"roleDefinitionId": f"{roles}/{SNAPSHOT_CONTRIBUTOR}"} | who},
    }


def properties(policy: str) -> dict[str, Any]:
    """What a disk's instance says of itself, in the words of recorded traffic."""
    return {
        "objectType": "BackupInstance",
        "friendlyName": "PSTestDisk",
        "dataSourceInfo": {
            "objectType": "Datasource",
            "datasourceType": "Microsoft.Compute/disks",
            "resourceID": disk_id("PSTestDisk"),
            "resourceLocation": "westus",
            "resourceName": "PSTestDisk",
            "resourceType": "Microsoft.Compute/disks",
            "resourceUri": disk_id("PSTestDisk"),
        },
        "policyInfo": {
            "policyId": policy,
            "policyParameters": {
                "dataStoreParametersList": [
                    {
                        "objectType": "AzureOperationalStoreParameters",
                        "dataStoreType": "OperationalStore",
                        "resourceGroupId": group_id(APPS, "snapshotrg"),
                    }
                ]
            },
        },
        "validationType": "ShallowValidation",
    }


def test_backup_instance(applied: Stage) -> None:
    call = only(applied, "PUT backupInstances")
    guid = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert re.fullmatch(re.escape(f"{vault_id()}/backupInstances/PSTestDisk-PSTestDisk-") + guid, call.path)
    made = call.body["tags"]["reconciler-protected"]
    tags = EXTRA | {"reconciler-protected": made}
    assert call.body == {"properties": properties(only(applied, "PUT backupPolicies").path), "tags": tags}
    assert made.startswith("2026-01-05T08:")


def test_validate_for_backup(applied: Stage) -> None:
    sent = bodies(applied, "POST validateForBackup")
    expected = {"backupInstance": properties(only(applied, "PUT backupPolicies").path)}
    assert sent
    assert all(body == expected for body in sent)


def test_user_assigned_identity(fresh: Stage) -> None:
    from arm import user_identity

    identity = user_identity()
    fresh.place(identity)
    outcome = fresh.apply(manifest(vaults=[VAULT | {"identity": identity["id"]}]))
    assert outcome.ok, failures(outcome)
    assert only(fresh, "PUT backupVaults").body["identity"] == {
        "type": "UserAssigned",
        "userAssignedIdentities": {identity["id"]: {}},
    }
    assert only(fresh, "PUT backupInstances").body["properties"]["identityDetails"] == {
        "useSystemAssignedIdentity": False,
        "userAssignedIdentityArmUrl": identity["id"],
    }
