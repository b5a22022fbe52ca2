"""What stands beside the stories does see a loss: each of its rules is broken here once, by requests like the tool's."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))
sys.path.insert(0, str(Path(__file__).parent))

import arm
from losses import keys_of
from stage import HOST
from story import APPS, DAY, Story, story

DISK = arm.disk_id("disk-0")


class Told:
    """A disk that was backed up for five days, and what the tool's requests do to it."""

    def __init__(self, one: Story) -> None:
        self.story = one
        one.said["disks"] = [{"id": DISK, "vault": "Alpha", "policy": "short"}]
        assert one.apply().code == 0
        one.trial.wait(5 * DAY)
        (self.instance,) = [row["id"] for row in one.instances()]

    def asks(self, method: str, path: str, body: Any = None, *, who: str = "operator", wait: float = 120.0) -> None:
        headers = {"Authorization": f"Bearer {who}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        version = "2022-04-01" if "Microsoft.Authorization" in path else "2025-07-01"
        self.story.sandbox.handle(method, f"{HOST}{path}?api-version={version}", headers, content)
        self.story.trial.wait(wait)

    def begins(self, *flags: str, **said: Any) -> None:
        self.story.losses.begins([{**self.story.manifest(), **said}], flags)

    @property
    def problems(self) -> str:
        return "; ".join(self.story.losses.problems)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    with story(2, tmp_path) as one:
        yield Told(one)


def _stopped(told: Told) -> int:
    """The disk's protection was stopped by hand for 30 days; how many points expired meanwhile."""
    told.asks("POST", f"{told.instance}/stopProtection", who="somebody")
    told.story.trial.wait(30 * DAY)
    return len(told.story.sandbox.ids(f"{told.instance}/recoveryPoints/*")) - 1


@pytest.mark.parametrize(("more", "is_lost"), [(0, False), (1, False), (-1, True), (None, True)])
def test_a_resume_over_expired_points_wants_their_number(told: Told, more: int | None, is_lost: bool) -> None:
    count = _stopped(told)
    assert count > 5
    told.begins(*(["--force", f"resume-expires={count + more}"] if more is not None else []))
    told.asks("POST", f"{told.instance}/resumeProtection")
    assert len(told.story.sandbox.ids(f"{told.instance}/recoveryPoints/*")) == 1
    assert ("was cleaned up by a resume" in told.problems) is is_lost


def test_a_resume_by_hand_is_nobodys_fault_and_expiry_is_no_loss(told: Told) -> None:
    _stopped(told)
    told.begins()
    told.asks("POST", f"{told.instance}/resumeProtection", who="somebody")
    told.story.trial.wait(30 * DAY)
    assert told.problems == ""


@pytest.mark.parametrize(
    ("verb", "said", "flags", "is_lost"),
    [
        ("stopProtection", {}, (), True),
        ("stopProtection", {"disks": []}, (), True),
        ("stopProtection", {"disks": []}, ("--prune",), False),
        ("suspendBackups", {"disks": []}, ("--prune",), True),
        ("stopProtection", {"disks": [], "removed": [{"id": DISK, "data": "retain"}]}, (), False),
    ],
)
def test_what_a_manifest_wants_is_not_halted(
    told: Told, verb: str, said: dict[str, Any], flags: tuple[str, ...], is_lost: bool
) -> None:
    told.begins(*flags, **said)
    told.asks("POST", f"{told.instance}/{verb}")
    assert bool(told.problems) is is_lost, told.problems


@pytest.mark.parametrize(("words", "days", "is_lost"), [({}, 20, True), ({"whenGone": "retain"}, 20, False),
                                                       ({"whenGone": "retain"}, 3, True)])  # fmt: skip
def test_a_disk_that_is_gone_is_halted_only_as_its_entry_says(
    told: Told, words: dict[str, Any], days: int, is_lost: bool
) -> None:
    told.story.remove(DISK)
    told.story.trial.wait(days * DAY)
    told.begins(disks=[{**told.story.said["disks"][0], **words}])
    told.asks("POST", f"{told.instance}/stopProtection")
    assert bool(told.problems) is is_lost, told.problems


@pytest.mark.parametrize(("data", "flags", "problem"), [
    ("retain", ("--allow-delete", "1"), "which nobody asked for"),
    ("delete", (), "nobody gave the key"),
    ("delete", ("--allow-delete", "1"), ""),
])  # fmt: skip
def test_a_deletion_is_asked_for_and_keyed(told: Told, data: str, flags: tuple[str, ...], problem: str) -> None:
    told.begins(*flags, removed=[{"id": DISK, "data": data}], disks=[])
    told.asks("DELETE", told.instance)
    told.story.trial.wait(50 * DAY)
    assert not told.story.sandbox.ids(f"{told.instance}/recoveryPoints/*")
    assert problem in told.problems if problem else told.problems == ""


def test_a_right_that_is_needed_is_not_revoked(told: Told) -> None:
    (held,) = told.story.sandbox.ids(f"{DISK}/providers/Microsoft.Authorization/roleAssignments/*")
    told.begins()
    told.asks("DELETE", held)
    assert "revokes" in told.problems


def test_disks_and_snapshots_are_never_deleted_and_no_snapshot_group_is_remade(told: Told) -> None:
    told.begins()
    told.asks("DELETE", DISK)
    group = arm.group_id(APPS, "snapshotrg")
    told.story.remove(group)
    told.asks("PUT", group, {"location": "westus"})
    first, second = told.story.losses.problems
    assert "the tool deletes" in first
    assert "which vanished under" in second


def test_keys_are_read_from_hints() -> None:
    hints = ["pass `--force resume-expires=12`", "pass `--allow-delete 3`", "pass `--force mass-change`"]
    assert keys_of(hints) == ["--force", "resume-expires=12", "--allow-delete", "3"]
