"""No change passes in shards that is refused whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import disk, disk_id
from forging import applied
from manifests import manifest

Forged = Callable[..., Any]
VAULTS = [f"Vault{number}" for number in range(4)]
EACH = 9
POLICY = manifest()["policies"][0]


def names(vault: str) -> list[str]:
    return [f"{vault.lower()}-{number}" for number in range(EACH)]


def said(kept: int = EACH, **more: Any) -> dict[str, Any]:
    """Four vaults of nine disks, of which each vault's first `kept` are declared."""
    first = manifest()["disks"][0]
    return manifest(
        vaults=[{"name": name, "resourceGroup": "testBkpVaultRG"} for name in VAULTS],
        disks=[
            {**first, "id": disk_id(name), "vault": vault, **more} for vault in VAULTS for name in names(vault)[:kept]
        ],
    )


def fleet() -> Any:
    return applied(said(), *(disk(name) for vault in VAULTS for name in names(vault)))


def halted(azure: Any) -> int:
    rows = [azure.get(one) for one in azure.ids("*/backupInstances/*")]
    return sum(row["properties"]["currentProtectionState"] != "ProtectionConfigured" for row in rows)


def shards(azure: Any, *arguments: str) -> list[Any]:
    return [azure.run("apply", "--auto-approve", "--shard", f"{one}/4", *arguments) for one in range(1, 5)]


CHANGES = {
    "pruned": (said(kept=1), ("--prune",)),
    "stopped": (said(protection="stopped"), ()),
    "suspended": (said(protection="suspended"), ()),
    "kept for less time": (
        {**said(), "policies": [{**POLICY, "retention": {"default": "3d"}}]},
        (),
    ),
}


@pytest.mark.parametrize(("declared", "arguments"), CHANGES.values(), ids=CHANGES.keys())
def test_what_is_refused_whole_is_refused_in_every_shard(
    forged: Forged, declared: dict[str, Any], arguments: tuple[str, ...]
) -> None:
    with forged(fleet(), clock="virtual") as azure:
        azure.declare(declared)
        whole = azure.run("apply", "--auto-approve", *arguments)
        assert (whole.code, "mass-change" in whole.err + whole.out) == (1, True), whole
        azure.forget()
        for done in shards(azure, *arguments):
            assert (done.code, "mass-change" in done.err + done.out) == (1, True), done
        assert (halted(azure), azure.writes) == (0, [])


def test_the_key_opens_the_gate_in_every_shard(forged: Forged) -> None:
    with forged(fleet(), clock="virtual") as azure:
        azure.declare(said(protection="stopped"))
        assert [done.code for done in shards(azure, "--force", "mass-change")] == [0, 0, 0, 0]
        assert halted(azure) == len(VAULTS) * EACH


def test_what_passes_whole_passes_in_shards(forged: Forged) -> None:
    with forged(fleet(), clock="virtual") as azure:
        azure.declare(said(kept=EACH - 1))
        assert [done.code for done in shards(azure, "--prune")] == [0, 0, 0, 0]
        assert halted(azure) == len(VAULTS)


def test_a_shard_that_ends_nothing_reads_no_more_than_its_own(forged: Forged) -> None:
    with forged(fleet(), clock="virtual") as azure:
        azure.forget()
        assert azure.run("plan", "--shard", "1/4").code == 0
        assert len(azure.calls("GET */backupInstances")) == 1
        azure.declare(said(protection="stopped"))
        azure.forget()
        assert azure.run("plan", "--shard", "1/4").code == 1
        assert len(azure.calls("GET */backupInstances")) > 1
