"""F50, F51: what is too long is cut at a boundary, and a sink that breaks harms no apply."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from arm import disk, estate
from faults import then
from installed import AZURE, ESTATE, begun, run
from manifests import manifest, selecting
from markdown_it import MarkdownIt
from stage import Stage
from trial import Trial

from reconciler.report.documents import plan_document, text
from reconciler.report.markdown import drift_markdown, plan_markdown
from reconciler.report.plans.text import plan_text
from reconciler.report.style import Style

pytestmark = pytest.mark.long

COMMENT = 65_535
"""Characters of a comment on a pull request; a job's summary takes 1 MiB, or is dropped whole."""


@pytest.fixture
def folder(tmp_path: Path, samples: Path) -> Path:
    """The quickstart's files."""
    for name in ("backup.yaml", ESTATE):
        shutil.copy(samples / "quickstart" / name, tmp_path)
    return tmp_path


def check_whole(page: str, limit: int) -> None:
    """Within the limit in characters and bytes, nothing left open, and it says how much is missing."""
    assert len(page) <= limit
    assert len(page.encode()) <= limit * 1.01
    assert re.search(r"and \d+ more", page), page[-300:]
    assert page.count("<details>") == page.count("</details>")
    fences = [row for row in MarkdownIt().parse(page) if row.type == "fence"]
    lines = page.split("\n")
    assert all(row.map and lines[row.map[1] - 1].startswith("```") for row in fences), "every fence is closed"
    assert page.endswith("\n")


def test_f51_a_report_that_cannot_be_written_keeps_no_ask_file_from_being_brought_up_to_date(
    quickstart: Trial, tmp_path: Path
) -> None:
    ask, reports = tmp_path / "ask.sh", tmp_path / "reports"
    reports.mkdir()

    def broken() -> None:
        shutil.rmtree(reports)
        ask.unlink()

    quickstart.inject("PUT backupVaults", then(broken))
    run = quickstart.apply("--ask", str(ask), "--report", str(reports / "result.json"))
    assert run.code == 1
    assert "could not write" in run.err
    assert ask.exists()


def test_f50_what_is_longer_than_a_comment_is_cut_at_a_boundary(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate([disk(f"data-{number:03}", tags={"backup": "gold"}) for number in range(300)]))
    said = manifest(disks=[selecting()])
    plan = stage.plan(said)
    assert len(plan.changes) > 600
    page = plan_markdown(plan)
    check_whole(page, COMMENT)
    for limit in (5_000, 20_000, 1024 * 1024):
        shorter = plan_markdown(plan, limit=limit)
        assert len(shorter) <= limit
        assert shorter.startswith(page[: page.index("\n**")]), "the summary comes first, and is never lost"
    drift = drift_markdown(stage.drift(said))
    check_whole(drift, COMMENT)
    everything = text(plan_document(plan))
    shown = plan_text(plan, style=Style(whole=True), root="")
    for change in plan.changes:
        assert change.address in everything, "the artefact has all"
        assert plan.names.shown(change.address) in shown


def test_f50_many_findings_are_all_told(tmp_path: Path) -> None:
    """Ten annotations are all that a CI system shows: the terminal and the document have each of them."""
    rows = "".join(f"  - {{name: v{number}, resourceGroup: g, wrong: 1}}\n" for number in range(40))
    (tmp_path / "backup.yaml").write_text(f"apiVersion: reconciler/v1\nname: x\nvaults:\n{rows}", encoding="utf-8")
    done = run(tmp_path, "validate", ".")
    assert done.stderr.count("error[unknown-key]") == 40
    document = json.loads(run(tmp_path, "validate", ".", "--format", "json").stdout)
    assert document["error_count"] == len(document["findings"]) >= 40


@pytest.mark.parametrize("verb", ["plan", "drift", "apply", "validate", "schema", "--help"])
@pytest.mark.parametrize("kind", ["closed pipe", "full disk", "closed descriptor"])
def test_f51_stdout_that_breaks_makes_no_traceback_and_no_success(folder: Path, verb: str, kind: str) -> None:
    flags = {"apply": (".", *AZURE, "--auto-approve"), "validate": (".",), "schema": (), "--help": ()}
    arguments = [verb, *flags.get(verb, (".", *AZURE))]
    stdout, options = None, {}
    if kind == "closed pipe":
        reading, stdout = os.pipe()
        os.close(reading)
    elif kind == "full disk":
        stdout = os.open("/dev/full", os.O_WRONLY)
    else:
        options["preexec_fn"] = lambda: os.close(1)
    try:
        done = run(folder, *arguments, stdout=stdout, **options)
    finally:
        if stdout is not None:
            os.close(stdout)
    assert done.returncode == (2 if verb == "drift" else 1), done.stderr
    assert "Traceback" not in done.stderr
    assert "unexpected" not in done.stderr
    assert "Exception ignored" not in done.stderr
    if verb == "apply":
        after = run(folder, "plan", ".", *AZURE)
        assert "No changes. Azure matches the manifest." in after.stdout, "the apply itself wasn't harmed"


@pytest.mark.parametrize("kind", ["closed pipe", "full disk", "closed descriptor"])
def test_f51_stderr_that_breaks_harms_nothing(folder: Path, kind: str) -> None:
    options, stderr = {}, None
    if kind == "closed pipe":
        reading, stderr = os.pipe()
        os.close(reading)
    elif kind == "full disk":
        stderr = os.open("/dev/full", os.O_WRONLY)
    else:
        options["preexec_fn"] = lambda: os.close(2)
    try:
        done = run(folder, "apply", ".", *AZURE, "--auto-approve", stderr=stderr, **options)
    finally:
        if stderr is not None:
            os.close(stderr)
    assert done.returncode == 0
    assert done.stdout.endswith("Apply complete! Resources: 7 added, 0 changed, 0 destroyed.\n")


def test_f51_nobody_approves_a_plan_that_could_not_be_shown(folder: Path) -> None:
    keyboard, terminal = os.openpty()
    os.write(keyboard, b"yes\n")
    with Path("/dev/full").open("w") as full:
        done = run(folder, "apply", ".", *AZURE, stdin=terminal, stdout=full)
    os.close(keyboard)
    os.close(terminal)
    assert (done.returncode, "error[not-approved]" in done.stderr) == (1, True), done.stderr
    assert "Plan: 7 to add" in run(folder, "plan", ".", *AZURE).stdout


def test_f51_a_closed_stdin_is_nobody_to_ask(folder: Path) -> None:
    done = run(folder, "apply", ".", *AZURE, preexec_fn=lambda: os.close(0))
    assert done.returncode == 1
    assert "error[no-approval]" in done.stderr


def test_f51_head_takes_what_it_wants(folder: Path) -> None:
    """`reconciler plan | head -1`: no traceback, and the shell's pipefail sees it."""
    plan = begun(folder, "plan", ".", *AZURE, "--format", "json")
    head = subprocess.run(["head", "-c", "1"], stdin=plan.stdout, capture_output=True, check=True)
    assert plan.stdout is not None
    plan.stdout.close()
    assert plan.stderr is not None
    told = plan.stderr.read()
    plan.stderr.close()
    assert plan.wait(30) in (0, 1)
    assert head.stdout == b"{"
    assert "Traceback" not in told


def small(size: int) -> Callable[[], None]:
    """No file may grow beyond `size` bytes: as a disk that fills up while it is being written."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("verb", ["plan", "drift"])
def test_f51_a_disk_that_fills_up_leaves_the_old_file_whole(folder: Path, verb: str) -> None:
    flag, file = ("--out", "plan.json") if verb == "plan" else ("--report", "drift.json")
    (folder / file).write_text("the old one", encoding="utf-8")
    done = run(folder, verb, ".", *AZURE, flag, file, preexec_fn=small(100))
    assert done.returncode == 1
    assert f"to `{file}`: " in done.stderr
    assert "hint: check the folder, its permissions and free disk space" in done.stderr
    assert "Traceback" not in done.stderr
    assert "is saved" not in done.stderr
    assert (folder / file).read_text(encoding="utf-8") == "the old one"
    assert sorted(path.name for path in folder.iterdir()) == sorted([ESTATE, "backup.yaml", file])
    assert done.stdout.startswith("Manifest ") or "Drift" in done.stdout


@pytest.mark.parametrize("sink", ["/dev/full", "a folder", "no folder"])
def test_f51_a_report_that_cannot_be_written_harms_no_apply(folder: Path, sink: str) -> None:
    """What can be known before is refused before anything is written; what only turns out later fails the run at its end."""
    report = folder / "result.md"
    if sink == "/dev/full":
        report.symlink_to("/dev/full")
    elif sink == "a folder":
        report.mkdir()
    else:
        report = folder / "missing" / "result.md"
    done = run(folder, "apply", ".", *AZURE, "--auto-approve", "--report", str(report), "--report", "good.json")
    assert "Traceback" not in done.stderr
    assert done.returncode == 1
    if sink == "/dev/full":
        assert "could not write the report" in done.stderr
        assert "Apply complete!" in done.stdout
        assert json.loads((folder / "good.json").read_text(encoding="utf-8"))["ok"] is True
        assert "No changes." in run(folder, "plan", ".", *AZURE).stdout
    else:
        assert "Apply complete!" not in done.stdout
        assert "7 to add" in run(folder, "plan", ".", *AZURE).stdout, "nothing was written"
