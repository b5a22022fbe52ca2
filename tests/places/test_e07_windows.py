"""The tool uses nothing that only POSIX has, and says paths and texts as Windows needs them (E7)."""

from __future__ import annotations

import ast
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import installed
import pytest
import windows

import reconciler
from reconciler.loading.files import load
from reconciler.model.errors import ManifestError
from reconciler.model.findings import Place, Severity
from reconciler.report.annotations import azure, github
from reconciler.report.notices import Base, Notice
from reconciler.report.scanning import sarif
from samples import copied

pytestmark = pytest.mark.long

ROOT = Path(reconciler.__file__).parent
SAMPLE = Path(__file__).parents[2] / "samples" / "quickstart"
PORTABLE = ("base/portable.py", "sandbox/locks.py")
"""The only modules that may know an operating system's own names."""

ESTATE = "quickstart/azure.estate.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copied("quickstart", tmp_path / "quickstart")
    return tmp_path


def begun(folder: Path, *words: str, **said: str) -> subprocess.Popen[str]:
    """The command, begun in a Python that has only what Windows has."""
    return subprocess.Popen(
        [sys.executable, windows.__file__, *words],
        cwd=folder,
        env=installed.environment(said),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    )


def run(folder: Path, *words: str, code: int = 0, **said: str) -> tuple[str, str]:
    """What it prints to stdout and to stderr."""
    with begun(folder, *words, **said) as process:
        out, told = process.communicate(timeout=300)
    assert process.returncode == code, out + told
    assert "unexpected" not in told
    return out, told


def test_the_quickstart_is_planned_applied_and_at_rest(folder: Path) -> None:
    with_sandbox = ("quickstart", "--sandbox", ESTATE)
    run(folder, "validate", "quickstart")
    run(folder, "plan", *with_sandbox, "--out", "plan.json")
    audited = ("--audit", "audit.jsonl", "--report", "apply.md")
    out, _ = run(folder, "apply", "plan.json", *with_sandbox, *audited)
    assert "Apply complete!" in out
    out, _ = run(folder, "plan", *with_sandbox, "--detailed-exitcode")
    assert "No changes." in out
    run(folder, "apply", *with_sandbox, "--auto-approve", *audited)
    records = [json.loads(line) for line in (folder / "audit.jsonl").read_text().splitlines()]
    assert len(records) > 10


def test_the_watch_and_other_verbs(folder: Path) -> None:
    with_sandbox = ("quickstart", "--sandbox", ESTATE)
    _, told = run(folder, "watch", *with_sandbox, "--times", "1", "--apply=all", "--listen", "127.0.0.1:0")
    assert [json.loads(line)["event"] for line in told.splitlines()][:2] == ["serving", "round"]
    run(folder, "drift", *with_sandbox)
    run(folder, "backup", *with_sandbox, "--wait")
    run(folder, "status", *with_sandbox, "--format", "json")
    run(folder, "export", "/subscriptions/11111111-1111-1111-1111-111111111111", "--sandbox", ESTATE)
    run(folder, "fmt", "--check", "quickstart")
    run(folder, "init", "new", "--subscription", "11111111-1111-1111-1111-111111111111")


def test_a_drill_has_its_copy_checked_by_a_program(folder: Path) -> None:
    text = (
        "apiVersion: reconciler/v1\ndrills:\n  - name: monthly\n    targetResourceGroup: drillrg\n"
        f"    verify: {{command: {json.dumps([sys.executable, 'check.py'])}, timeout: 5m}}\n"
    )
    (folder / "quickstart/drills.yaml").write_text(text, encoding="utf-8")
    (folder / "quickstart/check.py").write_text(
        "import os; print(os.environ['RECONCILER_COPY_ID']); raise SystemExit(3)"
    )
    scratch = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/drillrg"
    run(folder, "apply", "quickstart", "--sandbox", ESTATE, "--auto-approve")
    run(folder, "sandbox", "put", ESTATE, scratch, '{"location": "westus"}')
    run(folder, "sandbox", "advance", ESTATE, "6h")
    out, _ = run(folder, "drill", "quickstart", "--sandbox", ESTATE, "--auto-approve", code=1)
    assert "` ended with exit code 3" in out
    assert f"| {scratch}/providers/" in out


def test_a_sandbox_is_served_and_applied_to_and_stops_on_a_signal(folder: Path) -> None:
    server = begun(folder, "sandbox", "serve", ESTATE, "--port", "0", "--clock", "scaled:200")
    try:
        assert server.stdout is not None
        url = server.stdout.readline().rpartition(" ")[2].strip()
        words = ("quickstart", "--arm-endpoint", url, "--clock", "scaled:200")
        out, _ = run(folder, "apply", *words, "--auto-approve")
        assert "Apply complete!" in out
    finally:
        server.send_signal(signal.SIGTERM)
        _, told = server.communicate(timeout=300)
    assert server.returncode == 0, told
    assert (folder / "quickstart/azure.estate.state.json").exists()


def test_an_apply_that_is_interrupted_says_what_it_did(folder: Path) -> None:
    server = begun(folder, "sandbox", "serve", ESTATE, "--port", "0")
    try:
        assert server.stdout is not None
        url = server.stdout.readline().rpartition(" ")[2].strip()
        with begun(folder, "apply", "quickstart", "--arm-endpoint", url, "--auto-approve") as apply:
            assert apply.stderr is not None
            for line in apply.stderr:
                if "TestBkpVault" in line:
                    break
            apply.send_signal(signal.SIGINT)
            out, told = apply.communicate(timeout=300)
        assert apply.returncode == 130, out + told
        assert "interrupted" in out
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=300)
    assert server.returncode == 0


def _names(path: Path) -> Iterator[str]:
    """The names of `os`, `signal` and of modules that a source uses."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in {"os", "signal"}
        ) or (isinstance(node, ast.Attribute) and node.attr in {"add_signal_handler", "remove_signal_handler"}):
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg in {"dir_fd", "preexec_fn", "pass_fds", "start_new_session"}:
            yield str(node.arg)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from [getattr(node, "module", "") or "", *(alias.name for alias in node.names)]


def test_only_two_modules_know_what_not_every_system_has() -> None:
    hidden = {*windows.OF_OS, *windows.OF_SIGNAL, *windows.MODULES, "msvcrt", "winreg"}
    hidden |= {"add_signal_handler", "remove_signal_handler", "dir_fd", "preexec_fn", "pass_fds", "start_new_session"}
    found = {
        path.relative_to(ROOT).as_posix(): sorted(hidden & set(_names(path)))
        for path in ROOT.rglob("*.py")
        if path.relative_to(ROOT).as_posix() not in PORTABLE
    }
    assert {file: names for file, names in found.items() if names} == {}


def test_on_windows_the_sandboxs_state_is_locked_by_windows_own_lock(tmp_path: Path, monkeypatch: Any) -> None:
    held: set[int] = set()

    class Msvcrt:
        LK_NBLCK = 2

        @staticmethod
        def locking(descriptor: int, mode: int, count: int) -> None:
            assert (mode, count) == (2, 1)
            place = os.lseek(descriptor, 0, os.SEEK_CUR)
            assert place > 1000  # the owner's id, at the start, stays readable
            if place in held:
                raise OSError(36, "Resource deadlock avoided")
            held.add(place)

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt)
    try_lock: Callable[[int], bool] = runpy.run_path(str(ROOT / "sandbox" / "locks.py"))["try_lock"]
    file = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    try:
        assert [try_lock(file), try_lock(file)] == [True, False]
    finally:
        os.close(file)


# Paths


@pytest.mark.parametrize(
    ("named", "told", "hint"),
    [
        ("common\\policies.yaml", "has a backslash", "`common/policies.yaml`"),
        ("..\\shared", "has a backslash", "`../shared`"),
        ("C:\\repo\\common.yaml", "is not a relative path", "relative to the including file"),
        ("c:/repo/common.yaml", "is not a relative path", "relative to the including file"),
        ("C:common.yaml", "is not a relative path", "relative to the including file"),
        ("\\\\server\\share\\common.yaml", "is not a relative path", "relative to the including file"),
        ("//server/share/common.yaml", "is not a relative path", "relative to the including file"),
    ],
)
def test_an_include_is_written_the_same_way_on_every_system(tmp_path: Path, named: str, told: str, hint: str) -> None:
    text = f"apiVersion: reconciler/v1\nname: x\ninclude:\n  - {json.dumps(named)}\n"
    (tmp_path / "backup.yaml").write_text(text)
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "policies.yaml").write_text("policies: []\n")
    with pytest.raises(ManifestError) as raised:
        load(tmp_path / "backup.yaml")
    (finding,) = [one for one in raised.value.findings if one.code == "include-refused"]
    assert told in finding.message
    assert hint in finding.hint
    assert str(finding.place) == "backup.yaml:4:5"


def notice(path: str) -> Notice:
    return Notice("orphan", Severity.ERROR, "m", "h", "disk/x", path, 3, 5)


@pytest.mark.parametrize(
    ("path", "uri", "escaped"),
    [
        ("backup/a b.yaml", "backup/a%20b.yaml", "backup/a b.yaml"),
        ("C:/repo/a.yaml", "file:///C:/repo/a.yaml", "C%3A/repo/a.yaml"),
        ("/repo/a.yaml", "/repo/a.yaml", "/repo/a.yaml"),
    ],
)
def test_paths_in_reports_are_told_as_each_reader_takes_them(path: str, uri: str, escaped: str) -> None:
    (result,) = json.loads(sarif([notice(path)]))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri
    assert f"file={escaped}," in next(iter(github([notice(path)])))
    assert f"sourcepath={path};" in next(iter(azure([notice(path)])))


def test_a_place_below_a_drive_keeps_it() -> None:
    assert Base("C:/repo/backup", "").path(Place("../a.yaml", 1, 1)) == "C:/repo/a.yaml"


# Texts


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_what_a_console_cannot_show_is_escaped_and_raises_nothing(folder: Path, encoding: str) -> None:
    said = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    text = (folder / "quickstart/backup.yaml").read_text(encoding="utf-8")
    (folder / "quickstart/backup.yaml").write_text(text.replace("PSTestDisk", "größe-日本"), encoding="utf-8")
    with begun(folder, "validate", "quickstart", **said) as process:
        _, told = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "\\u65e5\\u672c" in told
    (folder / "quickstart/backup.yaml").write_text(text, encoding="utf-8")
    for words in (("plan",), ("apply", "--auto-approve"), ("status",), ("drift",), ("plan", "--format", "markdown")):
        verb, *options = words
        with begun(folder, verb, "quickstart", "--sandbox", ESTATE, *options, **said) as process:
            out, told = process.communicate(timeout=300)
        assert process.returncode in (0, 2), out + told
        assert not [word for word in ("UnicodeEncodeError", "Traceback", "unexpected") if word in told]
    for words in (("--help",), ("explain", "orphan"), ("schema",), ("completion", "powershell")):
        with begun(folder, *words, **said) as process:
            out, told = process.communicate(timeout=300)
        assert process.returncode == 0, told
        assert out


# PowerShell


def completed(words: str) -> list[tuple[str, str]]:
    """What PowerShell is offered at the end of a line, with its explanation: by PowerShell itself where it is installed."""
    if shutil.which("pwsh"):
        script = (
            "reconciler completion powershell | Out-String | Invoke-Expression; "
            f"(TabExpansion2 -inputScript '{words}' -cursorColumn {len(words)}).CompletionMatches | "
            'ForEach-Object { "$($_.CompletionText)`t$($_.ToolTip)" }'
        )
        done = subprocess.run(
            ["pwsh", "-NoProfile", "-Command", script],
            capture_output=True, text=True, check=True, env=installed.environment(), timeout=300,
        )  # fmt: skip
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        return [(value, shown) for value, shown in rows]
    elements = words.split()
    position = len(elements) - (0 if words.endswith(" ") else 1)
    said = {
        "_RECONCILER_COMPLETE": "powershell_complete",
        "COMP_WORDS": words.strip(),
        "COMP_CWORD": str(position),
    }
    done = subprocess.run(
        [sys.executable, "-m", "reconciler"],
        capture_output=True, text=True, check=True, env=installed.environment(said), timeout=300,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    return [(lines[number + 1], lines[number + 2]) for number in range(0, len(lines) - 2, 3)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("reconciler dr", {"drift", "drill"}),
        ("reconciler plan --det", {"--detailed-exitcode"}),
        ("reconciler sandbox s", {"serve", "show", "switch"}),
        ("reconciler completion p", {"powershell"}),
    ],
)
def test_powershell_completes_verbs_options_and_values(words: str, expected: set[str]) -> None:
    found = dict(completed(words))
    assert set(found) == expected
    assert all(found.values())


def test_powershell_is_offered_every_verb_with_its_line_of_help() -> None:
    found = dict(completed("reconciler "))
    assert found["fmt"] == "Format manifests; comments are kept."
    assert {"plan", "apply", "completion"} <= set(found)


def test_the_script_registers_the_command_with_powershell(tmp_path: Path) -> None:
    script = installed.run(tmp_path, "completion", "powershell").stdout
    assert "Register-ArgumentCompleter -Native -CommandName reconciler " in script
    assert "$env:_RECONCILER_COMPLETE = 'powershell_complete'" in script
