"""From a brownfield estate to a manifest: what is said, what is left out, and the way from there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from arm import APPS, PLATFORM, Body, disk, disk_id, estate, grants, group, group_id, instance, policy, vault, vault_id
from stage import READER, Stage, failures

from reconciler.base.schemas import schema_text
from reconciler.export.choices import Asked
from reconciler.model.errors import ReconcilerError, UsageError
from reconciler.model.results.export import Exported
from reconciler.report.documents import text
from reconciler.report.export import export_document, export_markdown, export_yaml
from reconciler.verbs.export import export, scope_of

V = vault_id("by-hand", "hands")
TWIN = vault_id("by-hand", "other-hands")
GONE_GROUP = group_id(APPS, "gone-snapshots")


def protected(name: str, of: str = V, rule: str = "nightly", **said: Any) -> list[Body]:
    """A disk that somebody protected in the portal, with the grants that it takes."""
    own = disk(name, tags=said.pop("disk_tags", None))
    return [own, instance(of, own["id"].upper(), rule, **said), *grants(of, own["id"])[:1]]


SNAPSHOTS = group(APPS, "SnapshotRG")
BASE = [vault(V), policy(V, "nightly", every="P1D", start="2021-05-02T21:30:00+00:00", default="P30D"), SNAPSHOTS]
BASE += [grants(V, disk_id("one"))[1]]


def exported(stage: Stage, *scopes: str, **asked: Any) -> Exported:
    wanted = Asked(tuple(map(scope_of, scopes or (PLATFORM,))), **asked)
    with stage._acting_as(READER):
        found: Exported = stage.session.run(lambda azure, clock: export(azure, clock, wanted))
    plan = stage.plan(export_yaml(found))
    assert (plan.changes, plan.errors, plan.closed_gates) == ((), (), ())
    return found


def left(found: Exported) -> dict[str, str]:
    return {one.disk.name.lower(): one.reason for one in found.left_out}


def test_as_it_reads(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate(BASE, protected("one"), protected("two", state="BackupsSuspended")))
    assert (
        export_yaml(exported(stage, V))
        == f"""\
# yaml-language-server: $schema=manifest.schema.json
# `reconciler schema > manifest.schema.json` puts the schema beside this file.
# Exported from {V}; its plan is empty.
apiVersion: reconciler/v1
name: exported

defaults:
  subscription: {PLATFORM}
  location: westus
  vault: by-hand
  policy: nightly
  snapshotResourceGroup: SnapshotRG

vaults:
  - name: by-hand
    resourceGroup: hands
    softDelete: {{state: "On", retentionDays: 14}}

policies:
  - name: nightly
    schedule: {{daily: "21:30"}}
    retention: {{default: 30d}}

snapshotResourceGroups:
  - name: SnapshotRG

disks:
  - id: {disk_id("one")}
  - id: {disk_id("two")}
    protection: suspended
"""
    )


def test_what_would_change_is_left_out_with_its_reason(on_stage: Callable[..., Stage]) -> None:
    error = {"code": "UserErrorNotEnoughPermissionOnDisk", "message": "No."}
    gone, locked_out = protected("gone"), protected("groupless", snapshots=GONE_GROUP)
    bodies = [
        *protected("one"),
        *protected("failing", state="ProtectionError", error=error),
        *protected("theirs", tags={"reconciler-owner": "others"}),
        *gone,
        *locked_out,
    ]
    stage = on_stage(estate(BASE, bodies))
    stage.sandbox.remove(gone[0]["id"])
    found = exported(stage)
    reasons = left(found)
    assert set(reasons) == {"failing", "theirs", "gone", "groupless"}
    assert "UserErrorNotEnoughPermissionOnDisk: No." in reasons["failing"]
    assert "--name others" in reasons["theirs"]
    assert "no longer exists" in reasons["gone"]
    assert "snapshot resource group" in reasons["groupless"]
    assert found.disks == 1
    assert "#     protection fails: UserErrorNotEnoughPermissionOnDisk: No." in export_yaml(found)


def test_a_policy_that_a_manifest_cannot_say_is_named(on_stage: Callable[..., Stage]) -> None:
    odd = policy(V, "odd", default="P3M")
    stage = on_stage(estate(BASE, odd, protected("one", rule="odd")))
    found = exported(stage)
    assert found.data["policies"] == [{"name": "odd", "manage": False}]
    assert [note for note in found.notes if note.startswith("policy odd: named, not described")]
    assert "vault by-hand: not used by what is declared here: nightly" in found.notes


def test_one_content_is_one_policy_and_one_name_is_one_content(on_stage: Callable[..., Stage]) -> None:
    twin = [
        vault(TWIN),
        policy(TWIN, "nightly", every="PT12H", default="P14D"),
        policy(TWIN, "same", every="PT12H", default="P2W"),
    ]
    more = [*protected("three", TWIN), *protected("four", TWIN, "same"), grants(TWIN, disk_id("x"))[1]]
    stage = on_stage(estate(BASE, protected("one"), twin, more))
    found = exported(stage)
    assert [row["name"] for row in found.data["vaults"]] == ["by-hand", "by-hand-other-hands"]
    assert found.data["vaults"][1]["azureName"] == "by-hand"
    assert sorted(row["name"] for row in found.data["policies"]) in (["nightly", "nightly-2"], ["nightly", "same"])


def test_missing_grants_are_verified_and_not_made(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate(BASE, disk("one"), instance(V, disk_id("one"), "nightly")))
    found = exported(stage)
    assert found.data["roleAssignments"] == {"mode": "verify"}
    assert any("Disk Backup Reader" in note for note in found.notes)


@pytest.mark.parametrize("by", ["backup", "BACKUP"])
def test_a_tag_stands_in_place_of_a_list_only_where_it_takes_the_same_disks(
    on_stage: Callable[..., Stage], by: str
) -> None:
    gold, silver = ({"Backup": value} for value in ("gold", "silver"))
    bodies = [
        *protected("one", disk_tags=gold),
        *protected("two", disk_tags=gold),
        *protected("three", disk_tags=silver),
    ]
    stage = on_stage(estate(BASE, bodies, disk("unprotected", tags=silver)))
    assert exported(stage, by_tag=by).data["disks"] == [
        {"select": {"subscriptions": [APPS], "tags": {by: "gold"}}},
        {"id": disk_id("three")},
    ]


def test_scopes(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate(BASE, protected("one")))
    for scope in (PLATFORM, f"/subscriptions/{PLATFORM}", group_id(PLATFORM, "HANDS"), V.upper()):
        assert exported(stage, scope).disks == 1
    for nothing in (APPS, group_id(PLATFORM, "hand"), vault_id("nobody")):
        with pytest.raises(ReconcilerError):
            exported(stage, nothing)
    for wrong in ("here", disk_id("one"), "/subscriptions", ""):
        with pytest.raises(UsageError):
            scope_of(wrong)


def test_from_there_one_policy_at_a_time(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate(BASE, protected("one"), policy(V, "hourly", every="PT1H"), protected("two", rule="hourly")))
    said = exported(stage).data
    (nightly,) = [row for row in said["policies"] if row["name"] == "nightly"]
    nightly["retention"]["default"] = "60d"
    plan = stage.plan(said)
    changed = sorted(change.address.rsplit("/", 1)[-1] for change in plan.changes)
    assert changed == ["nightly", "one"], "the policy rolls, and its disk alone is re-pointed"
    outcome = stage.apply(said)
    assert outcome.ok, failures(outcome)
    assert stage.plan(said).changes == ()


def test_its_forms(on_stage: Callable[..., Stage]) -> None:
    bodies = protected("theirs", tags={"reconciler-owner": "<b>@others</b>\n::error::"})
    found = exported(on_stage(estate(BASE, protected("one"), bodies)))
    document = export_document(found)
    jsonschema.Draft202012Validator(json.loads(schema_text("export"))).validate(json.loads(text(document)))
    assert document["content"]["disks"]
    for shown in (export_yaml(found), export_markdown(found)):
        assert not [line for line in shown.splitlines() if line.startswith("::")]
    assert "<b>" not in export_markdown(found).partition("### Left out")[2]
