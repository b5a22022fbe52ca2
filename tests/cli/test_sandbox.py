from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.cli.options import seconds_of

Run = Callable[..., subprocess.CompletedProcess[str]]
ESTATE = "azure.estate.yaml"
DISK = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/diskrg/providers/Microsoft.Compute/disks/PSTestDisk"


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("PT90S", 90), ("30m", 1800), ("1h30m", 5400), ("1.5h", 5400), ("14d", 1209600)]
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "m", "5x", "-5m", "1h-3", ".", "1..5h", "٣h", "P-7D"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    assert seconds_of(text) is None


def test_nobody_advances_by_what_is_no_duration(command: Run) -> None:
    done = command("sandbox", "advance", ESTATE, "90")
    assert (done.returncode, "not a duration: '90'" in done.stderr) == (1, True)


def test_help_lists_the_commands(command: Run) -> None:
    shown = command("sandbox", "--help").stdout
    for name in ("serve", "show", "put", "patch", "delete", "move", "replace", "advance", "fail", "switch", "reset"):
        assert f"\n  {name} " in shown


def test_what_exists_is_shown(command: Run, folder: Path) -> None:
    done = command("sandbox", "show", ESTATE)
    assert f"\n{DISK}  (Succeeded, westus)\n" in done.stdout
    one = json.loads(command("sandbox", "show", ESTATE, DISK).stdout)
    assert one["name"] == "PSTestDisk"
    many = json.loads(command("sandbox", "show", ESTATE, "*/disks/*", "--format", "json").stdout)
    assert [disk["name"] for disk in many] == ["PSTestDisk"]


def test_a_resource_is_made_changed_and_removed(command: Run, folder: Path) -> None:
    other = DISK.replace("PSTestDisk", "Other")
    assert (
        command("sandbox", "put", ESTATE, other, '{"location": "westus", "tags": {"a": "1"}}').stdout
        == f"put: {other}\n"
    )
    assert command("sandbox", "patch", ESTATE, "*/disks/o*", "-", stdin='{"tags": {"b": "2"}}').returncode == 0
    assert json.loads(command("sandbox", "show", ESTATE, other).stdout)["tags"] == {"a": "1", "b": "2"}
    assert command("sandbox", "delete", ESTATE, other).stdout.lower() == f"deleted: {other.lower()}\n"
    assert command("sandbox", "show", ESTATE, other).returncode == 1


def test_a_disk_is_replaced_and_moved(command: Run, folder: Path) -> None:
    def unique(disk: str) -> str:
        return str(json.loads(command("sandbox", "show", ESTATE, disk).stdout)["properties"]["uniqueId"])

    first, group = unique(DISK), DISK.partition("/providers/")[0].replace("diskrg", "elsewhere")
    assert command("sandbox", "replace", ESTATE, "*/disks/pst*").stdout == f"replaced: {DISK}\n"
    second = unique(DISK)
    assert first != second
    command("sandbox", "put", ESTATE, group, '{"location": "westus"}')
    moved = DISK.replace("diskrg", "elsewhere")
    assert command("sandbox", "move", ESTATE, DISK, group).stdout == f"moved: {moved}\n"
    assert unique(moved) == second
    assert command("sandbox", "show", ESTATE, DISK).returncode == 1


def test_a_group_goes_with_all_that_lies_in_it(command: Run, folder: Path) -> None:
    group = DISK.partition("/providers/")[0]
    gone = command("sandbox", "delete", ESTATE, group).stdout.lower().splitlines()
    assert gone == [f"deleted: {group.lower()}", f"deleted: {DISK.lower()}"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("move", ESTATE, DISK, DISK), "is no resource group"),
        (("move", ESTATE, "*/nothing/*", DISK), "no resource in the sandbox has the id"),
        (("replace", ESTATE, "*/resourceGroups/diskrg"), "is no managed disk"),
        (("patch", ESTATE, "*/nothing/*", "{}"), "no resource in the sandbox has the id"),
        (("patch", ESTATE, DISK, "{"), "not valid JSON"),
        (("patch", ESTATE, DISK, "[]"), "the JSON value is not an object"),
        (("put", ESTATE, "PSTestDisk", "{}"), "is no id of an Azure resource"),
        (("advance", ESTATE, "soon"), "not a duration"),
        (("switch", ESTATE, "nonsense=1"), "there is no switch 'nonsense'"),
        (("switch", ESTATE, "case_drift"), "must have the form NAME=VALUE"),
        (("show", "nowhere.estate.yaml"), "nowhere.estate.yaml"),
    ],
)
def test_mistakes_are_explained(command: Run, folder: Path, arguments: tuple[str, ...], said: str) -> None:
    done = command("sandbox", *arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_backups_are_made_to_fail(command: Run, folder: Path) -> None:
    assert command("sandbox", "fail", ESTATE, DISK, "--times", "2").stdout == f"will fail 2 times: {DISK}\n"
    assert command("sandbox", "fail", ESTATE, "*/nothing/*").returncode == 1


def test_time_switches_and_the_way_back(command: Run, folder: Path) -> None:
    first = command("sandbox", "advance", ESTATE, "1h").stdout
    second = command("sandbox", "advance", ESTATE, "1h").stdout
    assert first != second
    assert command("sandbox", "switch", ESTATE, "case_drift=off").stdout == "case_drift is now off\n"
    assert (
        "case_drift = off (on | everywhere | off)\n    ids and enum words"
        in command("sandbox", "switch", ESTATE).stdout
    )
    assert command("sandbox", "reset", ESTATE).stdout == f"{ESTATE} was reset.\n"
    assert command("sandbox", "reset", ESTATE).stdout == f"{ESTATE} had no saved state.\n"
    assert "case_drift = on" in command("sandbox", "switch", ESTATE).stdout
