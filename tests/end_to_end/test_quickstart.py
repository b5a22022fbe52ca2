"""The README's own story, told through the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from samples import copied

Run = Callable[..., subprocess.CompletedProcess[str]]
DISK = (
    "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/diskrg"
    "/providers/Microsoft.Compute/disks/PSTestDisk"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the quickstart, as a new user has it."""
    return copied("quickstart", tmp_path / "quickstart")


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs the installed command in the quickstart's folder."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("RECONCILER", "GITHUB"))}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=folder,
            env=environment | {"NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


SANDBOX = ("--sandbox", "azure.estate.yaml")


def test_apply_plan_tamper_drift_apply(run: Run) -> None:
    applied = run("apply", ".", *SANDBOX, "--auto-approve")
    assert applied.returncode == 0, applied.stderr
    assert applied.stdout.splitlines()[-1].startswith("Apply complete! Resources: ")

    plan = run("plan", ".", *SANDBOX, "--detailed-exitcode")
    assert (plan.returncode, "No changes. Azure matches the manifest." in plan.stdout) == (0, True), plan.stdout
    assert run("drift", ".", *SANDBOX).returncode == 0

    pattern = "*/backupInstances/PSTestDisk-*"
    assert run("sandbox", "delete", "azure.estate.yaml", pattern).returncode == 0

    drift = run("drift", ".", *SANDBOX)
    assert (drift.returncode, "Drift: " in drift.stdout) == (2, True), drift.stdout
    assert run("plan", ".", *SANDBOX, "--detailed-exitcode").returncode == 2
    assert run("apply", ".", *SANDBOX, "--auto-approve").returncode == 0
    assert run("drift", ".", *SANDBOX).returncode == 0


def test_a_saved_plan_is_applied_as_it_was_shown_or_not_at_all(run: Run, folder: Path) -> None:
    saved = run("plan", ".", *SANDBOX, "--out", "plan.json")
    assert saved.returncode == 0, saved.stderr

    lock = f"{DISK}/providers/Microsoft.Authorization/locks/hands-off"
    body = json.dumps({"properties": {"level": "ReadOnly"}})
    assert run("sandbox", "put", "azure.estate.yaml", lock, body).returncode == 0
    stale = run("apply", "plan.json", ".", *SANDBOX)
    assert stale.returncode == 1
    assert "The saved plan is stale" in stale.stderr
    assert "disk/applications/diskrg/PSTestDisk: " in stale.stderr, "it prints what moved"

    assert run("sandbox", "delete", "azure.estate.yaml", lock).returncode == 0
    applied = run("apply", "plan.json", ".", *SANDBOX)
    assert applied.returncode == 0, applied.stderr


def test_a_checksum_approves_exactly_one_plan(run: Run) -> None:
    document = json.loads(run("plan", ".", *SANDBOX, "--format", "json").stdout)
    refused = run("apply", ".", *SANDBOX, "--checksum", "0" * 64)
    assert refused.returncode == 1
    assert run("apply", ".", *SANDBOX, "--checksum", document["checksum"]).returncode == 0


def test_nobody_to_ask_and_no_approval_is_refused(run: Run) -> None:
    refused = run("apply", ".", *SANDBOX)
    assert refused.returncode == 1
    assert "--auto-approve" in refused.stderr


def test_a_closed_gate_writes_nothing(run: Run, folder: Path) -> None:
    text = (folder / "backup.yaml").read_text(encoding="utf-8")
    locked = text.replace("redundancy: LocallyRedundant", "redundancy: LocallyRedundant\n    immutability: Locked")
    assert locked != text
    (folder / "backup.yaml").write_text(locked, encoding="utf-8")
    refused = run("apply", ".", *SANDBOX, "--auto-approve")
    assert refused.returncode == 1
    assert "irreversible" in refused.stdout + refused.stderr
    assert run("apply", ".", *SANDBOX, "--auto-approve", "--accept-irreversible").returncode == 0
