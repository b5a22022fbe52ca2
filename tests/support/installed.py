"""The installed command as a subprocess: what a person or a CI system would see of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import warm
from stage import as_yaml

import reconciler
from reconciler.cli import main

HIDDEN = (
    *("RECONCILER_", "AZURE_", "ARM_", "NO_COLOR", "PYTEST_", "COVERAGE_"),
    *("GITHUB_", "ACTIONS_", "TF_BUILD", "SYSTEM_", "GITLAB_"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
)
WIDE = {"COLUMNS": "1000"}
"""Wide enough that no sentence is wrapped, unless a test says how wide a terminal is."""
ESTATE = "azure.estate.yaml"
AZURE = ("--sandbox", ESTATE)
Done = subprocess.CompletedProcess[str]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without anything that would change how the command behaves."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
    return {**kept, **WIDE, "PYTHONPATH": str(Path(reconciler.__file__).parents[1]), **(extra or {})}


def within(*arguments: str) -> int:
    """A command in this process, which spares its start; signals are as they were, afterwards."""
    before = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        return main.run(list(arguments))
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def run(folder: Path, *arguments: str, **options: Any) -> Done:
    """Run `reconciler` in a folder; what it said, and its exit code."""
    around = environment(options.pop("environment", None))
    if warm.fits(around, options):
        return warm.run(folder, arguments, around)
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run(
        [sys.executable, "-m", "reconciler", *arguments],
        text=True,
        encoding="utf-8",
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=options.pop("stderr", subprocess.PIPE),
        timeout=300,
        check=False,
        cwd=folder,
        env=around,
        **options,
    )


def begun(folder: Path, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start `reconciler` in a folder, and don't wait for it."""
    extra = options.pop("environment", None)
    return subprocess.Popen(
        [sys.executable, "-m", "reconciler", *arguments],
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=options.pop("stderr", subprocess.PIPE),
        cwd=folder,
        env=environment(extra),
        **options,
    )


def is_gone(pid: int, seconds: float = 10) -> bool:
    """Whether a process ends within that time; one that nobody has asked for its exit code has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


def put_files(folder: Path, manifest: Mapping[str, Any] | str, estate: Mapping[str, Any] | None = None) -> None:
    """Write a manifest, `backup.yaml`, and an estate beside it."""
    text = manifest if isinstance(manifest, str) else as_yaml(manifest)
    (folder / "backup.yaml").write_text(text, encoding="utf-8")
    if estate is not None:
        (folder / ESTATE).write_text(json.dumps(estate), encoding="utf-8")
