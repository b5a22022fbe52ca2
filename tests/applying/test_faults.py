"""One fault at each call, on the real stack: the run ends well by itself, writes nothing twice, and the plan is empty."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from arm import PLATFORM, disk, disk_id, estate, vault_id
from stage import Stage, failures

from reconciler.azure.virtual import Deadlock

Answer = tuple[int, Mapping[str, str], bytes, float]
VAULT = vault_id()


def said(*names: str, days: int = 7) -> dict[str, Any]:
    return {
        "apiVersion": "reconciler/v1",
        "name": "faulty",
        "defaults": {"subscription": PLATFORM, "location": "westus", "snapshotResourceGroup": "snapshotrg"},
        "vaults": [{"name": "TestBkpVault", "resourceGroup": "testBkpVaultRG"}],
        "policies": [{"name": "gold", "schedule": {"every": "4h"}, "retention": {"default": f"{days}d"}}],
        "snapshotResourceGroups": [{"name": "snapshotrg", "location": "westus"}],
        "disks": [{"id": disk_id(name), "vault": "TestBkpVault", "policy": "gold"} for name in names],
    }


class Saboteur:
    """Stands before a sandbox and does something at the calls that `picks` names, by number from 1."""

    def __init__(self, stage: Stage, picks: Callable[[int, str, str], bool], fault: Callable[..., Answer]) -> None:
        self.calls: list[str] = []
        self.hits: list[str] = []
        self._handle = stage.recorder.handle
        self._picks, self._fault = picks, fault
        stage.recorder.handle = self  # type: ignore[method-assign]

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        path = url.partition("?")[0]
        self.calls.append(f"{method} {path}")
        if not self._picks(len(self.calls), method, path):
            return self._handle(method, url, headers, body)
        self.hits.append(f"{method} {path}")
        return self._fault(lambda: self._handle(method, url, headers, body))


def throttled(_: Callable[[], Answer]) -> Answer:
    error = {"error": {"code": "SubscriptionRequestsThrottled", "message": "Too many requests."}}
    return 429, {"Retry-After": "7", "Content-Type": "application/json"}, json.dumps(error).encode(), 0.0


def unavailable(_: Callable[[], Answer]) -> Answer:
    return 503, {}, b"<html>try later</html>", 0.0


def lost_before(_: Callable[[], Answer]) -> Answer:
    raise ConnectionResetError("reset before the server read it")


def lost_after(acted: Callable[[], Answer]) -> Answer:
    acted()
    raise ConnectionResetError("reset before the answer came")


def cut(acted: Callable[[], Answer]) -> Answer:
    status, headers, content, latency = acted()
    return status, headers, content[: len(content) // 2], latency


FAULTS = [throttled, unavailable, lost_before, lost_after, cut]


def settles(stage: Stage, manifest: dict[str, Any]) -> None:
    assert stage.plan(manifest).changes == ()
    assert len(stage.names(f"{VAULT}/backupInstances")) == len(manifest["disks"])
    assert len(stage.names(f"{VAULT}/backupPolicies")) == 1


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_f01_f04_f06_f58_a_fault_at_every_call_of_a_first_apply(
    on_stage: Callable[..., Stage], fault: Callable[..., Answer]
) -> None:
    stage = on_stage(estate([disk("d1")]))
    plan = stage.plan(said("d1"))
    seen: set[str] = set()

    def first_of_its_kind(_: int, method: str, path: str) -> bool:
        kind = f"{method} {path.rsplit('/', 2)[-2]}"
        return not (kind in seen or seen.add(kind))

    saboteur = Saboteur(stage, first_of_its_kind, fault)
    outcome = stage.carry_out(plan)
    assert outcome.ok, failures(outcome)
    assert len(saboteur.hits) > 8
    stage.recorder.handle = saboteur._handle  # type: ignore[method-assign]
    settles(stage, said("d1"))


def posts(_: int, method: str, path: str) -> bool:
    return method == "POST" and path.endswith(("stopProtection", "resumeProtection", "undelete", "suspendBackups"))


@pytest.mark.parametrize("fault", [lost_before, lost_after], ids=lambda fault: fault.__name__)
def test_f07_a_post_whose_answer_is_lost_is_sent_again_only_if_needed(
    on_stage: Callable[..., Stage], fault: Callable[..., Answer]
) -> None:
    stage = on_stage(estate([disk("d1")]))
    assert stage.apply(said("d1")).ok
    stopped = said("d1")
    stopped["disks"][0]["protection"] = "stopped"
    plan = stage.plan(stopped)
    once: list[int] = []
    saboteur = Saboteur(stage, lambda *call: posts(*call) and not once and not once.append(1), fault)
    outcome = stage.carry_out(plan)
    assert outcome.ok, failures(outcome)
    sent = [call for call in saboteur.calls if call.endswith("stopProtection")]
    assert len(sent) == (2 if fault is lost_before else 1)


def test_f12_operations_whose_urls_are_gone_leave_it_to_the_resource(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate([disk("d1")]))
    plan = stage.plan(said("d1"))

    def gone(_: Callable[[], Answer]) -> Answer:
        return 404, {}, b"", 0.0

    Saboteur(stage, lambda _, __, path: "operationStatus" in path or "operationResults" in path, gone)
    outcome = stage.carry_out(plan)
    assert outcome.ok, failures(outcome)


def test_f02_a_delay_that_only_the_text_tells_is_kept(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate([disk("d1")]))
    plan = stage.plan(said("d1"))
    times: list[float] = []

    def failed_identity(_: Callable[[], Answer]) -> Answer:
        message = "Identity operation for resource 'v' failed with status 429. Retry after 20 seconds."
        return 429, {}, json.dumps({"error": {"code": "FailedIdentityOperation", "message": message}}).encode(), 0.0

    def early_vault_puts(_: int, method: str, path: str) -> bool:
        if method != "PUT" or not path.endswith("/TestBkpVault"):
            return False
        times.append(stage.session.clock.monotonic())
        return len(times) == 1

    Saboteur(stage, early_vault_puts, failed_identity)
    assert stage.carry_out(plan).ok
    assert times[1] - times[0] >= 20


class Killed(BaseException):
    """What a killed process looks like from inside: nothing more is run."""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.filterwarnings("ignore")
def test_f22_killed_before_or_after_any_write_a_second_run_ends_it(tmp_path: Path, after: bool) -> None:
    for number in range(1, 20):
        path = tmp_path / f"{number}" / "azure.estate.yaml"
        path.parent.mkdir()
        path.write_text(json.dumps(estate([disk("d1"), disk("d2")])), encoding="utf-8")
        if not was_killed(path, number, after=after):
            assert number > 8
            return
        with Stage(path.parent / "again", path) as stage:
            outcome = stage.apply(said("d1", "d2"))
            assert outcome.ok, (number, failures(outcome))
            settles(stage, said("d1", "d2"))
    raise AssertionError("more writes than expected")


def was_killed(path: Path, number: int, *, after: bool) -> bool:
    """Apply, and die at the write of that number; False when there are fewer."""
    writes: list[str] = []
    dead: list[bool] = []

    def nth_write(_: int, method: str, path: str) -> bool:
        if dead:
            return True
        if method != "GET":
            writes.append(path)
        return method != "GET" and len(writes) == number

    def die(acted: Callable[[], Answer]) -> Answer:
        if after and not dead:
            acted()
        dead.append(True)
        raise Killed

    stage = Stage(path.parent / "first", path)
    plan = stage.plan(said("d1", "d2"))
    Saboteur(stage, nth_write, die)
    with suppress(Killed, Deadlock):
        stage.carry_out(plan)
    with suppress(Killed):
        stage.__exit__()
    return bool(dead)


@pytest.mark.parametrize("seconds", [0.5, 5.0, 30.0, 90.0, 400.0])
def test_f52_interrupted_at_any_moment_a_second_run_ends_it(on_stage: Callable[..., Stage], seconds: float) -> None:
    import asyncio

    from reconciler.applying.engine import Settings, apply
    from reconciler.applying.progress import Progress

    stage = on_stage(estate([disk("d1"), disk("d2")]))
    plan = stage.plan(said("d1", "d2"))

    async def work(azure: Any, clock: Any) -> Any:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, stop.set)
        began = clock.monotonic()
        outcome = await apply(plan, azure, clock, settings=Settings(), progress=Progress(), stop=stop)
        assert clock.monotonic() - began <= seconds + 2
        return outcome

    outcome = stage.session.run(work)
    assert outcome.ok is not bool(outcome.interrupted)
    assert len(outcome.results) == len(plan.changes)
    assert stage.apply(said("d1", "d2")).ok
    settles(stage, said("d1", "d2"))


def test_f40_a_disk_deleted_after_the_plan_fails_alone(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate([disk("d1"), disk("d2")]))
    plan = stage.plan(said("d1", "d2"))
    stage.ask("DELETE", disk_id("d1"), version="2024-03-02")
    stage.wait(60)
    outcome = stage.carry_out(plan)
    statuses = {result.address.rsplit("/", 1)[-1]: str(result.status) for result in outcome.results}
    assert statuses["d2"] == "done"
    assert statuses["d1"] in ("failed", "skipped")
    assert not outcome.ok
