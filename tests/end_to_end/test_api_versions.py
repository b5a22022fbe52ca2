"""Quickstart, roll, removal and restore under each stable api-version of Microsoft.DataProtection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import APPS, disk, disk_id, estate, group, vault_id
from manifests import POLICY, VAULT, manifest
from operating import TARGET, back_up, done, wish, world
from stage import Stage, failures

from reconciler.sandbox.dataprotection.api_versions import ALWAYS_ON, STABLE, holds

LONGER = POLICY | {"retention": {"default": "14d"}}
ALWAYS = {"softDelete": {"state": "AlwaysOn", "retentionDays": 14}}
REMOVED = [{"id": disk_id("PSTestDisk"), "data": "delete", "reason": "ticket 4711"}]


def said(version: str, **more: Any) -> dict[str, Any]:
    """The walkthrough's manifest, whose vault is AlwaysOn where the version insists on it."""
    own = VAULT | (ALWAYS if holds(version, ALWAYS_ON) else {})
    return manifest(**{"vaults": [own], **more})


@pytest.mark.parametrize("version", STABLE)
def test_a_disks_life_from_quickstart_to_removal(on_stage: Callable[..., Stage], version: str) -> None:
    stage = on_stage(world(disk("PSTestDisk"), group(APPS, "diskrg")), api_version=version)

    outcome = stage.apply(said(version), accept_irreversible=True)
    assert outcome.ok, failures(outcome)
    assert stage.plan(said(version)).changes == (), "the quickstart rests"
    assert {call.query["api-version"][0] for call in stage.recorder.calls if _is_about_backup(call.path)} == {version}

    back_up(stage)
    told = done(stage, said(version), wish())
    assert told.outcome.ok, failures(told.outcome)
    assert stage.get(f"{TARGET}/providers/Microsoft.Compute/disks/copy", version="2024-03-02")

    rolled = said(version, policies=[LONGER])
    (before,) = stage.names(f"{vault_id()}/backupPolicies")
    outcome = stage.apply(rolled)
    assert outcome.ok, failures(outcome)
    (after,) = stage.names(f"{vault_id()}/backupPolicies")
    assert before != after
    assert stage.plan(rolled).changes == (), "the roll rests"

    without = said(version, policies=[LONGER], disks=None, removed=REMOVED)
    outcome = stage.apply(without, allow_delete=1, force=frozenset({"empty"}))
    assert outcome.ok, failures(outcome)
    assert stage.instances(vault_id()) == {}
    assert len(stage.get(f"{vault_id()}/deletedBackupInstances", version=version)["value"]) == 1


def _is_about_backup(path: str) -> bool:
    parts = path.lower().split("/providers/")
    return parts[-1].startswith("microsoft.dataprotection/") and not parts[-1].endswith(
        ("operationstatus", "deletedvaults")
    )


@pytest.mark.parametrize("version", [version for version in STABLE if holds(version, ALWAYS_ON)])
@pytest.mark.parametrize("state", ["", "On", "Off"])
def test_without_always_on_newer_versions_refuse_the_vault(
    on_stage: Callable[..., Stage], version: str, state: str
) -> None:
    stage = on_stage(estate(disk("PSTestDisk"), group(APPS, "diskrg")), api_version=version)
    declared = {"softDelete": {"state": state}} if state else {}
    plan = stage.plan(manifest(vaults=[VAULT | declared]))
    refused = list(plan.errors)
    if not refused:
        outcome = stage.apply(manifest(vaults=[VAULT | declared]))
        assert not outcome.ok
        refused = [row for row in outcome.results if row.address.startswith("vault/")]
    assert any("AlwaysOn" in f"{row.message} {row.hint}" or "Always-On" in row.message for row in refused), refused
    assert stage.names("*/backupVaults") == []
