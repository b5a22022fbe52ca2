"""Calls, times and refusals on a simulated Azure, beside an oracle and other clients: `python -m tests.benchmarks`.

Virtual time, deterministic by seed. By default 10, 100 and 1,000 disks in every scenario, and a look at 10,000; `--full`
takes the whole grid with five seeds.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from baselines import CLIENTS  # noqa: E402
from baselines import measured as measured_of  # noqa: E402
from fleet import Fleet  # noqa: E402
from running import LIMITS, SCENARIOS, Case, Measured, Simulation  # noqa: E402

SIZES, LARGER, FULL = (10, 100, 1000), (10_000,), (10, 100, 1000, 10_000, 100_000)
SHARES = {"documented": 0.90, "halved": 0.85}
BASELINES_TO = 1000


def cases(said: argparse.Namespace) -> Iterator[Case]:
    """The points of the grid that were asked for."""
    seeds = range(1, (said.seeds or (5 if said.full else 1)) + 1)
    sizes = [int(word) for word in said.disks.split(",")] if said.disks else (FULL if said.full else SIZES)
    grid = product(sizes, said.scenarios.split(","), (False, True), said.limits.split(","), seeds)
    for disks, scenario, several, limits, seed in grid:
        yield Case(scenario, Fleet(disks, several), limits, seed=seed)
    for disks, seed in product(sizes, seeds):
        if "first-apply" in said.scenarios and disks >= SIZES[-1]:
            yield Case("first-apply", Fleet(disks), page=1000, seed=seed)
        if "no-change" in said.scenarios:
            yield Case("no-change", Fleet(disks), form="listed", seed=seed)
    if not (said.disks or said.full):
        yield from (Case("no-change", Fleet(disks), form=form) for disks in LARGER for form in ("selectors", "listed"))


def main() -> int:
    """0 when every promise is kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the whole grid, five seeds: hours")
    parser.add_argument("--disks", default="", help="these sizes: 1000,10000")
    parser.add_argument("--scenarios", default=",".join(SCENARIOS))
    parser.add_argument("--limits", default=",".join(LIMITS))
    parser.add_argument("--seeds", type=int, default=0, help="how many, from 1")
    parser.add_argument("--no-baselines", action="store_true", help="this tool alone")
    parser.add_argument("--json", metavar="FILE", help="write every run")
    said = parser.parse_args()
    results: list[Measured] = []
    print(HEAD, flush=True)
    for case in cases(said):
        with Simulation(case) as simulation:
            results.append(_told(simulation.measured()))
        compared = case.scenario in ("no-change", "first-apply") and case.form == "selectors" and case.page != 1000
        most = FULL[-2] if said.full else BASELINES_TO
        if compared and not said.no_baselines and case.limits == "documented" and case.fleet.disks <= most:
            results += [_told(measured_of(client, case)) for client in CLIENTS]
    own = [result for result in results if result.client == "reconciler"]
    verdicts = list(_verdicts(own))
    print(*verdicts, *_slopes(own), sep="\n")
    if said.json:
        document = {"runs": [result.document() for result in results], "verdicts": verdicts}
        Path(said.json).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return int(any(verdict.startswith("MISSED") for verdict in verdicts))


HEAD = (
    f"{'client':28} {'scenario':12} {'disks':>6} {'subs':>4} {'limits':13} {'form':9} {'page':>4} {'seed':>4} "
    f"{'seconds':>9} {'of oracle':>9} {'reads/d':>8} {'writes':>7} {'429s':>6} {'failed':>6} {'ms CPU/d':>8}"
)


def _told(one: Measured) -> Measured:
    share = f"{one.share:9.1%}" if one.share else f"{'-':>9}"
    print(
        f"{one.client:28} {one.scenario:12} {one.disks:6} {one.subscriptions:4} {one.limits:13} {one.form:9} "
        f"{one.page:4} {one.seed:4} {one.seconds:9.1f} {share} {one.reads / one.disks:8.3f} {one.writes:7} "
        f"{one.refused:6} {one.failed:6} {1000 * one.cpu / one.disks:8.3f}",
        flush=True,
    )
    return one


def _verdicts(own: list[Measured]) -> Iterator[str]:
    """Each promise with the worst that was measured."""
    for result in own:
        name = f"{result.scenario} of {result.disks:,}, {result.limits}, page {result.page}, seed {result.seed}"
        calls = (result.reads + result.probes + result.writes) / result.disks
        if result.failed:
            yield f"MISSED {name}: {result.failed} failures"
        if result.scenario == "no-change":
            if result.writes:
                yield f"MISSED {name}: {result.writes} writes"
            if result.disks >= SIZES[-1] and result.subscriptions == 1:
                yield _verdict(f"{name}, {result.form}: calls/disk", calls, 0.015)
        elif result.scenario == "first-apply" and result.disks >= SIZES[-1] and result.subscriptions == 1:
            if result.limits in SHARES:
                yield _verdict(f"{name}: oracle's time over ours", -result.share, -SHARES[result.limits])
            yield _verdict(f"{name}: reads/disk", result.reads / result.disks, 0.4 if result.page == 200 else 0.1)
            refused = result.refused / (result.reads + result.probes + result.writes)
            yield _verdict(f"{name}: refused calls", refused, 0.01 if result.limits == "halved" else 0.0)


def _verdict(what: str, measured: float, promised: float) -> str:
    mark = "met   " if measured <= promised else "MISSED"
    return f"{mark} {what}: {abs(measured):.4f}, promised {abs(promised):g}"


def _slopes(own: list[Measured]) -> Iterator[str]:
    """How CPU and calls grow from one size to the next: 1 is in proportion, 2 is with the square."""
    for scenario, form in product(SCENARIOS, ("selectors", "listed")):
        runs = [one for one in own if (one.scenario, one.form, one.limits) == (scenario, form, "documented")]
        points = {
            size: median(one.cpu for one in runs if one.disks == size and one.subscriptions == 1)
            for size in sorted({one.disks for one in runs if one.disks >= SIZES[-1] and one.subscriptions == 1})
        }
        for small, large in pairwise(points):
            slope = math.log(points[large] / points[small]) / math.log(large / small)
            yield f"slope of CPU from {small:,} to {large:,} disks, {scenario}, {form}: {slope:.2f}"


if __name__ == "__main__":
    sys.exit(main())
