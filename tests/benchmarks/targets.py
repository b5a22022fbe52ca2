"""What was promised, and whether the figures keep it: the worst of all seeds counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from loopback import Costs
from running import Measured


@dataclass(frozen=True)
class Target:
    """A promised figure, the worst that was measured, and the median; `at_least`: more is better."""

    what: str
    measured: float
    usual: float
    promised: float
    unit: str = ""
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the worst keeps the promise."""
        return self.measured >= self.promised if self.at_least else self.measured <= self.promised

    def document(self) -> dict[str, Any]:
        """As JSON data."""
        return asdict(self) | {"is_met": self.is_met}


def verdict(target: Target) -> str:
    """One line."""
    mark = "met" if target.is_met else "MISSED"
    sense = "at least" if target.at_least else "at most"
    worst = f"{target.measured:.4g} {target.unit}".strip()
    usual = "" if target.usual == target.measured else f" (median {target.usual:.4g})"
    return f"{mark:6} {target.what}: {worst}{usual}, promised {sense} {target.promised:g} {target.unit}".rstrip()


SHARES = {"documented": 0.90, "halved": 0.85}
READS = {200: 0.4, 1000: 0.1}
LARGE = 1000
FEW = 200


def simulated(results: list[Measured]) -> Iterator[Target]:
    """The promises about calls, times and refusals."""
    points: defaultdict[tuple[Any, ...], list[Measured]] = defaultdict(list)
    for one in results:
        if one.client == "reconciler":
            points[one.scenario, one.disks, one.subscriptions, one.limits, one.form, one.page].append(one)
    failed = [one.failed for runs in points.values() for one in runs]
    if failed:
        yield Target(f"failures in all {len(failed)} runs of this tool", max(failed), median(failed), 0)
    unneeded = [one.writes for runs in points.values() for one in runs if one.scenario == "no-change"]
    if unneeded:
        yield Target(f"writes in all {len(unneeded)} runs without a change", max(unneeded), median(unneeded), 0)
    for runs in points.values():
        if runs[0].scenario == "no-change" and runs[0].limits == "documented":
            yield from _check(runs)
        elif runs[0].scenario == "first-apply" and runs[0].subscriptions == 1 and runs[0].disks >= LARGE:
            yield from _first_apply(runs)


def _check(runs: list[Measured]) -> Iterator[Target]:
    one = runs[0]
    name = f"no-change, {one.disks:,} disks, {one.subscriptions} subscription(s), {one.form}, {len(runs)} seed(s)"
    if one.disks >= LARGE:
        yield _worst(f"{name}: calls/disk", runs, lambda run: _calls(run) / run.disks, 0.015)
    elif one.disks <= FEW and one.subscriptions == 1:  # the promise is for one vault
        yield _worst(f"{name}: calls", runs, _calls, 10)


def _first_apply(runs: list[Measured]) -> Iterator[Target]:
    one = runs[0]
    name = f"first apply, {one.disks:,} disks, {one.limits}, {one.page} per page, {len(runs)} seed(s)"
    if one.limits in SHARES:
        shares = [run.share for run in runs]
        promised = SHARES[one.limits]
        yield Target(f"{name}: share of the oracle", min(shares), median(shares), promised, at_least=True)
    yield _worst(f"{name}: reads/disk", runs, lambda run: run.reads / run.disks, READS[one.page])
    if one.limits in SHARES:
        allowed = 0.01 if one.limits == "halved" else 0.0
        yield _worst(f"{name}: refused calls", runs, lambda run: run.refused / _calls(run), allowed)


def _worst(what: str, runs: list[Measured], figure: Callable[[Measured], float], promised: float) -> Target:
    figures = [figure(run) for run in runs]
    return Target(what, max(figures), median(figures), promised)


def _calls(run: Measured) -> int:
    return run.reads + run.probes + run.writes


def over_http(costs: Costs) -> Iterator[Target]:
    """The promises about CPU, memory and start-up."""
    for form, promised in (("selectors", 0.25), ("listed", 0.6)):
        if found := costs.plans.get((10_000, form)):
            yield _one(f"no-change plan of 10,000, {form}: CPU/disk", found.cpu / 10, promised, "ms")
            yield _one(f"no-change plan of 10,000, {form}: peak memory", found.memory, 100, "MB")
    if found := costs.plans.get((100_000, "selectors")):
        yield _one("no-change plan of 100,000 over 25 subscriptions: CPU", found.cpu, 15, "s")
        yield _one("no-change plan of 100,000 over 25 subscriptions: peak memory", found.memory, 300, "MB")
    for name, promised in (("--version", 100), ("--help", 100), ("validate", 200), ("plan", 600)):
        yield _one(f"start-up of {name}: CPU above a bare interpreter", costs.start_up[name], promised, "ms")
    yield _one(f"first apply of {costs.applied:,}: CPU/operation", costs.operation, 2.5, "ms")


def _one(what: str, measured: float, promised: float, unit: str) -> Target:
    return Target(what, measured, measured, promised, unit)
