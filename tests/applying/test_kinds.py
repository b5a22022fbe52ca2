from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from scripted import VAULT, Applied, Scripted, group_change, plan_of

from reconciler.applying.principals import az_line
from reconciler.azure.receipts import Receipt
from reconciler.model.changes import UNKNOWN, Action, Change, FieldChange, Kind, Op, Step
from reconciler.model.errors import AzureError, NotFound, OutOfReach
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId
from reconciler.model.manifest import PolicyContent, PolicySpec
from reconciler.planning.content import body_of

CarryOut = Callable[..., Applied]
SCOPE = ArmId("/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/snapshotrg")
CONTRIBUTOR = "7efff54f-a5b4-42b5-a1c5-5411624893ce"
POLICY = VAULT.child("backupPolicies", "gold-12345678")


def now() -> float:
    return asyncio.get_running_loop().time()


def vault_body(state: str = "Succeeded", **more: Any) -> dict[str, Any]:
    return {
        "id": VAULT.text,
        "location": "westus",
        "identity": {"type": "SystemAssigned", "principalId": "PID"},
        "properties": {"provisioningState": state},
        **more,
    }


def vault_change(op: Op, body: dict[str, Any], *fields: FieldChange) -> Change:
    action = Action.ADD if op is Op.VAULT_PUT else Action.CHANGE
    return Change("vault/v", Kind.VAULT, action, "because", (Step(op, VAULT, body),), vault=VAULT, fields=fields)


# Vaults


def test_a_vault_is_done_when_azure_is_and_its_identity_shows(carry_out: CarryOut, scripted: Scripted) -> None:
    async def put(_: Step) -> Receipt:
        loop = asyncio.get_running_loop()
        loop.call_later(60, scripted.put, vault_body("Provisioning", identity={"type": "SystemAssigned"}))
        loop.call_later(90, scripted.put, vault_body(identity={"type": "SystemAssigned"}))
        loop.call_later(120, scripted.put, vault_body())
        return Receipt(201)

    scripted.on[Op.VAULT_PUT] = put
    body = {"location": "westus", "identity": {"type": "SystemAssigned"}}
    applied = carry_out(plan_of(vault_change(Op.VAULT_PUT, body)))
    assert applied.outcome.ok
    assert applied.seconds == pytest.approx(130, abs=15)


def test_a_failed_vault_fails(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.put(vault_body("Failed", error={"code": "Quota", "message": "Too many."}))
    applied = carry_out(plan_of(vault_change(Op.VAULT_PUT, {"location": "westus"})))
    assert applied["vault/v"].code == "Quota"


def test_f27_an_old_body_is_not_drift_for_a_while(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.put(vault_body(properties={"provisioningState": "Succeeded", "alerts": "Disabled"}))

    async def patch(_: Step) -> Receipt:
        fresh = vault_body(properties={"provisioningState": "Succeeded", "alerts": "Enabled"})
        asyncio.get_running_loop().call_later(60, scripted.put, fresh)
        return Receipt(200)

    scripted.on[Op.VAULT_PATCH] = patch
    applied = carry_out(plan_of(vault_change(Op.VAULT_PATCH, {"properties": {"alerts": "Enabled"}})))
    assert applied.outcome.ok
    assert len(scripted.writes) == 1


def test_f62_a_field_that_azure_keeps_rewriting_is_overridden_after_one_write(
    carry_out: CarryOut, scripted: Scripted
) -> None:
    scripted.put(vault_body(properties={"provisioningState": "Succeeded", "alerts": "Disabled"}))
    applied = carry_out(plan_of(vault_change(Op.VAULT_PATCH, {"properties": {"alerts": "Enabled"}})))
    assert applied["vault/v"].code == "overridden-by-azure"
    assert "properties.alerts" in applied["vault/v"].message
    assert len(scripted.writes) == 1


def tag_change(scripted: Scripted, *, merges: bool, nulls: bool = True) -> Change:
    """A change of tags under a PATCH that replaces or merges them, and honours nulls or not."""
    scripted.put(vault_body(tags={"old": "1", "kept": "2", "Ours": "a"}))

    async def patch(step: Step) -> Receipt:
        tags = dict(scripted.resources[VAULT.key]["tags"]) if merges else {}
        for key, value in step.body["tags"].items():
            if value is not None:
                tags = {name: text for name, text in tags.items() if name.lower() != key.lower()} | {key: value}
            elif nulls:
                tags.pop(key, None)
        scripted.put(vault_body(tags=tags))
        return Receipt(200)

    scripted.on[Op.VAULT_PATCH] = patch
    fields = (FieldChange("tags.old", "1", None), FieldChange("tags.ours", "a", "b"))
    return vault_change(Op.VAULT_PATCH, {"tags": {"kept": "2", "Ours": "b"}}, *fields)


@pytest.mark.parametrize("merges", [False, True])
def test_tags_end_as_wanted_whether_a_patch_replaces_or_merges_them(
    carry_out: CarryOut, scripted: Scripted, merges: bool
) -> None:
    assert carry_out(plan_of(tag_change(scripted, merges=merges))).outcome.ok
    assert scripted.resources[VAULT.key]["tags"] == {"kept": "2", "Ours": "b"}
    assert len(scripted.writes) == 1 + merges


def test_a_tag_that_cannot_be_removed_is_overridden(carry_out: CarryOut, scripted: Scripted) -> None:
    applied = carry_out(plan_of(tag_change(scripted, merges=True, nulls=False)))
    assert applied["vault/v"].code == "overridden-by-azure"
    assert "tags.old" in applied["vault/v"].message


# Policies


def policy_spec(days: int) -> PolicySpec:
    content = PolicyContent(4, 0, "UTC", days)
    return PolicySpec(Place("m", 1, 1), "gold", content=content, retention_text={"Default": f"P{days}D"})


def policy_change(op: Op = Op.POLICY_PUT, **more: Any) -> Change:
    body = body_of(policy_spec(7)) if op is Op.POLICY_PUT else {}
    action = Action.ADD if op is Op.POLICY_PUT else Action.DESTROY
    return Change("policy/v/gold", Kind.POLICY, action, "because", (Step(op, POLICY, body),), vault=VAULT, **more)


@pytest.mark.parametrize(("days", "status"), [(7, "done"), (8, "failed")])
def test_a_policy_must_come_back_meaning_what_was_written(
    carry_out: CarryOut, scripted: Scripted, days: int, status: str
) -> None:
    async def put(step: Step) -> Receipt:
        return Receipt(200, {"id": step.target.text, **body_of(policy_spec(days))})

    scripted.on[Op.POLICY_PUT] = put
    result = carry_out(plan_of(policy_change()))["policy/v/gold"]
    assert result.status == status
    assert result.code == ("" if days == 7 else "overridden-by-azure")


def in_use_until(seconds: float) -> Callable[[Step], Any]:
    async def delete(_: Step) -> Receipt:
        if now() < seconds:
            raise AzureError("in use", code="UserErrorDppPolicyObjectInUse", status=400)
        return Receipt(200)

    return delete


def test_a_policy_whose_users_have_just_left_is_retired_in_a_while(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.on[Op.POLICY_DELETE] = in_use_until(60)
    change = policy_change(Op.POLICY_DELETE, depends=("disk/d",))
    scripted.put({"id": change.steps[0].target.text})
    assert carry_out(plan_of(change)).outcome.ok


def test_a_policy_that_stays_in_use_fails(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.on[Op.POLICY_DELETE] = in_use_until(1e9)
    change = policy_change(Op.POLICY_DELETE)
    scripted.put({"id": change.steps[0].target.text})
    applied = carry_out(plan_of(change))
    assert applied["policy/v/gold"].code == "UserErrorDppPolicyObjectInUse"
    assert len(scripted.writes) == 1


def test_f27_children_of_what_was_made_a_moment_ago_are_tried_again(carry_out: CarryOut, scripted: Scripted) -> None:
    async def put(_: Step) -> Receipt:
        if now() < 60:
            raise NotFound("no such group", code="ResourceGroupNotFound", status=404)
        return Receipt(200)

    scripted.on[Op.POLICY_PUT] = put
    changes = (group_change("a"), policy_change(depends=("group/a",)))
    assert carry_out(plan_of(*changes)).outcome.ok


def test_f40_children_of_what_is_gone_fail_at_once(carry_out: CarryOut, scripted: Scripted) -> None:
    async def put(_: Step) -> Receipt:
        raise NotFound("no such vault", code="ResourceNotFound", status=404)

    scripted.on[Op.POLICY_PUT] = put
    applied = carry_out(plan_of(policy_change()))
    assert applied["policy/v/gold"].status == "failed"
    assert applied.seconds < 2


# Role assignments


def role_change(identity: str = "system") -> Change:
    body = {"role": CONTRIBUTOR, "principal": UNKNOWN, "identity": identity, "vault": VAULT.text}
    address = f"role/v/disk-snapshot-contributor@{SCOPE}"
    return Change(address, Kind.ROLE, Action.ADD, "needed", (Step(Op.ROLE_PUT, SCOPE, body),), vault=VAULT)


def test_f16_an_identity_that_the_directory_lacks_yet_is_waited_for(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.put(vault_body())

    async def put(_: Step) -> Receipt:
        if now() < 300:
            raise AzureError("no principal", code="PrincipalNotFound", status=400)
        return Receipt(201)

    scripted.on[Op.ROLE_PUT] = put
    assert carry_out(plan_of(role_change())).outcome.ok


def test_f14_one_that_exists_under_another_name_is_adopted(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.put(vault_body())

    async def put(_: Step) -> Receipt:
        return Receipt(409, adopted=True)

    scripted.on[Op.ROLE_PUT] = put
    (result,) = carry_out(plan_of(role_change())).outcome.results
    assert (result.status, result.message) == ("done", "exists already")


def test_f19_our_own_callers_missing_permission_fails_at_once_with_the_line_for_those_who_may(
    carry_out: CarryOut, scripted: Scripted
) -> None:
    scripted.put(vault_body())

    async def put(_: Step) -> Receipt:
        raise OutOfReach("not allowed", code="AuthorizationFailed", status=403)

    scripted.on[Op.ROLE_PUT] = put
    applied = carry_out(plan_of(role_change()))
    (result,) = applied.outcome.results
    assert result.status == "failed"
    assert az_line(SCOPE, CONTRIBUTOR, "pid") in result.hint
    assert applied.seconds < 2


def test_a_user_assigned_identity_is_read_where_the_vault_does_not_tell(
    carry_out: CarryOut, scripted: Scripted
) -> None:
    identity = f"{SCOPE.key}/providers/microsoft.managedidentity/userassignedidentities/u"
    scripted.put(vault_body(identity={"type": "UserAssigned", "userAssignedIdentities": {identity.upper(): {}}}))
    scripted.put({"id": identity, "properties": {"principalId": "UPID"}})
    given: list[str | None] = []
    run = scripted.run

    async def recorded(step: Step, *, principal: str | None = None) -> Receipt:
        given.append(principal)
        return await run(step, principal=principal)

    scripted.run = recorded  # type: ignore[method-assign]
    assert carry_out(plan_of(role_change(identity))).outcome.ok
    assert given == ["upid"]


def test_the_line_for_the_azure_cli_is_complete() -> None:
    assert az_line(SCOPE, CONTRIBUTOR.upper(), "pid") == (
        "az role assignment create --assignee-object-id pid --assignee-principal-type ServicePrincipal"
        f" --role 'Disk Snapshot Contributor' --scope '{SCOPE}'"
    )
