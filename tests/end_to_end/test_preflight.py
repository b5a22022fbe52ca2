"""`plan --preflight` asks Azure before the merge, by somebody who may only read, so that green stays green."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from arm import APPS, PLATFORM, disk, disk_id, estate, group
from manifests import disk as entry
from manifests import manifest
from stage import READER, Stage, actions, codes

from reconciler.applying import preflight as preflights
from reconciler.flow.run import preflight
from reconciler.model.plan import Plan

SECOND = disk_id("second")
WIDE = {"mode": "manage", "scope": "resourceGroup"}


def said(*names: str, **more: object) -> dict[str, object]:
    return manifest(disks=[entry(name) for name in names], roleAssignments=WIDE, **more)


@pytest.fixture
def stage(on_stage: Callable[..., Stage]) -> Stage:
    """One disk is protected; a second one of the same resource group would be next."""
    opened = on_stage(estate(group(APPS, "diskrg"), disk("PSTestDisk"), disk("second")))
    assert opened.apply(said("PSTestDisk")).ok
    opened.wait(3600)
    opened.forget()
    return opened


def asked(stage: Stage, made: dict[str, object]) -> Plan:
    """The plan with preflight, by somebody who may only read."""
    plan = stage.plan(made, preflight=True)
    with stage._acting_as(READER):
        return preflight(stage.session, plan)


def validations(stage: Stage) -> int:
    return sum(call.path.endswith("/validateForBackup") for call in stage.recorder.calls)


def test_a_disk_that_azure_would_protect_is_green_and_nothing_is_written(stage: Stage) -> None:
    plan = asked(stage, said("PSTestDisk", "second"))
    assert actions(plan) == {f"disk/{SECOND.lower()}": "add"}
    assert validations(stage) == 1
    assert not stage.writes()
    assert not [code for code in codes(plan) if code.startswith("preflight")]


def take_away_rights(stage: Stage) -> None:
    """The vault's identity loses what it may do with the disks' resource group."""
    for address in stage.sandbox.ids("*/roleAssignments/*"):
        if "/resourcegroups/diskrg/" in address.lower():
            stage.sandbox.remove(address)


def test_a_refusal_is_an_error_with_azures_cause_at_the_place_of_the_entry(stage: Stage) -> None:
    before = stage.plan(said("PSTestDisk", "second"), preflight=True)
    take_away_rights(stage)
    stage.wait(3600)
    with stage._acting_as(READER):
        plan = preflight(stage.session, before)
    (finding,) = [one for one in plan.errors if one.code == "preflight-refused"]
    assert finding.address == f"disk/{SECOND.lower()}"
    assert finding.message.count("UserErrorMissingRequiredPermissions") == 1
    assert finding.hint
    assert finding.place is not None
    assert plan.checksum == before.checksum


def test_what_does_not_exist_yet_is_said_to_be_unchecked(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate(group(APPS, "diskrg"), *(disk(f"d{number}") for number in range(5))))
    plan = asked(stage, said(*(f"d{number}" for number in range(5))))
    (finding,) = [one for one in plan.findings if one.code == "preflight-unchecked"]
    assert "did not ask Azure whether it would protect d0, d1, d2 and 2 more: " in finding.message
    assert not plan.errors
    assert validations(stage) == 0


def test_young_role_assignments_make_no_refusal(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate(group(APPS, "diskrg"), disk("PSTestDisk"), disk("second")))
    assert stage.apply(said("PSTestDisk")).ok
    plan = stage.plan(said("PSTestDisk", "second"), preflight=True)
    take_away_rights(stage)
    stage.wait(600)
    with stage._acting_as(READER):
        found = preflight(stage.session, plan)
    assert "preflight-unchecked" in codes(found)
    assert not found.errors


def test_more_than_can_be_asked_about_is_said(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflights, "MOST", 0)
    plan = asked(stage, said("PSTestDisk", "second"))
    assert "preflight-unchecked" in codes(plan)
    assert validations(stage) == 0


def test_who_may_not_ask_is_told_which_right_is_missing(on_stage: Callable[..., Stage]) -> None:
    rights = [{"role": "Reader", "scope": f"/subscriptions/{one}"} for one in (APPS, PLATFORM)]
    viewer = {"name": READER, "token": READER, "roles": rights}
    stage = on_stage(estate(group(APPS, "diskrg"), disk("PSTestDisk"), disk("second"), callers=[viewer]))
    assert stage.apply(said("PSTestDisk")).ok
    found = asked(stage, said("PSTestDisk", "second"))
    assert [one.code for one in found.errors] == ["preflight-failed"]
    assert "validateForBackup/action" in found.errors[0].hint
