"""Draws the README's picture, `docs/quickstart.svg`, from a real run on the sandbox: `python docs/picture.py`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

DOCS = Path(__file__).parent
PICTURE = DOCS / "quickstart.svg"
_ESTATE = ("--sandbox", "quickstart/azure.estate.yaml")
_SUSPENDED = (
    '{"properties": {"currentProtectionState": "BackupsSuspended", "protectionStatus": {"status": "BackupsSuspended"}}}'
)
_COLOURS = {"+": "green", "-": "red", "~": "yellow"}


def main() -> None:
    """Run the quickstart's story, and save what a terminal would show of it."""
    console = Console(record=True, width=118, file=StringIO(), color_system="truecolor", force_terminal=True)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(DOCS.parent / "samples" / "quickstart", Path(folder) / "quickstart")
        for state in Path(folder).glob("quickstart/*.state.json*"):
            state.unlink()
        _tell(console, folder, "apply quickstart --auto-approve", keep=("Plan:", "Apply complete"), errors=True)
        _run(folder, "sandbox", "patch", _ESTATE[1], "*/backupInstances/*", _SUSPENDED)
        console.print("\n[dim]# somebody suspends the disk's backups in the portal[/dim]")
        _tell(console, folder, "drift quickstart", keep=("unhealthy", "  ~ ", "      ~", "Drift:"))
        _tell(console, folder, "apply quickstart --auto-approve", keep=("Apply complete",), errors=True)
    PICTURE.write_text(console.export_svg(title="reconciler", unique_id="quickstart"), encoding="utf-8")


def _tell(console: Console, folder: str, words: str, *, keep: tuple[str, ...], errors: bool = False) -> None:
    console.print(Text(f"$ reconciler {words}", style="bold"))
    done = _run(folder, *words.split(), *_ESTATE)
    lines = [line for line in done.stdout.splitlines() if line.startswith(keep)]
    if errors:
        lines = [*lines[:-1], *map(_short, done.stderr.splitlines()), *lines[-1:]]
    for line in lines:
        short = _short(line)
        console.print(Text(short, style=_COLOURS.get(short.strip()[:1], "")), overflow="ellipsis", no_wrap=True)


def _short(line: str) -> str:
    """Without the long ids that a picture can't hold."""
    for long in (
        "/subscriptions/22222222-2222-2222-2222-222222222222/resourcegroups/",
        "providers/microsoft.compute/disks/",
    ):
        line = line.replace(long, "…/")
    return line.replace("11111111-1111-1111-1111-111111111111", "1111…").replace(
        "22222222-2222-2222-2222-222222222222", "2222…"
    )


def _run(folder: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(DOCS.parent), "NO_COLOR": "1"}
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "reconciler", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    main()
