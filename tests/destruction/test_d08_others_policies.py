"""A policy that isn't ours, or that another manifest's disks may be about to use, is not retired."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import disk
from forging import applied, bare
from manifests import manifest

Forged = Callable[..., Any]
OWNER = manifest()
POLICY = OWNER["policies"][0]
LONGER = {**POLICY, "retention": {"default": "9d"}}


def names(azure: Any) -> set[str]:
    return {one.rsplit("/", 1)[-1] for one in azure.ids("*/backupPolicies/*")}


def guest(**more: Any) -> dict[str, Any]:
    """A manifest of another team for another disk in the same vault, which it doesn't manage."""
    first = OWNER["disks"][0]
    return manifest(
        name="guest",
        vaults=[{**OWNER["vaults"][0], "manage": False}],
        disks=[{**first, "id": first["id"].replace("PSTestDisk", "GuestDisk")}],
        **more,
    )


def test_a_policy_that_is_not_managed_stays_whatever_its_name(forged: Forged) -> None:
    """Its name is one that this tool derived, for a manifest of before."""
    with forged(applied(OWNER, disk("PSTestDisk")), clock="virtual") as azure:
        (derived,) = names(azure)
        azure.declare(
            manifest(
                policies=[
                    POLICY | {"name": "fast"} | {"retention": {"default": "3d"}},
                    {"name": "kept", "azureName": derived, "manage": False},
                ],
                disks=[{**OWNER["disks"][0], "policy": "fast"}],
            )
        )
        assert azure.run("apply", "--auto-approve").code == 0
        assert derived in names(azure)
        assert azure.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("policy", [LONGER, {**LONGER, "name": "guestPolicy"}], ids=["the same name", "another name"])
def test_a_policy_that_a_guests_disk_waits_for_stays(forged: Forged, policy: dict[str, Any]) -> None:
    """The guest was cut off while permissions spread: its policy and its grants are there, its instance isn't."""
    said = guest(policies=[policy])
    said["disks"][0]["policy"] = policy["name"]
    both = bare(OWNER, disk("PSTestDisk"), disk("GuestDisk"), other=said)
    with forged(both, clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        azure.switch(propagation="1800")
        azure.run("apply", "other.yaml", "--auto-approve", "--timeout", "60")
        waiting = names(azure)
        assert len(waiting) == 2
        assert len(azure.ids("*/backupInstances/*")) == 1
        assert azure.run("apply", "--auto-approve").code == 0
        assert names(azure) == waiting
        azure.advance("1h")
        done = azure.run("apply", "other.yaml", "--auto-approve")
        assert done.code == 0, done
        assert names(azure) == waiting


def test_what_a_run_of_ours_left_over_is_retired_by_the_next(forged: Forged) -> None:
    """The counterpart: without anybody else in the vault, an old version of our own policy goes."""
    with forged(applied(OWNER, disk("PSTestDisk")), clock="virtual") as azure:
        (old,) = azure.ids("*/backupPolicies/*")
        body = azure.get(old)
        azure.declare(manifest(policies=[LONGER]))
        assert azure.run("apply", "--auto-approve").code == 0
        assert old.rsplit("/", 1)[-1] not in names(azure)
        azure.put(old, {"properties": body["properties"]})
        assert azure.run("apply", "--auto-approve").code == 0
        assert old.rsplit("/", 1)[-1] not in names(azure)
