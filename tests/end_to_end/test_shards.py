"""Shards: runs that share nothing and see to different vaults are together the run that sees to all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import arm
import pytest
from arm import APPS, OTHER, PLATFORM, disk_id, instance_id, vault_id
from installed import ESTATE, put_files, run
from manifests import POLICY, manifest
from stage import Stage, actions, codes

from reconciler.applying.engine import Settings, apply
from reconciler.applying.progress import Progress
from reconciler.connection import simulated as inprocess
from reconciler.connection.choice import Connection
from reconciler.flow.look import look
from reconciler.model.changes import Change
from reconciler.model.plan import Options, Plan
from reconciler.model.results.outcome import Outcome
from reconciler.model.shard import Shard

pytestmark = pytest.mark.long

REGIONS = ("westus", "westeurope")
USER = arm.user_identity()
OURS = {"reconciler-owner": "quickstart"}
LEFT = vault_id("Left", "left")
FIRST, SECOND = (vault_id(f"Vault{number}", "vaults") for number in (1, 2))


def disks() -> list[arm.Body]:
    found = [
        arm.disk(f"{team}-{number}", f"rg-{number % 2}", subscription, location=region, tags={"team": team})
        for region, team, subscription in (
            ("westus", "red", APPS),
            ("westeurope", "blue", APPS),
            ("westus", "green", OTHER),
        )
        for number in range(3)
    ]
    names = ("moved", "orphan", "gone-bad", "leaving", "kept")
    return [*found, *(arm.disk(name) for name in names), arm.disk("abroad", location="eastus", tags={"team": "red"})]


def world() -> arm.Body:
    """Two vaults that stand, with what other days left in them, and a third that left the manifest."""
    held = {
        "moved": (FIRST, OURS),  # declared for the second vault by now
        "orphan": (LEFT, OURS),
        "leaving": (SECOND, OURS),
        "gone-bad": (FIRST, OURS),
        "kept": (SECOND, None),
    }
    standing = [arm.vault(address, tags=OURS) for address in (FIRST, SECOND, LEFT)]
    policies = [arm.policy(address, "by-hand") for address in (FIRST, SECOND, LEFT)]
    rights = [grant for name, (address, _) in held.items() for grant in arm.grants(address, disk_id(name))]
    once = list({grant["id"]: grant for grant in rights}.values())
    states = {"gone-bad": "BackupsSuspended"}
    instances = [
        arm.instance(
            address, disk_id(name), "by-hand", name=name, tags=tags, state=states.get(name, "ProtectionConfigured")
        )
        for name, (address, tags) in held.items()
    ]
    return arm.estate(disks(), USER, standing, policies, once, instances)


def declared() -> arm.Body:
    vaults = [
        {"name": f"Vault{number}", "resourceGroup": "vaults", "location": REGIONS[number in (3, 4)]}
        | ({"identity": USER["id"]} if number in (5, 6) else {})
        for number in range(1, 8)
    ]
    entries: list[arm.Body] = [
        {"id": disk_id(name), "vault": vault} for name, vault in
        (("moved", "Vault2"), ("gone-bad", "Vault1"), ("kept", "Vault2"), ("green-0", "Vault5"))
    ]  # fmt: skip
    entries[3]["id"] = disk_id("green-0", "rg-0", OTHER)
    entries += [
        {"select": {"subscriptions": [APPS], "tags": {"team": "red"}}, "vault": {"westus": "Vault1"}},
        {"select": {"subscriptions": [APPS], "tags": {"team": "blue"}}, "vault": {"westeurope": "Vault3"}},
        {"select": {"subscriptions": [OTHER], "tags": {"team": "green"}}, "vault": "Vault6"},
        {"select": {"subscriptions": [OTHER], "names": ["green-2"]}, "vault": "Vault7"},
    ]
    policy = {"policy": "diskBkpPolicy", "snapshotResourceGroup": "snapshots"}
    return manifest(
        defaults={"subscription": PLATFORM, "location": "westus"},
        vaults=vaults,
        policies=[POLICY],
        snapshotResourceGroups=[{"name": "snapshots", "location": "westus"}],
        disks=[entry | policy for entry in entries],
        removed=[{"id": disk_id("leaving"), "data": "retain", "reason": "ticket 1"}],
        roleAssignments={"scope": "resourceGroup"},
    )


def shards(count: int) -> list[Shard]:
    return [Shard(number, count) for number in range(1, count + 1)]


def united(plans: Iterable[Plan]) -> dict[str, Change]:
    """The changes of all plans; two of one address are equal."""
    found: dict[str, Change] = {}
    for plan in plans:
        for change in plan.changes:
            assert found.setdefault(change.address, change) == change
    return found


@pytest.fixture
def stage(on_stage: Callable[..., Stage]) -> Stage:
    return on_stage(world())


@pytest.mark.parametrize(("prune", "counts"), [(False, range(1, 17)), (True, (3, 5))])
def test_the_union_of_all_shards_plans_is_the_whole_plan(stage: Stage, prune: bool, counts: Iterable[int]) -> None:
    desired = stage.manifest(declared())
    whole = stage.plan(desired, prune=prune)
    assert {"protected-elsewhere", "claimed-twice", "uncovered"} <= set(codes(whole))
    assert len(whole.changes) > 20
    for count in counts:
        plans = [stage.plan(desired, prune=prune, shard=shard) for shard in shards(count)]
        assert united(plans) == {change.address: change for change in whole.changes}, count
        assert {error for plan in plans for error in plan.errors} == set(whole.errors), count
        expected = [address for plan in plans for address in plan.expected]
        assert sorted(expected) == sorted(whole.expected), f"each disk is in one of {count} shards"
        assert {mark for plan in plans for mark in plan.marks} == set(whole.marks)


def test_a_shard_reads_the_instances_of_its_own_vaults_alone(stage: Stage) -> None:
    """Where nothing is to be stopped: what would be counts over all vaults."""
    desired = stage.manifest(declared() | {"removed": [], "disks": [{"id": disk_id("kept"), "vault": "Vault2",
        "policy": "diskBkpPolicy", "snapshotResourceGroup": "snapshots"}]})  # fmt: skip
    listed = []
    for shard in shards(4):
        stage.forget()
        stage.plan(desired, shard=shard)
        listed += [call.path.lower() for call in stage.recorder.calls if call.path.endswith("/backupInstances")]
    assert sorted(listed) == sorted(f"{address}/backupInstances".lower() for address in (FIRST, SECOND, LEFT))


def test_shards_applied_at_the_same_time_converge(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(arm.estate(disks()[:9], USER))
    data = declared()
    del data["removed"], data["disks"][7], data["disks"][:3]
    desired = stage.manifest(data)

    async def one(clock: Any, shard: Shard) -> Outcome:
        azure = inprocess._azure(stage.recorder, Connection(sandbox="sandbox"), clock, None)  # type: ignore[arg-type]
        plan = await look(azure, desired, Options(tool_version="0", shard=shard), clock)
        stop = asyncio.Event()
        return await apply(plan, azure, clock, settings=Settings(), progress=Progress(), stop=stop)

    async def all_at_once(_azure: Any, clock: Any) -> list[Outcome]:
        return await asyncio.gather(*(one(clock, shard) for shard in shards(4)))

    outcomes = stage.session.run(all_at_once)
    assert all(outcome.ok for outcome in outcomes), [row for outcome in outcomes for row in outcome.results]
    whole = stage.plan(desired)
    assert not actions(whole)
    assert len(whole.expected) == 9
    states = {row["properties"]["currentProtectionState"] for row in map(stage.sandbox.get, _instances(stage))}
    assert states == {"ProtectionConfigured"}


def _instances(stage: Stage) -> list[str]:
    return stage.sandbox.ids(instance_id(f"/subscriptions/{PLATFORM}/*", "*"))


def test_vaults_that_share_an_identity_stay_in_one_shard(stage: Stage) -> None:
    desired = stage.manifest(declared())
    for count in (2, 3, 7):
        plans = [stage.plan(desired, shard=shard) for shard in shards(count)]
        having = [{f"Vault{one}" for one in (5, 6) if f"vault/Vault{one}" in actions(plan)} for plan in plans]
        assert sorted(map(len, having)) == [0] * (count - 1) + [2]


def test_a_saved_plan_remembers_its_shard_and_one_that_is_none_is_refused(tmp_path: Path) -> None:
    vaults = [{"name": f"V{number}", "resourceGroup": "rg"} for number in range(2)]
    put_files(tmp_path, manifest(vaults=vaults, disks=None), arm.estate(arm.disk("PSTestDisk")))
    ask = ("backup.yaml", "--sandbox", ESTATE)
    assert run(tmp_path, "plan", *ask, "--shard", "2/2", "--out", "two.json").returncode == 0
    other = run(tmp_path, "apply", "two.json", *ask)
    assert (other.returncode, '"2/2" in the saved plan, not set on the command line' in other.stderr) == (1, True)
    assert run(tmp_path, "apply", "two.json", *ask, "--shard", "2/2").returncode == 0
    assert run(tmp_path, "drift", *ask, "--shard", "2/2").returncode == 0
    left = run(tmp_path, "plan", *ask, "--shard", "1/2", "--detailed-exitcode")
    assert (left.returncode, "vault/V0" in left.stdout, "vault/V1" in left.stdout) == (2, True, False)
    refused = run(tmp_path, "plan", *ask, "--shard", "0/2")
    assert (refused.returncode, "--shard 1/5" in refused.stderr) == (1, True)
