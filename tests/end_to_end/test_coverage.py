"""Coverage: every disk in one of three states, told from what is there and not from what was meant."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from arm import (
    APPS,
    BACKUP_READER,
    OTHER,
    PLATFORM,
    disk,
    disk_id,
    estate,
    group_id,
    instance,
    policy,
    vault,
    vault_id,
)
from manifests import disk as entry
from manifests import manifest, selecting
from stage import READER, Stage, failures

from reconciler.base.schemas import schema_text
from reconciler.model.ids import ArmId
from reconciler.model.names import role_name
from reconciler.model.results.coverage import Coverage
from reconciler.report.coverage import coverage_document, coverage_listing
from reconciler.report.documents import text
from reconciler.report.listing import listing_markdown, listing_text
from reconciler.verbs.coverage import coverage

ELSEWHERE = vault_id("Elsewhere", "elsewhere", OTHER)
GOLD = {"backup": "gold"}
DISKS = [
    disk("gold-1", tags=GOLD),
    disk("gold-2", tags=GOLD),
    disk("scratch-1", tags=GOLD),
    disk("cache", tags=GOLD),
    disk("ade", tags=GOLD, encrypted_inside=True),
    disk("plain"),
    disk("old"),
    disk("asr-asrreplica"),
    disk("restored", tags=GOLD | {"reconciler-restored": "run-1"}),
    disk("theirs", sku="StandardSSD_LRS"),
    disk("platforms", "tools", PLATFORM),
]
SAID = manifest(
    disks=[
        selecting()
        | {
            "select": {
                "subscriptions": [APPS],
                "tags": GOLD,
                "exclude": [{"names": ["scratch-*"], "reason": "rebuilt nightly"}],
            }
        }
    ],
    excluded=[{"id": disk_id("CACHE"), "reason": "cache, PAY-812"}],
    removed=[{"id": disk_id("old"), "data": "retain", "reason": "decommissioned"}],
)


def covered(stage: Stage, said: Any = None) -> Coverage:
    wanted = stage.manifest(said or SAID)
    with stage._acting_as(READER):
        found: Coverage = stage.session.run(lambda azure, clock: coverage(azure, clock, wanted))
    return found


def states(found: Coverage) -> dict[str, str]:
    return {row.disk.id.name.lower(): row.state for row in found.rows}


def reasons(found: Coverage) -> dict[str, str]:
    return {row.disk.id.name.lower(): row.reason for row in found.rows}


@pytest.fixture
def stage(on_stage: Callable[..., Stage]) -> Stage:
    others = [vault(ELSEWHERE), policy(ELSEWHERE, "theirs"), instance(ELSEWHERE, disk_id("theirs"), "theirs")]
    return on_stage(estate(DISKS, others))


def test_before_anything_is_applied_nothing_is_covered_but_what_others_protect(stage: Stage) -> None:
    found = states(covered(stage))
    assert {name for name, state in found.items() if state == "covered"} == {"theirs"}
    assert {name for name, state in found.items() if state == "excluded"} == {"scratch-1", "cache", "old", "restored"}
    assert len(found) == len(DISKS)


def test_each_disk_says_why(stage: Stage) -> None:
    outcome = stage.apply(SAID)
    assert [failure for failure in failures(outcome) if "ade" not in failure] == []
    found = covered(stage)
    why = reasons(found)
    assert {name for name, state in states(found).items() if state == "covered"} == {"gold-1", "gold-2", "theirs"}
    assert why["gold-1"].startswith("chosen by selector at manifest-")
    assert "Elsewhere" in why["theirs"]
    assert why["scratch-1"] == "rebuilt nightly"
    assert why["cache"] == "cache, PAY-812"
    assert why["old"] == "decommissioned"
    assert why["restored"] == "a restore made it"
    assert why["plain"] == why["platforms"] == "no entry of the manifest claims it"
    rules = {row.disk.id.name: row.rule for row in found.rows if row.rule}
    assert rules == {"ade": "disk-encryption", "asr-asrreplica": "replica-disk"}
    places = {row.disk.id.name: row.place for row in found.rows}
    for name in ("scratch-1", "cache", "old", "gold-1"):
        assert places[name], name
    assert found.skipped == ()


def test_a_restored_disk_that_is_in_use_is_not_left_out_in_silence(on_stage: Callable[..., Stage]) -> None:
    machine = f"{group_id(APPS, 'diskrg')}/providers/Microsoft.Compute/virtualMachines/sql"
    stage = on_stage(estate([disk("back", tags=GOLD | {"reconciler-restored": "run-1"}, managed_by=machine)]))
    found = covered(stage, manifest(disks=[selecting()]))
    assert states(found) == {"back": "uncovered"}
    assert "chosen by selector" in reasons(found)["back"]


def test_what_was_stopped_is_not_covered_any_more(stage: Stage) -> None:
    stage.apply(SAID)
    stopped = next(row.instance for row in covered(stage).rows if row.disk.id.name == "gold-1")
    stage.ask("POST", f"{stopped}/stopProtection")
    stage.wait(300)
    found = covered(stage)
    assert states(found)["gold-1"] == "uncovered"
    assert "protection is stopped" in reasons(found)["gold-1"]


def test_a_graph_that_lags_covers_nothing(stage: Stage) -> None:
    stage.apply(SAID)
    own = next(row.instance for row in covered(stage).rows if row.disk.id.name == "gold-1")
    stage.switch(graph_lag="3600")
    stage.ask("DELETE", str(own))
    stage.wait(300)
    assert states(covered(stage))["gold-1"] == "uncovered"


def test_an_entry_that_claims_an_excluded_disk_makes_it_claimed(stage: Stage) -> None:
    said = SAID | {"disks": [*SAID["disks"], entry("scratch-1")]}
    assert states(covered(stage, said))["scratch-1"] == "uncovered"
    assert "not protected yet" in reasons(covered(stage, said))["scratch-1"]


def test_findings(stage: Stage) -> None:
    stage.apply(SAID)
    stage.sandbox.remove(disk_id("gold-2"))
    snapshots = group_id(APPS, "snapshotrg")
    for name, tags in (("by-hand", {}), ("AzureBackup_1", {}), ("other", {"CreatedBy": "AzureBackup"})):
        body = {"id": f"{snapshots}/providers/Microsoft.Compute/snapshots/{name}", "location": "westus", "tags": tags}
        stage.place(body | {"properties": {}})
    left = ArmId(disk_id("gold-1"))
    ghost = "99999999-0000-0000-0000-000000000001"
    definition = f"/subscriptions/{APPS}/providers/Microsoft.Authorization/roleDefinitions/{BACKUP_READER}"
    own = f"{left}/providers/Microsoft.Authorization/roleAssignments/{role_name(left, BACKUP_READER, ghost)}"
    stage.sandbox.put(own, {"properties": {"roleDefinitionId": definition, "principalId": ghost}})
    found = covered(stage)
    told = {finding.code: finding.address.rsplit("/", 1)[-1] for finding in found.findings}
    assert told == {"disk-gone": "gold-2", "foreign-snapshot": "by-hand", "role-left-behind": own.rsplit("/", 1)[-1]}
    assert "gold-2" not in states(found)


SILENT: Any = [
    (400, {"error": {"code": "BadRequest", "message": "no"}}),
    (200, {}),
    (200, {"data": {"rows": []}}),
    (200, {"data": [], "resultTruncated": "true"}),
    (200, {"data": [], "totalRecords": 7}),
    (200, {"data": []}),
    (200, {"data": ["x", {"id": 7}]}),
]


@pytest.mark.parametrize(("status", "answer"), SILENT)
def test_what_resource_graph_does_not_tell_is_asked_of_resource_manager(stage: Stage, status: int, answer: Any) -> None:
    """A part is never taken for the whole: what others protect would else be called unprotected."""
    stage.apply(SAID)
    before = covered(stage)
    stage.recorder.handle = answering(stage, status, answer)  # type: ignore[method-assign]
    found = covered(stage)
    assert states(found) == states(before)
    assert (found.findings, found.skipped) == (before.findings, ())


def test_what_nobody_tells_is_unknown(stage: Stage) -> None:
    stage.apply(SAID)
    silent = answering(stage, *SILENT[0])
    stage.recorder.handle = lambda method, url, *rest: (  # type: ignore[method-assign]
        silent(method, url, *rest) if "/subscriptions?" not in url else (403, {}, b"{}", 0.0)
    )
    found = covered(stage)
    assert {row.state for row in found.rows} == {"covered", "excluded", "uncovered", "unknown"}
    assert {one.code for one in found.findings} == {"out-of-reach"}
    assert "unknown" in listing_text(coverage_listing(found))


def answering(stage: Stage, status: int, said: Any) -> Any:
    """Resource Graph says this, whatever it is asked."""
    handle = stage.recorder.handle

    def answered(method: str, url: str, headers: Any, body: Any) -> Any:
        if "Microsoft.ResourceGraph" in url:
            return status, {"Content-Type": "application/json"}, json.dumps(said).encode(), 0.0
        return handle(method, url, headers, body)

    return answered


def test_its_forms(stage: Stage) -> None:
    stage.apply(SAID)
    found = covered(stage)
    document = coverage_document(found, tags=("backup",))
    jsonschema.Draft202012Validator(json.loads(schema_text("coverage"))).validate(json.loads(text(document)))
    assert document["summary"] == {"disks": 11, "covered": 3, "excluded": 4, "uncovered": 4}
    assert document["by"]["subscription"] == {
        PLATFORM: {"covered": 0, "excluded": 0, "uncovered": 1},
        APPS: {"covered": 3, "excluded": 4, "uncovered": 3},
    }
    assert document["by"]["tag backup"]["gold"]["covered"] == 2
    for shown in (
        listing_text(coverage_listing(found, tags=("backup",))),
        listing_markdown(coverage_listing(found, tags=("backup",))),
    ):
        assert "Coverage: 3 of 11 disks covered, 4 excluded, 4 uncovered." in shown
        assert "disk-encryption" in shown
        assert "cache, PAY" in shown
