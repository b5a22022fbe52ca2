from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from installed import environment

from reconciler import __version__

Run = Callable[..., subprocess.CompletedProcess[str]]
VERBS = ("validate", "plan", "apply", "drift", "watch", "schema", "explain", "init", "fmt", "completion", "sandbox")


def test_help_lists_the_verbs_with_a_line_each(command: Run) -> None:
    done = command("--help")
    assert done.returncode == 0
    assert not done.stderr
    for verb in VERBS:
        assert f"\n  {verb} " in done.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(command: Run, verb: str) -> None:
    done = command(verb, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: reconciler {verb}")


def test_the_version_is_told(command: Run) -> None:
    assert __version__ in command("--version").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Usage: reconciler"),
        (("plna",), "No such command 'plna'. Did you mean plan?"),
        (("completion",), "Missing argument 'SHELL'. Choose from: bash, zsh, fish, powershell"),
        (("plan",), "Missing argument 'PATH'"),
        (("plan", "x", "--nonsense"), "No such option"),
        (("plan", "x", "--format", "xml"), "'xml' is not one of"),
        (("apply", "x", "--parallelism", "0"), "--parallelism"),
        (("plan", "x", "--only", "disk/a", "--prune"), "`--only` and `--prune` can't be used together"),
        (("plan", "x", "--sandbox", "e", "--arm-endpoint", "http://localhost:1"), "can't be used together"),
        (("plan", "x", "--sandbox", ""), "which would select Azure itself"),
        (("plan", "x", "--arm-endpoint", ""), "which would select Azure itself"),
        (("drift", "x", "--fail-on", "nonsense"), "Unknown value for `--fail-on`"),
        (("drift", "x", "--fail-on", ""), "`--fail-on` has no value"),
        (("coverage", "x", "--fail-on", ""), "`--fail-on` has no value"),
        (("apply", "x", "--auto-approve", "--checksum", ""), "it approves no plan"),
        (("schema", "nonsense"), "Unknown schema: 'nonsense'"),
        (("plan", "x", "--out", "nowhere/plan.json"), "`nowhere` is not a folder"),
        (("plan", "x", "--report", "plan.txt"), "ends in .html, .json, .md"),
        (("apply", "x", "y"), "`apply` accepts only one manifest"),
        (("apply", "x"), "stdin is not a terminal"),
        (("apply", "plan.json"), "could not read"),
    ],
)
def test_a_wrong_command_line_is_an_error_and_never_a_difference(
    command: Run, arguments: tuple[str, ...], said: str
) -> None:
    done = command(*arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert not done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_stdout_ends_in_an_error_without_a_traceback(command: Run) -> None:
    with Path("/dev/full").open("w") as full:
        done = command("schema", "plan", stdout=full)
    assert done.returncode == 1
    assert "could not write to stdout" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_leaves_early_is_an_error_without_a_traceback(command: Run) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = command("schema", "plan", stdout=writing)
    finally:
        os.close(writing)
    assert done.returncode == 1
    assert not done.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
@pytest.mark.parametrize("words", [("schema", "plan"), ("--help",), ("explain", "orphan")])
def test_a_stdout_that_is_closed_from_the_start_is_an_error(tmp_path: Path, words: tuple[str, ...]) -> None:
    line = ("sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "reconciler", *words)
    done = subprocess.run(
        line, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True, check=False, timeout=300
    )
    assert (done.returncode, done.stderr) == (1, "error[output]: could not write to stdout: it is closed\n")


def test_a_schema_is_printed(command: Run) -> None:
    done = command("schema", "plan")
    assert done.returncode == 0
    assert '"title": "A plan"' in done.stdout
