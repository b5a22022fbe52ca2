"""Snapshots are made, read and go."""

from __future__ import annotations

from typing import Any

GROUP = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/diskrg"


def test_snapshots_go_at_once(ask: Any) -> None:
    snapshot = f"{GROUP}/providers/Microsoft.Compute/snapshots/before"
    assert ask("DELETE", snapshot).status == 200
    assert ask("DELETE", snapshot).status == 204


def test_snapshots_are_read_by_id_in_both_lists_and_in_resource_graph(ask: Any, place: Any) -> None:
    kind = "Microsoft.Compute/snapshots"
    one = ask("GET", f"{place('group')}/providers/{kind}/before").body
    disk = ask("GET", place("disk")).body["properties"]
    assert one["properties"]["creationData"]["sourceUniqueId"] == disk["uniqueId"]
    for scope in (place("two"), place("group")):
        assert ask("GET", f"{scope}/providers/{kind}").names == ["before"]
    query = {"query": f"resources | where type =~ '{kind}' | project id = tolower(id), p = properties.creationData"}
    (row,) = ask("POST", "/providers/Microsoft.ResourceGraph/resources", query).body["data"]
    assert row == {"id": one["id"].lower(), "p": one["properties"]["creationData"]}


def snapshot(source: str, **properties: Any) -> dict[str, Any]:
    created = {"createOption": "Copy", "sourceResourceId": source}
    return {"location": "westus", "tags": {"a": "b"}, "properties": {"creationData": created, **properties}}


def test_a_client_makes_a_snapshot_of_a_disk_and_a_disk_of_the_snapshot(ask: Any, place: Any) -> None:
    """As `az snapshot create --source` and `az disk create --source` send it (Azure CLI 2.91)."""
    kind = f"{place('group')}/providers/Microsoft.Compute/snapshots"
    made = ask("PUT", f"{kind}/made", snapshot(place("disk"), incremental=True))
    assert (made.status, made.body["properties"]["provisioningState"]) == (202, "Updating")
    ask.sandbox.advance(5)
    over = ask("GET", made.headers["Azure-AsyncOperation"]).body
    assert over["status"] == "Succeeded"
    assert over["properties"]["output"] == ask("GET", f"{kind}/made").body
    one, disk = ask("GET", f"{kind}/made").body, ask("GET", place("disk")).body
    told = one["properties"]
    assert (told["diskSizeGB"], told["incremental"]) == (disk["properties"]["diskSizeGB"], True)
    assert told["creationData"]["sourceUniqueId"] == disk["properties"]["uniqueId"]
    assert (one["sku"]["name"], one["tags"]) == ("Standard_LRS", {"a": "b"})
    assert ask("GET", kind).names == ["before", "made"]
    copied = f"{place('group')}/providers/Microsoft.Compute/disks/copied"
    assert ask("PUT", copied, snapshot(one["id"])).status == 202
    copy = ask("GET", copied).body["properties"]
    assert copy["diskSizeGB"] == disk["properties"]["diskSizeGB"]
    assert copy["uniqueId"] != disk["properties"]["uniqueId"]


def test_a_full_snapshot_is_changed_and_keeps_its_source(ask: Any, place: Any) -> None:
    made = f"{place('group')}/providers/Microsoft.Compute/snapshots/full"
    assert ask("PUT", made, snapshot(place("disk"))).status == 202
    before = ask("GET", made).body
    assert before["properties"]["incremental"] is False
    assert ask("PATCH", made, {"tags": {"c": "d"}}).status == 202
    assert ask("PUT", made, {"location": "westus", "tags": {"c": "d"}, "sku": {"name": "Standard_ZRS"}}).status == 202
    after = ask("GET", made).body
    assert (after["tags"], after["sku"]["name"]) == ({"c": "d"}, "Standard_ZRS")
    assert after["properties"] == before["properties"]


def test_what_can_t_be_a_snapshot_is_refused(ask: Any, place: Any) -> None:
    made = f"{place('group')}/providers/Microsoft.Compute/snapshots/none"
    assert ask("PUT", made, snapshot(f"{place('disk')}-gone")).code == "ResourceNotFound"
    assert ask("PUT", made, {"location": "westus"}).code == "InvalidParameter"
    assert ask("PUT", made, {"properties": {}}).code == "LocationRequired"
    assert ask("PATCH", made, {"tags": {}}).code == "ResourceNotFound"
    assert ask("GET", made).status == 404
