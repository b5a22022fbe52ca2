"""CPU, memory and start-up of the installed command, over real HTTP: `python -m tests.benchmarks.loopback [--full]`.

The simulated Azure answers in a process of its own; what the command takes is what the system says of that process
alone. CPU is the least of some repeats, memory the peak of its resident set.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from fleet import Fleet, manifest  # noqa: E402

APPLY_SCALE = 20.0
MEGABYTE = 1024.0


class Cost(NamedTuple):
    """What a command took: CPU and wall seconds, peak memory in MB."""

    cpu: float
    seconds: float
    memory: float
    code: int


class Target(NamedTuple):
    """A promised figure, and what was measured."""

    what: str
    measured: float
    promised: float
    unit: str

    @property
    def is_met(self) -> bool:
        return self.measured <= self.promised


def cost(folder: Path, *arguments: str, url: str = "", output: Path | None = None) -> Cost:
    """Run Python with these arguments in a process of its own."""
    hidden = ("RECONCILER_", "AZURE_", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    if url:
        environment |= {"RECONCILER_ARM_ENDPOINT": url, "RECONCILER_ARM_TOKEN": "benchmark"}
    with (output or folder / "output.txt").open("wb") as out:
        begun = time.monotonic()
        process = subprocess.Popen([sys.executable, *arguments], cwd=folder, env=environment, stdout=out, stderr=out)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - begun
    return Cost(used.ru_utime + used.ru_stime, seconds, used.ru_maxrss / MEGABYTE, process.returncode)


@contextmanager
def served(fleet: Fleet, *, protected: bool, scale: float = 1.0) -> Iterator[str]:
    """The address of a fleet's sandbox."""
    said = [str(fleet.disks), str(int(fleet.several)), str(int(protected)), str(scale)]
    command = [sys.executable, str(HERE / "serving.py"), *said]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def least(costs: list[Cost]) -> Cost:
    """The least CPU of some repeats, with the most memory."""
    best = min(costs, key=lambda one: one.cpu)
    return best._replace(memory=max(one.memory for one in costs))


def check(fleet: Fleet, form: str, repeats: int) -> Cost:
    """A plan that finds nothing to do."""
    with TemporaryDirectory() as name, served(fleet, protected=True) as url:
        folder = Path(name)
        (folder / "fleet.yaml").write_text(manifest(fleet, listed=form == "listed"), encoding="utf-8")
        plan = ("-m", "reconciler", "plan", "fleet.yaml", "--detailed-exitcode")
        found = [cost(folder, *plan, url=url) for _ in range(repeats)]
        assert {one.code for one in found} == {0}, (folder / "output.txt").read_text()[-2000:]
    return least(found)


def first_apply(fleet: Fleet) -> Cost:
    """A first apply, with a clock that runs 20 times as fast on both sides."""
    with TemporaryDirectory() as name, served(fleet, protected=False, scale=APPLY_SCALE) as url:
        folder = Path(name)
        (folder / "fleet.yaml").write_text(manifest(fleet, listed=False), encoding="utf-8")
        clock = ("--clock", f"scaled:{APPLY_SCALE:g}")
        found = cost(folder, "-m", "reconciler", "apply", "fleet.yaml", "--auto-approve", *clock, url=url)
        assert found.code == 0, (folder / "output.txt").read_text()[-2000:]
    return found


def start_up(repeats: int) -> dict[str, float]:
    """Milliseconds of CPU above an interpreter that does nothing."""
    fleet = Fleet(1)
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "fleet.yaml").write_text(manifest(fleet, listed=True), encoding="utf-8")
        bare = least([cost(folder, "-c", "pass") for _ in range(repeats)]).cpu
        said = {"--version": ["--version"], "--help": ["--help"], "validate": ["validate", "fleet.yaml"]}
        found = {
            name: least([cost(folder, "-m", "reconciler", *words) for _ in range(repeats)]).cpu - bare
            for name, words in said.items()
        }
    found["plan"] = check(fleet, "listed", repeats).cpu - bare
    return {name: round(1000 * cpu, 1) for name, cpu in found.items()}


def main() -> int:
    """0 when every promise is kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.loopback", description=__doc__)
    parser.add_argument("--full", action="store_true", help="100,000 disks in 25 subscriptions, too")
    parser.add_argument("--repeats", type=int, default=3, help="of each measurement of CPU")
    parser.add_argument("--disks", default="1000,10000", help="fleets to plan")
    parser.add_argument("--apply", type=int, default=1000, help="disks of the first apply; 0: none")
    parser.add_argument("--json", metavar="FILE", help="write the figures")
    said = parser.parse_args()
    sizes = [int(word) for word in said.disks.split(",") if word]
    fleets = [Fleet(size) for size in sizes] + ([Fleet(100_000, several=True)] if said.full else [])
    costs: dict[str, Any] = {}
    for fleet in fleets:
        for form in ("selectors", "listed"):
            found = check(fleet, form, said.repeats if fleet.disks <= 10_000 else 1)
            costs[f"plan {fleet.disks} {form}"] = found._asdict()
            print(f"plan of {fleet.disks:,} disks, {form}: {found.cpu:.2f} s CPU, "
                  f"{1000 * found.cpu / fleet.disks:.3f} ms/disk, {found.memory:.0f} MB", flush=True)  # fmt: skip
    starts = start_up(said.repeats)
    print("start-up above a bare interpreter, ms:", starts, flush=True)
    applied = None
    if said.apply:
        applied = first_apply(Fleet(said.apply))
        print(f"first apply of {said.apply:,} disks: {applied.cpu:.2f} s CPU, {applied.memory:.0f} MB", flush=True)
    targets = list(_targets(costs, starts, said.apply, applied))
    _tell(targets, costs, sizes)
    if said.json:
        document = {"costs": costs, "start_up_ms": starts, "first_apply": applied and applied._asdict()}
        Path(said.json).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0 if all(target.is_met for target in targets) else 1


def _targets(costs: dict[str, Any], starts: dict[str, float], disks: int, applied: Cost | None) -> Iterator[Target]:
    per_disk = {"selectors": 0.25, "listed": 0.6}
    for form, promised in per_disk.items():
        if found := costs.get(f"plan 10000 {form}"):
            yield Target(f"no-change plan of 10,000, {form}: CPU/disk", found["cpu"] / 10, promised, "ms")
            yield Target(f"no-change plan of 10,000, {form}: peak", found["memory"], 100, "MB")
    if found := costs.get("plan 100000 selectors"):
        yield Target("no-change plan of 100,000 over 25 subscriptions: CPU", found["cpu"], 15, "s")
        yield Target("no-change plan of 100,000 over 25 subscriptions: peak", found["memory"], 300, "MB")
    for name, promised in (("--version", 100), ("--help", 100), ("validate", 200), ("plan", 600)):
        yield Target(f"start-up of {name}: CPU", starts[name], promised, "ms")
    if applied:
        operation = 1000 * (applied.cpu - starts["plan"] / 1000) / disks
        yield Target("first apply: CPU/operation", operation, 2.5, "ms")


def _tell(targets: list[Target], costs: dict[str, Any], sizes: list[int]) -> None:
    for target in targets:
        mark = "met" if target.is_met else "MISSED"
        print(f"{mark:6} {target.what}: {target.measured:.3g} {target.unit}, promised {target.promised:g}")
    steps = [(small, large) for small, large in itertools.pairwise(sizes)]
    for small, large in steps:
        for form in ("selectors", "listed"):
            one, other = costs[f"plan {small} {form}"], costs[f"plan {large} {form}"]
            cpu = 1000 * (other["cpu"] - one["cpu"]) / (large - small)
            memory = 1024 * (other["memory"] - one["memory"]) / (large - small)
            print(f"slope from {small:,} to {large:,} disks, {form}: {cpu:.3f} ms and {memory:.1f} kB a disk")


if __name__ == "__main__":
    sys.exit(main())
