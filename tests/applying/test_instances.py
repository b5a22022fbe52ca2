from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from scripted import VAULT, Applied, Scripted, disk_change, instance, plan_of, row

from reconciler.applying.engine import Settings
from reconciler.azure.receipts import Receipt
from reconciler.model.changes import UNKNOWN, Action, Change, Kind, Op, Probe, Step
from reconciler.model.errors import AzureError, NotFound, OperationFailed
from reconciler.model.ids import ArmId

CarryOut = Callable[..., Applied]
DISK = ArmId(
    "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/rg/providers/Microsoft.Compute/disks/d"
)
READER = "3e5e47e6-65f7-47ef-90b5-e5dd4d455f24"
MISSING = OperationFailed("The vault lacks disks/read.", code="UserErrorMissingRequiredPermissions")


def now() -> float:
    return asyncio.get_running_loop().time()


def becoming(scripted: Scripted, *states: tuple[float, dict[str, Any] | None]) -> Callable[[Step], Any]:
    """A write after which the instance is, so many seconds later, as each body says (None: gone)."""

    async def write(step: Step) -> Receipt:
        loop = asyncio.get_running_loop()
        for seconds, body in states:
            if body is None:
                loop.call_later(seconds, scripted.resources.clear)
            else:
                loop.call_later(seconds, scripted.put, body)
        return Receipt(202)

    return write


def role_change() -> Change:
    body = {"role": READER, "principal": UNKNOWN, "identity": "system", "vault": VAULT.text}
    address = f"role/v/disk-backup-reader@{DISK}"
    return Change(address, Kind.ROLE, Action.ADD, "needed", (Step(Op.ROLE_PUT, DISK, body),), vault=VAULT)


def with_vault(scripted: Scripted) -> None:
    scripted.put({"id": VAULT.text, "identity": {"type": "SystemAssigned", "principalId": "PID"}, "properties": {}})


def test_when_it_was_made_is_written_by_azures_clock(carry_out: CarryOut, scripted: Scripted) -> None:
    """That of the machine may be wrong, and then a time in the future would be believed later."""
    scripted.azure_time = datetime(2027, 3, 4, 5, 6, 7, tzinfo=UTC)
    scripted.on[Op.INSTANCE_PUT] = becoming(scripted, (1, row()))
    carry_out(plan_of(disk_change()))
    ((_, step),) = scripted.writes
    assert step.body["tags"]["reconciler-protected"] == "2027-03-04T05:06:07Z"


def test_f13_done_means_protected_not_accepted(carry_out: CarryOut, scripted: Scripted) -> None:
    states = ((1, row(state="ConfiguringProtection")), (600, row()))
    scripted.on[Op.INSTANCE_PUT] = becoming(scripted, *states)
    applied = carry_out(plan_of(disk_change()))
    assert applied.outcome.ok
    assert applied.seconds == pytest.approx(610, abs=20)


def test_f27_an_instance_that_no_list_shows_yet_is_waited_for(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.on[Op.INSTANCE_PUT] = becoming(scripted, (100, row()))
    assert carry_out(plan_of(disk_change())).outcome.ok
    assert len(scripted.writes) == 1


def test_a_protection_error_ends_it_with_azures_reason(carry_out: CarryOut, scripted: Scripted) -> None:
    error = {"code": "UserErrorManagedDiskNotFound", "message": "No such disk.", "recommendedAction": ["Look."]}
    scripted.on[Op.INSTANCE_PUT] = becoming(scripted, (1, row(state="ProtectionError", protectionErrorDetails=error)))
    applied = carry_out(plan_of(disk_change()))
    assert applied["disk/i"].code == "UserErrorManagedDiskNotFound"
    assert "No such disk." in applied["disk/i"].message
    assert (
        applied["disk/i"].hint
        == "the disk is gone: restore it, or take it out of the manifest under `removed`. Azure advises: Look."
    )


def repoint() -> Change:
    body = {"properties": {"policyInfo": {"policyId": f"{VAULT}/backupPolicies/new"}}}
    return disk_change("i", Step(Op.INSTANCE_MERGE, instance(), body))


def test_a_stale_configured_row_is_no_end_of_a_re_point(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.put(row(policy="old"))
    updating, done = row(policy="new", state="UpdatingProtection"), row(policy="new")
    scripted.on[Op.INSTANCE_MERGE] = becoming(scripted, (60, updating), (150, done))
    applied = carry_out(plan_of(repoint()))
    assert applied.outcome.ok
    assert applied.seconds > 150


def test_f62_a_re_point_that_something_reverts_is_overridden(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.put(row(policy="old"))
    applied = carry_out(plan_of(repoint()))
    assert applied["disk/i"].code == "overridden-by-azure"
    assert "policyId" in applied["disk/i"].message
    assert len(scripted.writes) == 1


def test_an_instance_on_its_way_is_waited_for_before_it_is_written(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.put(row(policy="old", state="UpdatingProtection"))

    async def merge(_: Step) -> Receipt:
        assert now() > 100
        scripted.put(row(policy="new"))
        return Receipt(202)

    scripted.on[Op.INSTANCE_MERGE] = merge

    async def later() -> None:
        await asyncio.sleep(100)
        scripted.put(row(policy="old"))

    get = scripted.get

    async def first(path: Any, **more: Any) -> dict[str, Any]:
        scripted.get = get  # type: ignore[method-assign]
        asyncio.get_running_loop().call_later(100, scripted.put, row(policy="old"))
        return await get(path, **more)

    scripted.get = first  # type: ignore[method-assign]
    assert carry_out(plan_of(repoint())).outcome.ok


def test_f36_a_soft_deleted_instance_comes_back_step_by_step(carry_out: CarryOut, scripted: Scripted) -> None:
    deleted = VAULT.child("deletedBackupInstances", "i")
    body = {"properties": {"policyInfo": {"policyId": f"{VAULT}/backupPolicies/new"}}}
    steps = (
        Step(Op.INSTANCE_UNDELETE, deleted),
        Step(Op.INSTANCE_RESUME, deleted),
        Step(Op.INSTANCE_MERGE, deleted, body),
    )
    seen: list[tuple[str, str]] = []

    def told(op: Op, after: dict[str, Any]) -> Callable[[Step], Any]:
        async def write(step: Step) -> Receipt:
            live = scripted.resources.get(instance().key)
            seen.append(
                (
                    step.target.parent.child("", "").text and step.target.text.split("/")[-2],
                    live["properties"]["currentProtectionState"] if live else "",
                )
            )
            asyncio.get_running_loop().call_later(30, scripted.put, after)
            return Receipt(200)

        return write

    scripted.on[Op.INSTANCE_UNDELETE] = told(Op.INSTANCE_UNDELETE, row(policy="old", state="ProtectionStopped"))
    scripted.on[Op.INSTANCE_RESUME] = told(Op.INSTANCE_RESUME, row(policy="old"))
    scripted.on[Op.INSTANCE_MERGE] = told(Op.INSTANCE_MERGE, row(policy="new"))
    assert carry_out(plan_of(disk_change("i", *steps))).outcome.ok
    assert seen == [
        ("deletedBackupInstances", ""),
        ("backupInstances", "ProtectionStopped"),
        ("backupInstances", "ProtectionConfigured"),
    ]


def test_gone_is_absence_from_the_list_confirmed_by_id(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.put(row())
    scripted.on[Op.INSTANCE_DELETE] = becoming(scripted, (60, None))
    applied = carry_out(plan_of(disk_change("i", Step(Op.INSTANCE_DELETE, instance()), goal="gone")))
    assert applied.outcome.ok
    assert applied.seconds > 60
    assert scripted.gets[-1] == instance().text


def nothing_listed(scripted: Scripted) -> None:
    """The vault's list lacks all that is there when asked for by id."""

    async def none(path: Any, **_: Any) -> list[dict[str, Any]]:
        scripted.lists.append(now())
        await asyncio.sleep(0.3)
        return []

    scripted.list = none  # type: ignore[method-assign]


def test_still_there_by_its_id_is_not_gone_whatever_the_list_lacks(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.put(row())
    nothing_listed(scripted)
    scripted.on[Op.INSTANCE_DELETE] = becoming(scripted)
    applied = carry_out(plan_of(disk_change("i", Step(Op.INSTANCE_DELETE, instance()), goal="gone")))
    assert applied["disk/i"].status == "failed"
    assert "it is ProtectionConfigured" in applied["disk/i"].message


def test_protected_by_its_id_is_protected_whatever_the_list_lacks(carry_out: CarryOut, scripted: Scripted) -> None:
    nothing_listed(scripted)
    scripted.on[Op.INSTANCE_PUT] = becoming(scripted, (1, row()))
    assert carry_out(plan_of(disk_change())).outcome.ok


def test_what_is_gone_already_is_not_deleted_again(carry_out: CarryOut, scripted: Scripted) -> None:
    assert carry_out(plan_of(disk_change("i", Step(Op.INSTANCE_DELETE, instance()), goal="gone"))).outcome.ok
    assert scripted.writes == []


def test_what_is_stopped_already_is_not_stopped_again(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.put(row(state="ProtectionStopped"))
    change = disk_change("i", Step(Op.INSTANCE_STOP, instance()), goal="ProtectionStopped")
    assert carry_out(plan_of(change)).outcome.ok
    assert scripted.writes == []


def test_f40_an_instance_deleted_under_us_fails_its_branch(carry_out: CarryOut) -> None:
    applied = carry_out(plan_of(repoint()))
    assert applied["disk/i"].status == "failed"
    assert "isn't there" in applied["disk/i"].message


def test_completion_of_many_is_seen_by_listing_once_for_all(carry_out: CarryOut, scripted: Scripted) -> None:
    async def put(step: Step) -> Receipt:
        asyncio.get_running_loop().call_later(50, scripted.put, row(step.target.name))
        return Receipt(201, {"properties": {"provisioningState": "Provisioning"}})

    scripted.on[Op.INSTANCE_PUT] = put
    applied = carry_out(plan_of(*(disk_change(f"i{number}") for number in range(500))))
    assert applied.outcome.added == 500
    assert len(scripted.lists) <= 6
    assert scripted.gets == []


def probing(scripted: Scripted, effective_at: float) -> None:
    async def validate(_: Mapping[str, Any]) -> Receipt:
        if now() < effective_at:
            raise MISSING
        return Receipt(202)

    scripted.on_validate = validate


def test_propagation_is_probed_not_slept_through(carry_out: CarryOut, scripted: Scripted) -> None:
    with_vault(scripted)
    probing(scripted, 1500)
    scripted.on[Op.INSTANCE_PUT] = becoming(scripted, (1, row()))
    role = role_change()
    change = disk_change(probe=Probe(("k",), fresh=True, roles=(role.address,)), depends=(role.address,))
    applied = carry_out(plan_of(role, change))
    assert applied.outcome.ok
    assert applied.seconds == pytest.approx(1520, abs=25)
    assert 40 < len(scripted.validations) < 120


def test_one_canary_speaks_for_all_of_its_key(carry_out: CarryOut, scripted: Scripted) -> None:
    probing(scripted, 60)

    async def put(step: Step) -> Receipt:
        assert now() >= 60
        scripted.put(row(step.target.name))
        return Receipt(201)

    scripted.on[Op.INSTANCE_PUT] = put
    changes = [disk_change(f"i{number}", probe=Probe(("k",), fresh=True)) for number in range(50)]
    assert carry_out(plan_of(*changes)).outcome.added == 50
    assert len(scripted.validations) < 10


def test_without_anything_fresh_or_missing_nothing_is_probed(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.on[Op.INSTANCE_PUT] = becoming(scripted, (1, row()))
    assert carry_out(plan_of(disk_change())).outcome.ok
    assert scripted.validations == []


def test_f18_what_never_becomes_effective_names_role_scope_principal_and_the_command(
    carry_out: CarryOut, scripted: Scripted
) -> None:
    with_vault(scripted)
    probing(scripted, 1e9)
    role = role_change()
    changes = [
        disk_change(name, probe=Probe(("k",), fresh=True, roles=(role.address,)), depends=(role.address,))
        for name in ("i", "j")
    ]
    applied = carry_out(plan_of(role, *changes))
    assert applied.seconds == pytest.approx(1800, abs=40)
    for address in ("disk/i", "disk/j"):
        result = applied[address]
        assert result.status == "failed"
        assert "az role assignment create --assignee-object-id pid" in result.hint
        assert "Disk Backup Reader" in result.hint
        assert DISK.text in result.hint
    assert [step.op for _, step in scripted.writes] == [Op.ROLE_PUT]


def test_f17_a_flapping_permission_is_tried_again_after_the_probe_passed(
    carry_out: CarryOut, scripted: Scripted
) -> None:
    error = {"code": "UserErrorNotEnoughPermissionOnDisk", "message": "Not yet."}
    tries: list[float] = []

    async def put(_: Step) -> Receipt:
        tries.append(now())
        if len(tries) == 1:
            raise AzureError("invalid", code="BMSUserErrorInvalidInput", status=400)
        failing = row(state="ProtectionError", protectionErrorDetails=error)
        scripted.put(failing if len(tries) == 2 else row())
        return Receipt(201)

    scripted.on[Op.INSTANCE_PUT] = put
    applied = carry_out(plan_of(disk_change(probe=Probe(("k",), fresh=True))))
    assert applied.outcome.ok
    assert len(tries) == 3
    assert len(scripted.validations) == 2


def test_f60_invalid_input_is_believed_when_the_probe_blames_something_else(
    carry_out: CarryOut, scripted: Scripted
) -> None:
    async def put(_: Step) -> Receipt:
        raise AzureError("invalid", code="BMSUserErrorInvalidInput", status=400)

    async def validate(_: Mapping[str, Any]) -> Receipt:
        if len(scripted.validations) == 1:
            return Receipt(202)
        raise OperationFailed("This type of disk is not supported.", code="UserErrorDiskBackupDiskTypeNotSupported")

    scripted.on[Op.INSTANCE_PUT] = put
    scripted.on_validate = validate
    applied = carry_out(plan_of(disk_change(probe=Probe(("k",), fresh=True))))
    assert applied["disk/i"].code == "UserErrorDiskBackupDiskTypeNotSupported"
    assert applied.seconds < 120


def test_a_missing_permission_without_anything_fresh_fails_at_once(carry_out: CarryOut, scripted: Scripted) -> None:
    async def put(_: Step) -> Receipt:
        raise AzureError("no", code="UserErrorMissingRequiredPermissions", status=400)

    scripted.on[Op.INSTANCE_PUT] = put
    applied = carry_out(plan_of(disk_change()))
    assert applied["disk/i"].status == "failed"
    assert applied.seconds < 5


def test_a_role_that_others_must_make_is_probed_once_and_skipped(carry_out: CarryOut, scripted: Scripted) -> None:
    probing(scripted, 1e9)
    role = role_change().address
    applied = carry_out(plan_of(disk_change(probe=Probe(("k",), fresh=False, missing=(role,)))))
    assert applied["disk/i"].status == "skipped"
    assert applied["disk/i"].because == f"these role assignments are missing: {role}"
    assert len(scripted.validations) == 1


def test_a_passing_probe_is_believed_over_a_missing_row(carry_out: CarryOut, scripted: Scripted) -> None:
    scripted.on[Op.INSTANCE_PUT] = becoming(scripted, (1, row()))
    probe = Probe(("k",), fresh=False, missing=(role_change().address,))
    assert carry_out(plan_of(disk_change(probe=probe))).outcome.ok


def already(vault: str) -> AzureError:
    message = f"Datasource is already protected under the Backup vault {vault}."
    return AzureError(message, code="UserErrorDppDatasourceAlreadyProtected", status=400)


def test_f37_a_new_disk_protected_elsewhere_fails_with_the_vaults_name(carry_out: CarryOut, scripted: Scripted) -> None:
    async def validate(_: Mapping[str, Any]) -> Receipt:
        raise already("/other")

    scripted.on_validate = validate
    applied = carry_out(plan_of(disk_change(probe=Probe(("k",), fresh=True))))
    assert "/other" in applied["disk/i"].message
    assert scripted.writes == []


def test_a_disks_own_refusal_says_nothing_of_the_others(carry_out: CarryOut, scripted: Scripted) -> None:
    async def validate(_: Mapping[str, Any]) -> Receipt:
        raise already("/other")

    async def put(step: Step) -> Receipt:
        scripted.put(row(step.target.name))
        return Receipt(201)

    scripted.on_validate = validate
    scripted.on[Op.INSTANCE_PUT] = put
    changes = [disk_change(name, probe=Probe(("k",), fresh=True)) for name in ("i", "j")]
    assert carry_out(plan_of(*changes)).statuses == {"disk/i": "failed", "disk/j": "done"}


def test_a_repair_goes_on_when_validation_only_says_that_the_disk_is_ours(
    carry_out: CarryOut, scripted: Scripted
) -> None:
    scripted.put(row(state="ProtectionError"))

    async def validate(_: Step) -> Receipt:
        raise already(VAULT.text.upper())

    scripted.on[Op.INSTANCE_VALIDATE] = validate
    scripted.on[Op.INSTANCE_REPAIR] = becoming(scripted, (20, row(state="ConfiguringProtection")), (60, row()))
    steps = (Step(Op.INSTANCE_VALIDATE, instance()), Step(Op.INSTANCE_REPAIR, instance()))
    assert carry_out(plan_of(disk_change("i", *steps))).outcome.ok


def test_a_repair_that_helps_nothing_tells_why(carry_out: CarryOut, scripted: Scripted) -> None:
    error = {"code": "UserErrorSnapshotRGNotFound", "message": "No such group."}
    scripted.put(row(state="ProtectionError", protectionErrorDetails=error))
    change = disk_change("i", Step(Op.INSTANCE_REPAIR, instance()))
    applied = carry_out(plan_of(change), settings=Settings())
    assert applied["disk/i"].code == "UserErrorSnapshotRGNotFound"
    assert applied.seconds < 400


def test_f40_a_vault_that_vanishes_fails_all_who_wait_for_it(carry_out: CarryOut, scripted: Scripted) -> None:
    async def gone(*_: Any, **__: Any) -> list[dict[str, Any]]:
        raise NotFound("no vault", status=404, code="ResourceNotFound")

    scripted.list = gone  # type: ignore[method-assign]
    applied = carry_out(plan_of(disk_change("i"), disk_change("j")))
    assert applied.statuses == {"disk/i": "failed", "disk/j": "failed"}


def test_a_few_canaries_speak_for_disks_that_differ_only_in_their_own_scope(
    carry_out: CarryOut, scripted: Scripted
) -> None:
    probing(scripted, 60)

    async def put(step: Step) -> Receipt:
        assert now() >= 60
        scripted.put(row(step.target.name))
        return Receipt(201)

    scripted.on[Op.INSTANCE_PUT] = put
    changes = [
        disk_change(
            f"data-{number:02}", probe=Probe(("v", "system", "group", f"role/v/reader@data-{number:02}"), fresh=True)
        )
        for number in range(50)
    ]
    assert carry_out(plan_of(*changes)).outcome.added == 50
    assert len(scripted.validations) < 40
