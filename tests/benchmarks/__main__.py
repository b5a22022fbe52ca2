"""This tool beside an oracle and other clients, and what it costs: `python -m tests.benchmarks`.

First calls, times and refusals on a simulated Azure, in virtual time, deterministic by seed; then CPU, memory and
start-up of the command itself over real HTTP. The last lines say which promises were met. `--full` takes the whole grid.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from multiprocessing import get_context
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import loopback  # noqa: E402
import tables  # noqa: E402
from grid import jobs, run  # noqa: E402
from running import LIMITS, SCENARIOS, Measured  # noqa: E402
from targets import over_http as http_targets  # noqa: E402
from targets import simulated, verdict  # noqa: E402


def simulations(said: argparse.Namespace) -> list[Measured]:
    """Every run, told as it ends."""
    results = []
    print(tables.HEAD, flush=True)
    with get_context("spawn").Pool(said.jobs, maxtasksperchild=20) as pool:
        for result in pool.imap(run, jobs(said)):
            results.append(result)
            print(tables.line(result), flush=True)
    return results


def main() -> int:
    """0 when every promise is kept, else 1."""
    said = _arguments()
    results = [] if said.only == "loopback" else simulations(said)
    costs = None if said.only == "simulated" else loopback.measured(full=said.full, repeats=said.repeats)
    targets = [*simulated(results), *(http_targets(costs) if costs else ())]
    print(*tables.ratios(results), *tables.growth(results), *(tables.http_growth(costs) if costs else ()), sep="\n")
    print("", "targets", *(verdict(target) for target in targets), sep="\n")
    if said.json:
        document = {
            "runs": [result.document() for result in results],
            "over_http": costs and costs.document(),
            "targets": [target.document() for target in targets],
        }
        Path(said.json).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return int(not all(target.is_met for target in targets))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the whole grid, five seeds, to 100,000 disks: a day")
    parser.add_argument("--only", choices=("simulated", "loopback"), help="one of the two parts")
    parser.add_argument("--disks", default="", help="these sizes of the simulated part: 1000,10000")
    parser.add_argument("--scenarios", default=",".join(SCENARIOS))
    parser.add_argument("--limits", default=",".join(LIMITS))
    parser.add_argument("--seeds", type=int, default=0, help="how many of each point, from 1")
    parser.add_argument("--no-baselines", action="store_true", help="this tool alone")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="simulations at a time")
    parser.add_argument("--repeats", type=int, default=3, help="of each measurement of CPU; the least one counts")
    parser.add_argument("--json", metavar="FILE", help="write every run and figure")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
