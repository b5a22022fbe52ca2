"""restore, drill and move as installed: what they print, how they exit, and the documents that they write."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from installed import within

from reconciler.applying.engine import Settings
from reconciler.model.results.outcome import Outcome

Run = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[2]
ESTATE = "azure.estate.yaml"
AZURE = ("--sandbox", ESTATE)
DISK = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/diskrg/providers/Microsoft.Compute/disks"


def fits(document: dict[str, Any]) -> None:
    schema = json.loads((ROOT / "schemas" / "operation.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)


@pytest.fixture(scope="module")
def told_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The quickstart, applied, with a recovery point, and a scratch resource group."""
    folder = tmp_path_factory.mktemp("quickstart")
    for name in ("backup.yaml", ESTATE):
        shutil.copy(ROOT / "samples" / "quickstart" / name, folder)
    estate = str(folder / ESTATE)
    group = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/drillrg"
    assert within("apply", str(folder), "--sandbox", estate, "--auto-approve") == 0
    assert within("sandbox", "put", estate, group, '{"location": "westus"}') == 0
    assert within("sandbox", "advance", estate, "6h") == 0
    return folder


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command as `command` runs it, in this process."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        code = within(*arguments)
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return run


@pytest.fixture
def backed_up(told_once: Path, tmp_path: Path) -> Path:
    """A copy of that, where commands run."""
    shutil.copytree(told_once, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_a_restore_prints_the_new_disk(command: Run, inside: Run, backed_up: Path) -> None:
    arguments = ("restore", "backup.yaml", "PSTestDisk", "--to", "diskrg", "--name", "copy", *AZURE)
    done = command(*arguments, "--auto-approve", "--audit", "audit.jsonl", "--report", "report.md")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("reconciler restore: 2 changes; nothing is deleted, stopped or weakened.\n")
    assert done.stdout.endswith(
        f"Restore complete! Resources: 2 added, 0 changed, 0 destroyed.\nRestored: {DISK}/copy\n"
    )
    assert "## Restore of quickstart: complete" in (backed_up / "report.md").read_text(encoding="utf-8")
    records = [json.loads(line) for line in (backed_up / "audit.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["operation"] for row in records} == {"role.put", "restore.start", "disk.patch"}
    assert {row["address"] for row in records if row["operation"] != "role.put"} == {f"{DISK}/copy"}
    shown = inside("sandbox", "show", ESTATE, f"{DISK}/copy")
    assert records[0]["run"] in shown.stdout, "the disk bears the run that its audit records tell of"
    again = inside(*arguments, "--auto-approve")
    assert (again.returncode, "disk-exists" in again.stdout) == (1, True)


def test_a_restore_in_json_fits_its_schema(inside: Run, backed_up: Path) -> None:
    arguments = ("--to", "diskrg", "--name", "copy", "--format", "json", "--auto-approve", *AZURE)
    done = inside("restore", ".", f"{DISK}/PSTestDisk", *arguments)
    document = json.loads(done.stdout)
    fits(document)
    assert document["verb"] == "restore"
    name = "applications/diskrg/copy"
    assert document["made"] == [{"disk": f"{DISK}/copy", "name": name, "source": f"{DISK}/PSTestDisk"}]
    assert [change["kind"] for change in document["changes"]] == ["role", "restore"]
    assert backed_up.exists()


def test_a_drill_proves_and_drift_is_content(inside: Run, backed_up: Path) -> None:
    file = backed_up / "backup.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text + "\ndrills: [{name: monthly, targetResourceGroup: drillrg, maxAge: 30d}]\n", encoding="utf-8")
    late = inside("drift", ".", *AZURE)
    assert (late.returncode, "never-proven" in late.stdout) == (2, True)
    done = inside("drill", ".", "monthly", *AZURE, "--auto-approve", "--format", "json", "--parallelism", "1")
    assert done.returncode == 0, done.stderr
    fits(json.loads(done.stdout))
    assert inside("drift", ".", *AZURE).returncode == 0
    assert "-drill-" not in inside("sandbox", "show", ESTATE).stdout


def test_a_move_says_what_is_to_come(inside: Run, backed_up: Path) -> None:
    file = backed_up / "backup.yaml"
    text = file.read_text(encoding="utf-8")
    text = text.replace("vaults:\n", "vaults:\n  - {name: NewVault, resourceGroup: newRG}\n", 1)
    file.write_text(text.replace("vault: TestBkpVault", "vault: NewVault"), encoding="utf-8")
    refused = inside("move", ".", "PSTestDisk", *AZURE, "--auto-approve")
    assert refused.returncode == 1
    assert "no backup starts between the stop in the old vault" in " ".join(refused.stdout.split())
    assert "move-refused" in refused.stdout
    done = inside("move", ".", "PSTestDisk", "--through-soft-delete", *AZURE, "--auto-approve", "--format", "json")
    assert done.returncode == 0, done.stderr
    fits(json.loads(done.stdout))
    plan = inside("plan", ".", *AZURE)
    assert (plan.returncode, "retained" in plan.stdout) == (0, True)


def test_what_only_others_may_do_is_written_for_them(inside: Run, folder: Path) -> None:
    file = folder / "backup.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "\nroleAssignments: {mode: verify}\n", encoding="utf-8")
    done = inside("plan", ".", *AZURE, "--ask", "ask.sh", "--ask", "ask.md")
    assert done.returncode == 0, done.stderr
    assert (folder / "ask.sh").read_text(encoding="utf-8").count("az role assignment create") == 2
    assert "### Assign roles" in (folder / "ask.md").read_text(encoding="utf-8")
    applied = inside("apply", ".", *AZURE, "--ask", "ask.sh", "--auto-approve")
    assert applied.returncode == 1
    assert (folder / "ask.sh").read_text(encoding="utf-8").count("az role assignment create") == 2
    assert inside("plan", ".", *AZURE, "--ask", "ask.txt").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("restore", "backup.yaml", "d", "--to", "g"), "Can't ask for approval"),
        (("restore", "backup.yaml", "d", "--to", "/subscriptions/x"), "is not the id of a resource group"),
        (("restore", "backup.yaml", "d", "--to", "g", "--name", "a/b"), "`--name` is not a valid disk name"),
        (("restore", "backup.yaml", "d", "--to", "g", "--before", "soon"), "is not a time"),
        (
            ("restore", "backup.yaml", "d", "--to", "g", "--before", "2026-01-01", "--point", "x"),
            "can't be used together",
        ),
        (("restore", "backup.yaml", "d", "--to", "g", "--tags", "x"), "must have the form KEY=VALUE"),
        (("restore", "backup.yaml", "d", "--to", "g", "--tags", "Reconciler-Restored=x"), "can't set tags"),
        (("restore", "backup.yaml", "d", "--to", "g", "--tags", "a<b=x"), "has a tag that Azure does not allow"),
        (
            ("restore", "backup.yaml", "d", "--to", "g", "--tags", f"a={'x' * 257}"),
            "has a tag that Azure does not allow",
        ),
        (("restore", "backup.yaml", "d", "--to", "g", "--tags", "a=b", "--tags", "A=c"), "same key twice"),
        (("restore", "backup.yaml", "d", "--to", ""), "is not a valid resource group name"),
        (("restore", "backup.yaml", "d", "--to", "a/../b"), "is not a valid resource group name"),
        (("restore", "backup.yaml", "d", "--to", "g", "--subscription", "x/../y"), "not a subscription id"),
        (("restore", "backup.yaml", "d", "--to", "g", "--subscription", ""), "not a subscription id"),
        (("restore", "backup.yaml", "d", "--to", "g", "--before", ""), "is not a time"),
        (("drill", "backup.yaml"), "declares no drills"),
        (("move", "backup.yaml"), "Missing argument 'DISK...'"),
    ],
)
def test_a_wrong_command_line_is_told_before_azure_is_asked(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    told: str,
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, (out, err) = within(*arguments, *AZURE), capsys.readouterr()
    assert (code, out, told in err) == (1, "", True), err
    assert not list(folder.glob("*.state.json"))


@pytest.mark.parametrize(("given", "bound"), [((), Settings().parallelism), (("--parallelism", "3"), 3)])
def test_writes_of_many_disks_can_be_bounded(
    inside: Run, backed_up: Path, monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...], bound: int
) -> None:
    seen: list[int] = []

    def applied(*_: Any, settings: Any, **_more: Any) -> Outcome:
        seen.append(settings.parallelism)
        return Outcome(())

    monkeypatch.setattr("reconciler.flow.run.applied", applied)
    file = backed_up / "backup.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text + "\ndrills: [{name: monthly, targetResourceGroup: drillrg, maxAge: 30d}]\n", encoding="utf-8")
    for verb in (("drill", "."), ("move", ".", "PSTestDisk")):
        inside(*verb, *AZURE, "--auto-approve", *given)
    assert seen == [bound, bound]
