"""Every behaviour of Azure that nobody could confirm, alone and in all pairs: the tool is right under each of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from arm import (
    APPS,
    BACKUP_READER,
    PLATFORM,
    SNAPSHOT_CONTRIBUTOR,
    disk,
    disk_id,
    estate,
    group,
    group_id,
    instance,
    policy,
    principal,
    role,
    vault,
    vault_id,
)
from manifests import DISK, POLICY, VAULT, manifest, selecting
from stage import Stage, failures
from switching import SWITCHES, alone, covering, settings_of

pytestmark = pytest.mark.long

ALONE = alone() if os.environ.get("RECONCILER_LONG_TESTS") else list(dict(reversed(alone())).items())
"""Every setting in the long run; else the first of each switch, since the pairs have all of them as well."""


def test_every_switch_has_values_to_try() -> None:
    assert [name for name in SWITCHES if not settings_of(name)] == []


ESTATE = estate(
    [disk(f"data-{number}", tags={"backup": "gold"}) for number in range(3)],
    disk("by-hand"),
    policy(vault_id(), "by-hand", every="PT240M", default="P1W"),
    instance(vault_id(), disk_id("by-hand"), "by-hand"),
    group(PLATFORM, "testBkpVaultRG"),
    group(APPS, "snapshotrg"),
    role(disk_id("by-hand"), principal(vault_id()), BACKUP_READER),
    role(group_id(APPS, "snapshotrg"), principal(vault_id()), SNAPSHOT_CONTRIBUTOR),
)
SECOND = {"name": "Second", "resourceGroup": "second-rg"}
FIRST = manifest(
    vaults=[VAULT | {"alertsForAllJobFailures": True}, SECOND],
    disks=[selecting(), DISK | {"id": disk_id("by-hand")}],
)
THEN = FIRST | {"policies": [POLICY | {"retention": {"default": "14d", "weekly": "8w"}}]}
LAG = 120


def story(folder: Path, row: dict[str, Any]) -> None:
    """Apply, rest, tamper, apply another manifest, rest.

    Where every write of a vault must have soft delete AlwaysOn, even one that leaves it, the vault by hand has it.
    """
    state = "AlwaysOn" if row.get("secure_by_default") == "everywhere" and row.get("always_on_for_unchanged") else "On"
    resources = [*ESTATE["resources"], vault(tags={"env": "prod"}, soft_delete=(state, 14.0))]
    with Stage(folder, {**ESTATE, "resources": resources, "switches": row}) as stage:
        _apply(stage, FIRST)
        rows = stage.instances(vault_id())
        stage.ask("POST", f"{rows['data-0']['id']}/stopProtection")
        stage.ask("POST", f"{rows['data-1']['id']}/suspendBackups")
        stage.ask("DELETE", rows["data-2"]["id"])
        stage.wait(600)
        _apply(stage, THEN)
        states = {row["properties"]["currentProtectionState"].lower() for row in stage.instances(vault_id()).values()}
        assert states == {"protectionconfigured"}


def _apply(stage: Stage, said: dict[str, Any]) -> None:
    outcome = stage.apply(said)
    assert outcome.ok, failures(outcome)
    stage.wait(LAG)
    plan = stage.plan(said)
    assert (plan.changes, plan.errors) == ((), ()), plan
    stage.forget()
    assert stage.apply(said).ok
    assert stage.writes() == []


def test_as_it_comes(tmp_path: Path) -> None:
    story(tmp_path, {})


@pytest.mark.parametrize(("name", "value"), ALONE, ids=str)
def test_alone(tmp_path: Path, name: str, value: Any) -> None:
    story(tmp_path, {name: value})


@pytest.mark.parametrize("row", covering(), ids=lambda _: "row")
def test_in_pairs(tmp_path: Path, row: dict[str, Any]) -> None:
    story(tmp_path, row)


def test_snapshots_of_another_region_fail_with_their_reason_where_azure_refuses_them(tmp_path: Path) -> None:
    """Generated estates leave these out, since nothing can make them come to rest."""
    said = manifest(disks=[DISK | {"id": disk_id("data")}])
    resources = estate(group(APPS, "diskrg"), disk("data"), group(APPS, "snapshotrg", "eastus"))["resources"]
    with Stage(tmp_path, {**ESTATE, "resources": resources}) as stage:
        stage.sandbox.set_switch("snapshot_group_elsewhere", "refused")
        outcome = stage.apply(said)
        assert not outcome.ok
        (failed,) = [row for row in outcome.results if row.status == "failed"]
        assert failed.address == f"disk/{disk_id('data').lower()}"
        assert "another region" in failed.message
        assert not stage.instances(vault_id()), "nothing was made"
