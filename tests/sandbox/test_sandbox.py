"""State beside the estate file, clocks, chance, and changes behind Azure's back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from reconciler.sandbox import clocks
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.sandbox import Sandbox, reset
from reconciler.sandbox.state_file import StateFile

TWO = "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{TWO}/resourceGroups/rg"
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/d"
TEXT = f"""\
seed: 3
switches: {{case_drift: off}}
subscriptions:
  - id: {TWO.rpartition("/")[2]}
    resourceGroups:
      - {{name: rg, location: westus, disks: [{{name: d}}]}}
"""


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    path = tmp_path / "azure.estate.yaml"
    path.write_text(TEXT)
    return path


def test_what_happened_is_there_again(estate: Path) -> None:
    with Sandbox.open(estate) as sandbox:
        sandbox.patch(DISK, {"tags": {"a": "b"}})
        sandbox.set_switch("propagation", 7)
        sandbox.world.after(60, "compute.disk-deleted", disk="x")
        until = sandbox.advance(30)
        before = sandbox.dump()
        draw = sandbox.world.draw(DISK, "x")
    assert estate.with_suffix(".state.json").exists()
    with Sandbox.open(estate) as sandbox:
        assert sandbox.dump() == before
        assert sandbox.time() == until
        assert sandbox.world.switch("propagation") == "7"
        assert sandbox.world.draw(DISK, "x") == draw
        assert len(sandbox.world.events) == 1
        sandbox.advance(30)
        assert not sandbox.world.events


def test_tags_that_are_patched_by_hand_have_no_case_either(estate: Path) -> None:
    with Sandbox.open(estate) as sandbox:
        sandbox.patch(DISK, {"tags": {"Env": "test"}})
        assert sandbox.patch(DISK, {"tags": {"ENV": "prod", "team": "x"}})["tags"] == {"Env": "prod", "team": "x"}
        assert sandbox.patch(DISK, {"tags": {"env": None}})["tags"] == {"team": "x"}


def test_what_happened_in_a_read_only_one_is_forgotten(estate: Path) -> None:
    with Sandbox.open(estate, readonly=True) as sandbox:
        sandbox.remove(DISK)
    assert not estate.with_suffix(".state.json").exists()
    with Sandbox.open(estate) as first, Sandbox.open(estate, readonly=True) as second:
        assert first.ids() == second.ids()


def test_one_at_a_time(estate: Path) -> None:
    with Sandbox.open(estate), pytest.raises(SandboxError, match=r"another process \(id \d+\) uses the sandbox"):
        StateFile(estate).hold(patience=0.05)
    with Sandbox.open(estate):
        pass


def test_an_edited_estate_needs_a_reset(estate: Path) -> None:
    with Sandbox.open(estate):
        pass
    estate.write_text(TEXT.replace("seed: 3", "seed: 4"))
    with pytest.raises(SandboxError, match="was edited after") as caught:
        Sandbox.open(estate)
    assert f"reconciler sandbox reset {estate}" in caught.value.hint
    assert reset(estate)
    assert not reset(estate)
    with Sandbox.open(estate) as sandbox:
        assert sandbox.world.seed == 4


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 0}'])
def test_broken_state_is_said(estate: Path, content: bytes) -> None:
    estate.with_suffix(".state.json").write_bytes(content)
    with pytest.raises(SandboxError) as caught:
        Sandbox.open(estate)
    assert "sandbox reset" in caught.value.hint


def test_state_is_left_whole_by_a_crash_and_free_for_others(estate: Path) -> None:
    def crash() -> None:
        with Sandbox.open(estate) as sandbox:
            sandbox.patch(DISK, {"tags": {"a": "b"}})
            raise KeyError

    with pytest.raises(KeyError):
        crash()
    with Sandbox.open(estate) as sandbox:
        assert sandbox.get(DISK)["tags"] == {"a": "b"}


def test_changes_behind_azures_back(estate: Path) -> None:
    with Sandbox.open(estate) as sandbox:
        assert sandbox.put(f"{GROUP}/providers/Microsoft.Compute/disks/E", {"location": "West US"})["name"] == "E"
        assert sandbox.ids("*/disks/e") == [f"{GROUP}/providers/Microsoft.Compute/disks/E"]
        sandbox.patch(DISK.upper(), {"properties": {"diskState": None, "x": {"y": 1}}})
        properties = sandbox.get(DISK)["properties"]
        assert "diskState" not in properties
        assert properties["x"] == {"y": 1}
        assert properties["diskSizeGB"] == 128
        sandbox.put(f"{DISK}/providers/Microsoft.Authorization/locks/l", {"properties": {"level": "readonly"}})
        assert len(sandbox.remove(GROUP)) == 4
        assert sandbox.ids(f"{GROUP}*") == []
        for deed in (sandbox.get, sandbox.remove):
            with pytest.raises(SandboxError, match="there is no"):
                deed(DISK)
        with pytest.raises(SandboxError, match="does not exist"):
            sandbox.put(DISK, {})


def test_a_clock_to_follow_never_goes_back(estate: Path) -> None:
    start = datetime(2026, 8, 1, tzinfo=UTC)
    with Sandbox.open(estate, now=lambda: start) as sandbox:
        assert sandbox.time() == start
        sandbox.advance(3600)
    with Sandbox.open(estate, now=lambda: start) as sandbox:
        assert sandbox.time() == start + timedelta(hours=1)
        sandbox.time.follow(lambda: datetime(2000, 1, 1, tzinfo=UTC))
        assert sandbox.time() == start + timedelta(hours=1)


@pytest.mark.parametrize("text", ["", "fast", "real:1", "scaled:0", "scaled:x", "scaled:nan", "virtual:then"])
def test_no_clock(text: str) -> None:
    with pytest.raises(SandboxError, match="is no clock"):
        clocks.parse(text)


def test_clocks() -> None:
    assert clocks.parse("virtual:2026-01-01T00:00:00+01:00").start == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert clocks.parse("virtual").source() is None
    source = clocks.parse("scaled:1e6").source()
    assert source is not None
    assert source() < source() + timedelta(seconds=1)


def test_chance_knows_no_order() -> None:
    one, two = Sandbox.of(TEXT.encode()).world, Sandbox.of(TEXT.encode()).world
    a, b = one.guid("/a", "x"), one.guid("/b", "x")
    assert (two.guid("/B", "x"), two.guid("/A/", "x")) == (b, a)
    one.store(f"{GROUP}/providers/A.B/c/d", {})
    first = one.guid(f"{GROUP}/providers/A.B/c/d", "principal")
    one.remove(f"{GROUP}/providers/A.B/c/d")
    one.store(f"{GROUP}/providers/A.B/c/d", {})
    assert one.guid(f"{GROUP}/providers/A.B/c/d", "principal") != first


def test_a_comparable_dump_has_no_times(estate: Path) -> None:
    with Sandbox.open(estate) as sandbox:
        sandbox.put(f"{DISK}2", {"location": "westus"})
        text = orjson.dumps(sandbox.dump(comparable=True)).decode()
        assert "timeCreated" not in text
        assert "timeCreated" in orjson.dumps(sandbox.dump()).decode()


def test_the_same_deeds_give_the_same_bytes() -> None:
    body = b'{"location": "westus"}'
    headers = {"Authorization": "Bearer x"}

    def story() -> list[Any]:
        sandbox = Sandbox.of(TEXT.encode())
        calls = [
            ("GET", f"{TWO}/resourceGroups"),
            ("PUT", f"{TWO}/resourceGroups/new"),
            ("DELETE", DISK),
            ("GET", DISK),
        ]
        versions = ["2024-07-01", "2024-07-01", "2024-03-02", "2024-03-02"]
        return [
            sandbox.handle(method, f"https://h{path}?api-version={version}", headers, body)
            for (method, path), version in zip(calls, versions, strict=True)
        ]

    assert story() == story()
