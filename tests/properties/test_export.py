"""Export, then plan: nothing to do, whatever was there, and every disk that can be declared is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from arm import PLATFORM
from generated import OWNER, Case, cases
from hypothesis import given
from hypothesis import strategies as st
from stage import READER, Stage
from trying import GATES, cured, examples, prepared, told

from reconciler.export.choices import Asked
from reconciler.model.ids import ArmId
from reconciler.model.results.export import Exported
from reconciler.report.export import export_yaml
from reconciler.verbs.export import export, says, scope_of

pytestmark = pytest.mark.long

BY_HAND = 25
ANY = 20
APPLIED = 8


def exported(stage: Stage, *scopes: str, by: str = "") -> Exported:
    asked = Asked(tuple(map(scope_of, scopes)), by_tag=by)
    with stage._acting_as(READER):
        found: Exported = stage.session.run(lambda azure, clock: export(azure, clock, asked))
    assert says(export_yaml(found), found.manifest)
    return found


def protected_disks(stage: Stage, *, owner: str) -> set[str]:
    """The disks of instances in the platform's vaults that another manifest hasn't marked, as the sandbox has them."""
    found = set()
    for address in stage.sandbox.ids(f"/subscriptions/{PLATFORM}/*/backupInstances/*"):
        row = stage.sandbox.get(address)
        mark = {key.lower(): value for key, value in (row.get("tags") or {}).items()}.get("reconciler-owner", owner)
        source = row["properties"]["dataSourceInfo"]
        if mark == owner and source["datasourceType"].lower() == "microsoft.compute/disks":
            found.add(ArmId(source["resourceID"]).key)
    return found


def check_empty(stage: Stage, found: Exported) -> set[str]:
    """The plan of the text is empty but for marks, and then for those too; the disks that it names or selects."""
    stage.forget()
    plan = stage.plan(export_yaml(found))
    assert (plan.changes, plan.errors, plan.closed_gates) == ((), (), ()), told(plan)
    outcome = stage.carry_out(plan)
    assert outcome.ok or plan.waits
    marked = {mark.vault.key for mark in plan.marks}
    assert {ArmId(call.path).key for call in stage.writes()} <= marked
    assert all(set(call.body) == {"tags"} for call in stage.writes())
    stage.forget()
    again = stage.carry_out(stage.plan(export_yaml(found)))
    assert again.ok or plan.waits
    assert plan.waits or stage.writes() == []
    return {address.removeprefix("disk/") for address in plan.expected}


@pytest.mark.timeout(600)
def test_what_was_made_by_hand_is_exported_whole(tmp_path: Path) -> None:
    @examples(BY_HAND)
    @given(cases(by_hand=True), st.sampled_from(("", "backup")))
    def check(case: Case, by: str) -> None:
        with prepared(case, tmp_path) as stage:
            found = exported(stage, PLATFORM, by=by)
            own = set(protected_disks(stage, owner="exported"))
            left = {one.disk.key for one in found.left_out}
            assert check_empty(stage, found) == own - left
            strangers = {one for one in left if "/strangers/" in one}
            assert left == strangers, [one.reason for one in found.left_out]
            declared = {one.removeprefix("disk/") for one in stage.plan(case.manifest).expected}
            assert declared <= own

    check()


@pytest.mark.timeout(600)
def test_what_cannot_be_declared_without_a_change_is_left_out_with_its_reason(tmp_path: Path) -> None:
    @examples(ANY)
    @given(cases())
    def check(case: Case) -> None:
        with prepared(case, tmp_path) as stage:
            if not stage.sandbox.ids(f"/subscriptions/{PLATFORM}/*/backupVaults/*"):
                return
            found = exported(stage, f"/subscriptions/{PLATFORM}")
            named = check_empty(stage, found)
            assert named.isdisjoint(one.disk.key for one in found.left_out)
            assert all(one.reason for one in found.left_out)

    check()


@pytest.mark.timeout(600)
def test_of_an_applied_manifest_it_has_the_same_disks(tmp_path: Path) -> None:
    @examples(APPLIED)
    @given(cases(), st.sampled_from(("", "BACKUP")))
    def check(case: Case, by: str) -> None:
        with prepared(case, tmp_path) as stage:
            cured(stage, case)
            found = exported(stage, PLATFORM, by=by)
            assert found.data["name"] in {OWNER, "exported"}
            declared = {one.removeprefix("disk/") for one in stage.plan(case.manifest, force=GATES).expected}
            marked = check_empty(stage, found)
            assert declared <= marked | {one.disk.key for one in found.left_out if found.data["name"] != OWNER}

    check()


def estate_of(samples: Path) -> Any:
    from reconciler.sandbox.estate.reader import plain, read

    return plain(read(samples / "platform-team" / "azure.estate.yaml")[1])


def test_the_disks_of_the_platform_teams_sample(tmp_path: Path, samples: Path) -> None:
    with Stage(tmp_path / "stage", estate_of(samples)) as stage:
        assert stage.apply(samples / "platform-team").ok
        declared = set(stage.plan(samples / "platform-team").expected)
        found = exported(stage, PLATFORM, by="backup")
        disks = {f"disk/{key}" for key in check_empty(stage, found)}
        assert export_yaml(exported(stage, PLATFORM, by="backup")) == export_yaml(found), "the same bytes"
        removed = {one for one in disks if one.endswith("/reports-2019")}
        assert disks - removed == declared
        assert len(removed) == 1, "stopped for good, and declared so"
        assert found.left_out == ()
