"""Who owns what: several manifests on one vault, adoption, renaming, handing over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import disk, disk_id, estate, grants, group_id, instance, policy, vault, vault_id
from manifests import DISK, POLICY, VAULT, manifest
from manifests import disk as entry
from stage import Stage, actions, carried_out, codes, failures

from reconciler.applying.progress import Progress

ADDRESS = f"disk/{disk_id('PSTestDisk').lower()}"
GUEST_VAULT = VAULT | {"manage": False}


def made_by_hand(*more: Any, tags: dict[str, str] | None = None, group: bool = True) -> dict[str, Any]:
    """The walkthrough's end result, made by a person."""
    address = disk_id("PSTestDisk")
    snapshots = [{"id": group_id(address.split("/")[2], "snapshotrg"), "location": "westus"}] if group else []
    return estate(
        disk("PSTestDisk"),
        snapshots,
        vault(tags={"env": "prod"}),
        policy(vault_id(), "portal-made", every="PT240M", default="P1W", backwards=True),
        instance(vault_id(), address, "portal-made", tags=tags),
        grants(vault_id(), address),
        *more,
    )


@pytest.mark.parametrize("tags", [{"env": "prod"}, {"reconciler-owner": "others"}])
def test_a_vault_that_somebody_makes_after_the_plan_is_left_alone(fresh: Stage, tags: dict[str, str]) -> None:
    """A PUT would take it over: its settings, its tags, its owner."""
    plan = fresh._look(manifest(), {})
    fresh.place(vault(tags=tags))
    before = fresh.get(vault_id())
    outcome = fresh.carry_out(plan)
    found = {str(row.kind): (row.status, row.code) for row in outcome.results}
    assert found["vault"] == ("failed", "changed-by-someone-else")
    assert found["disk"] == ("skipped", "")
    assert fresh.get(vault_id()) == before


# Two manifests


@pytest.fixture
def shared(on_stage: Callable[..., Stage]) -> Stage:
    """A vault that a host's manifest has made, and two disks, one the host's and one the guest's."""
    stage = on_stage(estate(disk("host-disk"), disk("guest-disk")))
    outcome = stage.apply(HOST)
    assert outcome.ok, failures(outcome)
    outcome = stage.apply(GUEST)
    assert outcome.ok, failures(outcome)
    return stage


HOST = manifest(name="host", disks=[entry("host-disk")])
GUEST = manifest(
    name="guest",
    vaults=[GUEST_VAULT],
    disks=[entry("guest-disk")],
    policies=[POLICY | {"retention": {"default": "9d"}}],
)


def owners(stage: Stage) -> dict[str, str]:
    return {name: row["tags"]["reconciler-owner"] for name, row in stage.instances(vault_id()).items()}


def test_each_protects_its_own_and_both_rest(shared: Stage) -> None:
    assert owners(shared) == {"host-disk": "host", "guest-disk": "guest"}
    for said in (HOST, GUEST):
        plan = shared.plan(said, prune=True)
        assert plan.changes == ()
        assert "orphan" not in codes(plan)
        assert shared.drift(said).exit_code == 0


@pytest.mark.parametrize("without", ["host", "guest"])
def test_pruning_one_never_touches_the_other(shared: Stage, without: str) -> None:
    said = {key: value for key, value in (HOST if without == "host" else GUEST).items() if key != "disks"}
    outcome = shared.apply(said, prune=True, force=frozenset({"empty"}))
    assert outcome.ok, failures(outcome)
    states = {name: row["properties"]["currentProtectionState"] for name, row in shared.instances(vault_id()).items()}
    other = "guest" if without == "host" else "host"
    assert states == {f"{without}-disk": "ProtectionStopped", f"{other}-disk": "ProtectionConfigured"}
    assert shared.plan(HOST if other == "host" else GUEST).changes == ()


def test_rolls_do_not_cross_manifests(shared: Stage) -> None:
    said = HOST | {"policies": [POLICY | {"retention": {"default": "30d"}}]}
    assert shared.apply(said).ok
    assert shared.plan(GUEST).changes == ()
    assert shared.plan(said).changes == ()


def test_removing_what_another_owns_is_refused(shared: Stage) -> None:
    said = HOST | {"removed": [{"id": disk_id("guest-disk"), "data": "delete", "reason": "mine now"}]}
    plan = shared.plan(said)
    assert "managed-elsewhere" in [finding.code for finding in plan.errors]
    assert [change for change in plan.changes if "guest-disk" in change.address] == []


def test_claiming_what_another_owns_is_an_error_and_the_rest_goes_on(shared: Stage) -> None:
    said = HOST | {"disks": [entry("host-disk", policy="longer"), entry("guest-disk")]}
    said |= {"policies": [POLICY, POLICY | {"name": "longer", "retention": {"default": "30d"}}]}
    outcome = shared.apply(said)
    assert not outcome.ok
    assert [finding.code for finding in outcome.errors] == ["managed-elsewhere"]
    assert owners(shared) == {"host-disk": "host", "guest-disk": "guest"}
    shared.forget()
    assert shared.plan(GUEST).changes == ()


def test_a_managed_vault_of_another_manifest_is_not_written(shared: Stage) -> None:
    said = manifest(name="guest", vaults=[VAULT | {"alertsForAllJobFailures": True}], disks=[entry("guest-disk")])
    plan = shared.plan(said)
    assert "managed-elsewhere" in [finding.code for finding in plan.errors]
    assert "vault/TestBkpVault" not in actions(plan)


def test_what_another_made_while_permissions_spread_is_left_alone(on_stage: Callable[..., Stage]) -> None:
    """Both derive one name from the disk, and Azure takes a second PUT for a change of the first."""
    stage = on_stage(estate(disk("host-disk")))
    plan = stage.plan(HOST)
    (made,) = [change.steps[0] for change in plan.changes if change.kind == "disk"]

    class Rival(Progress):
        def told(self, address: str, text: str) -> None:
            if "permissions" in text and not stage.sandbox.ids(made.target.text):
                body = instance(vault_id(), disk_id("host-disk"), "theirs", tags={"reconciler-owner": "rival"})
                stage.place(policy(vault_id(), "theirs"))
                stage.place(body | {"id": made.target.text, "name": made.target.name})

    stage.switch(propagation="200..300")
    outcome = carried_out(stage.session, plan, progress=Rival())
    assert [row.code for row in outcome.results if row.status == "failed"] == ["changed-by-someone-else"]
    assert owners(stage) == {"host-disk": "rival"}
    assert codes(stage.plan(HOST)).count("managed-elsewhere") == 1


# Adoption


def test_what_is_as_declared_is_adopted_without_a_write(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(made_by_hand())
    plan = stage.plan(manifest())
    assert (plan.changes, plan.closed_gates, plan.errors) == ((), (), ())
    outcome = stage.carry_out(plan)
    assert outcome.ok
    assert stage.writes() == []


def test_adoption_gives_no_ownership(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(made_by_hand())
    stage.apply(manifest())
    plan = stage.plan(manifest(disks=None), prune=True)
    assert plan.changes == ()
    assert "orphan" not in codes(plan)
    assert stage.drift(manifest(disks=None)).exit_code == 0


def test_adopt_writes_the_marks_and_nothing_else(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(made_by_hand(tags={"team": "apps"}))
    before = stage.instances(vault_id())["pstestdisk"]
    plan = stage.plan(manifest(), adopt=True)
    assert actions(plan) == {"vault/TestBkpVault": "change", ADDRESS: "change"}
    assert {field.path for change in plan.changes for field in change.fields} == {"tags.reconciler-owner"}
    outcome = stage.carry_out(plan)
    assert outcome.ok, failures(outcome)
    after = stage.instances(vault_id())["pstestdisk"]
    assert after["tags"] == {"team": "apps", "reconciler-owner": "quickstart"}
    assert (
        after["properties"]["policyInfo"]["policyId"].lower() == before["properties"]["policyInfo"]["policyId"].lower()
    )
    tags = stage.get(vault_id())["tags"]
    assert (tags["env"], tags["reconciler-owner"]) == ("prod", "quickstart")
    assert stage.plan(manifest(), adopt=True).changes == ()
    assert "orphan" in codes(stage.plan(manifest(disks=None)))


def test_another_reason_to_write_takes_the_mark_along_and_the_plan_says_so(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(made_by_hand())
    said = manifest(vaults=[VAULT | {"alertsForAllJobFailures": True}])
    plan = stage.plan(said)
    assert actions(plan) == {"vault/TestBkpVault": "change"}
    assert {field.path for field in plan.changes[0].fields} == {"alertsForAllJobFailures", "tags.reconciler-owner"}
    assert stage.carry_out(plan).ok
    assert stage.plan(said).changes == ()


@pytest.mark.parametrize("spelling", ["RECONCILER-OWNER", "Reconciler-Owner"])
def test_the_mark_is_known_in_any_case(on_stage: Callable[..., Stage], spelling: str) -> None:
    stage = on_stage(made_by_hand(tags={spelling: "Quickstart"}))
    assert "orphan" in codes(stage.plan(manifest(disks=None)))
    stranger = on_stage(made_by_hand(tags={spelling: "somebody"}))
    assert "managed-elsewhere" in [finding.code for finding in stranger.plan(manifest()).errors]


# Renaming and handing over


def test_a_renamed_manifest_keeps_what_it_made(fresh: Stage) -> None:
    assert fresh.apply(manifest(name="old")).ok
    said = manifest(name="new", formerly=["old"])
    plan = fresh.plan(said)
    assert (plan.changes, plan.errors) == ((), ())
    assert "orphan" in codes(fresh.plan(manifest(name="new", formerly=["old"], disks=None)))
    outcome = fresh.apply(said, adopt=True)
    assert outcome.ok, failures(outcome)
    assert owners(fresh) == {"pstestdisk": "new"}
    assert fresh.get(vault_id())["tags"]["reconciler-owner"] == "new"
    assert fresh.plan(manifest(name="new")).changes == ()


def test_the_next_write_brings_the_new_name(fresh: Stage) -> None:
    assert fresh.apply(manifest(name="old")).ok
    said = manifest(name="new", formerly=["old"], policies=[POLICY | {"retention": {"default": "30d"}}])
    outcome = fresh.apply(said)
    assert outcome.ok, failures(outcome)
    assert owners(fresh) == {"pstestdisk": "new"}
    assert fresh.plan(said).changes == ()


def test_without_formerly_the_old_name_is_a_strangers(fresh: Stage) -> None:
    assert fresh.apply(manifest(name="old")).ok
    assert "managed-elsewhere" in [finding.code for finding in fresh.plan(manifest(name="new")).errors]


def test_a_split_moves_a_disk_without_a_gap(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate(disk("stays"), disk("moves")))
    both = manifest(name="old", disks=[entry("stays"), entry("moves")])
    assert stage.apply(both).ok
    left = manifest(name="old", handsOverTo=["new"], disks=[entry("stays")])
    plan = stage.plan(left, prune=True)
    assert plan.changes == (), "while handsOverTo is set, nothing is pruned"
    assert "orphan" in codes(plan)

    taken = manifest(name="new", formerly=["old"], vaults=[GUEST_VAULT], disks=[entry("moves")])
    outcome = stage.apply(taken, adopt=True)
    assert outcome.ok, failures(outcome)
    assert owners(stage) == {"stays": "old", "moves": "new"}
    assert stage.drift(left).exit_code == 0
    assert stage.plan(both | {"handsOverTo": ["new"]}).errors == (), "the heir's mark is no conflict"
    assert stage.plan(manifest(name="new", vaults=[GUEST_VAULT], disks=[entry("moves")])).changes == ()


def test_a_disk_that_something_else_protects_in_another_vault_is_refused(on_stage: Callable[..., Stage]) -> None:
    elsewhere = vault_id("Elsewhere", "elsewhere-rg")
    stage = on_stage(
        estate(
            disk("PSTestDisk"),
            vault(elsewhere),
            policy(elsewhere, "theirs"),
            instance(elsewhere, disk_id("PSTestDisk"), "theirs"),
            grants(elsewhere, disk_id("PSTestDisk")),
        )
    )
    assert "protected-elsewhere" in [finding.code for finding in stage.plan(manifest(), preflight=True).errors]
    outcome = stage.apply(manifest())
    assert not outcome.ok
    told = " ".join(failures(outcome))
    assert "Elsewhere" in told, "the vault that has it is named"
    assert "pstestdisk" not in stage.instances(vault_id())


def test_a_declared_vault_may_also_be_named_by_its_azure_name(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(made_by_hand())
    said = manifest(vaults=[VAULT | {"name": "main", "azureName": "testbkpvault"}], disks=[DISK | {"vault": "main"}])
    assert stage.plan(said).changes == ()
