"""One disk has one instance across all vaults: who holds it is told, before the write or after its refusal."""

from __future__ import annotations

from collections.abc import Callable

from arm import OTHER, disk, disk_id, estate, grants, instance, policy, vault, vault_id
from manifests import manifest
from stage import Stage, codes, failures

DISK = disk_id("PSTestDisk")
ELSEWHERE = vault_id("Theirs", "theirs", OTHER)
WORLD = estate(
    disk("PSTestDisk"),
    vault(ELSEWHERE),
    policy(ELSEWHERE, "theirs"),
    grants(ELSEWHERE, DISK),
    instance(ELSEWHERE, DISK, "theirs", name="held"),
)


def test_a_refused_write_names_the_instances_that_the_disk_has(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(WORLD)
    outcome = stage.apply(manifest())
    assert not outcome.ok
    assert "held" in str(failures(outcome))
    asked = [
        call
        for call in stage.recorder.calls
        if call.path.lower().startswith(f"{DISK.lower()}/providers/microsoft.dataprotection")
    ]
    assert len(asked) == 1


def test_preflight_names_them_before_anything_is_written(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(WORLD)
    plan = stage.plan(manifest(), preflight=True)
    assert "protected-elsewhere" in codes(plan)
    assert "unchecked" not in codes(plan)


def test_a_plan_names_them_as_well(on_stage: Callable[..., Stage]) -> None:
    (found,) = on_stage(WORLD).plan(manifest()).errors
    assert found.code == "protected-elsewhere"
    assert found.message == (f"it is already protected by held in the vault Theirs (subscription {OTHER})")
