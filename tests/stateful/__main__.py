"""The long sweep: `python -m tests.stateful --seeds 2000 [--start N] [--minutes M] [--jobs J]`; `--seed N` tells one."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
for _folder in ("support", "faults", "stateful"):
    sys.path.insert(0, str(HERE.parent / _folder))

from faults import Killed  # noqa: E402
from telling import STEPS, Told, command, shortest, told  # noqa: E402


def main() -> int:
    """0 when no seed violates anything."""
    parser = argparse.ArgumentParser(prog="python -m tests.stateful", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--start", type=int, default=0, help="the first one")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no other seed after that time")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--steps", type=int, default=STEPS, help="steps of each story")
    parser.add_argument("--seed", type=int, help="tell this one, step by step")
    parser.add_argument("--without", default="", help="leave out these steps: 3,5")
    said = parser.parse_args()
    logging.getLogger("asyncio").addFilter(lambda record: not record.exc_info or record.exc_info[0] is not Killed)
    without = frozenset(int(word) for word in said.without.split(",") if word)
    if said.seed is not None:
        return _show(told(said.seed, steps=said.steps, without=without))
    return _sweep(said)


def _show(one: Told) -> int:
    print(*one.lines, sep="\n")
    print(one.trace or f"nothing is violated; {one.runs} runs, {one.hours:.0f} simulated hours")
    return 1 if one.error else 0


def _sweep(said: argparse.Namespace) -> int:
    begun = time.monotonic()
    seeds = iter(range(said.start, said.start + said.seeds))
    violations, count, steps, runs, hours = [], 0, 0, 0, 0.0
    with ProcessPoolExecutor(said.jobs) as pool:
        batch = 8 * said.jobs
        while time.monotonic() - begun < said.minutes * 60:
            some = [seed for _, seed in zip(range(batch), seeds, strict=False)]
            if not some:
                break
            for one in pool.map(_told, ((seed, said.steps) for seed in some)):
                count, steps = count + 1, steps + len(one.lines)
                runs, hours = runs + one.runs, hours + one.hours
                if count % 100 == 0:
                    print(f"... {count} seeds, {steps} steps, {runs} applies, {hours:.0f} simulated hours", flush=True)
                if one.error:
                    violations.append(one.seed)
                    _tell(one, said.steps)
    seconds = time.monotonic() - begun
    print(
        f"{count} seeds from {said.start}, {steps} steps, {runs} applies, {hours:.0f} simulated hours, "
        f"{len(violations)} violations {violations} in {seconds:.0f} s ({count / seconds:.1f} seeds/s)"
    )
    return 1 if violations else 0


def _told(what: tuple[int, int]) -> Told:
    return told(what[0], steps=what[1])


def _tell(one: Told, steps: int) -> None:
    without = shortest(one.seed, one.error, steps=steps)
    print(f"seed {one.seed}: {one.error[:1500]}\n  {command(one.seed, steps=steps, without=without)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
