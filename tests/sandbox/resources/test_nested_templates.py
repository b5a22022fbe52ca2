"""Templates as Bicep compiles modules: copy loops, nested templates, existing resources and types of the template's own.

The forms are those of the Azure Verified Module `avm/res/data-protection/backup-vault` (`main.json`, Bicep 0.43) and of the
quickstart `microsoft.dataprotection/backup-create-disk-enable-protection`, which were deployed to the sandbox as they are.
"""

from __future__ import annotations

from typing import Any

import pytest

S = "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{S}/resourceGroups/diskrg"
DISKS = f"{GROUP}/providers/Microsoft.Compute/disks"
MODULE = {"type": "Microsoft.Resources/deployments", "apiVersion": "2024-03-01"}


def disk(name: str, **more: Any) -> dict[str, Any]:
    properties = {"creationData": {"createOption": "Empty"}, "diskSizeGB": 4}
    made = {"type": "Microsoft.Compute/disks", "apiVersion": "2024-03-02", "name": name, "location": "westus"}
    return made | {"properties": properties} | more


def nested(template: Any, *, inner: bool = False, **parameters: Any) -> dict[str, Any]:
    values = {"parameters": {key: {"value": value} for key, value in parameters.items()}} if parameters else {}
    options = {"expressionEvaluationOptions": {"scope": "inner"}} if inner else {}
    return {"properties": {"mode": "Incremental", "template": template, **values, **options}}


def deployed(ask: Any, template: Any, *, at: str = GROUP, **parameters: Any) -> Any:
    """What a deployment ended as: its properties."""
    address = f"{at}/providers/Microsoft.Resources/deployments/outer"
    place = {} if "/resourceGroups/" in at else {"location": "westus"}
    begun = ask("PUT", address, {**nested(template, **parameters), **place})
    assert begun.status in {200, 201}, begun.body
    for _ in range(200):
        told = ask("GET", address).body["properties"]
        if told["provisioningState"] in {"Succeeded", "Failed"}:
            return told
        ask.sandbox.advance(5)
    raise AssertionError("it never ends")


def outputs(told: Any) -> dict[str, Any]:
    assert told["provisioningState"] == "Succeeded", told
    return {name: row["value"] for name, row in told["outputs"].items()}


def names(ask: Any) -> list[str]:
    return [name for name in ask("GET", DISKS).names if name.startswith("c-")]


@pytest.mark.parametrize("mode", [{}, {"mode": "serial", "batchSize": 1}, {"mode": "Parallel"}])
def test_a_loop_makes_a_resource_for_each_of_its_elements(ask: Any, mode: dict[str, Any]) -> None:
    loop = {"name": "each", "count": "[length(parameters('names'))]", **mode}
    name = "[format('c-{0}-{1}', parameters('names')[copyIndex()], copyIndex(5))]"
    after = disk(
        "c-after",
        dependsOn=["each"],
        tags={"first": "[string(reference(resourceId('Microsoft.Compute/disks', 'c-a-5')).diskSizeGB)]"},
    )
    said = {"parameters": {"names": {"type": "array"}}, "resources": [after, disk(name, copy=loop)]}
    assert deployed(ask, said, names=["a", "b", "c"])["provisioningState"] == "Succeeded"
    assert names(ask) == ["c-a-5", "c-after", "c-b-6", "c-c-7"]
    assert ask("GET", f"{DISKS}/c-after").body["tags"] == {"first": "4"}


def test_a_loop_may_be_empty_and_what_waits_for_it_goes_on(ask: Any) -> None:
    empty = disk("[concat('c-', copyIndex())]", copy={"name": "none", "count": 0})
    assert deployed(ask, {"resources": [empty, disk("c-one", dependsOn=["none"])]})["provisioningState"] == "Succeeded"
    assert names(ask) == ["c-one"]


def test_variables_properties_and_outputs_have_loops_too(ask: Any) -> None:
    zones = {"copy": [{"name": "sizes", "count": 3, "input": "[add(copyIndex('sizes'), 4)]"}], "plain": "x"}
    tags = {"copy": [{"name": "rows", "count": 2, "input": {"at": "[copyIndex('rows')]", "of": "[copyIndex()]"}}]}
    made = disk("[concat('c-', variables('sizes')[copyIndex()])]", copy={"name": "each", "count": 2})
    said = {
        "variables": zones | {"table": tags},
        "resources": [made],
        "outputs": {"ids": {"type": "array", "copy": {"count": 2, "input": "[concat(variables('plain'), copyIndex())]"}},
                    "table": {"type": "object", "value": "[variables('table')]"}},
    }  # fmt: skip
    told = outputs(deployed(ask, said))
    assert told == {"ids": ["x0", "x1"], "table": {"rows": [{"at": 0, "of": 0}, {"at": 1, "of": 1}]}}
    assert names(ask) == ["c-4", "c-5"]


def module() -> dict[str, Any]:
    """A module that makes a disk and tells its id, with parameters of its own."""
    value = "[resourceId('Microsoft.Compute/disks', parameters('name'))]"
    return {
        "languageVersion": "2.0",
        "definitions": {"short": {"type": "string", "maxLength": 9}, "name": {"$ref": "#/definitions/short"}},
        "parameters": {
            "name": {"$ref": "#/definitions/name"},
            "tags": {"type": "object", "nullable": True},
            "kind": {"type": "string", "nullable": True, "allowedValues": ["one", "two"]},
        },
        "resources": {
            "disk": disk("[parameters('name')]", tags="[coalesce(parameters('tags'), createObject('no', 'tags'))]")
        },
        "outputs": {"id": {"type": "string", "value": value}},
    }


def test_modules_in_a_loop_are_deployments_whose_outputs_others_take(ask: Any) -> None:
    modules = MODULE | nested(module(), inner=True, name="[format('c-m{0}', copyIndex())]", kind=None)
    modules |= {"name": "[format('module-{0}', copyIndex())]", "copy": {"name": "modules", "count": 2}}
    last = disk(
        "c-last", dependsOn=["modules"], tags={"after": "[last(split(reference('modules[1]').outputs.id.value, '/'))]"}
    )
    ids = "[map(references('modules'), lambda('one', lambdaVariables('one').outputs.id.value))]"
    said = {
        "languageVersion": "2.0",
        "resources": {"modules": modules, "last": last},
        "outputs": {"ids": {"type": "array", "value": ids}},
    }
    told = outputs(deployed(ask, said))
    assert told["ids"] == [f"{DISKS}/c-m0", f"{DISKS}/c-m1"]
    assert ask("GET", f"{DISKS}/c-last").body["tags"] == {"after": "c-m1"}
    assert ask("GET", f"{DISKS}/c-m0").body["tags"] == {"no": "tags"}
    assert ask("GET", f"{GROUP}/providers/Microsoft.Resources/deployments").names == ["module-0", "module-1", "outer"]


def test_without_a_scope_of_its_own_a_nested_template_means_its_parents_parameters(ask: Any) -> None:
    inside = {
        "resources": [disk("[parameters('name')]", tags={"group": "[resourceGroup().name]", "text": "[[not one]"})]
    }
    elsewhere = MODULE | nested(inside) | {"name": "inside", "resourceGroup": "other"}
    said = {"parameters": {"name": {"type": "string"}}, "resources": [elsewhere]}
    told = deployed(ask, said, name="c-outer")
    assert told["provisioningState"] == "Succeeded", told.get("error")
    made = ask("GET", f"{S}/resourceGroups/other/providers/Microsoft.Compute/disks/c-outer").body
    assert made["tags"] == {"group": "diskrg", "text": "[not one]"}


def test_a_subscription_deploys_into_a_group_that_it_makes(ask: Any) -> None:
    group = {
        "type": "Microsoft.Resources/resourceGroups",
        "apiVersion": "2024-07-01",
        "name": "made-rg",
        "location": "westus",
    }
    inside = (
        MODULE
        | nested(module(), inner=True, name="c-there")
        | {"name": "inside", "resourceGroup": "made-rg", "dependsOn": ["group"]}
    )
    told = outputs(deployed(ask, {"languageVersion": "2.0", "resources": {"group": group, "inside": inside},
                                  "outputs": {"id": {"type": "string", "value": "[reference('inside').outputs.id.value]"}}}, at=S))  # fmt: skip
    assert told["id"] == f"{S}/resourceGroups/made-rg/providers/Microsoft.Compute/disks/c-there"


def test_what_fails_inside_fails_outside_with_its_reason(ask: Any) -> None:
    inside = MODULE | nested({"resources": [disk("c-bad", location="")]}) | {"name": "inside"}
    told = deployed(ask, {"resources": [inside, disk("c-never", dependsOn=["inside"])]})
    assert told["provisioningState"] == "Failed"
    assert told["error"]["details"][0]["code"] == "DeploymentFailed"
    assert names(ask) == []


def test_existing_resources_are_only_referred_to(ask: Any) -> None:
    assert deployed(ask, {"resources": [disk("c-old")]})["provisioningState"] == "Succeeded"
    old = {"existing": True, "type": "Microsoft.Compute/disks", "apiVersion": "2024-03-02", "name": "c-old"}
    gone = old | {"condition": False, "name": "[last(split(parameters('none'), '/'))]"}
    new = disk("c-new", dependsOn=["old", "gone"], tags={"size": "[string(reference('old').diskSizeGB)]"})
    said = {
        "languageVersion": "2.0",
        "parameters": {"none": {"type": "string", "nullable": True}},
        "resources": {"old": old, "gone": gone, "new": new},
    }
    told = deployed(ask, said)
    assert [row["id"] for row in told["outputResources"]] == [f"{DISKS}/c-new"]
    assert ask("GET", f"{DISKS}/c-new").body["tags"] == {"size": "4"}


@pytest.mark.parametrize(
    "condition", [False, "[equals(parameters('made'), 'yes')]", "[not(contains(createArray(1), 1))]"]
)
def test_what_is_not_made_may_be_waited_for(ask: Any, condition: Any) -> None:
    said = {"parameters": {"made": {"type": "string", "defaultValue": "no"}},
            "resources": [disk("c-not", condition=condition), disk("c-yes", dependsOn=["c-not"])]}  # fmt: skip
    assert deployed(ask, said)["provisioningState"] == "Succeeded"
    assert names(ask) == ["c-yes"]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (
            "[reduce(createArray(1, 2, 3), 0, lambda('sum', 'next', add(lambdaVariables('sum'), lambdaVariables('next'))))]",
            6,
        ),
        ("[filter(range(0, 5), lambda('n', 'at', greater(lambdaVariables('at'), 2)))]", [3, 4]),
        (
            "[map(createArray(1), lambda('a', map(createArray(2), lambda('b', add(lambdaVariables('a'), lambdaVariables('b'))))))]",
            [[3]],
        ),
        ("[toObject(createArray('a'), lambda('n', lambdaVariables('n')), lambda('n', 1))]", {"a": 1}),
        (
            "[sort(createArray(3, 1, 2), lambda('one', 'other', less(lambdaVariables('one'), lambdaVariables('other'))))]",
            [1, 2, 3],
        ),
        ("[tryGet(createObject('a', createObject('B', 7)), 'a', 'b')]", 7),
        ("[coalesce(tryGet(null(), 'a'), tryGet(createArray(1), 4), 'none')]", "none"),
        ("[or(true(), fail('never asked'))]", True),
        ("[and(false(), fail('never asked'))]", False),
        ("[items(createObject('b', 2, 'a', 1))]", [{"key": "a", "value": 1}, {"key": "b", "value": 2}]),
        (
            "[concat(objectKeys(createObject('b', 2)), flatten(createArray(createArray(1), createArray(2))))]",
            ["b", 1, 2],
        ),
        ("[intersection(createArray(1, 2), createArray(2, 3))]", [2]),
        ("[add(indexOf('abC', 'c'), indexOf(createArray(1), 2))]", 1),
        ("[padLeft(7, 3, '0')]", "007"),
        ("[mapValues(createObject('a', 1), lambda('n', add(lambdaVariables('n'), 1)))]", {"a": 2}),
        ("[resourceId('Microsoft.Compute/disks/', 'x')]", f"{DISKS}/x"),
    ],
)
def test_functions_of_compiled_templates(ask: Any, expression: str, value: Any) -> None:
    told = outputs(deployed(ask, {"resources": [], "outputs": {"value": {"type": "object", "value": expression}}}))
    assert told == {"value": value}


def test_what_if_doesn_t_expand_a_nested_deployment_and_says_so(ask: Any) -> None:
    inside = MODULE | nested({"resources": [disk("c-in")]}) | {"name": "inside"}
    address = f"{GROUP}/providers/Microsoft.Resources/deployments/outer"
    rows = ask("POST", f"{address}/whatIf", nested({"resources": [inside, disk("c-out")]})).body["properties"][
        "changes"
    ]
    assert [row["changeType"] for row in rows] == ["Unsupported", "Create"]


def test_functions_of_the_template_s_own(ask: Any) -> None:
    twice = {
        "parameters": [{"name": "text", "type": "string"}],
        "output": {"type": "string", "value": "[concat(parameters('text'), parameters('TEXT'))]"},
    }
    four = {
        "parameters": [{"name": "text", "type": "string"}],
        "output": {"type": "string", "value": "[__bicep.twice(__bicep.twice(parameters('text')))]"},
    }
    said = {
        "functions": [{"namespace": "__bicep", "members": {"twice": twice, "four": four}}],
        "parameters": {"text": {"type": "string", "defaultValue": "[__bicep.twice('a')]"}},
        "resources": [],
        "outputs": {"value": {"type": "string", "value": "[__bicep.four(parameters('text'))]"}},
    }  # fmt: skip
    assert outputs(deployed(ask, said)) == {"value": "aaaaaaaa"}
    said["outputs"] = {"value": {"type": "string", "value": "[__bicep.twice()]"}}
    assert "expects 1 argument(s) but was provided 0" in deployed(ask, said)["error"]["message"]


def test_a_default_is_evaluated_once(ask: Any) -> None:
    """As `baseTime` and the names of role assignments are in public templates."""
    defaults = {"day": "[utcNow('yyyy-MM-dd')]", "stamp": "[utcNow()]", "one": "[newGuid()]", "other": "[newGuid()]"}
    said = {
        "parameters": {name: {"type": "string", "defaultValue": value} for name, value in defaults.items()},
        "resources": [disk("[concat('c-', parameters('one'))]"), disk("c-last", dependsOn=["[concat('c-', parameters('one'))]"])],
        "outputs": {name: {"type": "string", "value": f"[parameters('{name}')]"} for name in defaults},
    }  # fmt: skip
    told = outputs(deployed(ask, said))
    assert (told["day"], told["stamp"][:9], told["stamp"][-1]) == ("2026-01-05", "20260105T", "Z")
    assert told["one"] != told["other"]
    assert names(ask) == sorted([f"c-{told['one']}", "c-last"])
    assert outputs(deployed(ask, said))["one"] != told["one"], "another deployment"
