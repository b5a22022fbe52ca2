"""What a vault doesn't say is not known to be off: what is declared is written, and what is said is exported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from arm import PLATFORM, disk, vault
from forging import answers, bare, quickstart
from manifests import manifest

Forged = Callable[..., Any]
VAULT = "*/backupVaults/TestBkpVault"
SAID = [
    ({"crossSubscriptionRestore": False}, ("featureSettings", "crossSubscriptionRestoreSettings", "state")),
    ({"immutability": "Disabled"}, ("securitySettings", "immutabilitySettings", "state")),
    (
        {"alertsForAllJobFailures": False},
        ("monitoringSettings", "azureMonitorAlertSettings", "alertsForAllJobFailures"),
    ),
]


def declaring(**said: Any) -> dict[str, Any]:
    """The walkthrough's manifest with more said of its vault."""
    return manifest(vaults=[{**manifest()["vaults"][0], **said}])


def value(azure: Any, path: tuple[str, ...]) -> Any:
    found = azure.get(azure.ids(VAULT)[0])["properties"]
    for key in path:
        found = (found or {}).get(key)
    return found


@pytest.mark.parametrize(("said", "path"), SAID, ids=lambda one: next(iter(one)))
def test_what_is_declared_off_is_written_where_the_vault_does_not_say(
    forged: Forged, said: dict[str, Any], path: tuple[str, ...]
) -> None:
    with forged(bare(declaring(**said), disk("PSTestDisk"), vault()), clock="virtual") as azure:
        assert value(azure, path) is None
        planned = azure.run("plan", "--format", "json")
        change = next(one for one in planned.document["changes"] if one["kind"] == "vault")
        (field,) = (one for one in change["fields"] if one["path"] in said)
        assert (field["before"], field["after"]) == (None, next(iter(said.values())))
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        assert value(azure, path) == "Disabled"
        assert azure.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize(("said", "path"), SAID, ids=lambda one: next(iter(one)))
def test_what_the_vault_says_is_off_is_exported_as_off(
    forged: Forged, said: dict[str, Any], path: tuple[str, ...]
) -> None:
    with forged(bare(declaring(**said), disk("PSTestDisk")), clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        done = azure.run("export", f"/subscriptions/{PLATFORM}")
        (exported,) = yaml.safe_load(done.out)["vaults"]
        assert {key: exported.get(key) for key in said} == said


def test_what_the_vault_does_not_say_is_not_exported(forged: Forged) -> None:
    with forged(bare(manifest(), disk("PSTestDisk")), clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        (exported,) = yaml.safe_load(azure.run("export", f"/subscriptions/{PLATFORM}").out)["vaults"]
        assert not {"crossSubscriptionRestore", "crossRegionRestore", "immutability"} & set(exported)


def test_cross_region_restore_that_the_redundancy_rules_out_is_off(forged: Forged) -> None:
    with forged(bare(declaring(crossRegionRestore=False), disk("PSTestDisk"), vault()), clock="virtual") as azure:
        planned = azure.run("plan", "--format", "json")
        assert not [one for one in planned.document["changes"] if one["kind"] == "vault"]


@pytest.mark.parametrize(("said", "path"), SAID, ids=lambda one: next(iter(one)))
@pytest.mark.parametrize(("status", "code"), [(409, "Conflict"), (412, "PreconditionFailed")])
def test_a_write_that_was_refused_is_not_done_because_nothing_is_said(
    forged: Forged, said: dict[str, Any], path: tuple[str, ...], status: int, code: str
) -> None:
    refused = answers("PATCH */backupVaults/*", status, {"error": {"code": code, "message": "changed meanwhile"}})
    with forged(bare(manifest(), disk("PSTestDisk")), clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        azure.declare(declaring(**said))
        azure.rules(refused)
        done = azure.run("apply", "--auto-approve", "--format", "json")
        assert done.code == 1, done
        (row,) = [one for one in done.document["results"] if one["address"] == "vault/TestBkpVault"]
        assert row["status"] == "failed"
        assert value(azure, path) is None


@pytest.mark.parametrize(
    "live",
    [
        {"securitySettings": None},
        {"securitySettings": {"softDeleteSettings": None}},
        {"securitySettings": {"softDeleteSettings": {"state": None, "retentionDurationInDays": 14.0}}},
        {"securitySettings": {"softDeleteSettings": {"state": "", "retentionDurationInDays": 14.0}}},
    ],
    ids=["no settings", "no block", "no word", "an empty word"],
)
def test_soft_delete_that_is_not_told_is_turned_off_by_its_gate_only(forged: Forged, live: dict[str, Any]) -> None:
    """Azure's default is on."""
    said = declaring(softDelete={"state": "Off"})
    with forged(bare(said, disk("PSTestDisk"), vault()), clock="virtual") as azure:
        azure.patch(VAULT, {"properties": live})
        refused = azure.run("apply", "--auto-approve")
        assert (refused.code, azure.writes) == (1, []), refused
        assert "gate[weakens-protection]: TestBkpVault: softDelete.state" in refused.out
        done = azure.run("apply", "--auto-approve", "--force", "weakens-protection")
        assert done.code == 0, done
        assert value(azure, ("securitySettings", "softDeleteSettings", "state")) == "Off"


UNKNOWN = {
    "alertsForAllJobFailures": "EnabledForCritical",
    "crossSubscriptionRestore": "EnabledForTenant",
    "crossRegionRestore": "PermanentlyDisabled",
}
PATHS = {
    **{next(iter(said)): path for said, path in SAID},
    "crossRegionRestore": ("featureSettings", "crossRegionRestoreSettings", "state"),
}


@pytest.mark.parametrize("word", ["", "unknown"])
@pytest.mark.parametrize("key", UNKNOWN)
def test_a_word_that_nobody_knows_is_not_off_either(forged: Forged, key: str, word: str) -> None:
    """An empty word says nothing, and one of a later version may say anything but `Disabled`."""
    with forged(quickstart(), clock="virtual") as azure:
        *blocks, last = PATHS[key]
        body: Any = {last: word and UNKNOWN[key]}
        for block in reversed(blocks):
            body = {block: body}
        azure.patch(VAULT, {"properties": body})
        azure.patch(
            VAULT, {"properties": {"storageSettings": [{"datastoreType": "VaultStore", "type": "GeoRedundant"}]}}
        )
        azure.declare(declaring(**{key: False}, redundancy="GeoRedundant"))
        planned = azure.run("plan", "--format", "json")
        (change,) = planned.document["changes"]
        (field,) = change["fields"]
        assert (field["path"], field["before"], field["after"]) == (key, UNKNOWN[key] if word else None, False)
        exported = azure.run("export", PLATFORM)
        assert (exported.code, f"{key}:" in exported.out) == (0, False), exported
