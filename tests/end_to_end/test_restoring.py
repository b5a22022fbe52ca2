"""A recovery point becomes a new disk: marked, checked, never over one that exists."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from arm import APPS, OTHER, PLATFORM, disk, disk_id, group, group_id, lock, vault_id
from manifests import manifest
from operating import RUN, TARGET, back_up, done, moment, planned, wish, world
from stage import Stage, failures

from reconciler.model.ids import ArmId

COPY = f"{TARGET}/providers/Microsoft.Compute/disks/copy"


@pytest.fixture
def backed_up(on_stage: Callable[..., Stage]) -> Stage:
    """The walkthrough's disk, protected, with one recovery point."""
    stage = on_stage(world())
    outcome = stage.apply(manifest())
    assert outcome.ok, failures(outcome)
    back_up(stage)
    return stage


def refusals(stage: Stage, said: object = None, **said_of_it: object) -> list[str]:
    plan = planned(stage, said or manifest(), wish(**said_of_it))
    assert not plan.changes
    return sorted({row.code for row in plan.errors})


def test_a_disk_comes_back_as_it_was(backed_up: Stage) -> None:
    backed_up.forget()
    told = done(backed_up, manifest(), wish(tags={"ticket": "4711"}))
    assert told.outcome.ok, failures(told.outcome)
    made = backed_up.get(COPY, version="2024-03-02")
    assert (made["sku"]["name"], made["properties"]["diskSizeGB"]) == ("Premium_LRS", 128)
    assert made["tags"] == {"ticket": "4711", "reconciler-restored": RUN}
    assert [call.kind for call in backed_up.writes()] == ["PUT roleAssignments", "POST restore", "PATCH disks"]
    (body,) = [call.body for call in backed_up.writes() if call.kind == "POST restore"]
    assert body["restoreTargetInfo"]["recoveryOption"] == "FailIfExists"


@pytest.mark.parametrize("status", [403, 404])
def test_a_restore_whose_operation_cannot_be_read_is_waited_for_by_its_disk(backed_up: Stage, status: int) -> None:
    """Reading operations wants a right of its own; a restore takes longer than what reads may lag."""
    handle = backed_up.recorder.handle

    def handled(method: str, url: str, *rest: Any) -> Any:
        is_begun = any(call.kind == "POST restore" for call in backed_up.writes())
        return (status, {}, b"", 0.0) if is_begun and "/operationStatus/" in url else handle(method, url, *rest)

    backed_up.recorder.handle = handled  # type: ignore[method-assign]
    told = done(backed_up, manifest(), wish())
    assert told.outcome.ok, failures(told.outcome)
    assert backed_up.get(COPY, version="2024-03-02")["tags"] == {"reconciler-restored": RUN}


def test_what_it_needed_is_not_asked_for_twice(backed_up: Stage) -> None:
    assert done(backed_up, manifest(), wish()).outcome.ok
    backed_up.forget()
    assert done(backed_up, manifest(), wish(name="again")).outcome.ok
    assert [call.kind for call in backed_up.writes()] == ["POST restore", "PATCH disks"]
    assert backed_up.plan(manifest()).changes == (), "a restore changes nothing that is declared"


def test_an_existing_disk_is_never_written_over(backed_up: Stage) -> None:
    backed_up.place(disk("copy", group="restorerg"))
    assert refusals(backed_up) == ["disk-exists"]


def test_a_disk_that_tells_nonsense_of_its_making_is_another_ones(backed_up: Stage) -> None:
    handle = backed_up.recorder.handle
    odd = disk("copy", group="restorerg")
    odd["properties"]["creationData"] = "x"

    def handled(method: str, url: str, *rest: Any) -> Any:
        if method == "GET" and url.partition("?")[0].endswith("/disks/copy"):
            return 200, {}, json.dumps(odd).encode(), 0.0
        return handle(method, url, *rest)

    backed_up.recorder.handle = handled  # type: ignore[method-assign]
    assert refusals(backed_up) == ["disk-exists"]


def test_a_disk_that_appears_after_the_plan_is_not_written_over_either(backed_up: Stage) -> None:
    plan = planned(backed_up, manifest(), wish())
    backed_up.place(disk("copy", group="restorerg", sku="Standard_LRS"))
    backed_up.forget()
    outcome = backed_up.carry_out(plan)
    assert [row.code for row in outcome.results if row.status == "failed"] == ["disk-exists"]
    assert [call.kind for call in backed_up.writes()] == ["PUT roleAssignments"]


def test_a_restore_that_was_cut_off_is_ended(backed_up: Stage) -> None:
    """The run died before it could mark the disk; only one that was made from these very snapshots is taken for it."""
    assert done(backed_up, manifest(), wish()).outcome.ok
    backed_up.ask("PATCH", COPY, {"tags": {}}, version="2024-03-02")
    backed_up.forget()
    told = done(backed_up, manifest(), wish(tags={"ticket": "1"}))
    assert told.outcome.ok, failures(told.outcome)
    assert [call.kind for call in backed_up.writes()] == ["PATCH disks"]
    assert backed_up.get(COPY, version="2024-03-02")["tags"] == {"ticket": "1", "reconciler-restored": RUN}
    assert refusals(backed_up) == ["disk-exists"], "it bears the mark now"


def test_a_disk_that_is_gone_comes_back(backed_up: Stage) -> None:
    backed_up.sandbox.remove(disk_id("PSTestDisk"))
    told = done(backed_up, manifest(disks=None), wish(disk=disk_id("PSTestDisk").upper()))
    assert told.outcome.ok, failures(told.outcome)
    assert backed_up.get(COPY, version="2024-03-02")["properties"]["diskSizeGB"] == 128


def test_recovery_points_are_chosen(backed_up: Stage) -> None:
    backed_up.wait(3600)
    later = backed_up.sandbox.time()
    back_up(backed_up)
    newest = planned(backed_up, manifest(), wish()).changes[-1].after or {}
    older = planned(backed_up, manifest(), wish(before=later)).changes[-1].after or {}
    assert older["taken"] < newest["taken"]
    name = older["recoveryPoint"].rsplit("/", 1)[-1]
    named = planned(backed_up, manifest(), wish(point=name)).changes[-1].after or {}
    assert named["recoveryPoint"] == older["recoveryPoint"]
    assert refusals(backed_up, point="nothing") == ["nothing-to-restore"]
    assert refusals(backed_up, before=moment("2001-01-01")) == ["nothing-to-restore"]


def test_the_name_tells_the_recovery_point_unless_said(backed_up: Stage) -> None:
    change = planned(backed_up, manifest(), wish(name="")).changes[-1]
    taken = str((change.after or {})["taken"])
    assert change.address.endswith("/disks/PSTestDisk-" + "".join(one for one in taken[:19] if one.isdigit()))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"disk": "nobody"}, "nothing-to-restore"),
        ({"group": "nowhere"}, "group-missing"),
        ({"sku": "UltraSSD_LRS"}, "restore-impossible"),
        ({"sku": "Premium_ZRS"}, "restore-impossible"),
        ({"zone": "1"}, "restore-impossible"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    backed_up: Stage, said: dict[str, str], code: str
) -> None:
    assert refusals(backed_up, **said) == [code]


def test_another_kind_is_written_afterwards(backed_up: Stage) -> None:
    assert done(backed_up, manifest(), wish(sku="Standard_LRS")).outcome.ok
    assert backed_up.get(COPY, version="2024-03-02")["sku"]["name"] == "Standard_LRS"


def test_a_lock_on_the_target_is_told(backed_up: Stage) -> None:
    backed_up.place(lock(TARGET))
    assert refusals(backed_up) == ["locked"]


def test_two_disks_of_one_name_are_told_apart_by_id(on_stage: Callable[..., Stage]) -> None:
    twins = [disk("twin", group="one"), disk("twin", group="two")]
    stage = on_stage(world(*twins))
    said = manifest(disks=[{"id": [row["id"] for row in twins], "vault": "TestBkpVault", "policy": "diskBkpPolicy"}])
    assert stage.apply(said).ok
    assert refusals(stage, said, disk="twin") == ["disk-ambiguous"]
    assert refusals(stage, said, disk=twins[1]["id"]) == ["nothing-to-restore"], "it has no recovery point yet"


def test_ten_restores_a_day(backed_up: Stage) -> None:
    for number in range(10):
        assert done(backed_up, manifest(), wish(name=f"copy-{number}")).outcome.ok
    assert refusals(backed_up, name="one-more") == ["restore-limit"]
    backed_up.wait(86_400)
    assert done(backed_up, manifest(), wish(name="one-more")).outcome.ok


def test_a_customer_managed_key_stays_in_its_subscription(on_stage: Callable[..., Stage]) -> None:
    keys = f"{group_id(APPS, 'keys')}/providers/Microsoft.Compute/diskEncryptionSets/des"
    rows = ({"id": keys, "location": "westus"}, disk("PSTestDisk", encryption_set=keys), group(OTHER, "restorerg"))
    stage = on_stage(world(*rows))
    assert stage.apply(manifest()).ok
    back_up(stage)
    assert refusals(stage, subscription=OTHER) == ["restore-impossible"]
    told = done(stage, manifest(), wish())
    assert told.outcome.ok, failures(told.outcome)
    found = stage.get(COPY, version="2024-03-02")["properties"]["encryption"]["diskEncryptionSetId"]
    assert found.lower() == keys.lower()


@pytest.mark.parametrize("mode", ["verify", "emit"])
def test_the_role_is_left_to_others_where_the_manifest_says_so(backed_up: Stage, mode: str) -> None:
    said = manifest(roleAssignments={"mode": mode})
    told = done(backed_up, said, wish())
    assert (told.result.status, told.result.because) == (
        "skipped",
        f"these role assignments are missing: role/TestBkpVault/disk-restore-operator@{TARGET.lower()}",
    )
    assert len(told.plan.emitted) == (mode == "emit")
    assert not [call for call in backed_up.writes() if call.kind == "POST restore"]


def test_a_guarded_vault_wants_a_request(backed_up: Stage) -> None:
    guard = f"{group_id(PLATFORM, 'guards')}/providers/Microsoft.DataProtection/resourceGuards/guard"
    backed_up.place({"id": guard, "location": "westus", "properties": {}})
    proxy = {"properties": {"objectType": "ResourceGuardProxyBase", "resourceGuardResourceId": guard}}
    backed_up.ask("PUT", f"{vault_id()}/backupResourceGuardProxies/DppResourceGuardProxy", proxy)
    backed_up.wait(60)
    assert refusals(backed_up) == ["resource-guard"]
    requests = {ArmId(vault_id()).key: (f"{guard}/restoreRequests/default",)}
    backed_up.forget()
    done(backed_up, manifest(), wish(), guard_requests=requests)
    (sent,) = [call.body for call in backed_up.writes() if call.kind == "POST restore"]
    assert sent["resourceGuardOperationRequests"] == [f"{guard}/restoreRequests/default"]


def test_a_grant_for_a_restore_is_taken_back_by_a_later_apply(backed_up: Stage) -> None:
    assert done(backed_up, manifest(), wish()).outcome.ok
    backed_up.wait(25 * 3600)
    (change,) = backed_up.plan(manifest()).changes
    assert change.address == f"role/TestBkpVault/disk-restore-operator@{TARGET.lower()}"
    assert backed_up.apply(manifest()).ok
    assert backed_up.plan(manifest()).changes == ()
