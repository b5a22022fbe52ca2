"""One core, two doors: what is applied over HTTP is what is applied in-process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from stage import Stage, failures

from reconciler.sandbox.sandbox import Sandbox
from samples import copied

COMMAND = (sys.executable, "-m", "reconciler")
CLOCK = "scaled:400"
TIMEOUT = 300


@contextmanager
def served(estate: Path) -> Iterator[str]:
    """`sandbox serve` in a process of its own; its address."""
    process = subprocess.Popen(
        [*COMMAND, "sandbox", "serve", str(estate), "--port", "0", "--clock", CLOCK],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        assert process.stdout is not None
        try:
            line = next(row for row in process.stdout if "http://" in row)
            yield next(word for word in line.split() if word.startswith("http://"))
        finally:
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            process.wait(TIMEOUT)


def run(endpoint: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AZURE", "GITHUB"))}
    environment |= {"RECONCILER_ARM_ENDPOINT": endpoint, "RECONCILER_ARM_TOKEN": "sandbox"}
    return subprocess.run(
        [*COMMAND, *arguments, "--clock", CLOCK],
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


@pytest.mark.parametrize("sample", ["quickstart"])
def test_the_same_estate_through_both_doors(
    sample: str, samples: Path, tmp_path: Path, on_stage: Callable[..., Stage]
) -> None:
    folders = [copied(sample, tmp_path / name) for name in ("one", "other")]
    inside, outside = (folder / "azure.estate.yaml" for folder in folders)

    stage = on_stage(inside)
    outcome = stage.apply(folders[0])
    assert outcome.ok, failures(outcome)
    expected = stage.sandbox.dump(comparable=True)

    with served(outside) as endpoint:
        applied = run(endpoint, "apply", str(folders[1]), "--auto-approve")
        assert applied.returncode == 0, applied.stdout + applied.stderr
        assert "Apply complete!" in applied.stdout
        plan = run(endpoint, "plan", str(folders[1]), "--detailed-exitcode")
        assert plan.returncode == 0, plan.stdout + plan.stderr
    with Sandbox.open(outside, readonly=True) as sandbox:
        assert sandbox.dump(comparable=True) == expected


def test_everything_that_is_made_is_unmade_over_a_real_connection(samples: Path, tmp_path: Path) -> None:
    """DELETE is answered without a body, which azure-core reads by itself and refuses to read again."""
    folder = copied("quickstart", tmp_path / "story")
    manifest = folder / "backup.yaml"
    first = manifest.read_text()

    with served(folder / "azure.estate.yaml") as endpoint:

        def apply(*options: str) -> str:
            done = run(endpoint, "apply", str(folder), "--auto-approve", *options)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        apply()
        manifest.write_text(first.replace("default: 7d", "default: 8d"))
        assert "1 added, 1 changed, 1 destroyed" in apply()
        kept, _, disks = first.partition("disks:")
        disk = disks.split("id: ")[1].split()[0]
        manifest.write_text(f"{kept}removed:\n  - {{id: {disk}, data: delete, reason: over}}\n")
        assert "0 changed, 1 destroyed" in apply("--allow-delete", "1")
        assert run(endpoint, "drift", str(folder)).returncode == 0
