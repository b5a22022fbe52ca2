"""CPU, memory and start-up of the command, over real HTTP.

The simulated Azure answers in a process of its own; what the command takes is what the system says of that process
alone. CPU is the least of some repeats, memory the peak of its resident set.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from fleet import Fleet, manifest

from samples import copied

HERE = Path(__file__).parent
SAMPLE = HERE.parents[1] / "samples" / "quickstart"
APPLY_SCALE = 20.0
APPLIED = 1000
STARTS = 5
"""How often as often as all else start-up is measured: it is short, so that little else disturbs it much."""
COMMAND = ("-m", "reconciler")
MEGABYTE = 1024.0


class Cost(NamedTuple):
    """What a command took: CPU and wall seconds, peak memory in MB."""

    cpu: float
    seconds: float
    memory: float
    code: int


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


def first_apply(fleet: Fleet) -> tuple[Cost, Cost]:
    """What a plan and then an apply of the same changes take, with a clock that runs 20 times as fast on both sides."""
    with TemporaryDirectory() as name, served(fleet, protected=False, scale=APPLY_SCALE) as url:
        folder = Path(name)
        (folder / "fleet.yaml").write_text(manifest(fleet, listed=False), encoding="utf-8")
        clock = ("--clock", f"scaled:{APPLY_SCALE:g}")
        planned = cost(folder, "-m", "reconciler", "plan", "fleet.yaml", *clock, url=url)
        found = cost(folder, "-m", "reconciler", "apply", "fleet.yaml", "--auto-approve", *clock, url=url)
        assert (planned.code, found.code) == (0, 0), (folder / "output.txt").read_text()[-2000:]
    return planned, found


def start_up(repeats: int) -> dict[str, float]:
    """Milliseconds of CPU above an interpreter that does nothing: of the quickstart, and of one disk over HTTP."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        copied("quickstart", folder / "quickstart")
        sandbox = ("--sandbox", "quickstart/azure.estate.yaml")
        said: dict[str, tuple[str, ...]] = {
            "bare": ("-c", "pass"),
            "--version": (*COMMAND, "--version"),
            "--help": (*COMMAND, "--help"),
            "validate": (*COMMAND, "validate", "quickstart"),
            "plan": (*COMMAND, "plan", "quickstart", *sandbox),
        }
        rounds = [{name: cost(folder, *words).cpu for name, words in said.items()} for _ in range(STARTS * repeats)]
    found = {name: min(one[name] for one in rounds) for name in said}
    bare = found.pop("bare")
    found["plan over HTTP"] = check(Fleet(1), "listed", STARTS * repeats).cpu
    return {name: round(1000 * (cpu - bare), 1) for name, cpu in found.items()}


@dataclass(frozen=True)
class Costs:
    """What was measured: plans by disks and form, start-up in ms, and ms of CPU for each write of a first apply.

    `operation` is what an apply takes above a plan of the same changes, over its writes.
    """

    plans: dict[tuple[int, str], Cost]
    start_up: dict[str, float]
    applied: int
    operation: float
    whole_apply: Cost

    def document(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "plans": [{"disks": disks, "form": form} | cost._asdict() for (disks, form), cost in self.plans.items()],
            "start_up_ms": self.start_up,
            "first_apply": {"disks": self.applied, "ms_per_operation": self.operation} | self.whole_apply._asdict(),
        }


def measured(*, full: bool, repeats: int) -> Costs:
    """Everything, told as it is found; `full`: 100,000 disks listed one by one, too."""
    print("\nover HTTP, in a process of its own", flush=True)
    plans = {}
    for fleet, form in _plans(full=full):
        found = check(fleet, form, repeats)
        plans[fleet.disks, form] = found
        print(f"plan of {fleet.disks:,} disks, {form}: {found.cpu:.2f} s CPU, "
              f"{1000 * found.cpu / fleet.disks:.3f} ms/disk, {found.memory:.0f} MB", flush=True)  # fmt: skip
    starts = start_up(repeats)
    print("start-up above a bare interpreter, ms:", starts, flush=True)
    pairs = [first_apply(Fleet(APPLIED)) for _ in range(repeats)]
    planned, applied = least([plan for plan, _ in pairs]), least([apply for _, apply in pairs])
    operation = 1000 * (applied.cpu - planned.cpu) / _writes(Fleet(APPLIED))
    print(f"first apply of {APPLIED:,} disks: {applied.cpu:.2f} s CPU, {applied.memory:.0f} MB; "
          f"a plan of the same {planned.cpu:.2f} s", flush=True)  # fmt: skip
    return Costs(plans, starts, APPLIED, operation, applied)


def _plans(*, full: bool) -> Iterator[tuple[Fleet, str]]:
    for disks in (1000, 10_000):
        yield from ((Fleet(disks), form) for form in ("selectors", "listed"))
    yield Fleet(100_000, several=True), "selectors"
    if full:
        yield Fleet(100_000, several=True), "listed"


def _writes(fleet: Fleet) -> int:
    """Vault, policy and mark of each vault, two resource groups, the role assignments, and an instance for each disk."""
    roles = fleet.vaults + len(list(fleet.scopes()))
    return 3 * fleet.vaults + 2 * fleet.subscriptions + roles + fleet.disks
