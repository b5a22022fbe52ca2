"""In a CI system: marks on lines, a summary, values for later steps; from a manifest in a folder of a repository."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from installed import run

from reconciler.cli.ci import SUMMARY_BYTES, Announcement, base_of, making_of, tell_system
from reconciler.cli.output import Output
from reconciler.cli.systems import system_of
from reconciler.model.findings import Severity
from reconciler.report.notices import Notice

QUICKSTART = Path(__file__).parents[2] / "samples" / "quickstart"
EVIL = (
    "\n<sub>commit `c0ffee` · [a\\](http://evil) @&#8203;team]"
    "(https://dev.azure.com/o/my%20project/_build/results?buildId=7)</sub>\n"
)
NOTICE = Notice("unknown-key", Severity.ERROR, "no such key", "", "", "infra/backup.yaml", 3, 5)


def told(summary: str = "# s\n", **values: object) -> Announcement:
    return Announcement((NOTICE,), lambda limit: summary[:limit], values)


def outputs(file: Path) -> dict[str, str]:
    """The values that a step's output file holds, as GitHub's runner reads them."""
    found, lines = {}, iter(file.read_text(encoding="utf-8").splitlines())
    for line in lines:
        name, delimiter = line.split("<<")
        value = []
        while (inner := next(lines)) != delimiter:
            value.append(inner)
        found[name] = "\n".join(value)
    return found


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with the quickstart's manifest in a folder of it."""
    (tmp_path / ".git").mkdir()
    inner = tmp_path / "infra" / "backup"
    inner.mkdir(parents=True)
    for name in ("backup.yaml", "azure.estate.yaml"):
        shutil.copy(QUICKSTART / name, inner)
    return tmp_path


@pytest.fixture
def github(tmp_path: Path) -> Mapping[str, str]:
    (tmp_path / "summary.md").write_text("# before\n", encoding="utf-8")
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "example/infra",
        "GITHUB_RUN_ID": "17",
        "GITHUB_WORKFLOW": "backup",
        "GITHUB_SHA": "c0ffee",
    }


def plan(folder: Path, *arguments: str, environment: Mapping[str, str]) -> tuple[int, str, str]:
    sandbox = ("--sandbox", "backup/azure.estate.yaml")
    done = run(folder / "infra", "plan", "backup", *sandbox, *arguments, environment=environment)
    return done.returncode, done.stdout, done.stderr


def test_github_gets_summary_values_and_marks_beside_the_plan(repository: Path, github: Mapping[str, str]) -> None:
    code, text, _ = plan(repository, environment=github)
    assert code == 0
    summary = (repository / "summary.md").read_text(encoding="utf-8")
    assert summary.startswith("# before\n<!-- reconciler:plan:quickstart -->\n## Plan of quickstart: changes\n")
    link = "[backup](https://github.com/example/infra/actions/runs/17)"
    assert summary.endswith(f"\n<sub>commit `c0ffee` · {link}</sub>\n")
    values = outputs(repository / "output")
    assert values.pop("checksum") in text
    assert values == {"add": "7", "change": "0", "destroy": "0", "outcome": "changes"}


def test_a_wrong_manifest_is_marked_where_the_repository_has_it(repository: Path, github: Mapping[str, str]) -> None:
    file = repository / "infra" / "backup" / "backup.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "nonsense: 1\n", encoding="utf-8")
    line = file.read_text(encoding="utf-8").count("\n")
    mark = f"::error file=infra/backup/backup.yaml,line={line},col=1,title=unknown-key::"
    reports = ("--report", "gitlab:quality.json", "--report", "r.sarif", "--report", "r.xml", "--report", "md:r.txt")
    done = run(repository, "validate", "infra/backup", *reports, environment=github)
    assert done.returncode == 1
    assert mark in done.stderr
    assert "nonsense" in (repository / "r.txt").read_text(encoding="utf-8")
    (row,) = json.loads((repository / "quality.json").read_text(encoding="utf-8"))
    assert row["location"] == {"path": "infra/backup/backup.yaml", "lines": {"begin": line}}
    assert outputs(repository / "output") == {"outcome": "invalid", "errors": "1"}
    assert "<failure" in (repository / "r.xml").read_text(encoding="utf-8")
    code, _, errors = plan(repository, environment=github)
    assert (code, mark in errors) == (1, True)


def test_azure_pipelines_gets_them_by_its_own_commands(repository: Path) -> None:
    environment = {"TF_BUILD": "True", "AGENT_TEMPDIRECTORY": str(repository), "BUILD_SOURCEVERSION": "c0ffee"}
    code, text, errors = plan(repository, "--format", "json", environment=environment)
    assert code == 0
    checksum = json.loads(text)["checksum"]
    assert f"##vso[task.setvariable variable=checksum;isOutput=true]{checksum}\n" in errors
    assert "##vso[task.setvariable variable=outcome;isOutput=true]changes\n" in errors
    found = re.search(r"^##vso\[task\.uploadsummary\](/.*\.md)$", errors, re.MULTILINE)
    assert found is not None
    assert "## Plan of quickstart: changes" in Path(found[1]).read_text(encoding="utf-8")


def test_none_tells_nothing_and_drift_is_marked(repository: Path, github: Mapping[str, str]) -> None:
    sandbox = ("--sandbox", "infra/backup/azure.estate.yaml")
    done = run(repository, "drift", "infra/backup", *sandbox, "--annotations", "none", environment=github)
    assert (done.returncode, "::" in done.stderr, (repository / "output").exists()) == (2, False, False)
    done = run(repository, "drift", "infra/backup", *sandbox, environment=github)
    assert done.returncode == 2
    assert "::warning file=infra/backup/backup.yaml,line=" in done.stderr
    assert outputs(repository / "output")["outcome"] == "drift"


@pytest.mark.parametrize(
    ("said", "environment", "system"),
    [
        ("auto", {"GITHUB_ACTIONS": "true"}, "github"),
        ("auto", {"TF_BUILD": "True"}, "azure"),
        ("auto", {"GITHUB_ACTIONS": "false"}, "none"),
        ("auto", {"CI": "true"}, "none"),
        ("none", {"GITHUB_ACTIONS": "true"}, "none"),
        ("azure", {}, "azure"),
    ],
)
def test_the_system_is_known_by_its_own_variables(said: str, environment: Mapping[str, str], system: str) -> None:
    assert system_of(said, environment) == system


@pytest.mark.parametrize(
    ("environment", "footer"),
    [
        ({}, ""),
        ({"GITHUB_SHA": "c0ffee"}, ""),
        (
            {"CI_JOB_URL": "https://gitlab.example/-/jobs/1", "CI_JOB_NAME": "plan", "CI_COMMIT_SHA": "c0ffee"},
            "\n<sub>commit `c0ffee` · [plan](https://gitlab.example/-/jobs/1)</sub>\n",
        ),
        (
            {
                "BUILD_BUILDID": "7",
                "SYSTEM_COLLECTIONURI": "https://dev.azure.com/o/",
                "SYSTEM_TEAMPROJECT": "my project",
                "BUILD_DEFINITIONNAME": "a](http://evil) @team",
                "RECONCILER_COMMIT": "c0ffee",
            },
            EVIL,
        ),
    ],
    ids=["none", "no run", "gitlab", "azure"],
)
def test_a_page_ends_with_commit_and_run(tmp_path: Path, environment: Mapping[str, str], footer: str) -> None:
    assert making_of(tmp_path, environment).footer == footer


def test_the_base_is_the_repository_or_else_the_current_folder(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository / "infra")
    assert base_of("backup") == ("infra/backup", "backup.yaml")
    assert base_of("backup/backup.yaml") == ("infra/backup", "backup.yaml")
    assert base_of("backup", "teams/a.yaml") == ("infra/backup", "teams/a.yaml")
    (repository / ".git").rmdir()
    assert base_of("backup", "backup.yaml") == ("backup", "backup.yaml")


@pytest.mark.parametrize("character", ["a", "…", "𝄞"])
@pytest.mark.parametrize("before", [0, 1_000_000, SUMMARY_BYTES - 1, SUMMARY_BYTES])
def test_a_summary_never_grows_over_what_github_takes(tmp_path: Path, before: int, character: str) -> None:
    file = tmp_path / "summary.md"
    file.write_text("x" * before, encoding="utf-8")
    long = character * 2 * SUMMARY_BYTES
    assert tell_system(Output(), "github", lambda: told(long), {"GITHUB_STEP_SUMMARY": str(file)}) == 0
    assert before <= file.stat().st_size <= SUMMARY_BYTES


def test_a_summary_that_cannot_be_written_fails_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environment = {"GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "summary.md")}
    assert tell_system(Output(), "github", told, environment) == 1
    assert "error[unwritable]: could not write the job summary" in capsys.readouterr().err


def test_each_output_has_a_delimiter_that_nobody_can_guess(tmp_path: Path) -> None:
    file = tmp_path / "output"
    for _ in range(2):
        tell_system(Output(), "github", lambda: told(checksum="a"), {"GITHUB_OUTPUT": str(file)})
    delimiters = set(re.findall(r"<<(.*)", file.read_text(encoding="utf-8")))
    assert len(delimiters) == 2
    assert all(len(one) > 30 for one in delimiters)
