"""A saved plan is compared with what would be done, and never obeyed: it opens no gate and chooses no Azure."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from arm import APPS, disk, estate, group
from installed import ESTATE, Done, put_files, run
from manifests import manifest

SANDBOX = ("--sandbox", ESTATE)
VAULT = "*/backupVaults/TestBkpVault"


@pytest.fixture
def weakened(tmp_path: Path) -> Path:
    """A vault that is applied with soft delete, and a manifest that now switches it off: a closed gate."""
    vault = dict(manifest()["vaults"][0])
    put_files(
        tmp_path,
        manifest(vaults=[vault | {"softDelete": {"state": "On", "retentionDays": 30}}]),
        estate(group(APPS, "diskrg"), disk("PSTestDisk")),
    )
    done = run(tmp_path, "apply", "backup.yaml", *SANDBOX, "--auto-approve")
    assert done.returncode == 0, done.stderr
    put_files(tmp_path, manifest(vaults=[vault | {"softDelete": {"state": "On", "retentionDays": 14}}]))
    saved = run(tmp_path, "plan", "backup.yaml", *SANDBOX, "--out", "plan.json")
    assert (saved.returncode, "weakens-protection" in saved.stdout) == (1, True), saved.stdout
    return tmp_path


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    file = folder / "plan.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    change(document)
    file.write_text(json.dumps(document), encoding="utf-8")


def days(folder: Path) -> float:
    shown = json.loads(run(folder, "sandbox", "show", ESTATE, VAULT).stdout)
    row = shown[0] if isinstance(shown, list) else shown
    return float(row["properties"]["securitySettings"]["softDeleteSettings"]["retentionDurationInDays"])


def refused(done: Done, code: str) -> None:
    assert (done.returncode, f"error[{code}]" in done.stderr) == (1, True), done.stderr


@pytest.mark.parametrize(
    "options",
    [
        {"force": ["weakens-protection"]},
        {"force": ["weakens-protection"], "accept_irreversible": True, "allow_delete": 1},
        {"prune": True, "force": ["weakens-protection", "mass-change"]},
    ],
)
def test_edited_options_open_no_gate(weakened: Path, options: dict[str, Any]) -> None:
    edit(weakened, lambda document: document["options"].update(options))
    edit(weakened, lambda document: [gate.update(open=True) for gate in document["gates"]])
    refused(run(weakened, "apply", "plan.json", "backup.yaml", *SANDBOX), "other-options")
    assert days(weakened) == 30


def test_gates_that_are_called_open_are_judged_again(weakened: Path) -> None:
    edit(weakened, lambda document: [gate.update(open=True) for gate in document["gates"]])
    refused(run(weakened, "apply", "plan.json", "backup.yaml", *SANDBOX), "gate")
    assert days(weakened) == 30


def test_the_key_is_said_when_the_plan_is_made_and_when_it_is_applied(weakened: Path) -> None:
    key = ("--force", "weakens-protection")
    told = run(weakened, "plan", "backup.yaml", *SANDBOX, *key, "--out", "plan.json").stderr
    assert "reconciler apply plan.json backup.yaml --sandbox azure.estate.yaml --force weakens-protection" in told
    refused(run(weakened, "apply", "plan.json", "backup.yaml", *SANDBOX), "other-options")
    assert run(weakened, "apply", "plan.json", "backup.yaml", *SANDBOX, *key).returncode == 0
    assert days(weakened) == 14


@pytest.mark.parametrize(
    "target",
    ["sandbox:other.estate.yaml", "AzureChinaCloud", "http://127.0.0.1:9"],
    ids=["sandbox", "cloud", "endpoint"],
)
def test_an_edited_target_chooses_no_azure(weakened: Path, target: str) -> None:
    (weakened / "other.estate.yaml").write_text(json.dumps(estate(disk("PSTestDisk"))), encoding="utf-8")
    edit(weakened, lambda document: document.update(target=target))
    for azure in (SANDBOX, ("--arm-endpoint", "http://127.0.0.1:1"), ()):
        refused(run(weakened, "apply", "plan.json", "backup.yaml", *azure), "other-target")
    assert not list(weakened.glob("other.estate.state*"))
    assert days(weakened) == 30


def test_an_edited_path_chooses_no_manifest(weakened: Path) -> None:
    (weakened / "elsewhere").mkdir()
    put_files(weakened / "elsewhere", manifest(name="elsewhere"))
    edit(weakened, lambda document: document.update(path="elsewhere"))
    unnamed = run(weakened, "apply", "plan.json", *SANDBOX)
    assert (unnamed.returncode, "reconciler apply plan.json MANIFEST" in unnamed.stderr) == (1, True)
    refused(run(weakened, "apply", "plan.json", "elsewhere", *SANDBOX), "stale-plan")
    assert days(weakened) == 30
