"""The points of the grid that are measured, and how one of them is."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import product

from baselines import CLIENTS, Client
from baselines import measured as measured_of
from fleet import Fleet
from running import Case, Measured, Simulation

SIZES, FULL = (10, 100, 1000), (10, 100, 1000, 10_000, 100_000)
TARGET_SEEDS = 3
BASELINES_TO, FULL_BASELINES_TO = 1000, 10_000

Job = tuple[Client | None, Case]
"""A client (None: this tool) at a point of the grid."""


def cases(said: argparse.Namespace) -> Iterator[Case]:
    """The points of the grid that were asked for; unless told otherwise, those too that the targets speak of."""
    sizes = [int(word) for word in said.disks.split(",")] if said.disks else (FULL if said.full else SIZES)
    seeds = range(1, (said.seeds or (5 if said.full else 1)) + 1)
    for disks, scenario, several, limits, seed in product(
        sizes, said.scenarios.split(","), (False, True), said.limits.split(","), seeds
    ):
        yield Case(scenario, Fleet(disks, several), limits, seed=seed)
    for disks, seed in product(sizes, seeds):
        if "no-change" in said.scenarios:
            yield Case("no-change", Fleet(disks), form="listed", seed=seed)
        if "first-apply" in said.scenarios and disks >= SIZES[-1]:
            yield Case("first-apply", Fleet(disks), page=1000, seed=seed)
    if not (said.full or said.disks):
        yield from _of_the_targets()


def _of_the_targets() -> Iterator[Case]:
    yield Case("no-change", Fleet(100_000, several=True))
    yield from (Case("first-apply", Fleet(10_000), limits) for limits in ("documented", "halved"))
    yield Case("first-apply", Fleet(10_000), page=1000)
    yield from (Case("no-change", Fleet(10_000), form=form) for form in ("selectors", "listed"))
    for seed in range(2, TARGET_SEEDS + 1):
        yield Case("first-apply", Fleet(1000), page=1000, seed=seed)
        yield from (Case("first-apply", Fleet(1000), limits, seed=seed) for limits in ("documented", "halved"))


def jobs(said: argparse.Namespace) -> list[Job]:
    """Every point of the grid, and the other clients at those where they are compared."""
    most = FULL_BASELINES_TO if said.full else BASELINES_TO
    found: list[Job] = []
    for case in cases(said):
        found.append((None, case))
        is_compared = case.scenario in ("no-change", "first-apply") and (case.form, case.page) == ("selectors", 200)
        if is_compared and not said.no_baselines and case.limits == "documented" and case.fleet.disks <= most:
            found += [(client, case) for client in CLIENTS]
    return found


def run(job: Job) -> Measured:
    """One client at one point."""
    client, case = job
    if client is not None:
        return measured_of(client, case)
    with Simulation(case) as simulation:
        return simulation.measured()
