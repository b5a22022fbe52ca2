"""Azure shows what was: neither a missing object nor an old body is acted upon or called drift."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import APPS, disk, estate, group
from faults import Fault, changed
from invariants import rows
from manifests import VAULT, manifest
from stories import VAULT_ID, applied, orphaned, rolled, soft_deleted, state_of
from trial import Trial


@pytest.mark.parametrize(
    "story", [lambda trial: trial, rolled, orphaned, soft_deleted], ids=["create", "roll", "prune", "undelete"]
)
@pytest.mark.parametrize("lag", ["read_lag", "list_lag", "both"])
def test_f27_f28_reads_that_trail_by_a_minute(quickstart: Trial, story: Callable[[Trial], Trial], lag: str) -> None:
    story(quickstart)
    quickstart.is_lagging = True
    for name in ("read_lag", "list_lag") if lag == "both" else (lag,):
        quickstart.switch(**{name: "60"})
    run = quickstart.apply()
    assert run.code == 0, run.text
    puts = [call.path.lower() for call in run.writes if call.method == "PUT" and call.status < 400]
    assert len(puts) == len(set(puts)), "nothing is made again"


@pytest.mark.parametrize("lag", ["read_lag", "list_lag"])
@pytest.mark.parametrize("seconds", [1, 20, 45])
def test_f27_a_second_run_within_the_lag_makes_nothing_twice(quickstart: Trial, lag: str, seconds: int) -> None:
    quickstart.is_lagging = True
    quickstart.switch(**{lag: "60"})
    assert quickstart.apply().code == 0
    quickstart.wait(seconds)
    run = quickstart.apply()
    assert run.code in (0, 1), run.text
    made = {row["id"].lower() for kind in ("backupvaults", "backupinstances") for row in rows(quickstart, kind)}
    assert len(made) == 2


def without(part: str) -> Fault:
    """Lists that lack every row whose id has this part."""

    def drop(body: Any) -> Any:
        return {**body, "value": [row for row in body["value"] if part.lower() not in str(row.get("id")).lower()]}

    return changed(drop)


def test_f28_a_vault_that_its_list_lacks_is_found_by_its_id(quickstart: Trial) -> None:
    applied(quickstart)
    quickstart.inject("LIST backupVaults", without("TestBkpVault"), times=1000)
    plan = quickstart.plan("--detailed-exitcode")
    assert plan.code == 0, plan.text
    run = quickstart.apply()
    assert (run.code, run.writes) == (0, [])
    drift = quickstart.drift()
    assert drift.code == 0, drift.text


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("LIST disks", "PSTestDisk"),
        ("LIST backupVaults", "TestBkpVault"),
        ("LIST backupInstances", "PSTestDisk"),
        ("LIST backupPolicies", "diskBkpPolicy"),
        ("LIST roleAssignments", "diskrg"),
        ("LIST roleAssignments", "snapshotrg"),
        ("LIST resourcegroups", "snapshotrg"),
        ("LIST resourcegroups", "testBkpVaultRG"),
    ],
)
def test_f28_what_one_list_lacks_is_never_made_again_or_taken_away(quickstart: Trial, kind: str, part: str) -> None:
    applied(quickstart)
    before = quickstart.sandbox.dump(comparable=True)
    hit = quickstart.inject(kind, without(part), times=1000)
    run = quickstart.apply("--prune")
    assert hit.hits
    destroyed = [call for call in run.writes if call.method in ("DELETE", "POST")]
    assert destroyed == []
    assert quickstart.sandbox.dump(comparable=True) == before, run.text
    assert state_of(quickstart) == "ProtectionConfigured"
    drift = quickstart.drift()
    assert drift.code != 2 or "changed-outside" not in drift.out, f"absence from a list proves nothing: {drift.out}"


@pytest.mark.parametrize(("kind", "part"), [("LIST disks", "PSTestDisk"), ("LIST backupInstances", "PSTestDisk")])
def test_f28_a_selector_s_disk_that_a_list_lacks_is_not_pruned(
    trials: Callable[..., Trial], kind: str, part: str
) -> None:
    from manifests import selecting

    names = ["PSTestDisk", "other"]
    trial = trials(
        estate(group(APPS, "diskrg"), [disk(name, tags={"backup": "gold"}) for name in names]),
        manifest(disks=[selecting()]),
    )
    applied(trial)
    trial.inject(kind, without(part), times=1000)
    run = trial.apply("--prune")
    assert [call for call in run.writes if call.method == "POST"] == []
    assert state_of(trial) == "ProtectionConfigured"


def test_f27_a_body_from_before_the_write_is_no_override(quickstart: Trial) -> None:
    applied(quickstart)
    quickstart.is_lagging = True
    quickstart.switch(read_lag="60", list_lag="60")
    quickstart.said = manifest(vaults=[VAULT | {"alertsForAllJobFailures": True}])
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert "overridden-by-azure" not in run.text
    assert len([call for call in run.writes if call.kind == "PATCH backupVaults" and "properties" in call.body]) == 1


@pytest.mark.parametrize("version", ["2025-07-01", "2024-04-01"])
def test_f28_an_instance_that_the_list_of_a_strange_vault_lacks_is_not_made_again(
    quickstart: Trial, version: str
) -> None:
    applied(quickstart)
    quickstart.is_lagging = True
    unmarked = quickstart.sandbox.get(VAULT_ID) | {"tags": {}}
    quickstart.sandbox.put(VAULT_ID, unmarked)
    quickstart.switch(list_lag="300", identical_instance="updates")
    quickstart.inject("LIST backupInstances", without("PSTestDisk"), times=1)
    run = quickstart.apply("--adopt", "--api-version", version)
    assert (run.code, [call for call in run.writes if call.kind == "PUT backupInstances"]) == (0, []), run.text
    assert state_of(quickstart) == "ProtectionConfigured"
