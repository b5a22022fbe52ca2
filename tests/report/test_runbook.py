"""A machine's runbook, as people read it and as a shell takes its commands.

`REWRITE_GOLDEN=1 make test T=tests/report/test_runbook.py` writes the page anew. Read the diff as somebody on call would.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.model.ids import ArmId
from reconciler.model.rebuild import Rebuild, Replacement
from reconciler.model.resources import Attachment
from reconciler.report.runbook import file_name, rebuild_document, runbook

GOLDEN = Path(__file__).with_name("runbook.md")
GROUP = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/shop (prod)/providers/Microsoft.Compute"
AT = datetime(2026, 1, 5, 23, 4, 12, tzinfo=UTC)
HOSTILE = "x'; touch hit; $(touch hit) `touch hit` | ::error::\n# \u202e@team"
OPTIONS = {
    ("vm", "show"): {"--subscription", "--resource-group", "--name", "--query"},
    ("vm", "deallocate"): {"--subscription", "--resource-group", "--name"},
    ("vm", "start"): {"--subscription", "--resource-group", "--name"},
    ("vm", "update"): {
        *("--subscription", "--resource-group", "--name", "--os-disk", "--disk-caching", "--write-accelerator"),
    },
    ("vm", "disk", "detach"): {"--subscription", "--resource-group", "--vm-name", "--name"},
    ("vm", "disk", "attach"): {
        *("--subscription", "--resource-group", "--vm-name", "--name", "--lun", "--caching"),
        "--enable-write-accelerator",
    },
}
"""What each command of the Azure CLI takes of what a runbook may say, from its reference."""
FLAGS = {"--enable-write-accelerator"}


def replacement(name: str, lun: int | None, caching: str, seconds: int, *, accelerated: bool = False) -> Replacement:
    disk = ArmId(f"{GROUP}/disks/{name}")
    old = Attachment(disk, name, lun, caching, accelerated)
    return Replacement(old, disk, ArmId(f"{disk}-r20260105230412"), AT - timedelta(seconds=seconds))


def rebuild(machine: str = "web") -> Rebuild:
    return Rebuild(
        ArmId(f"{GROUP}/virtualMachines/{machine}"),
        AT,
        timedelta(seconds=46, milliseconds=500),
        (
            replacement("web-os", None, "ReadWrite", 0, accelerated=True),
            replacement("web-data", 0, "ReadOnly", 46),
            replacement("web-log", 3, "None", 12, accelerated=True),
            replacement("web-old", 7, "", 20),
        ),
        (Attachment(None, "scratch", 9, "None"),),
    )


def commands(text: str) -> list[str]:
    """The lines in the runbook's blocks of commands."""
    parts = text.split("```")
    return [line for block in parts[1::2] for line in block.splitlines() if line not in ("sh", "")]


def check(line: str) -> None:
    """AssertionError unless a command and its options are those that the Azure CLI has."""
    first, *words = shlex.split(line)
    assert first == "az", line
    verb = tuple(words[: next(at for at, word in enumerate(words) if word.startswith("--"))])
    rest = words[len(verb) :]
    while rest:
        option, equals, _ = rest[0].partition("=")
        assert option in OPTIONS[verb], line
        taken = 1 if equals or option in FLAGS else 2
        assert taken == 1 or not rest[1].startswith("-"), line
        rest = rest[taken:]


def test_it_reads_as_agreed() -> None:
    text = runbook(rebuild())
    if os.environ.get("REWRITE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_every_command_is_one_of_the_azure_cli() -> None:
    lines = commands(runbook(rebuild()))
    assert len(lines) == 19
    for line in lines:
        check(line)


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell is installed")
def test_its_blocks_are_scripts() -> None:
    text = "\n".join(commands(runbook(rebuild())))
    subprocess.run(["sh", "-n"], input=text, text=True, check=True)


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell is installed")
@pytest.mark.parametrize("name", [HOSTILE, "-rf", "--yes", "```\ntouch hit\n```"])
def test_foreign_names_are_no_commands_and_no_options(name: str, tmp_path: Path) -> None:
    old = rebuild(name.replace("/", ""))
    hostile = replace(old.replaced[1], old=replace(old.replaced[1].old, name=name))
    text = runbook(replace(old, replaced=(old.replaced[0], hostile), left=(Attachment(None, name, 1),)))
    lines = [line for line in text.splitlines() if line.startswith("az ")]
    for line in lines:
        check(line)
    assert not [line for line in text.splitlines() if line.strip().startswith(("touch", "::"))]
    assert all(one.isprintable() or one == "\n" for one in text)
    subprocess.run(["sh"], input="\n".join(lines).replace("az ", "echo "), text=True, check=True, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_single_disk_has_no_spread() -> None:
    one = replace(rebuild(), replaced=rebuild().replaced[:1], spread=timedelta(), left=())
    text = runbook(one)
    assert "1 copy of its disks is ready. Its recovery point was taken at 2026-01-05 23:04:12 UTC." in text
    assert "Without a copy" not in text


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        ("web", "web-r20260105230412.md"),
        ("..", "machine-r20260105230412.md"),
        ("-rf", "rf-r20260105230412.md"),
        ("a b\x1b", "ab-r20260105230412.md"),
    ],
)
def test_its_file_is_never_elsewhere(machine: str, name: str) -> None:
    assert file_name(rebuild(machine)) == name


def test_it_is_data_too() -> None:
    told = rebuild_document(rebuild())
    assert (told["moment"], told["spread_seconds"], told["left"]) == ("2026-01-05T23:04:12Z", 46.5, ["scratch"])
    assert [row["caching"] for row in told["disks"]] == ["read-write", "read-only", "none", "unknown"]
