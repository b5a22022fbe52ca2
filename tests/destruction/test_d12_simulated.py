"""Whatever a simulated run puts out says that it was simulated, whichever way the sandbox was named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from arm import disk, disk_id, estate, group_id
from forging import quickstart
from installed import ESTATE, Done, put_files, run
from manifests import manifest
from reference import GENERATE

from reconciler.report.simulated import SIMULATED

EXPORTED = {"RECONCILER_SANDBOX": ESTATE}


def verbs() -> Iterator[tuple[str, ...]]:
    """Every verb that asks Azure, has forms, and can do with a manifest alone."""
    for name, command, _ in GENERATE.commands():
        known = {one.name for one in command.params}
        needed = {one.name for one in command.params if one.required}
        if {"path", "form", "arm_endpoint"} <= known and needed <= {"path"} and not known & {"names", "disks"}:
            yield (*name.split()[1:], "backup.yaml", *(["--auto-approve"] if "auto_approve" in known else []))


VERBS = sorted(verbs())


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The walkthrough's disk, protected for a day."""
    folder = tmp_path_factory.mktemp("applied")
    put_files(folder, manifest(), estate(disk("PSTestDisk")))
    told(folder, "apply", "backup.yaml", "--auto-approve")
    assert run(folder, "sandbox", "advance", ESTATE, "1d").returncode == 0
    return folder


def told(folder: Path, *arguments: str) -> Done:
    """A command with the sandbox named by the environment alone, where a person has long forgotten it."""
    return run(folder, *arguments, environment=EXPORTED)


@pytest.mark.parametrize("verb", VERBS, ids=lambda words: words[0])
def test_every_verb_says_so_in_every_form(applied: Path, verb: tuple[str, ...]) -> None:
    assert SIMULATED in told(applied, *verb).stdout
    assert f"**{SIMULATED}**" in told(applied, *verb, "--format", "markdown").stdout
    assert json.loads(told(applied, *verb, "--format", "json").stdout)["simulated"] is True


def test_an_exported_manifest_says_so_and_is_still_one(applied: Path) -> None:
    done = told(applied, "export", "/subscriptions/11111111-1111-1111-1111-111111111111")
    assert f"# {SIMULATED}" in done.stdout
    (applied / "exported.yaml").write_text(done.stdout, encoding="utf-8")
    assert told(applied, "validate", "exported.yaml").returncode == 0


def test_every_report_and_the_saved_plan_say_so(tmp_path: Path) -> None:
    put_files(tmp_path, manifest(roleAssignments={"mode": "emit"}), estate(disk("PSTestDisk")))
    reports = [f"plan.{end}" for end in ("md", "json", "sarif", "xml", "html", "sh")] + ["gitlab:quality.json"]
    arguments = [word for report in reports for word in ("--report", report)]
    told(tmp_path, "plan", "backup.yaml", *arguments, "--out", "saved.json")

    def text(name: str) -> str:
        return (tmp_path / name).read_text(encoding="utf-8")

    assert all(SIMULATED in text(f"plan.{end}") for end in ("md", "html", "sh"))
    assert json.loads(text("plan.json"))["simulated"] is json.loads(text("saved.json"))["simulated"] is True
    (told_run,) = json.loads(text("plan.sarif"))["runs"]
    assert told_run["properties"] == {"simulated": True}
    assert told_run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == SIMULATED
    assert ET.fromstring(text("plan.xml")).get("name", "").startswith("simulated: ")  # noqa: S314 - our own
    assert all(row["description"].startswith("(simulated) ") for row in json.loads(text("quality.json")))
    assert told(tmp_path, "apply", "saved.json", "backup.yaml").returncode == 1, "the grants are left to others"


def test_the_audit_file_and_the_watch_say_so(tmp_path: Path) -> None:
    put_files(tmp_path, manifest(), estate(disk("PSTestDisk")))
    told(tmp_path, "apply", "backup.yaml", "--auto-approve", "--audit", "audit.jsonl")
    lines = (tmp_path / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines
    assert all(json.loads(line)["simulated"] is True for line in lines)
    done = told(tmp_path, "watch", "backup.yaml", "--times", "1", "--listen", "none")
    assert json.loads(done.stderr.splitlines()[-1])["simulated"] is True


def test_a_summary_of_a_job_says_so(applied: Path) -> None:
    extra = {**EXPORTED, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "summary.md"}
    run(applied, "plan", "backup.yaml", environment=extra)
    assert SIMULATED in (applied / "summary.md").read_text(encoding="utf-8")


def test_a_restore_says_so(applied: Path) -> None:
    group = group_id("22222222-2222-2222-2222-222222222222", "diskrg")
    assert group in disk_id("PSTestDisk")
    done = told(applied, "restore", "backup.yaml", "PSTestDisk", "--to", "diskrg", "--name", "copy", "--auto-approve")
    assert SIMULATED in done.stdout, done.stderr


def test_a_sandbox_behind_a_url_says_so_too(forged: Callable[..., Any]) -> None:
    with forged(quickstart()) as azure:
        assert SIMULATED in azure.run("drift").out
        assert azure.run("status", "--format", "json").document["simulated"] is True


def test_what_azure_tells_is_not_called_simulated(tmp_path: Path) -> None:
    put_files(tmp_path, manifest())
    done = run(tmp_path, "validate", "backup.yaml", "--format", "json")
    assert "simulated" not in json.loads(done.stdout)
