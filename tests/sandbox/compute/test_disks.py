"""Managed disks come, change and go."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sandbox.errors import SandboxError

GROUP = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/diskrg"
NEW = f"{GROUP}/providers/Microsoft.Compute/disks/new"
BODY = {
    "location": "West US",
    "sku": {"name": "PremiumV2_LRS"},
    "properties": {"diskSizeGB": 4, "creationData": {"createOption": "Empty"}},
}


def test_a_disk_is_made_changed_and_deleted(ask: Any) -> None:
    made = ask("PUT", NEW, BODY)
    assert made.status == 202
    assert "/DiskOperations/" in made.headers["Azure-AsyncOperation"]
    assert ask("GET", made.headers["Azure-AsyncOperation"]).body["status"] == "InProgress"
    ask.sandbox.advance(3)
    ended = ask("GET", made.headers["Azure-AsyncOperation"]).body
    assert (ended["status"], ended["startTime"]) == ("Succeeded", "2026-01-05T08:00:00.0000000+00:00")
    disk = ask("GET", NEW).body
    assert (disk["location"], disk["sku"]["tier"]) == ("westus", "Premium")
    assert disk["properties"]["diskSizeBytes"] == 4 << 30
    assert disk["properties"]["timeCreated"] == ended["startTime"]
    change = ask("PATCH", NEW, {"tags": {"a": "b"}, "properties": {"diskSizeGB": 8}})
    ask.sandbox.advance(3)
    changed = ask("GET", change.headers["Location"]).body
    assert (changed["tags"], changed["properties"]["diskSizeGB"]) == ({"a": "b"}, 8)
    assert changed["properties"]["uniqueId"] == disk["properties"]["uniqueId"]
    gone = ask("DELETE", NEW)
    assert gone.status == 202
    assert ask("GET", gone.headers["Location"]).status == 202
    ask.sandbox.advance(3)
    assert ask("GET", gone.headers["Location"]).status == 200
    assert ask("GET", NEW).code == "ResourceNotFound"
    assert ask("DELETE", NEW).status == 204
    ask("PUT", NEW, BODY)
    assert ask("GET", NEW).body["properties"]["uniqueId"] != disk["properties"]["uniqueId"]


def test_refusals(ask: Any) -> None:
    data = f"{GROUP}/providers/Microsoft.Compute/disks/data"
    assert ask("DELETE", data).code == "OperationNotAllowed"
    assert ask("PUT", data, {"location": "eastus"}).code == "InvalidResourceLocation"
    assert ask("PUT", NEW, {"location": "westus"}).code == "InvalidParameter"
    assert ask("PUT", NEW, {}).code == "LocationRequired"


def test_a_disk_keeps_its_identity_until_its_name_is_used_again(ask: Any, place: Any) -> None:
    sandbox, data = ask.sandbox, place("disk")

    def unique() -> str:
        return str(sandbox.get(data)["properties"]["uniqueId"])

    body = {"location": "westus", "properties": {"diskSizeGB": 8}}
    first = unique()
    sandbox.put(data, body)
    ask("PATCH", data, {"tags": {"a": "b"}})
    assert unique() == first
    found = {first}
    for _ in range(3):
        sandbox.remove(data)
        sandbox.put(data, body)
        found.add(unique())
    assert len(found) == 4
    sandbox.put(data, {**body, "properties": {"uniqueId": first}})
    assert unique() == first


def test_a_disk_moves_to_another_group_and_stays_itself(ask: Any, place: Any) -> None:
    sandbox, old = ask.sandbox, place("disk")
    before = sandbox.get(old)
    new = old.replace("/diskrg/", "/other/")
    assert sandbox.move(old, place("group").replace("diskrg", "OTHER"))["id"] == new
    assert ask("GET", old).code == "ResourceNotFound"
    assert ask("GET", new).body == {**before, "id": new}
    assert old not in sandbox.ids()
    sandbox.put(old, {"location": "westus"})
    assert sandbox.get(old)["properties"]["uniqueId"] != before["properties"]["uniqueId"]


@pytest.mark.parametrize(
    ("what", "where", "said"),
    [
        ("{group}", "{group}", "cannot be moved here"),
        ("{disk}", "{disk}", "is no resource group"),
        ("{disk}", "{group}x", "there is no"),
        ("{disk}", "{group}", "exists already"),
    ],
)
def test_moves_that_cannot_be(ask: Any, place: Any, what: str, where: str, said: str) -> None:
    names = {"group": place("group"), "disk": place("disk")}
    with pytest.raises(SandboxError, match=said):
        ask.sandbox.move(what.format(**names), where.format(**names))


def test_another_disk_takes_the_place_of_one(ask: Any, place: Any) -> None:
    sandbox, data = ask.sandbox, place("disk")
    before, now = sandbox.get(data), sandbox.time()
    after = sandbox.replace(data)
    same = ("id", "location", "sku", "tags", "managedBy")
    assert [after[key] for key in same] == [before[key] for key in same]
    assert after["properties"]["uniqueId"] != before["properties"]["uniqueId"]
    assert after["properties"]["timeCreated"][:19] == now.isoformat()[:19]
    assert after["properties"]["creationData"] == {"createOption": "Empty"}
    with pytest.raises(SandboxError, match="is no managed disk"):
        sandbox.replace(place("group"))
