from __future__ import annotations

from typing import Any

import pytest

from reconciler.azure import bodies
from reconciler.azure.kinds import instances, roles
from reconciler.model.ids import ArmId

LIVE = {
    "id": "/x/i",
    "name": "i",
    "type": "t",
    "systemData": {},
    "tags": {"Owner": "x", "gone": "y"},
    "Properties": {
        "friendlyName": "d",
        "dataSourceInfo": {"resourceID": "/x/d", "resourceUri": ""},
        "policyInfo": {"policyId": "/X/Policies/P", "policyVersion": "", "policyParameters": {"list": [1]}},
        "protectionStatus": {"status": "ProtectionConfigured"},
        "currentProtectionState": "ProtectionConfigured",
        "provisioningState": "Succeeded",
        "somethingNew": {"kept": True},
    },
}


def test_what_azure_alone_decides_is_taken_off_and_all_else_is_kept() -> None:
    assert instances.writable(LIVE) == {
        "tags": {"Owner": "x", "gone": "y"},
        "properties": {
            "friendlyName": "d",
            "dataSourceInfo": {"resourceID": "/x/d", "resourceUri": ""},
            "policyInfo": {"policyId": "/X/Policies/P", "policyVersion": "", "policyParameters": {"list": [1]}},
            "somethingNew": {"kept": True},
        },
    }


def test_what_is_wanted_is_laid_over_what_is_there() -> None:
    wanted = {
        "tags": {"owner": "me", "gone": None},
        "properties": {
            "policyInfo": {"policyId": "/new", "policyParameters": {"list": [2]}},
            "dataSourceInfo": {"resourceId": "/y"},
        },
    }
    found = bodies.merged(instances.writable(LIVE), wanted)
    assert found["tags"] == {"Owner": "me"}
    assert found["properties"]["policyInfo"] == {
        "policyId": "/new",
        "policyVersion": "",
        "policyParameters": {"list": [2]},
    }
    assert found["properties"]["dataSourceInfo"] == {"resourceID": "/y", "resourceUri": ""}
    assert found["properties"]["somethingNew"] == {"kept": True}
    assert LIVE["tags"]["Owner"] == "x", "what was read is left as it is"


@pytest.mark.parametrize(
    ("wanted", "already"),
    [
        ({}, True),
        ({"tags": {"owner": "x"}}, True),
        ({"tags": {"owner": "X"}}, False),
        ({"tags": {"absent": None}}, True),
        ({"tags": {"gone": None}}, False),
        ({"properties": {"policyInfo": {"policyId": "/x/policies/p"}}}, True),
        ({"properties": {"policyInfo": {"policyId": "/x/policies/q"}}}, False),
        ({"properties": {"policyInfo": {"policyParameters": {"list": [1]}}}}, True),
        ({"properties": {"policyInfo": {"policyParameters": {"list": [1, 2]}}}}, False),
        ({"properties": {"identityDetails": {"useSystemAssignedIdentity": True}}}, False),
    ],
)
def test_whether_it_says_so_already(wanted: Any, already: bool) -> None:
    assert bodies.says_already(LIVE, wanted) is already


def test_guard_requests_go_among_the_properties() -> None:
    assert bodies.guarded({"properties": {"a": 1}}, ()) == {"properties": {"a": 1}}
    assert bodies.guarded({"tags": {}}, ("/guard/1",)) == {
        "tags": {},
        "properties": {"resourceGuardOperationRequests": ["/guard/1"]},
    }
    assert bodies.guard_requests(()) is None


def test_a_role_assignment_names_the_kind_of_its_principal() -> None:
    assert roles.body(ArmId("/subscriptions/S/resourceGroups/g"), "guid", "pid") == {
        "properties": {
            "roleDefinitionId": "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/guid",
            "principalId": "pid",
            "principalType": "ServicePrincipal",
        }
    }
