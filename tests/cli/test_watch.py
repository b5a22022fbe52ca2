"""`watch` as a process: rounds, its log, and its end by a signal."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from installed import begun, run

from samples import copied


@pytest.fixture
def estate(samples: Path, tmp_path: Path) -> Path:
    return copied("quickstart", tmp_path / "estate")


OPTIONS = ("--sandbox", "azure.estate.yaml", "--listen", "127.0.0.1:0")


def test_rounds_that_apply_and_then_rest(estate: Path) -> None:
    done = run(estate, "watch", ".", *OPTIONS, "--times", "2", "--apply=all")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    serving, first, second = map(json.loads, done.stderr.splitlines())
    assert serving["event"] == "serving"
    assert first["applied"] == {"add": 7, "change": 0, "destroy": 0}
    assert (second["result"], "applied" in second) == ("clean", False)


def test_a_manifest_that_breaks_ends_its_round_only(estate: Path) -> None:
    (estate / "backup.yaml").write_text("name: [")
    done = run(estate, "watch", ".", *OPTIONS, "--times", "2")
    rounds = [json.loads(line) for line in done.stderr.splitlines()][1:]
    assert [(one["result"], one["code"]) for one in rounds] == [("error", "manifest")] * 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it(estate: Path, number: signal.Signals, code: int) -> None:
    process = begun(estate, "watch", ".", *OPTIONS, "--clock", "real", "--every", "1h")
    assert process.stderr is not None
    while "round" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(number)
    assert process.wait(5) == code
    process.communicate()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--every", "never"), "must be a duration"),
        (("--notify", "slack=http://a.test/secret"), "https address"),
        (("--listen", "nowhere"), "HOST:PORT"),
    ],
)
def test_wrong_options(estate: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run(estate, "watch", ".", "--sandbox", "azure.estate.yaml", "--times", "1", *arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert "secret" not in done.stderr
