"""Thirty simulated days of rounds: faults, tampering, an outage of six hours, and what was said about them."""

from __future__ import annotations

import asyncio
import gc
import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from arm import APPS, disk, disk_id, estate, group, vault_id
from manifests import manifest
from prometheus_client.parser import text_string_to_metric_families
from stage import Stage, as_yaml

from reconciler.cli.watch import _Task
from reconciler.connection.choice import Connection
from reconciler.sandbox.sandbox import Hook
from reconciler.watch.health import Liveness
from reconciler.watch.metrics import Metrics
from reconciler.watch.posting import Webhook
from reconciler.watch.rounds import rounds
from reconciler.watch.telling import Teller
from reconciler.watch.tracing import Tracing

pytestmark = pytest.mark.long

DAY = 86_400.0
HOUR = 3_600.0
EVERY = 2 * HOUR
DAYS = 30


class Weather(Hook):
    """Azure is away for six hours on the tenth day; every 97th answer before that day and after it is a 503."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._begin = stage.sandbox.time().timestamp()
        self._count = 0

    def before(self, request: Any) -> Any:
        _ = request
        self._count += 1
        passed = self._stage.sandbox.time().timestamp() - self._begin
        if 10 * DAY <= passed < 10 * DAY + 6 * HOUR:
            raise ConnectionResetError("Azure is away")
        if self._count % 97 == 0:
            raise ConnectionResetError("a passing fault")
        return None


class Month:
    """The rounds of a month on one stage, with everything that came of them."""

    def __init__(self, stage: Stage, path: Path, *, applies: bool) -> None:
        self.stage = stage
        self.metrics = Metrics()
        self.lines: list[str] = []
        self.posted: list[Mapping[str, Any]] = []
        self.sizes: list[int] = []
        self.calls = 0
        self._task = _Task(str(path), Connection(sandbox="sandbox"), applies)
        self.plans: dict[int, Callable[[], None]] = {}

    def told(self, days: float) -> None:
        async def work(azure: Any, clock: Any) -> None:
            health = Liveness(clock.monotonic, every=EVERY, patience=HOUR)
            hooks = (Webhook("json", "https://example.test/secret"),)
            teller = Teller(self._say, self.metrics, health, Tracing(), hooks, is_virtual=True, send=self._send)
            azure.audited.heard = teller.called
            stop = asyncio.Event()

            async def tell(one: Any) -> None:
                await teller.round(one)
                assert health.alive
                self.calls += len(self.stage.recorder.calls)
                self.stage.forget()
                self.stage.sandbox.log.clear()
                if one.number % 30 == 0:
                    gc.collect()
                    self.sizes.append(len(gc.get_objects()))
                self.plans.pop(one.number, lambda: None)()

            await rounds(
                lambda: self._task(azure, clock, teller, stop),
                tell,
                clock,
                every=EVERY,
                stop=stop,
                chance=Random(7),
                times=round(days * DAY / EVERY),
            )

        self.stage.session.run(work)

    def _say(self, line: str) -> None:
        self.lines.append(line)

    def _send(self, _hook: Webhook, body: Mapping[str, Any]) -> str:
        self.posted.append(body)
        return ""

    def samples(self) -> dict[tuple[str, ...], float]:
        families = text_string_to_metric_families(self.metrics.text().decode())
        return {
            (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
            for family in families
            for sample in family.samples
        }


@pytest.fixture
def month(on_stage: Callable[..., Stage], tmp_path: Path) -> Callable[..., Month]:
    fresh = on_stage(estate(group(APPS, "diskrg"), disk("PSTestDisk")))

    def of(*, applies: bool, backs_up: bool = True) -> Month:
        fresh.switch(scheduled_backups=backs_up)
        path = tmp_path / "watched.yaml"
        path.write_text(as_yaml(manifest()))
        fresh.sandbox.hooks.append(Weather(fresh))
        return Month(fresh, path, applies=applies)

    return of


def suspend(stage: Stage) -> Callable[[], None]:
    def act() -> None:
        row = stage.instances(vault_id())["pstestdisk"]
        body = {"currentProtectionState": "BackupsSuspended", "protectionStatus": {"status": "BackupsSuspended"}}
        stage.sandbox.patch(row["id"], {"properties": body})

    return act


def test_a_month_of_looking_and_mending(month: Callable[..., Month]) -> None:
    story = month(applies=True)
    for number in (50, 200, 300):
        story.plans[number] = suspend(story.stage)
    story.told(DAYS)

    ended = [row for row in map(json.loads, story.lines) if row["event"] == "round"]
    results = Counter(line["result"] for line in ended)
    samples = story.samples()
    assert len(ended) == DAYS * 12
    assert {result: samples["reconciler_rounds_total", result] for result in results} == results
    assert 2 <= results["error"] <= 4
    rest = {row["round"]: row["status"] for row in ended if row["result"] not in ("clean", "error")}
    assert rest == {52: {"late": 1}, 203: {"late": 1}}, "what the suspended disk missed"
    applied = [line["applied"] for line in ended if "applied" in line]
    assert applied[0]["add"] == 7
    assert [row["change"] for row in applied[1:]] == [1, 1, 1]
    assert samples["reconciler_changes_total", "change", "done"] == 3
    assert samples["reconciler_disks", "as-declared"] == 1
    assert samples["reconciler_state", "clean"] == 1
    assert samples["reconciler_drift", "unhealthy"] == 0
    calls = sum(value for key, value in samples.items() if key[0] == "reconciler_arm_calls_total")
    unanswered = sum(
        value for key, value in samples.items() if key[0] == "reconciler_arm_calls_total" and "none" in key
    )
    assert calls - unanswered == story.calls
    assert unanswered > 10

    outage = [body for body in story.posted if body["new"] and body["new"][0]["address"] == ""]
    assert len(outage) == 1
    rows = [(word, row["code"]) for body in story.posted for word in ("new", "over") for row in body[word]]
    assert Counter(rows) == Counter(
        {("new", "late"): 2, ("over", "late"): 2, ("new", "read-incomplete"): 1, ("over", "read-incomplete"): 1}
    )
    assert samples["reconciler_status", "ok"] == 1


def test_backups_that_never_come_are_no_clean_rounds_and_one_notice(month: Callable[..., Month]) -> None:
    """What is kept is counted here: the history of backups would grow by itself."""
    story = month(applies=True, backs_up=False)
    story.told(DAYS)

    ended = [row for row in map(json.loads, story.lines) if row["event"] == "round" and row["result"] != "error"]
    assert [row["result"] for row in ended[:3]] == ["clean"] * 3, "the first backup isn't due yet"
    assert {row["result"] for row in ended[10:]} == {"unhealthy"}
    assert ended[-1]["status"] == {"late": 1}
    samples = story.samples()
    assert (samples["reconciler_status", "late"], samples["reconciler_state", "unhealthy"]) == (1, 1)
    told = [row for body in story.posted for row in body["new"] if row["address"]]
    assert [row["code"] for row in told] == ["late"]
    assert told[0]["address"].startswith("disk//subscriptions/")
    assert story.sizes[-1] - story.sizes[2] < 100, f"what is kept grows: {story.sizes}"


def test_a_finding_is_told_once_while_it_lasts_and_once_when_it_is_over(month: Callable[..., Month]) -> None:
    story = month(applies=False)
    assert story.stage.apply(manifest()).ok
    story.plans[5] = suspend(story.stage)
    story.plans[20] = lambda: story.stage.sandbox.patch(
        story.stage.instances(vault_id())["pstestdisk"]["id"],
        {
            "properties": {
                "currentProtectionState": "ProtectionConfigured",
                "protectionStatus": {"status": "ProtectionConfigured"},
            }
        },
    )
    story.told(3)
    told = [
        (tuple(row["code"] for row in body["new"]), tuple(row["code"] for row in body["over"])) for body in story.posted
    ]
    assert told == [(("unhealthy",), ()), ((), ("unhealthy",))]
    assert story.samples()["reconciler_rounds_total", "drift"] == 15


def test_a_disk_that_was_replaced_is_not_as_declared(month: Callable[..., Month]) -> None:
    story = month(applies=False)
    assert story.stage.apply(manifest()).ok
    other = {"timeCreated": "2026-01-06T09:00:00+00:00", "uniqueId": "aaaaaaaa-0000-0000-0000-000000000001"}
    story.told(1)
    assert story.samples()["reconciler_disks", "as-declared"] == 1
    story.stage.switch(scheduled_backups=False)
    story.stage.sandbox.patch(disk_id("PSTestDisk"), {"properties": other})
    story.told(0.1)
    samples = story.samples()
    assert (samples["reconciler_drift", "replaced"], samples["reconciler_status", "failing"]) == (1, 1)
    assert (samples["reconciler_disks", "as-declared"], samples["reconciler_disks", "otherwise"]) == (0, 1)


def test_an_apply_that_a_signal_cuts_off_is_told(on_stage: Callable[..., Stage], tmp_path: Path) -> None:
    stage = on_stage(estate(group(APPS, "diskrg"), disk("PSTestDisk")))
    path, lines = tmp_path / "watched.yaml", list[str]()
    path.write_text(as_yaml(manifest()))
    task = _Task(str(path), Connection(sandbox="sandbox"), applies=True)

    async def work(azure: Any, clock: Any) -> None:
        health = Liveness(clock.monotonic, every=EVERY, patience=HOUR)
        teller, stop = Teller(lines.append, Metrics(), health, Tracing(), is_virtual=True), asyncio.Event()
        asyncio.get_running_loop().call_later(60, stop.set)
        await rounds(
            lambda: task(azure, clock, teller, stop), teller.round, clock, every=EVERY, stop=stop, chance=Random(7)
        )

    stage.session.run(work)
    (told,) = map(json.loads, lines)
    assert (told["event"], told["applied"]) == ("interrupted", {"add": 6, "change": 0, "destroy": 0})
    assert [address.rpartition("/")[2] for address in told["unfinished"]] == ["pstestdisk"]
