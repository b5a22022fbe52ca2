"""`backup`, `jobs` and `recovery-points` as they are installed, on the quickstart's estate."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
from installed import AZURE, ESTATE, run, within

from reconciler.base.schemas import schema_text


@pytest.fixture
def folder(samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("backup.yaml", ESTATE):
        shutil.copy(samples / "quickstart" / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_as_the_readme_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert within("apply", "backup.yaml", *AZURE, "--auto-approve") == 0
    bounds = ("--parallelism", "1", "--audit", "audit.jsonl")
    done = run(folder, "backup", "backup.yaml", "--disk", "PSTestDisk", "--wait", *bounds, *AZURE)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Backup: 1 completed of 1 disk.")
    assert "PSTestDisk: job " in done.stderr
    intent, result = [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]
    for record in (intent, result):
        jsonschema.validate(record, json.loads(schema_text("audit")))
        assert record["address"].startswith("disk//subscriptions/")
    assert (intent["operation"], intent["after"]) == (
        "instance.backup",
        {"rule": "BackupHourly", "retention_rule": "Default"},
    )
    assert (result["record"], result["status"], result["run"]) == ("result", 202, intent["run"])
    capsys.readouterr()

    def said(*arguments: str) -> str:
        assert within(*arguments, *AZURE) == 0
        return capsys.readouterr().out

    (job,) = json.loads(said("jobs", "list", "backup.yaml", "--format", "json"))["jobs"]
    assert (job["status"], job["on_demand"]) == ("Completed", True)
    shown = said("jobs", "show", "backup.yaml", job["id"].rsplit("/", 1)[-1])
    assert shown.endswith("1 job: 1 Completed.\n")
    everywhere = said("jobs", "list", "--all", "--since", "24h", "--operation", "Backup")
    assert everywhere.endswith("1 job: 1 Completed.\n")
    assert said("jobs", "wait", "backup.yaml").splitlines()[0] == "0 jobs."
    assert said("recovery-points", "backup.yaml").endswith("1 recovery point of 1 disk; times in UTC.\n")
    run(folder, "sandbox", "fail", ESTATE, "*/disks/PSTestDisk")
    assert within("backup", "backup.yaml", "--wait", "--format", "markdown", *AZURE) == 1
    assert "- failed " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["jobs", "list"], "pass either a manifest or `--all`"),
        (["jobs", "list", "backup.yaml", "--all"], "pass either a manifest or `--all`"),
        (["jobs", "list", "backup.yaml", "--since", "soon"], "is not a time"),
        (["backup", "backup.yaml", "--disk", "nobody"], "has that name or id"),
        (["jobs", "show", "backup.yaml", "nothing"], "no job nothing"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_usage(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert within(*arguments, *AZURE) == 1
    told = capsys.readouterr()
    assert (told.out, said in told.err) == ("", True)


@pytest.mark.usefixtures("folder")
def test_what_is_not_there_yet_has_no_jobs_and_no_backups(capsys: pytest.CaptureFixture[str]) -> None:
    assert within("jobs", "list", "backup.yaml", *AZURE) == 0
    assert capsys.readouterr().out.splitlines()[0] == "0 jobs."
    assert within("recovery-points", "backup.yaml", *AZURE) == 0
    assert "it has no backup instance" in capsys.readouterr().out
    assert within("backup", "backup.yaml", *AZURE) == 1
    assert "[not-protected]" in capsys.readouterr().out
