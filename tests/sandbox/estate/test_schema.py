"""The JSON Schema of estate files says what the reader takes, and no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import reconciler.sandbox.providers  # noqa: F401 - declares the switches of every provider
from reconciler.base.schemas import schema_text
from reconciler.sandbox.estate import form
from reconciler.sandbox.estate.reader import parse, plain
from reconciler.sandbox.estate.schema import schema
from reconciler.sandbox.sandbox import Sandbox
from reconciler.sandbox.switches import SWITCHES

ROOT = Path(__file__).parents[3]
FILES = sorted([*ROOT.glob("samples/*/azure.estate.yaml"), *ROOT.glob("tests/compatibility/cases/*/azure.estate.yaml")])
VALIDATOR = jsonschema.Draft202012Validator(schema())
TWO = "22222222-2222-2222-2222-222222222222"
FORMS = [found for found in vars(form).values() if isinstance(found, form.Form)]


def problems(estate: Any) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(estate)]


def test_it_is_a_schema_and_the_shipped_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert json.loads(schema_text("estate")) == schema(), "python docs/generate.py"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}")
def test_estates_that_are_used_fit_it(path: Path) -> None:
    assert problems(plain(parse(path.read_bytes(), "estate"))) == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("samples/*/azure.estate.yaml")), ids=lambda path: path.parent.name)
def test_samples_name_it_for_editors(path: Path) -> None:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.partition("=")[2]).resolve() == ROOT / "schemas" / "estate.schema.json"


@pytest.mark.parametrize("one", FORMS, ids=lambda one: one.name)
def test_every_key_is_described_and_each_example_fits(one: form.Form) -> None:
    for key in one.keys:
        assert key.meaning.endswith("."), key.name
        holder = schema() if one is form.ESTATE else schema()["$defs"][one.name]
        told = holder["properties"][key.name]
        assert told["description"] == key.meaning
        for example in told.get("examples", ()):
            assert not list(jsonschema.Draft202012Validator({**told, "$defs": schema()["$defs"]}).iter_errors(example))


def test_every_key_is_read() -> None:
    """An estate of every key that the form names is a world, and fits the schema."""
    disk = {
        "name": "data",
        "sku": "Standard_LRS",
        "sizeGB": 64,
        "zones": ["1"],
        "encryptionSet": "keys",
        "tags": {"a": 1},
    }
    disk |= {
        "attachedTo": "web",
        "uniqueId": "u",
        "claim": "shop/orders",
        "encryptedInside": True,
        "location": "westus",
    }
    snapshot = {"name": "before", "disk": "data", "sku": "Standard_LRS", "tags": {"a": "b"}}
    assignment = {"role": "Reader", "principal": "p", "principalType": "User"}
    group = {
        "name": "rg",
        "location": "westus",
        "tags": {},
        "managedBy": "x",
        "disks": [disk, {"name": "os"}],
        "snapshots": [snapshot],
    }
    data = {"disk": "data", "lun": 1, "caching": "ReadOnly", "writeAccelerator": True}
    machine = {"name": "web", "zones": ["2"], "osDisk": "os", "osCaching": "None", "dataDisks": [data]}
    group |= {"virtualMachines": [machine], "identities": [{"name": "i"}]}
    group |= {"virtualMachineScaleSets": [{"name": "w", "instances": 2}], "diskEncryptionSets": [{"name": "keys"}]}
    group |= {"locks": [{"name": "keep", "level": "ReadOnly", "notes": "n"}], "roleAssignments": [assignment]}
    subscription = {"id": TWO, "name": "apps", "state": "Enabled", "providers": {"Microsoft.Compute": "Registered"}}
    subscription |= {"resourceGroups": [group], "locks": [], "roleAssignments": [assignment]}
    caller = {"name": "ci", "objectId": "o", "appId": "a", "token": "t"}
    role = {"Name": "Mine", "Id": "r", "IsCustom": True, "Description": "d", "Actions": ["*/read"], "NotActions": []}
    role |= {"DataActions": [], "NotDataActions": [], "AssignableScopes": ["/"]}
    estate = {
        "seed": 1,
        "clock": "2026-01-05T08:00:00Z",
        "tenant": TWO,
        "switches": {"propagation": 0},
        "callers": [caller | {"roles": [{"role": "Mine", "scope": f"/subscriptions/{TWO}"}]}],
        "principals": [{"objectId": "p", "name": "somebody"}],
        "managementGroups": [{"name": "corp", "displayName": "Corp", "parent": "root", "subscriptions": [TWO]}],
        "subscriptions": [subscription],
        "resources": [{"id": f"/subscriptions/{TWO}/resourceGroups/other", "location": "westus"}],
        "roleAssignments": [assignment | {"scope": f"/subscriptions/{TWO}"}],
        "roleDefinitions": [role],
    }
    assert problems(estate) == []
    world = Sandbox.of(estate)
    place = f"/subscriptions/{TWO}/resourceGroups/rg/providers/Microsoft.Compute"
    assert world.get(f"{place}/snapshots/before")["sku"]["name"] == "Standard_LRS"
    assert world.get(f"{place}/virtualMachines/web")["zones"] == ["2"]


@pytest.mark.parametrize(
    "estate",
    [
        {"colour": "red"},
        {"seed": "x"},
        {"switches": {"magic": True}},
        {"switches": {"propagation": "soon"}},
        {"switches": {"case_drift": "maybe"}},
        {"subscriptions": {}},
        {"subscriptions": [{"name": "x"}]},
        {"subscriptions": [{"id": TWO, "resourceGroups": [{"name": "rg"}]}]},
        {"subscriptions": [{"id": TWO, "locks": [{"name": "k", "level": "Firm"}]}]},
        {"resources": [{"location": "x"}]},
        {"callers": [{"roles": [{"role": "Reader"}]}]},
    ],
)
def test_what_the_reader_refuses_the_editor_underlines(estate: dict[str, Any]) -> None:
    assert problems(estate)


@pytest.mark.parametrize("name", sorted(SWITCHES))
def test_each_value_of_a_switch_fits(name: str) -> None:
    for value in SWITCHES[name].choices:
        spelled = [value, "on" if value else "off"] if isinstance(value, bool) else [value]
        assert [problems({"switches": {name: one}}) for one in spelled] == [[]] * len(spelled)
