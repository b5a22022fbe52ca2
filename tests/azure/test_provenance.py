"""Where many disks come from: lists save reads, and what they show in part is read by its id."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.azure.connection import Azure
from reconciler.azure.provenance import Lists
from reconciler.model.ids import ArmId

GROUP = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute"
DISK, SNAPSHOT = ArmId(f"{GROUP}/disks/d"), ArmId(f"{GROUP}/snapshots/s")
MANY = [ArmId(f"{GROUP}/disks/d{number}") for number in range(251)]
WHOLE = {"uniqueId": "u", "timeCreated": "2026-01-01T00:00:00Z", "creationData": {"createOption": "Copy"}}
IN_PART = [None, *({**WHOLE, key: None} for key in WHOLE)]


def body(resource: ArmId, properties: Any) -> dict[str, Any]:
    return {"id": resource.text, "tags": {"from": "a read"}, "properties": properties}


def shown(wire: Any, resource: ArmId, row: dict[str, Any], disks: list[ArmId]) -> str:
    """Whether what is said of a disk or a snapshot comes from a list or from a read by its id."""
    wire.on("GET", "/disks?", {"value": [{**row, "tags": {"from": "a list"}}]})
    wire.on("GET", "/snapshots?", {"value": [{**row, "tags": {"from": "a list"}}]})
    wire.on("GET", f"/{resource.name}?", body(resource, WHOLE))

    async def work(azure: Azure) -> str:
        lists = Lists(azure, disks)
        found = await (lists.disk(resource) if resource == DISK else lists.snapshot(resource))
        return str(found["tags"]["from"])

    return str(wire.run(work))


@pytest.mark.parametrize("resource", [DISK, SNAPSHOT])
def test_of_many_disks_a_list_tells(wire: Any, resource: ArmId) -> None:
    assert shown(wire, resource, body(resource, WHOLE), MANY) == "a list"


@pytest.mark.parametrize("resource", [DISK, SNAPSHOT])
def test_of_as_many_as_azure_lets_read_at_once_no_list_tells(wire: Any, resource: ArmId) -> None:
    assert shown(wire, resource, body(resource, WHOLE), MANY[1:]) == "a read"


@pytest.mark.parametrize("resource", [DISK, SNAPSHOT])
@pytest.mark.parametrize("properties", IN_PART)
def test_what_a_list_shows_in_part_is_read_by_its_id(wire: Any, resource: ArmId, properties: Any) -> None:
    assert shown(wire, resource, body(resource, properties), MANY) == "a read"


@pytest.mark.parametrize("properties", IN_PART)
def test_a_snapshot_that_was_read_in_part_is_read_again(wire: Any, properties: Any) -> None:
    wire.on("GET", "/snapshots/s", body(SNAPSHOT, properties), body(SNAPSHOT, WHOLE))

    async def work(azure: Azure) -> Any:
        await Lists(azure).snapshot(SNAPSHOT)
        return (await Lists(azure).snapshot(SNAPSHOT))["properties"]

    assert wire.run(work) == WHOLE
