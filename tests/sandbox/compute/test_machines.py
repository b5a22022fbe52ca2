"""Virtual machines tell which disks they have."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.sandbox import Sandbox

APPS = "22222222-2222-2222-2222-222222222222"
COMPUTE = f"/subscriptions/{APPS}/resourceGroups/diskrg/providers/Microsoft.Compute"
OTHER = f"/subscriptions/{APPS}/resourceGroups/other/providers/Microsoft.Compute"


def estate(machine: dict[str, Any], *disks: dict[str, Any]) -> dict[str, Any]:
    groups = [
        {"name": "diskrg", "location": "westus", "virtualMachines": [{"name": "web", **machine}], "disks": [*disks]},
        {"name": "other", "location": "westus", "disks": [{"name": "far"}]},
    ]
    switches = {"case_drift": "off"}
    return {"switches": switches, "subscriptions": [{"id": APPS, "name": "apps", "resourceGroups": groups}]}


def profile(ask: Any) -> Any:
    body = ask("GET", f"{COMPUTE}/virtualMachines/web").body
    (row,) = ask("GET", f"{COMPUTE}/virtualMachines").body["value"]
    assert row == body, "a list shows the same"
    return body["properties"]["storageProfile"]


def test_a_machine_has_the_disks_that_the_estate_names(client: Any) -> None:
    rows = ({"name": "os", "properties": {"osType": "Windows"}}, {"name": "data", "sizeGB": 64, "sku": "Premium_LRS"})
    named = {
        "osDisk": "os",
        "dataDisks": [
            {"disk": "data", "lun": 3, "caching": "ReadOnly", "writeAccelerator": True},
            {"disk": f"{OTHER}/disks/far"},
        ],
    }
    ask = client(Sandbox.of(estate(named, *rows)))
    assert profile(ask) == {
        "osDisk": {
            "osType": "Windows",
            "name": "os",
            "createOption": "FromImage",
            "caching": "ReadWrite",
            "managedDisk": {"storageAccountType": "Premium_LRS", "id": f"{COMPUTE}/disks/os"},
            "deleteOption": "Detach",
            "diskSizeGB": 128,
        },
        "dataDisks": [
            {
                "lun": 3,
                "name": "data",
                "createOption": "Attach",
                "caching": "ReadOnly",
                "writeAcceleratorEnabled": True,
                "managedDisk": {"storageAccountType": "Premium_LRS", "id": f"{COMPUTE}/disks/data"},
                "deleteOption": "Detach",
                "diskSizeGB": 64,
                "toBeDetached": False,
            },
            {
                "lun": 1,
                "name": "far",
                "createOption": "Attach",
                "caching": "None",
                "managedDisk": {"storageAccountType": "Premium_LRS", "id": f"{OTHER}/disks/far"},
                "deleteOption": "Detach",
                "diskSizeGB": 128,
                "toBeDetached": False,
            },
        ],
    }
    for name in (f"{COMPUTE}/disks/os", f"{COMPUTE}/disks/data", f"{OTHER}/disks/far"):
        body = ask("GET", name).body
        assert (body["managedBy"], body["properties"]["diskState"]) == (f"{COMPUTE}/virtualMachines/web", "Attached")


def test_one_that_names_none_has_what_is_attached_to_it(client: Any) -> None:
    rows = [{"name": name, "attachedTo": "web"} for name in ("c", "a", "b")]
    rows[0]["properties"] = {"osType": "Linux"}
    ask = client(Sandbox.of(estate({}, *rows)))
    found = profile(ask)
    assert found["osDisk"]["name"] == "c", "it has an operating system"
    assert [(one["lun"], one["name"]) for one in found["dataDisks"]] == [(0, "a"), (1, "b")]
    ask.sandbox.patch(f"{COMPUTE}/disks/b", {"managedBy": None})
    assert [one["name"] for one in profile(ask)["dataDisks"]] == ["a"]


def test_one_without_managed_disks_has_an_unmanaged_one(client: Any) -> None:
    found = profile(client(Sandbox.of(estate({}))))
    assert ("managedDisk" in found["osDisk"], "vhd" in found["osDisk"], found["dataDisks"]) == (False, True, [])


def test_what_a_body_says_of_its_disks_counts(client: Any) -> None:
    said = {
        "osDisk": "os",
        "osCaching": "ReadOnly",
        "properties": {"storageProfile": {"osDisk": {"vhd": {"uri": "https://x/y.vhd"}, "name": "old"}}},
    }
    found = profile(client(Sandbox.of(estate(said, {"name": "os"}))))
    assert found["osDisk"]["vhd"] == {"uri": "https://x/y.vhd"}
    keys = {"name": "keyed", "encryptionSet": "keys", "attachedTo": "web"}
    managed = profile(client(Sandbox.of(estate({}, keys))))["osDisk"]["managedDisk"]
    assert managed["diskEncryptionSet"] == {"id": f"{COMPUTE}/diskEncryptionSets/keys"}


@pytest.mark.parametrize("named", [{"osDisk": "nothing"}, {"dataDisks": [{"disk": "nothing"}]}])
def test_no_machine_has_a_disk_that_does_not_exist(named: Any) -> None:
    with pytest.raises(SandboxError, match="doesn't exist, so no machine can have it"):
        Sandbox.of(estate(named))


def test_a_machine_that_does_not_exist_is_not_found(ask: Any) -> None:
    assert ask("GET", f"{COMPUTE}/virtualMachines/nobody").code == "ResourceNotFound"
