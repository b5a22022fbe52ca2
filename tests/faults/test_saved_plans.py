"""A saved plan is applied only if it is still what would be done; else it is refused and what moved is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from arm import APPS
from manifests import manifest
from stories import LONGER, VAULT_ID, applied
from trial import Run, Trial


@pytest.fixture
def saved(quickstart: Trial) -> Path:
    """A plan file for the walkthrough's case; its manifest lies beside it."""
    plan, path = quickstart.folder / "plan.json", quickstart.folder / "saved.yaml"
    path.write_text(json.dumps(quickstart.said), encoding="utf-8")
    run = quickstart.plan("--out", str(plan), path=path)
    assert run.code == 0, run.text
    return plan


def refused(run: Run, *words: str) -> None:
    assert (run.code, run.writes) == (1, []), run.text
    for word in words:
        assert word in run.text, f"{word!r} isn't told: {run.text}"


def test_f26_an_unchanged_plan_is_applied_without_asking(quickstart: Trial, saved: Path) -> None:
    run = quickstart.run("apply", path=saved)
    assert run.code == 0, run.text
    assert run.writes


def test_f26_the_world_moved(quickstart: Trial, saved: Path) -> None:
    quickstart.place({"id": f"/subscriptions/{APPS}/resourceGroups/snapshotrg", "location": "westus"})
    run = quickstart.run("apply", path=saved)
    refused(run, "group/", "no longer needed")


def test_f26_the_world_moved_so_that_more_would_be_done(quickstart: Trial) -> None:
    applied(quickstart)
    quickstart.said = manifest(policies=[LONGER])
    plan, path = quickstart.folder / "plan.json", quickstart.folder / "saved.yaml"
    path.write_text(json.dumps(quickstart.said), encoding="utf-8")
    assert quickstart.plan("--out", str(plan), path=path).code == 0
    row = next(iter(quickstart.instances(VAULT_ID).values()))
    quickstart.ask("POST", f"{row['id']}/suspendBackups")
    quickstart.wait(300)
    refused(quickstart.run("apply", path=plan), "disk/")


def test_f26_the_manifest_moved(quickstart: Trial, saved: Path) -> None:
    (quickstart.folder / "saved.yaml").write_text(json.dumps(manifest(policies=[LONGER])), encoding="utf-8")
    refused(quickstart.run("apply", path=saved), "policy/")


EDITS: dict[str, Callable[[dict[str, Any]], object]] = {
    "checksum": lambda plan: plan.update(checksum="0" * 64),
    "a change dropped": lambda plan: plan["changes"].pop(),
    "a change doubled": lambda plan: plan["changes"].append(plan["changes"][0]),
    "another policy": lambda plan: plan["changes"][2].update(address="policy/TestBkpVault/other"),
    "another action": lambda plan: plan["changes"][0].update(action="destroy"),
    "summary": lambda plan: plan["summary"].update(add=99),
    "tool version": lambda plan: plan.update(tool_version="99.0"),
    "format version": lambda plan: plan.update(format_version="99.0"),
    "manifest's name": lambda plan: plan.update(manifest="other"),
    "no changes": lambda plan: plan.update(changes=[]),
    "no checksum": lambda plan: plan.pop("checksum"),
    "changes is null": lambda plan: plan.update(changes=None),
    "changes of text": lambda plan: plan.update(changes=["boo"]),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_f26_a_plan_that_was_edited(quickstart: Trial, saved: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    plan = json.loads(saved.read_text())
    edit(plan)
    saved.write_text(json.dumps(plan))
    refused(quickstart.run("apply", path=saved))


def test_f26_every_field_of_every_change_is_covered(quickstart: Trial, saved: Path) -> None:
    """Owned values inside before, after and steps: any of them edited is refused."""
    original = json.loads(saved.read_text())
    for number, change in enumerate(original["changes"]):
        for key in sorted(change.keys() & {"after", "before", "fields", "steps", "depends", "goal"}):
            plan = json.loads(saved.read_text())
            plan["changes"][number][key] = {"edited": True}
            path = quickstart.folder / "edited.json"
            path.write_text(json.dumps(plan))
            refused(quickstart.run("apply", path=path))


def test_f26_a_plan_of_another_subscription(quickstart: Trial, saved: Path) -> None:
    other = manifest(defaults=manifest()["defaults"] | {"subscription": APPS})
    (quickstart.folder / "saved.yaml").write_text(json.dumps(other), encoding="utf-8")
    refused(quickstart.run("apply", path=saved))


@pytest.mark.parametrize(
    "content", [b"", b"{", b"null", b"[]", b"\xff\xfe", b'{"format_version": "1.0"}', b'{"path": "\\ud800"}']
)
def test_f26_a_plan_that_is_none(quickstart: Trial, saved: Path, content: bytes) -> None:
    saved.write_bytes(content)
    refused(quickstart.run("apply", path=saved))


def test_f26_a_checksum_in_place_of_a_file(quickstart: Trial) -> None:
    plan = quickstart.plan("--format", "json")
    checksum = plan.document["checksum"]
    path = plan.path
    quickstart.place({"id": f"/subscriptions/{APPS}/resourceGroups/snapshotrg", "location": "westus"})
    refused(quickstart.run("apply", "--checksum", checksum, path=path))
    again = quickstart.run("plan", "--format", "json", path=path).document["checksum"]
    assert again != checksum
    assert quickstart.run("apply", "--checksum", again, path=path).code == 0


def test_f26_what_only_tells_the_time_makes_no_plan_stale(quickstart: Trial, saved: Path) -> None:
    quickstart.wait(7200)
    assert quickstart.run("apply", path=saved).code == 0
