"""Estate files: the short form, any ARM body, and what is said of a broken one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.estate.reader import parse, plain
from reconciler.sandbox.sandbox import Sandbox

TWO = "22222222-2222-2222-2222-222222222222"
HEAD = f"subscriptions:\n  - id: {TWO}\n"
GROUP = f"{HEAD}    resourceGroups:\n      - name: rg\n        location: westus\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("subscriptions: ]", 1, "not YAML"),
        ("a: b", 1, "no 'a'"),
        ("- a", 1, "an estate is a mapping"),
        ("", 1, "an estate is a mapping"),
        ("seed: 1\nseed: 2", 2, "stands twice"),
        ("seed: x", 1, "no whole number"),
        ("clock: tomorrow", 1, "is no time"),
        ("seed: &a 1", 1, "anchors"),
        ("seed: !!str 1", 1, "tag"),
        ("seed: 1\n---\nseed: 2", 2, "second document"),
        ("switches: {magic: on}", 1, "no switch 'magic'"),
        ("switches:\n  propagation: soon", 2, "cannot be 'soon'"),
        ("switches:\n  case_drift: maybe", 2, "cannot be 'maybe'"),
        ("subscriptions: {}", 1, "takes a list"),
        ("subscriptions:\n  - name: x", 2, "id is missing"),
        (f"{HEAD}    colour: red", 3, "a subscription has no 'colour'"),
        (f"{HEAD}    resourceGroups:\n      - name: rg", 4, "location is missing"),
        (f"{GROUP}        disks:\n          - name: d\n            size: 3", 8, "a disk has no 'size'"),
        (f"{GROUP}        disks:\n          - name: d\n            count: many", 8, "no whole number"),
        (f"{GROUP}        disks:\n          - name: d\n            tags: x", 8, "tags takes a mapping"),
        (f"{GROUP}        disks:\n          - {{name: d, count: 2, uniqueId: x}}", 7, "2 disks have one uniqueId"),
        (f"{GROUP}        virtualMachineScaleSets:\n          - {{name: s, instances: x}}", 7, "no whole number"),
        ("resources:\n  - location: x", 2, "id is missing"),
        (f"{GROUP}        disks:\n          - name: d\n          - name: D", 8, "stands twice"),
        ("resources:\n  - id: disk1", 2, "no id of an Azure resource"),
        (f"resources:\n  - id: /subscriptions/{TWO}/resourceGroups/rg", 2, "does not exist"),
        (
            f"{HEAD}resources:\n  - id: /subscriptions/{TWO}/resourceGroups/rg/providers/A.B/c/d",
            4,
            "group rg, which does not",
        ),
        (f"{GROUP}        disks:\n          - name: d\n            sizeGB: 1.0e+999", 7, "doesn't have the form"),
        (f"{HEAD}roleAssignments:\n  - {{role: Reader, principal: p}}", 4, "scope is missing"),
        (f"{HEAD}    roleAssignments:\n      - {{role: King, principal: p}}", 4, "no role 'King'"),
        (f"{HEAD}    roleAssignments:\n      - {{role: Reader, principal: /a/b}}", 4, "has no identity"),
        ("callers:\n  - roles:\n      - role: Reader", 3, "scope is missing"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(SandboxError) as caught:
        Sandbox.of(text.encode())
    assert caught.value.message.startswith(f"estate:{line}: ")
    assert words in caught.value.message
    assert caught.value.hint


def test_not_utf8_and_too_deep() -> None:
    with pytest.raises(SandboxError, match="estate:2: the text is not UTF-8"):
        Sandbox.of(b"seed: 1\n# \xff")
    for levels in (61, 1000, 3000):
        with pytest.raises(SandboxError, match="estate:1: nested deeper"):
            Sandbox.of(b"seed: " + b"[" * levels + b"]" * levels)
    with pytest.raises(SandboxError, match="not YAML"):
        Sandbox.of(b"seed: \x00")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="cannot read the estate file"):
        Sandbox.open(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("On", "On"),
        ("no", "no"),
        ("13:00", "13:00"),
        ("017", 17),
        ("1.5", 1.5),
        ("true", True),
        ("~", None),
        ("'1'", "1"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    assert plain(parse(f"a: {text}".encode(), "f"))["a"] == value


def test_the_short_form(ask: Any, place: Any) -> None:
    disk = ask("GET", place("disk")).body
    assert disk["location"] == "westus"
    assert disk["tags"] == {"backup": "gold"}
    assert disk["sku"] == {"name": "Premium_LRS", "tier": "Premium"}
    assert disk["managedBy"] == f"{place('group')}/providers/Microsoft.Compute/virtualMachines/web"
    assert disk["properties"]["diskState"] == "Attached"
    log = ask("GET", f"{place('group')}/providers/Microsoft.Compute/disks/log-003").body["properties"]
    keys = log["encryption"]["diskEncryptionSetId"]
    assert ask("GET", keys).status == 200
    snapshot = ask("GET", f"{place('group')}/providers/Microsoft.Compute/snapshots/before").body
    assert snapshot["properties"]["creationData"]["sourceResourceId"] == place("disk")
    assert ask("GET", place("group")).body["tags"] == {"team": "payments"}


def test_any_order_of_bodies_will_do() -> None:
    group = f"/subscriptions/{TWO}/resourceGroups/rg"
    vault = f"{group}/providers/Microsoft.DataProtection/backupVaults/v"
    sandbox = Sandbox.of(
        {
            "resources": [
                {"id": f"{vault}/backupPolicies/p", "properties": {}},
                {"id": vault, "location": "westus", "identity": {"type": "SystemAssigned"}},
                {"id": group, "location": "westus"},
                {"id": f"/subscriptions/{TWO}"},
            ],
            "roleAssignments": [{"role": "Reader", "principal": vault, "scope": group}],
        }
    )
    assigned = [sandbox.get(one) for one in sandbox.ids("*/roleAssignments/*")]
    assert assigned[0]["properties"]["principalId"] == sandbox.get(vault)["identity"]["principalId"]


def test_disks_of_scale_sets_and_of_kubernetes(client: Any) -> None:
    cluster = f"/subscriptions/{TWO}/resourceGroups/aks/providers/Microsoft.ContainerService/managedClusters/shop"
    disks = [
        {"name": "pvc-1", "attachedTo": "workers/1", "claim": "shop/data", "tags": {"team": "x"}, "uniqueId": "u-1"},
        {"name": "pvc-2", "claim": "data"},
    ]
    group = {"name": "nodes", "location": "West US", "managedBy": cluster, "disks": disks}
    group |= {"virtualMachineScaleSets": [{"name": "workers", "instances": 2}]}
    sandbox = Sandbox.of({"subscriptions": [{"id": TWO, "resourceGroups": [group]}]})
    nodes = f"/subscriptions/{TWO}/resourceGroups/nodes"
    compute = f"{nodes}/providers/Microsoft.Compute"
    assert sandbox.get(nodes)["managedBy"] == cluster
    first, second = (sandbox.get(f"{compute}/disks/pvc-{number}") for number in (1, 2))
    assert first["managedBy"] == f"{compute}/virtualMachineScaleSets/workers/virtualMachines/1"
    assert first["properties"]["uniqueId"] == "u-1"
    tag = "kubernetes.io-created-for"
    assert first["tags"] == {
        "team": "x",
        f"{tag}-pv-name": "pvc-1",
        f"{tag}-pvc-name": "data",
        f"{tag}-pvc-namespace": "shop",
        "k8s-azure-created-by": "kubernetes-azure-dd",
    }
    assert second["tags"][f"{tag}-pvc-namespace"] == "default"
    ask = client(sandbox)
    assert ask("GET", f"{compute}/virtualMachineScaleSets").names == ["workers"]
    machines = f"{compute}/virtualMachineScaleSets/workers/virtualMachines"
    assert ask("GET", machines).names == ["workers_0", "workers_1"]
    machine = ask("GET", first["managedBy"]).body
    assert (machine["instanceId"], machine["location"], machine["type"]) == (
        "1",
        "westus",
        "Microsoft.Compute/virtualMachineScaleSets/virtualMachines",
    )
