"""The report page from the command line: the same page, whichever verb was asked for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from arm import APPS, disk, disk_id, estate, group
from installed import AZURE, put_files, run
from manifests import manifest
from stage import Stage

from reconciler.cli.page import page_after
from reconciler.flow.run import Task, planned
from reconciler.model.plan import Options
from reconciler.model.short_names import ShortNames
from reconciler.report.page.gathering import gathered
from reconciler.report.page.model import BAD, GOOD, OPEN
from reconciler.verbs.coverage import coverage
from reconciler.verbs.status import status


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put_files(tmp_path, manifest(), estate(group(APPS, "diskrg"), disk("PSTestDisk"), disk("Forgotten")))
    return tmp_path


def tiles(path: Path) -> dict[str, str]:
    found = re.findall(r"<dt>(\w+)</dt><dd>(\d+)", path.read_text())
    return dict(found)


@pytest.mark.parametrize(("verb", "code"), [("plan", 0), ("drift", 2), ("status", 2), ("coverage", 0)])
def test_every_verb_writes_the_page_beside_what_it_says(folder: Path, verb: str, code: int) -> None:
    done = run(folder, verb, "backup.yaml", *AZURE, "--report", "estate.html")
    assert done.returncode == code, done.stderr
    shown = tiles(folder / "estate.html")
    assert {name: shown[name] for name in ("covered", "failing", "new", "uncovered")} == {
        "covered": "0",
        "failing": "0",
        "new": "1",
        "uncovered": "1",
    }
    assert shown["changes"] == "7"


def test_after_an_apply_the_page_says_what_was_done_and_how_it_is_now(folder: Path) -> None:
    done = run(folder, "apply", "backup.yaml", *AZURE, "--auto-approve", "--report", "after.html", "--report", "r.json")
    assert done.returncode == 0, done.stderr
    text = (folder / "after.html").read_text()
    assert "Apply complete! Resources: 7 added, 0 changed, 0 destroyed." in text
    assert "<dt>done</dt><dd>7 <small>of 7</small>" in text
    assert "No changes. Azure matches the manifest." in text
    shown = tiles(folder / "after.html")
    assert {name: shown[name] for name in ("changes", "failing", "uncovered")} == {
        "changes": "0",
        "failing": "0",
        "uncovered": "1",
    }
    assert len(json.loads((folder / "r.json").read_text())["results"]) == 7


@pytest.mark.parametrize("cause", ["SIGTERM", "a look that fails"])
def test_an_apply_is_told_even_when_azure_can_not_be_looked_at_any_more(
    cause: str, on_stage: Callable[..., Stage]
) -> None:
    stage = on_stage(estate(group(APPS, "diskrg"), disk("PSTestDisk")))
    said = stage.manifest(manifest())
    outcome = stage.apply(said)
    if cause == "SIGTERM":
        outcome = replace(outcome, interrupted=cause)
    else:
        stage.sandbox.remove("/subscriptions/22222222-2222-2222-2222-222222222222")
    calls = len(stage.recorder.calls)
    text = page_after(stage.session, Task(said, Options(tool_version="0")), "backup.yaml", ShortNames(), outcome)
    assert "<dt>done</dt><dd>7 <small>of 7</small>" in text
    assert "<h3>Not read</h3><ul><li>Azure, " in text
    assert "Azure matches the manifest" not in text
    assert '<h2 id="disks">' not in text
    assert (len(stage.recorder.calls) > calls) is (cause != "SIGTERM")


def test_the_page_says_what_three_looks_say(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate(group(APPS, "diskrg"), disk("PSTestDisk"), disk("Forgotten")))
    said = stage.manifest(manifest())
    assert stage.apply(said).ok
    stage.wait(86_400)
    plan = planned(stage.session, Task(said, Options(tool_version="0")))
    found = gathered(
        plan,
        stage.session.run(lambda azure, clock: status(azure, clock, said)),
        stage.session.run(lambda azure, clock: coverage(azure, clock, said)),
        made=stage.session.clock.now(),
        version="0",
    )
    rows = {row.name: row for row in found.disks or ()}
    assert {name: row.state for name, row in rows.items()} == {"PSTestDisk": GOOD, "Forgotten": OPEN}
    good = rows["PSTestDisk"]
    assert good.vault == "TestBkpVault"
    assert good.policy.startswith("diskBkpPolicy")
    assert good.age_hours is not None
    assert good.age_hours <= (good.promise_hours or 0) == 6
    assert found.all.percent == 50


def test_a_declared_disk_that_no_list_shows_is_not_lost(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate(group(APPS, "diskrg"), disk("PSTestDisk")))
    said = stage.manifest(manifest())
    assert stage.apply(said).ok
    stage.sandbox.remove(disk_id("PSTestDisk"))
    plan = planned(stage.session, Task(said, Options(tool_version="0")))
    told = stage.session.run(lambda azure, clock: status(azure, clock, said))
    seen = stage.session.run(lambda azure, clock: coverage(azure, clock, said))
    found = gathered(plan, told, seen, made=stage.session.clock.now(), version="0")
    assert [row.state for row in found.disks or ()] == [BAD]
