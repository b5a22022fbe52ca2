"""Results to text: a line for each run, ratios over the seeds, and how costs grow with the disks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from statistics import median

from loopback import Costs
from running import Measured

OWN = "reconciler"
HEAD = (
    f"{'client':28} {'scenario':12} {'disks':>6} {'subs':>4} {'limits':13} {'form':9} {'page':>4} {'seed':>4} "
    f"{'seconds':>9} {'of oracle':>9} {'reads/d':>8} {'writes':>7} {'429s':>6} {'failed':>6} {'ms CPU/d':>8}"
)


def line(one: Measured) -> str:
    """One run."""
    share = f"{one.share:9.1%}" if one.share else f"{'-':>9}"
    cpu = f"{1000 * one.cpu / one.disks:8.3f}" if one.client == OWN else f"{'-':>8}"
    return (
        f"{one.client:28} {one.scenario:12} {one.disks:6} {one.subscriptions:4} {one.limits:13} {one.form:9} "
        f"{one.page:4} {one.seed:4} {one.seconds:9.1f} {share} {one.reads / one.disks:8.3f} {one.writes:7} "
        f"{one.refused:6} {one.failed:6} {cpu}"
    )


def ratios(results: list[Measured]) -> Iterator[str]:
    """Every client's time over this tool's at the same point, median over the seeds; what failed shows beside it."""
    points: defaultdict[tuple[str, int, int], defaultdict[str, list[Measured]]] = defaultdict(lambda: defaultdict(list))
    for one in results:
        if (one.limits, one.page) == ("documented", 200) and one.form in ("", "selectors"):
            points[one.scenario, one.disks, one.subscriptions][one.client].append(one)
    if not any(len(clients) > 1 for clients in points.values()):
        return
    yield f"\n{'times as long as this tool':28} {'scenario':12} {'disks':>6} {'subs':>4} {'seeds':>9} {'ratio':>7} {'failed':>7}"
    for (scenario, disks, subscriptions), clients in sorted(points.items(), key=lambda item: item[0][:2]):
        if len(clients) == 1:
            continue
        own = clients[OWN]
        usual = median(one.seconds for one in own)
        for client, runs in clients.items():
            seeds = ",".join(str(one.seed) for one in runs)
            ratio, failed = median(one.seconds for one in runs) / usual, median(one.failed for one in runs)
            yield f"{client:28} {scenario:12} {disks:6} {subscriptions:4} {seeds:>9} {ratio:7.2f} {failed / disks:7.1%}"
        if oracles := [one.oracle for one in own if one.oracle]:
            seeds = ",".join(str(one.seed) for one in own)
            yield (
                f"{'oracle':28} {scenario:12} {disks:6} {subscriptions:4} {seeds:>9} {median(oracles) / usual:7.2f} {0:7.1%}"
            )


def growth(results: list[Measured]) -> Iterator[str]:
    """What each further disk costs from one size to the next, simulated: the same all along is in proportion."""
    own = [one for one in results if (one.client, one.limits, one.page) == (OWN, "documented", 200)]
    if not any(one.disks >= 10_000 for one in own):
        return
    yield "\nslope, simulated: what each further disk takes"
    for scenario, form in sorted({(one.scenario, one.form) for one in own}):
        sizes: dict[int, list[Measured]] = defaultdict(list)
        for one in own:
            is_widest = one.disks > 10_000 or one.subscriptions == 1
            if (one.scenario, one.form) == (scenario, form) and one.disks >= 1000 and is_widest:
                sizes[one.disks].append(one)
        for small, large in pairwise(sorted(sizes)):
            cpu = (median(one.cpu for one in sizes[large]) - median(one.cpu for one in sizes[small])) / (large - small)
            calls = (_calls(sizes[large]) - _calls(sizes[small])) / (large - small)
            yield f"{scenario:12} {form:9} {small:>7,} to {large:>7,} disks: {1000 * cpu:.3f} ms CPU, {calls:.4f} calls"


def http_growth(costs: Costs) -> Iterator[str]:
    """What each further disk costs the command itself, over HTTP."""
    yield "\nslope, over HTTP: what each further disk takes"
    for form in ("selectors", "listed"):
        sizes = sorted(disks for disks, said in costs.plans if said == form)
        for small, large in pairwise(sizes):
            one, other = costs.plans[small, form], costs.plans[large, form]
            cpu = 1000 * (other.cpu - one.cpu) / (large - small)
            memory = 1024 * (other.memory - one.memory) / (large - small)
            yield f"{'no-change':12} {form:9} {small:>7,} to {large:>7,} disks: {cpu:.3f} ms CPU, {memory:.2f} kB of memory"


def _calls(runs: list[Measured]) -> float:
    return median(one.reads + one.probes + one.writes for one in runs)
