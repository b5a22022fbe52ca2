"""The look at Azure; F28, F30, F31, F40, F54 and F59 of the list of faults to survive."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.azure.reading import read_estate
from reconciler.model.errors import ReadIncomplete
from reconciler.model.ids import ArmId
from reconciler.model.known import Unsure
from reconciler.model.scope import Reach

ONE, TWO = "/subscriptions/one", "/subscriptions/two"
V = f"{ONE}/resourceGroups/rg/providers/Microsoft.DataProtection/backupVaults/v"
OTHER = f"{ONE}/resourceGroups/rg/providers/Microsoft.DataProtection/backupVaults/other"
DISK = f"{TWO}/resourceGroups/r/providers/Microsoft.Compute/disks/d"
IDENTITY = f"{ONE}/resourcegroups/rg/providers/microsoft.managedidentity/userassignedidentities/u"
GRAPH = "Microsoft.ResourceGraph"
PRINCIPAL = "11111111-0000-0000-0000-000000000001"


def reach(**changed: Any) -> Any:
    whole = {
        "subscriptions": ("one",),
        "disk_subscriptions": ("one",),
        "role_subscriptions": ("one",),
        "vaults": (V.lower(),),
        "by_id": (),
        "owners": ("walkthrough",),
    }
    return Reach(**{**whole, **changed})


def vault(own: str = V, principal: Any = PRINCIPAL, **tags: Any) -> Any:
    return {"id": own, "location": "westus", "identity": {"principalId": principal}, "tags": tags, "properties": {}}


def instance(own: str) -> Any:
    return {
        "id": own,
        "properties": {
            "dataSourceInfo": {"resourceID": f"{ONE}/resourceGroups/rg/providers/Microsoft.Compute/disks/d"}
        },
    }


@pytest.fixture
def azure(wire: Any) -> Any:
    wire.on("GET", ONE, {"value": []})
    wire.on("GET", TWO, {"value": []})
    wire.on("POST", GRAPH, {"data": []})
    wire.on("GET", f"{ONE}/providers/Microsoft.DataProtection/backupVaults", {"value": [vault()]})
    wire.on("GET", f"{V}/backupPolicies", {"value": [{"id": f"{V}/backupPolicies/p", "properties": {}}]})
    wire.on("GET", f"{V}/backupInstances", {"value": [instance(f"{V.upper()}/backupInstances/i")]})
    wire.on("GET", f"{V}/deletedBackupInstances", {"value": [instance(f"{V}/deletedBackupInstances/x")]})
    return wire


def look(wire: Any, **changed: Any) -> Any:
    return wire.run(lambda azure: read_estate(azure, reach(**changed)))


def test_one_vault_in_one_subscription_takes_nine_calls(azure: Any) -> None:
    estate = look(azure)
    assert len(azure.calls) == 9
    assert list(estate.vaults) == [V.lower()]
    assert list(estate.policies) == [f"{V}/backupPolicies/p".lower()]
    assert list(estate.instances) == [f"{V}/backupInstances/i".lower()]
    assert [instance.deleted for instance in estate.deleted_instances.values()] == [True]
    assert estate.subscriptions == ("one",)


def test_each_further_subscription_takes_no_more_than_five_calls(azure: Any) -> None:
    look(azure, subscriptions=("one", "two"), disk_subscriptions=("two",), role_subscriptions=("two",))
    assert len([call for call in azure.calls if f"{TWO}/" in f"/{call.path}"]) == 5


def test_calls_grow_with_pages_never_with_disks(azure: Any) -> None:
    disks = [{"id": f"{ONE}/resourceGroups/r/providers/Microsoft.Compute/disks/d{n}"} for n in range(1000)]
    azure.on("GET", "Microsoft.Compute/disks", {"value": disks})
    assert len(look(azure).disks) == 1000
    assert len(azure.calls) == 9


def test_only_declared_and_marked_vaults_are_looked_into(azure: Any) -> None:
    marked = OTHER.replace("other", "marked")
    azure.on(
        "GET",
        f"{ONE}/providers/Microsoft.DataProtection/backupVaults",
        {
            "value": [
                vault(),
                vault(OTHER, "2", **{"reconciler-owner": "else"}),
                vault(marked, "3", **{"Reconciler-Owner": "walkthrough"}),
            ]
        },
    )
    estate = look(azure)
    assert len(estate.vaults) == 3
    paths = {f"/{call.path}" for call in azure.calls}
    assert f"{marked}/backupInstances" in paths
    assert f"{OTHER}/backupInstances" not in paths


def test_f28_a_declared_vault_that_is_not_listed_is_asked_for_by_its_id(azure: Any) -> None:
    azure.on("GET", f"{ONE}/providers/Microsoft.DataProtection/backupVaults", {"value": []})
    azure.on("GET", f"{V.lower()}?", vault())
    estate = look(azure)
    assert list(estate.vaults) == [V.lower()]
    assert list(estate.policies) == [f"{V}/backupPolicies/p".lower()]


def test_f28_an_answer_that_is_no_vault_is_no_absence(azure: Any) -> None:
    azure.on("GET", f"{ONE}/providers/Microsoft.DataProtection/backupVaults", {"value": []})
    azure.on("GET", f"{V.lower()}?", {"value": []})
    (answer,) = look(azure).answers.values()
    assert isinstance(answer, Unsure)
    assert "Could not understand" in answer.because


def test_a_declared_vault_that_is_neither_listed_nor_there(azure: Any) -> None:
    azure.on("GET", f"{ONE}/providers/Microsoft.DataProtection/backupVaults", {"value": []})
    azure.on("GET", f"{V.lower()}?", (404, {"error": {"code": "ResourceNotFound", "message": "m"}}))
    estate = look(azure)
    assert estate.vaults == {}
    assert not [call for call in azure.calls if "roleAssignments" in call.url], "no identity, nothing to ask"


def test_role_assignments_are_asked_by_principal(azure: Any) -> None:
    own = f"{DISK}/providers/Microsoft.Authorization/roleAssignments/1"
    azure.on("GET", f"principalId eq '{PRINCIPAL}'", {"value": [{"id": own, "properties": {"principalId": PRINCIPAL}}]})
    assert [role.scope for role in look(azure).roles.values()] == [ArmId(DISK)]


def test_role_assignments_of_many_identities_are_one_list_per_subscription(azure: Any) -> None:
    vaults = [vault(f"{V}{n}", f"p{n}", **{"reconciler-owner": "walkthrough"}) for n in range(4)]
    azure.on("GET", f"{ONE}/providers/Microsoft.DataProtection/backupVaults", {"value": [vault(), *vaults]})
    look(azure)
    asked = [call.url for call in azure.calls if "roleAssignments" in call.url]
    assert len(asked) == 1
    assert "filter" not in asked[0]


def test_user_assigned_identities_are_read_and_their_principals_asked(azure: Any) -> None:
    azure.on("GET", "userassignedidentities/u", {"id": IDENTITY, "properties": {"principalId": "UP"}})
    estate = look(azure, by_id=(IDENTITY,))
    assert estate.identities[IDENTITY].principal_id == "up"
    assert [call for call in azure.calls if "principalId eq 'up'" in call.url.replace("%20", " ").replace("%27", "'")]


def test_a_user_assigned_identity_that_is_gone_is_left_out_and_one_out_of_reach_is_an_error(azure: Any) -> None:
    azure.on("GET", "userassignedidentities/u", (404, {"error": {"code": "ResourceNotFound", "message": "m"}}))
    assert look(azure, by_id=(IDENTITY,)).identities == {}
    azure.on("GET", "userassignedidentities/u", (403, {"error": {"code": "AuthorizationFailed", "message": "m"}}))
    with pytest.raises(ReadIncomplete, match="userassignedidentities/u"):
        look(azure, by_id=(IDENTITY,))


@pytest.mark.parametrize(
    "part",
    [
        "resourcegroups?",
        "Microsoft.Authorization/locks",
        "Microsoft.Compute/disks",
        "Microsoft.Authorization/roleAssignments",
        f"{V}/backupPolicies",
        f"{V}/backupInstances",
        f"{V}/deletedBackupInstances",
    ],
)
@pytest.mark.parametrize("status", [403, 404, 500])
def test_f30_f40_any_list_that_fails_fails_the_whole_look(azure: Any, part: str, status: int) -> None:
    azure.on("GET", part, (status, {"error": {"code": "Broken", "message": "Broken."}}))
    with pytest.raises(ReadIncomplete, match=r"Could not read .* to the end"):
        look(azure)


def test_f31_one_id_in_two_spellings_is_one_object(azure: Any) -> None:
    azure.on(
        "GET",
        f"{V}/backupInstances",
        {"value": [instance(f"{V}/backupInstances/I"), instance(f"{V.upper()}/backupinstances/i")]},
    )
    assert len(look(azure).instances) == 1


def test_a_row_without_an_id_is_an_error(azure: Any) -> None:
    azure.on("GET", "Microsoft.Compute/disks", {"value": [{"name": "d"}]})
    with pytest.raises(ReadIncomplete, match="can't be understood"):
        look(azure)


LOST = f"{TWO}/resourceGroups/x/providers/Microsoft.DataProtection/backupVaults/lost"
MINE = {"id": LOST, "tags": {"Reconciler-Owner": "walkthrough"}}


def test_vaults_with_our_mark_elsewhere_come_from_resource_graph(azure: Any) -> None:
    others = {"id": f"{TWO}/y", "tags": {"reconciler-owner": "else"}}
    azure.on("POST", GRAPH, {"data": [others], "$skipToken": "t"}, {"data": [MINE, MINE], "resultTruncated": "false"})
    owned = look(azure).owned_vaults.value
    assert [(vault.id.name, vault.owner) for vault in owned] == [("lost", "walkthrough")]
    assert azure.sent("POST")[1].body["options"]["$skipToken"] == "t"


SILENT: Any = [
    (403, {"error": {"code": "AuthorizationFailed", "message": "m"}}),
    (500, {"error": {"code": "Broken", "message": "m"}}),
    (404, b"<html>"),
    (200, b"<html>"),
    {"data": None},
    {"data": [MINE], "totalRecords": 2},
    {"data": [{"id": 1}, "text", {"tags": None}]},
    ConnectionResetError("reset"),
]


@pytest.mark.parametrize("answer", SILENT)
def test_where_resource_graph_does_not_answer_every_subscription_is_asked_for_its_vaults(
    azure: Any, answer: Any
) -> None:
    azure.on("POST", GRAPH, answer)
    azure.on("GET", "/subscriptions?", {"value": [{"subscriptionId": "ONE"}, {"subscriptionId": "two"}]})
    azure.on("GET", f"{TWO}/providers/Microsoft.DataProtection/backupVaults", {"value": [MINE]})
    assert [vault.id.name for vault in look(azure).owned_vaults.value] == ["lost"]
    assert azure.calls[-1].at < 60


@pytest.mark.parametrize("answer", SILENT)
@pytest.mark.parametrize("list_", ["/subscriptions?", f"{TWO}/providers/Microsoft.DataProtection/backupVaults"])
def test_what_neither_tells_is_not_known(azure: Any, answer: Any, list_: str) -> None:
    azure.on("POST", GRAPH, answer)
    azure.on("GET", "/subscriptions?", {"value": [{"subscriptionId": "one"}, {"subscriptionId": "two"}]})
    azure.on("GET", list_, (403, {"error": {"code": "AuthorizationFailed", "message": "Not you."}}))
    doubt = look(azure).owned_vaults
    assert (type(doubt), doubt.code.code) == (Unsure, "out-of-reach")
    assert "Not you." in doubt.because


@pytest.mark.parametrize("rows", [[], [{"id": f"{ONE}/else", "tags": {}}]])
def test_an_answer_that_lacks_what_was_just_read_is_not_believed(azure: Any, rows: Any) -> None:
    own = vault(V, **{"reconciler-owner": "walkthrough"})
    azure.on("GET", f"{ONE}/providers/Microsoft.DataProtection/backupVaults", {"value": [own]})
    azure.on("GET", f"{TWO}/providers/Microsoft.DataProtection/backupVaults", {"value": [MINE]})
    azure.on("GET", "/subscriptions?", {"value": [{"subscriptionId": "one"}, {"subscriptionId": "two"}]})
    azure.on("POST", GRAPH, {"data": rows})
    assert {vault.id.name for vault in look(azure).owned_vaults.value} == {"v", "lost"}


def test_a_list_of_subscriptions_that_lacks_one_that_was_just_read_is_not_believed(azure: Any) -> None:
    own = vault(V, **{"reconciler-owner": "walkthrough"})
    azure.on("GET", f"{ONE}/providers/Microsoft.DataProtection/backupVaults", {"value": [own]})
    azure.on("GET", "/subscriptions?", {"value": [{"subscriptionId": "two"}]})
    azure.on("POST", GRAPH, {"data": []})
    assert "list of subscriptions is incomplete" in look(azure).owned_vaults.because


def test_reads_of_one_look_run_at_once(azure: Any) -> None:
    look(azure)
    assert azure.calls[-1].at == 0


def test_an_estate_is_in_the_order_of_ids_whatever_came_first(azure: Any) -> None:
    groups = [{"id": f"{ONE}/resourceGroups/{name}"} for name in "CAb"]
    azure.on("GET", "resourcegroups?", {"value": groups})
    assert [group.id.name for group in look(azure).groups.values()] == ["A", "b", "C"]
