"""F53-F55: clocks that lie, estates that are large, and the same run twice in a row."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from arm import APPS, disk, disk_id, estate, grants, group, group_id, instance, policy, vault, vault_id
from faults import killed_after, lost_after, throttled
from manifests import DISK, POLICY, VAULT, Data, manifest, selecting
from stage import Stage
from stories import LONGER, REMOVED, VAULT_ID, applied, orphaned, rolled, soft_deleted, state_of
from trial import Trial

from reconciler.base.clock import LoopClock

pytestmark = pytest.mark.long

# F53


class Lying(LoopClock):
    """A runner whose wall clock is `off` seconds from Azure's, and leaps by `leap` each time it is read."""

    def __init__(self, start: datetime, off: float, leap: float = 0.0) -> None:
        super().__init__(start=start)
        self._off, self._leap = timedelta(seconds=off), timedelta(seconds=leap)
        self.reads = 0

    def now(self) -> datetime:
        self.reads += 1
        return super().now() + self._off + self._leap * self.reads


def lying(trial: Trial, off: float, leap: float = 0.0) -> Trial:
    """The tool's clock lies; Azure's, and the time that passes, are as ever."""
    honest = trial._clock

    def clock(runner: Any) -> LoopClock:
        honest(runner)
        trial.clock = Lying(trial.sandbox.time(), off, leap)
        return trial.clock

    trial._clock = clock  # type: ignore[method-assign]
    return trial


@pytest.mark.parametrize(
    "off", [600, -600, 86_400, -86_400], ids=["10 min ahead", "10 min behind", "a day ahead", "a day behind"]
)
def test_f53_a_runner_whose_clock_is_off_does_the_same(quickstart: Trial, off: float) -> None:
    lying(quickstart, off)
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert run.seconds < 1800
    orphaned(quickstart)
    assert quickstart.apply().code == 0
    assert state_of(quickstart) == "ProtectionStopped"


@pytest.mark.parametrize("leap", [7200, -7200], ids=["forwards", "backwards"])
def test_f53_a_wall_clock_that_leaps_moves_no_deadline(quickstart: Trial, leap: float) -> None:
    """Permissions that come after 25 minutes are waited for; an operation that never ends is left after 30."""
    lying(quickstart, 0, leap)
    quickstart.switch(propagation="1500")
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert 1500 <= run.seconds < 2400


def test_f53_a_leaping_clock_neither_shortens_nor_stretches_a_deadline(quickstart: Trial) -> None:
    lying(quickstart, 0, 3600)
    quickstart.switch(propagation="100000")
    run = quickstart.apply()
    assert run.code == 1
    assert 1700 < run.seconds < 3000
    quickstart.switch(propagation="60..300")
    quickstart.wait(100_000)


MOMENTS = {
    "before spring forward": "2026-03-29T00:59:00Z",
    "in the hour that is missing": "2026-03-29T01:30:00Z",
    "before fall back": "2026-10-25T00:30:00Z",
    "in the hour that comes twice": "2026-10-25T01:30:00Z",
    "leap day": "2028-02-29T12:00:00Z",
    "last second of a year": "2026-12-31T23:59:59Z",
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"])
def test_f53_a_schedule_is_the_same_at_every_moment_of_the_year(
    trials: Callable[..., Trial], on_stage: Callable[..., Stage], moment: str, zone: str
) -> None:
    """`at: 02:30` stands for a wall time in its zone: nothing about the moment of a run may get into the policy."""
    rule = POLICY | {"schedule": {"daily": "02:30"}, "timeZone": zone}
    said = manifest(policies=[rule])
    trial = trials(estate(disk("PSTestDisk"), clock="2026-01-05T08:00:00Z"), said)
    assert trial.apply().code == 0
    before = trial.names(f"{VAULT_ID}/backupPolicies")
    later = datetime.fromisoformat(MOMENTS[moment])
    trial.wait((later - trial.sandbox.time()).total_seconds())
    assert trial.drift().code == 0
    run = trial.apply()
    assert (run.code, run.writes) == (0, []), run.text
    fresh = on_stage(estate(disk("PSTestDisk"), clock=MOMENTS[moment]))
    assert fresh.apply(said).ok
    assert fresh.plan(said).changes == ()
    assert fresh.names(f"{VAULT_ID}/backupPolicies") == before


@pytest.mark.parametrize(
    ("start", "zone", "same"),
    [
        ("2026-07-01T02:30:00+02:00", "W. Europe Standard Time", True),
        ("2026-01-01T02:30:00+01:00", "Europe/Berlin", True),
        ("2026-01-01T01:30:00Z", "W. Europe Standard Time", True),
        ("2026-07-01T00:30:00+00:00", "W. Europe Standard Time", True),
        ("2028-02-29T02:30:00+01:00", "W. Europe Standard Time", True),
        ("2026-01-01T02:30:00+00:00", "UTC", False),
        ("2026-01-01T01:30:00+00:00", "UTC", False),
        ("2026-01-01T03:30:00+01:00", "W. Europe Standard Time", False),
    ],
)
def test_f53_schedules_are_compared_as_times_with_their_zone_kept(
    trials: Callable[..., Trial], start: str, zone: str, same: bool
) -> None:
    """The same wall time all year is equal; the same moment in another zone is not: summer would move it."""
    said = manifest(policies=[POLICY | {"schedule": {"daily": "02:30"}, "timeZone": "Europe/Berlin"}])
    rows = [disk("PSTestDisk"), group(APPS, "snapshotrg"), vault(), *grants(VAULT_ID, disk_id("PSTestDisk"))]
    rows.append(policy(VAULT_ID, "by-hand", every="P1D", start=start, zone=zone, rule="BackupDaily"))
    rows.append(instance(VAULT_ID, disk_id("PSTestDisk"), "by-hand"))
    trial = trials(estate(rows), said)
    assert trial.drift().code == (0 if same else 2)


# F54

VAULTS, DISKS = 20, 2000


def fleet(vaults: int, disks: int) -> tuple[Data, Data]:
    """So many disks, protected in so many vaults as the manifest declares; each vault its own tag."""
    names = [f"Vault-{number:02}" for number in range(vaults)]
    snapshots = group_id(APPS, "snapshotrg")
    rows: list[Data] = [group(APPS, "snapshotrg")]
    for name in names:
        rows += [
            vault(vault_id(name, f"rg-{name}"), tags={"reconciler-owner": "quickstart"}),
            policy(vault_id(name, f"rg-{name}"), "gold"),
        ]
    for number in range(disks):
        name = names[number % vaults]
        one = disk(f"data-{number:04}", f"apps-{number % 7}", tags={"backup": name})
        rows += [
            one,
            instance(vault_id(name, f"rg-{name}"), one["id"], "gold", tags={"reconciler-owner": "quickstart"}),
        ]
    who = {vault_id(name, f"rg-{name}") for name in names}
    for address in sorted(who):
        for role in grants(address, f"/subscriptions/{APPS}", snapshots):
            rows.append(role)
    said = manifest(
        vaults=[{"name": name, "resourceGroup": f"rg-{name}"} for name in names],
        roleAssignments={"mode": "manage", "scope": "subscription"},
        disks=[selecting({"backup": name}, vault=name) for name in names],
    )
    return estate(rows), said


def counted(stage: Stage, said: Data) -> Counter[str]:
    """How often each kind of request is sent for one plan of what is as declared."""
    stage.forget()
    plan = stage.plan(said)
    assert (plan.changes, plan.errors) == ((), ()), (plan.changes[:2], plan.errors[:2])
    return Counter(call.kind for call in stage.recorder.calls)


def objects() -> int:
    """How many objects are alive that can hold others."""
    gc.collect()
    return len(gc.get_objects())


def test_f54_a_plan_asks_by_vault_and_not_by_disk(on_stage: Callable[..., Stage]) -> None:
    few = on_stage(fleet(VAULTS, 100)[0])
    many = on_stage(fleet(VAULTS, DISKS)[0])
    said = fleet(VAULTS, DISKS)[1]
    less = counted(few, said)
    more, first = counted(many, said), objects()
    again, second = counted(many, said), objects()
    assert more == again
    assert second - first < DISKS, "nothing of a plan is kept by the next one"
    for kind, count in more.items():
        pages = 2 * DISKS // 100 if kind.startswith("GET") else 0
        assert count <= less[kind] + pages, (kind, count, less[kind])
    assert not [call for call in many.recorder.calls if call.path.lower().count("/disks/")], "no disk is read by itself"
    assert sum(more.values()) < 12 * VAULTS


def test_f54_the_order_of_a_plan_hangs_on_nothing_that_azure_does(on_stage: Callable[..., Stage]) -> None:
    """Rows in another order, pages of another size: byte for byte the same plan."""
    names = [f"data-{number:03}" for number in range(60)]
    said = manifest(disks=[selecting()])
    texts = set()
    for switches, rows in (({}, names), ({"page_size": 7}, names[::-1]), ({"latency": False}, names[30:] + names[:30])):
        stage = on_stage(estate([disk(name, tags={"backup": "gold"}) for name in rows], switches=switches))
        plan = stage.plan(said)
        texts.add((plan.checksum, *(change.address for change in plan.changes)))
    assert len(texts) == 1


def test_f54_a_large_first_apply_stays_within_azures_limits(on_stage: Callable[..., Stage]) -> None:
    """300 disks at once: no request is refused for its rate, and validations are few."""
    stage = on_stage(estate([disk(f"data-{number:03}", tags={"backup": "gold"}) for number in range(300)]))
    outcome = stage.apply(manifest(disks=[selecting()]))
    assert outcome.ok
    assert not [call for call in stage.recorder.calls if call.status == 429]
    kinds = Counter(call.kind for call in stage.recorder.calls)
    assert kinds["PUT backupInstances"] < 600, "what lacks permissions for a while is tried again, most of them once"
    assert kinds["POST validateForBackup"] < 60
    assert kinds["GET backupInstances"] < 100, "watched by list, not one by one"
    assert stage.recorder.calls[-1].at - stage.recorder.calls[0].at < 900, (
        "what one disk waits for all wait for at once"
    )


# F55


def twice(trial: Trial) -> None:
    """The second run writes nothing, says so, and ends with 0; so does the third."""
    assert trial.apply().code == 0
    for _ in range(2):
        again = trial.apply()
        assert (again.code, again.writes) == (0, []), again.text
        assert "No changes. Azure matches the manifest." in again.out
        assert again.out.endswith("Apply complete! Resources: 0 added, 0 changed, 0 destroyed.\n")
    assert trial.plan("--detailed-exitcode").code == 0
    assert trial.drift().code == 0


STORIES: dict[str, Callable[[Trial], object]] = {
    "fresh": lambda _: None,
    "applied": applied,
    "rolled": rolled,
    "soft-deleted": soft_deleted,
    "deleted": lambda trial: (soft_deleted(trial), setattr(trial, "said", manifest(disks=None, removed=REMOVED))),
    "pruned": orphaned,
    "killed": lambda trial: (trial.inject("PUT backupInstances", killed_after), trial.apply(), trial.clear()),
    "throttled": lambda trial: trial.inject("*", throttled(3), times=5),
    "lost": lambda trial: trial.inject("PUT *", lost_after, times=4),
    "stopped by hand": lambda trial: (applied(trial), trial.ask("POST", f"{trial.instances(VAULT_ID)['pstestdisk']['id']}/stopProtection"), trial.wait(120)),
    "suspended": lambda trial: setattr(trial, "said", manifest(disks=[DISK | {"protection": "suspended"}])),
    "retained": lambda trial: (applied(trial), setattr(trial, "said", manifest(disks=None, removed=[REMOVED[0] | {"data": "retain"}]))),
    "other settings": lambda trial: (applied(trial), setattr(trial, "said", manifest(vaults=[VAULT | {"tags": {"a": "b"}, "alertsForAllJobFailures": True}], policies=[LONGER]))),
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_f55_the_same_run_twice_in_a_row_writes_once(quickstart: Trial, story: str) -> None:
    STORIES[story](quickstart)
    if story == "pruned":
        quickstart.flags = ("--prune", "--force", "empty")
        assert quickstart.apply().code == 0
        again = quickstart.apply()
        assert (again.code, again.writes) == (0, []), again.text
        return
    twice(quickstart)


def test_f55_is_the_end_of_every_other_test() -> None:
    """Each trial ends with faults off, an apply, an empty plan and an apply that writes nothing: see `invariants`."""
    import inspect

    import invariants

    text = inspect.getsource(invariants.at_the_end) + inspect.getsource(invariants.assert_settled)
    for part in ("trial.clear()", "trial.apply()", "once_more.writes", "plan.plan.changes"):
        assert part in text
