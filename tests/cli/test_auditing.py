"""The audit file: appended to line by line, readable after a kill, and nothing is written to Azure without it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from installed import AZURE, begun, run

from reconciler.base.schemas import schema_text
from reconciler.cli.auditing import AuditFile, audit_file, origin_of
from reconciler.loading.source import commit_of
from reconciler.model.errors import ReconcilerError, UsageError

Run = Callable[..., subprocess.CompletedProcess[str]]
SCHEMA = json.loads(schema_text("audit"))


def test_an_apply_leaves_an_intent_and_a_result_for_each_write(folder: Path) -> None:
    done = run(
        folder, "apply", ".", *AZURE, "--auto-approve", "--audit", "audit.jsonl", environment={"GITHUB_SHA": "c0ffee"}
    )
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in (folder / "audit.jsonl").read_text(encoding="ascii").splitlines()]
    for record in records:
        jsonschema.validate(record, SCHEMA)
    assert {(row["manifest"], row["commit"]) for row in records} == {("quickstart", "c0ffee")}
    assert len({row["run"] for row in records}) == 1
    intents = [row["number"] for row in records if row["record"] == "intent"]
    assert sorted(row["number"] for row in records if row["record"] == "result") == intents == list(range(1, 9))

    (role,) = [row for row in records if row["record"] == "intent" and "disk-backup-reader" in row["address"]]
    assert len(role["after"]["principal"]) == 36, "who got the role is known by the time it is written"

    again = run(folder, "apply", ".", *AZURE, "--auto-approve", "--audit", "audit.jsonl")
    assert again.returncode == 0, again.stderr
    assert len((folder / "audit.jsonl").read_text(encoding="ascii").splitlines()) == len(records)


@pytest.mark.parametrize("name", ["nowhere/audit.jsonl", ".", "/dev/full", "pipe"])
def test_an_audit_file_that_cannot_be_written_refuses_the_apply(folder: Path, name: str) -> None:
    os.mkfifo(folder / "pipe")
    done = run(folder, "apply", ".", *AZURE, "--auto-approve", "--audit", name)
    assert done.returncode == 1
    assert "error[unwritable]: could not open the audit file" in done.stderr
    assert not (folder / "azure.estate.state.json").exists(), "nothing was even looked at"


def test_a_full_disk_stops_the_run_before_its_next_write(folder: Path, tmp_path: Path) -> None:
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (900, 900)); "
    limited += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limited += "from reconciler.cli.auditing import AuditFile; from pathlib import Path; f = AuditFile(Path('a')); "
    limited += "[f.append('x' * 99 + chr(10)) for _ in range(20)]"
    import sys

    import reconciler

    done = subprocess.run(
        [sys.executable, "-c", limited],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(reconciler.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert "could not record a write in the audit file `a`" in done.stderr
    assert (tmp_path / "a").read_text().splitlines() == ["x" * 99] * 9


def test_a_line_that_was_torn_is_left_alone_and_the_next_begins_after_it(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text('{"whole": 1}\n{"torn', encoding="ascii")
    for line in ('{"a": 1}\n', '{"b": 2}\n'):
        with audit_file(str(path)) as file:
            assert file is not None
            file.append(line)
    assert path.read_text(encoding="ascii") == '{"whole": 1}\n{"torn\n{"a": 1}\n{"b": 2}\n'


def test_each_line_is_one_write_that_is_on_the_disk_before_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    write, fsync = os.write, os.fsync
    monkeypatch.setattr(os, "write", lambda *said: (calls.append("write"), write(*said))[1])
    monkeypatch.setattr(os, "fsync", lambda *said: (calls.append("fsync"), fsync(*said))[1])
    file = AuditFile(tmp_path / "audit.jsonl")
    file.append("x" * 100_000 + "\n")
    file.close()
    assert calls == ["write", "fsync"]


def test_a_line_that_does_not_fit_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = AuditFile(tmp_path / "audit.jsonl")
    monkeypatch.setattr(os, "write", lambda _file, content: len(content) - 1)
    with pytest.raises(ReconcilerError, match="No space left"):
        file.append("{}\n")
    file.close()


def test_no_audit_file_is_wanted() -> None:
    with audit_file(None) as file:
        assert file is None


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    AuditFile(tmp_path / "audit.jsonl").close()
    assert (tmp_path / "audit.jsonl").stat().st_mode & 0o077 == 0


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Is a directory"):
        AuditFile(tmp_path)


@pytest.mark.parametrize(("waited", "number"), [(0.2, signal.SIGKILL), (0.5, signal.SIGKILL), (0.9, signal.SIGKILL)])
def test_it_is_readable_after_a_kill(folder: Path, waited: float, number: signal.Signals) -> None:
    """Over a real connection, in real time: whatever is there by then is whole records, each result after its intent."""
    server = begun(folder, "sandbox", "serve", AZURE[1], "--port", "0", "--clock", "scaled:30", stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().rpartition(" ")[2].strip()
        flags = ("--arm-endpoint", url, "--clock", "scaled:30", "--auto-approve", "--audit", "audit.jsonl")
        killed = begun(folder, "apply", ".", *flags, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        path = folder / "audit.jsonl"
        until = time.monotonic() + 20
        while not (path.exists() and path.stat().st_size) and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(waited)
        killed.send_signal(number)
        killed.wait(timeout=300)
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=300)
    records = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    assert records
    open_ones: set[int] = set()
    for record in records:
        jsonschema.validate(record, SCHEMA)
        if record["record"] == "intent":
            open_ones.add(record["number"])
        else:
            open_ones.remove(record["number"])


@pytest.mark.parametrize("name", ["GITHUB_SHA", "BUILD_SOURCEVERSION", "CI_COMMIT_SHA"])
def test_the_ci_system_tells_the_commit(tmp_path: Path, name: str) -> None:
    assert commit_of(tmp_path, {name: "0123abcd"}) == "0123abcd"
    assert commit_of(tmp_path, {name: "not a commit"}) is None


def test_git_tells_the_commit_of_the_folder_that_the_manifest_lies_in(tmp_path: Path) -> None:
    def git(*said: str) -> str:
        return subprocess.run(
            ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@example", *said],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    (tmp_path / "team").mkdir()
    manifest = tmp_path / "team" / "backup.yaml"
    manifest.write_text("name: x", encoding="utf-8")
    git("init", "--quiet")
    assert commit_of(manifest, {}) is None, "nothing was committed yet"
    git("add", ".")
    git("commit", "--quiet", "--message", "m")
    head = git("rev-parse", "HEAD")
    assert commit_of(manifest, {}) == commit_of(manifest.parent, {"PATH": ""}) == head
    assert origin_of("m", manifest, {}).commit == head


def test_without_git_nobody_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert commit_of(tmp_path, {}) is None
