"""Snapshots are read and go."""

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
