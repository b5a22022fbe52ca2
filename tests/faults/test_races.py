"""Two applies at once: whatever the order of their writes, Azure ends as declared, with one object each."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import invariants
import pytest
from arm import APPS, disk, estate, group
from manifests import POLICY, VAULT, manifest
from racing import Schedule, at_most_two_switches, order_of, race
from replaying import attempt
from stories import VAULT_ID, instance_of, state_of
from trial import Trial

LONG = bool(os.environ.get("RECONCILER_LONG_TESTS"))
pytestmark = [pytest.mark.long, pytest.mark.timeout(7200 if LONG else 600)]
RANDOM = 2000 if LONG else 12
MANY = 300
"""As many schedules have a hundred different orders of so few writes; more of them hardly have more."""
WRITES = 8
"""The quickstart's: two resource groups, a vault, a policy, two role assignments, an instance, the vault's mark."""

ONE = manifest()
OTHER = manifest(
    vaults=[VAULT | {"alertsForAllJobFailures": True}], policies=[POLICY | {"retention": {"default": "30d"}}]
)
FORTNIGHT = [POLICY | {"retention": {"default": "14d"}}]
THIRDS = (manifest(policies=FORTNIGHT), manifest(vaults=[VAULT | {"tags": {"team": "third"}}], policies=FORTNIGHT))
"""One leaves the vault to the other; the second writes it too, so that more orders are possible."""
DAYS = {"P7D", "P14D", "P30D"}
ORDERS: set[str] = set()
"""The orders of writes that really came about."""


@pytest.fixture
def worlds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Trial]:
    """Makes the walkthrough's estate anew."""

    def fresh() -> Trial:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        return Trial(folder, estate(group(APPS, "diskrg"), disk("PSTestDisk")), ONE, (), monkeypatch)

    return fresh


def chance(count: int, seed: int) -> Iterable[Schedule]:
    """Random schedules, always the same for a seed."""
    random = Random(seed)
    for _ in range(count):
        bias = random.choice((0.5, 0.5, 0.2, 0.8))
        yield Schedule([int(random.random() < bias) for _ in range(2 * WRITES)], random.random() < 0.4)


def same(trial: Trial, schedule: Schedule) -> str:
    """Both apply one manifest: how they ended, in a word."""
    runs = race(trial, (ONE, ONE), schedule)
    ORDERS.add(order_of(trial, runs))
    ends = [run.outcome is not None and run.outcome.ok for run in runs]
    assert any(ends), (str(schedule), [run.outcome for run in runs])
    if not all(ends):
        for run in runs:
            assert run.outcome is not None
            for row in run.outcome.results:
                assert row.status in ("done", "skipped") or row.code == "changed-by-someone-else", (str(schedule), row)
    assert state_of(trial) == "ProtectionConfigured"
    again = attempt(trial)
    assert again.plan is not None
    assert (again.plan.changes, again.plan.waits) == ((), ()), (str(schedule), again.plan.changes)
    return "both done" if all(ends) else "one reports a conflict"


def kept_days(trial: Trial, policy: str) -> str:
    """How long a policy keeps what a schedule makes."""
    rules = trial.sandbox.get(policy)["properties"]["policyRules"]
    (default,) = [rule for rule in rules if rule["name"] == "Default"]
    return str(default["lifecycles"][0]["deleteAfter"]["duration"])


def different(trial: Trial, schedule: Schedule, pair: tuple[Mapping[str, Any], Mapping[str, Any]]) -> str:
    """Each applies a commit of its own: no object is what neither of them wants, and each can have it all afterwards."""
    runs = race(trial, pair, schedule)
    ORDERS.add(order_of(trial, runs))
    ends = [run.outcome is not None and run.outcome.ok for run in runs]
    policies = invariants.rows(trial, "backuppolicies")
    assert {kept_days(trial, row["id"]) for row in policies} <= DAYS
    assert kept_days(trial, instance_of(trial)["properties"]["policyInfo"]["policyId"]) in DAYS
    alerts = trial.get(VAULT_ID)["properties"].get("monitoringSettings", {}).get("azureMonitorAlertSettings", {})
    assert alerts.get("alertsForAllJobFailures", "Disabled") in ("Enabled", "Disabled")
    assert len(invariants.rows(trial, "backupinstances")) == 1
    for said, run in zip(pair, runs, strict=True):
        for row in run.outcome.results if run.outcome else ():
            assert row.status == "done" or row.message, row
        trial.said = said
        again = attempt(trial)
        assert again.outcome is not None
        assert again.outcome.ok, (str(schedule), again.outcome)
        settled = attempt(trial)
        assert settled.plan is not None
        assert (settled.plan.changes, settled.plan.waits) == ((), ()), (str(schedule), settled.plan.changes)
        wanted = said["policies"][0]["retention"]["default"].upper()
        assert kept_days(trial, instance_of(trial)["properties"]["policyInfo"]["policyId"]) == f"P{wanted}"
    return {2: "both done", 1: "one was told", 0: "both were told"}[sum(ends)]


def told(capsys: pytest.CaptureFixture[str], what: str, ends: Counter[str]) -> None:
    orders = len(ORDERS)
    ORDERS.clear()
    with capsys.disabled():
        counts = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
        print(  # noqa: T201 - how many there were is part of what is asked for
            f"\n{what}: {sum(ends.values())} schedules, {orders} different orders of writes, all as desired; {counts}"
        )
    assert orders > min(sum(ends.values()), MANY) / 3, "the schedules take effect"


def test_f24_one_manifest_twice_with_at_most_two_switches(
    worlds: Callable[[], Trial], capsys: pytest.CaptureFixture[str]
) -> None:
    ends: Counter[str] = Counter()
    for schedule in at_most_two_switches(WRITES):
        with worlds() as trial:
            ends[same(trial, schedule)] += 1
    told(capsys, "one manifest twice, at most two switches", ends)


def test_f24_one_manifest_twice_at_random(worlds: Callable[[], Trial], capsys: pytest.CaptureFixture[str]) -> None:
    ends: Counter[str] = Counter()
    for schedule in chance(RANDOM, 24):
        with worlds() as trial:
            ends[same(trial, schedule)] += 1
    told(capsys, "one manifest twice, at random", ends)


def test_f25_two_commits_from_nothing(worlds: Callable[[], Trial], capsys: pytest.CaptureFixture[str]) -> None:
    ends: Counter[str] = Counter()
    schedules = list(at_most_two_switches(WRITES))
    for schedule in schedules if LONG else schedules[::11]:
        with worlds() as trial:
            ends[different(trial, schedule, (ONE, OTHER))] += 1
    told(capsys, "two commits from nothing, at most two switches", ends)


def test_f25_two_commits_of_what_was_applied_before(
    worlds: Callable[[], Trial], capsys: pytest.CaptureFixture[str]
) -> None:
    """Both roll the policy of what is protected already, each to another one.

    Whoever is told of the other stops before its last writes, so that fewer orders come about.
    """
    ends: Counter[str] = Counter()
    for schedule, third in zip(chance(RANDOM, 25), cycle(THIRDS), strict=False):
        with worlds() as trial:
            first = attempt(trial)
            assert first.outcome is not None
            assert first.outcome.ok
            ends[different(trial, schedule, (OTHER, third))] += 1
    told(capsys, "two commits of what was applied before, at random", ends)
