"""Every behaviour of Azure that nobody could confirm, alone and in all pairs: the tool is right under each of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
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

import reconciler.sandbox.providers  # noqa: F401 - declares the switches of every provider
from reconciler.sandbox.switches import SWITCHES

SAMPLES: dict[str, tuple[Any, ...]] = {
    "page_size": (1, 2),
    "list_lag": ("20", "5..40"),
    "read_lag": ("10", "1..5"),
    "graph_lag": ("30",),
    "propagation": ("0", "1500"),
    "principal_replication": ("0", "90"),
    "role_assignment_limit": (2000,),
    "vault_create_limit": (10,),
    "vault_lingers": ("0", "300"),
}
"""Values to try of switches that take any number: such that an apply can still succeed."""


def settings_of(name: str) -> tuple[Any, ...]:
    """The values to try of a switch, its default left out."""
    switch = SWITCHES[name]
    values = switch.values or SAMPLES.get(name, ())
    return tuple(value for value in values if value != switch.default)


def alone() -> list[tuple[str, Any]]:
    return [(name, value) for name in sorted(SWITCHES) for value in settings_of(name)]


def covering() -> list[dict[str, Any]]:
    """Rows of settings such that every pair of settings of two switches is in some row: greedily, always the same."""
    values = {name: (SWITCHES[name].default, *settings_of(name)) for name in sorted(SWITCHES)}
    left = {
        ((one, here), (other, there))
        for one, other in combinations(values, 2)
        for here in values[one]
        for there in values[other]
    }
    rows: list[dict[str, Any]] = []
    while left:
        row: dict[str, Any] = dict(min(left, key=repr))
        for name in sorted(set(values) - set(row), key=lambda name: (-len(values[name]), name)):
            row[name] = max(values[name], key=lambda value: _gain(row, name, value, left))
        left -= set(_pairs(row))
        rows.append(row)
    return rows


def _gain(row: dict[str, Any], name: str, value: Any, left: set[Any]) -> int:
    return sum(tuple(sorted(((name, value), item), key=lambda pair: pair[0])) in left for item in row.items())


def _pairs(row: dict[str, Any]) -> Iterator[Any]:
    return combinations(sorted(row.items(), key=lambda pair: pair[0]), 2)


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


@pytest.mark.parametrize(("name", "value"), alone(), ids=lambda value: str(value))
def test_alone(tmp_path: Path, name: str, value: Any) -> None:
    story(tmp_path, {name: value})


@pytest.mark.parametrize("row", covering(), ids=lambda _: "row")
def test_in_pairs(tmp_path: Path, row: dict[str, Any]) -> None:
    story(tmp_path, row)
