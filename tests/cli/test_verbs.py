from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import reconciler

Run = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[2]
ESTATE = "azure.estate.yaml"
AZURE = ("--sandbox", ESTATE)
NO_CHANGES = "No changes. Azure matches the manifest.\n"


@pytest.fixture
def applied(command: Run, folder: Path) -> Path:
    """The quickstart, applied."""
    done = command("apply", "backup.yaml", *AZURE, "--auto-approve")
    assert done.returncode == 0, done.stderr
    return folder


def fits(name: str, document: dict[str, Any]) -> None:
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)


def edit(folder: Path, old: str, new: str) -> None:
    file = folder / "backup.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_plan_writes_nothing_and_exits_as_asked(command: Run, folder: Path) -> None:
    before = sorted(folder.iterdir())
    done = command("plan", "backup.yaml", *AZURE)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nPlan: 7 to add, 0 to change, 0 to destroy.\nChecksum: " in done.stdout
    assert command("plan", "backup.yaml", *AZURE, "--detailed-exitcode").returncode == 2
    assert sorted(folder.iterdir()) == before


def test_a_plan_in_json_fits_its_schema_and_is_what_is_saved(command: Run, folder: Path) -> None:
    done = command("plan", ".", *AZURE, "--format", "json", "--out", "plan.json", "--report", "plan.md")
    document = json.loads(done.stdout)
    fits("plan", document)
    assert document["summary"] == {"add": 7, "change": 0, "destroy": 0}
    assert json.loads((folder / "plan.json").read_text(encoding="utf-8")) == document
    assert "## Plan of quickstart: changes" in (folder / "plan.md").read_text(encoding="utf-8")
    again = command("plan", ".", *AZURE, "--format", "json")
    assert again.stdout == done.stdout


def test_an_apply_shows_plan_progress_and_result(command: Run, folder: Path) -> None:
    done = command("apply", ".", *AZURE, "--auto-approve", "--report", "result.json", "--report", "result.md")
    assert done.returncode == 0
    assert "Plan: 7 to add, 0 to change, 0 to destroy." in done.stdout
    assert done.stdout.endswith("Apply complete! Resources: 7 added, 0 changed, 0 destroyed.\n")
    assert "policy/TestBkpVault/diskBkpPolicy: created after 1 s\n" in done.stderr
    assert "2 resource groups: created" in done.stderr
    document = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    fits("apply", document)
    assert document["summary"]["added"] == 7
    assert "## Apply of quickstart: complete" in (folder / "result.md").read_text(encoding="utf-8")


def test_after_an_apply_there_is_nothing_to_do(command: Run, applied: Path) -> None:
    plan = command("plan", "backup.yaml", *AZURE, "--detailed-exitcode")
    assert (plan.returncode, plan.stdout.startswith(NO_CHANGES)) == (0, True)
    again = command("apply", "backup.yaml", *AZURE, "--auto-approve")
    assert again.returncode == 0
    assert again.stdout.startswith(NO_CHANGES)
    assert again.stdout.endswith("Apply complete! Resources: 0 added, 0 changed, 0 destroyed.\n")
    drift = command("drift", "backup.yaml", *AZURE)
    assert (drift.returncode, drift.stdout.splitlines()[0]) == (0, "No drift. Azure matches the manifest.")


def test_what_is_changed_outside_is_drift_until_it_is_repaired(command: Run, applied: Path) -> None:
    changes = '{"properties": {"currentProtectionState": "ProtectionStopped"}}'
    patched = command("sandbox", "patch", ESTATE, "*/backupInstances/*", changes)
    assert patched.stdout.startswith("patched: /subscriptions/")
    drift = command("drift", "backup.yaml", *AZURE, "--format", "json")
    assert drift.returncode == 2
    document = json.loads(drift.stdout)
    fits("drift", document)
    assert document["drifted"]
    assert command("drift", ".", *AZURE, "--fail-on", "uncovered").returncode == 0
    assert "## Drift of quickstart: found" in command("drift", ".", *AZURE, "--format", "markdown").stdout
    assert command("apply", "backup.yaml", *AZURE, "--auto-approve").returncode == 0
    assert command("drift", "backup.yaml", *AZURE).returncode == 0


def test_a_saved_plan_is_applied_without_a_question(command: Run, folder: Path) -> None:
    assert (
        command("plan", ".", *AZURE, "--out", "plan.json").stderr
        == "The plan is saved. Apply it with: reconciler apply plan.json . --sandbox azure.estate.yaml\n"
    )
    done = command("apply", "plan.json", ".", *AZURE, "--format", "json")
    assert done.returncode == 0, done.stderr
    fits("apply", json.loads(done.stdout))
    stale = command("apply", "plan.json", ".", *AZURE)
    assert stale.returncode == 1
    assert "error[stale-plan]: The saved plan is stale. Nothing was written.\n" in stale.stderr
    assert "  vault/TestBkpVault: add is no longer needed\n" in stale.stderr


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        ("default: 7d", "default: 8d", "policy/TestBkpVault/diskBkpPolicy"),
        ("name: quickstart", "name: another", "the manifest's name was 'quickstart', is now 'another'"),
    ],
)
def test_a_plan_is_stale_when_the_manifest_has_moved(
    command: Run, folder: Path, old: str, new: str, moved: str
) -> None:
    command("plan", ".", *AZURE, "--out", "plan.json")
    edit(folder, old, new)
    done = command("apply", "plan.json", ".", *AZURE)
    assert done.returncode == 1
    assert moved in done.stderr
    assert (
        not (folder / "azure.estate.state.json").exists()
        or "TestBkpVault" not in command("sandbox", "show", ESTATE).stdout
    )


@pytest.mark.parametrize(
    "change",
    [
        {"checksum": "0" * 64},
        {"tool_version": "9.9.9"},
        {"changes": []},
        {"summary": {"add": 0, "change": 0, "destroy": 0}},
    ],
)
def test_an_edited_plan_is_refused(command: Run, folder: Path, change: dict[str, Any]) -> None:
    command("plan", ".", *AZURE, "--out", "plan.json")
    file = folder / "plan.json"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | change), encoding="utf-8")
    done = command("apply", "plan.json", ".", *AZURE)
    assert done.returncode == 1
    assert "The saved plan is stale" in done.stderr


def test_a_checksum_approves_what_was_looked_at(command: Run, folder: Path) -> None:
    checksum = json.loads(command("plan", ".", *AZURE, "--format", "json").stdout)["checksum"]
    refused = command("apply", ".", *AZURE, "--checksum", "0" * 64)
    assert refused.returncode == 1
    assert "now: add vault/TestBkpVault" in refused.stderr
    assert command("apply", ".", *AZURE, "--checksum", checksum).returncode == 0


def test_a_closed_gate_refuses_the_plan_and_the_apply(command: Run, folder: Path) -> None:
    edit(folder, "redundancy: LocallyRedundant", "redundancy: LocallyRedundant\n    immutability: Locked")
    plan = command("plan", ".", *AZURE)
    assert plan.returncode == 1
    assert "gate[irreversible]: " in plan.stdout
    assert "--accept-irreversible" in plan.stdout
    done = command("apply", ".", *AZURE, "--auto-approve")
    assert done.returncode == 1
    assert "error[gate]: Nothing was written: irreversible refused the plan." in done.stderr
    assert "TestBkpVault" not in command("sandbox", "show", ESTATE).stdout
    assert command("apply", ".", *AZURE, "--auto-approve", "--accept-irreversible").returncode == 0


def test_a_broken_manifest_stops_every_verb_before_azure_is_asked(command: Run, folder: Path) -> None:
    edit(folder, "name: TestBkpVault", "nam: TestBkpVault")
    for verb in (("plan",), ("apply", "--auto-approve"), ("drift",)):
        done = command(verb[0], ".", *verb[1:], *AZURE)
        assert (done.returncode, done.stdout) == (1, "")
        assert "error[unknown-key]" in done.stderr
        assert "The manifest has 3 errors.\n" in done.stderr


def typed(folder: Path, answer: bytes, *arguments: str) -> tuple[int, str]:
    """The command on a terminal, where someone types; its exit code and all that it shows."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", *arguments],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(reconciler.__file__).parents[1]), "NO_COLOR": "1", "TERM": "xterm"},
        start_new_session=True,
    )
    os.close(follower)
    shown, asked = b"", False
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
        if b"is accepted: " in shown and not asked:
            asked = True
            os.write(leader, answer)
    os.close(leader)
    return process.wait(30), shown.decode()


@pytest.mark.parametrize(("answer", "code", "said"), [(b"yes\n", 0, "Apply complete!"), (b"y\n", 1, "Not approved")])
def test_on_a_terminal_a_person_is_asked(folder: Path, answer: bytes, code: int, said: str) -> None:
    left, shown = typed(folder, answer, "apply", ".", *AZURE)
    assert said in shown
    assert left == code


def test_nothing_to_do_asks_nobody(applied: Path) -> None:
    left, shown = typed(applied, b"", "apply", ".", *AZURE)
    assert "is accepted" not in shown
    assert left == 0


def test_a_report_that_fails_harms_no_apply(command: Run, folder: Path) -> None:
    (folder / "reports").mkdir()
    os.chmod(folder / "reports", 0o500)  # noqa: PTH101
    done = command("apply", ".", *AZURE, "--auto-approve", "--report", "reports/result.md")
    if os.geteuid() != 0:
        assert done.returncode == 1
        assert "could not write the report" in done.stderr
    assert "Apply complete!" in done.stdout


def test_a_reader_that_leaves_early_harms_no_apply(command: Run, folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = command("apply", ".", *AZURE, "--auto-approve", stdout=writing)
    finally:
        os.close(writing)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert command("plan", ".", *AZURE).stdout.startswith(NO_CHANGES)


def test_another_endpoint_needs_a_real_clock(command: Run, folder: Path) -> None:
    done = command("plan", ".", "--arm-endpoint", "http://127.0.0.1:1", "--clock", "virtual")
    assert done.returncode == 1
    assert "A virtual clock works only with --sandbox" in done.stderr
    wrong = command("plan", ".", *AZURE, "--clock", "sundial")
    assert "Unknown value for `--clock`" in wrong.stderr


def test_plain_http_beyond_loopback_is_refused(command: Run, folder: Path) -> None:
    done = command("plan", ".", environment={"RECONCILER_ARM_ENDPOINT": "http://example.com"})
    assert done.returncode == 1
    assert "plain http" in done.stderr


def test_a_virtual_clock_may_start_later(command: Run, folder: Path) -> None:
    done = command("apply", ".", *AZURE, "--auto-approve", "--clock", "virtual:2027-03-01T00:00:00Z")
    assert done.returncode == 0, done.stderr
    assert " at 2027-03-01T" in command("sandbox", "show", ESTATE).stderr


def test_the_quickstart_is_whole() -> None:
    assert shutil.which("sh")
    assert {file.name for file in (ROOT / "samples" / "quickstart").iterdir()} >= {"backup.yaml", ESTATE}


def test_role_assignments_that_are_left_to_others_become_a_script(command: Run, folder: Path) -> None:
    edit(folder, "disks:\n", "roleAssignments: {mode: emit}\n\ndisks:\n")
    done = command("plan", ".", *AZURE, "--report", "roles.sh")
    assert "role assignments for others to create" in done.stdout.lower()
    script = (folder / "roles.sh").read_text(encoding="utf-8")
    assert script.count("az role assignment create --role ") == 2
    assert subprocess.run(["sh", "-n", "roles.sh"], cwd=folder, check=False).returncode == 0
