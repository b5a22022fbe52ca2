"""Hostile input in bulk: `python -m tests.fuzz --inputs N --seed S [--target T]`; `--number K` tries one again."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

MEASURED = None
if "--coverage" in sys.argv:  # what is imported before isn't measured
    import coverage

    MEASURED = coverage.Coverage(branch=True, data_file=None, source_pkgs=["reconciler"])
    MEASURED.start()

from fuzzing import Tally, chance_of, tried  # noqa: E402
from targets import Targets  # noqa: E402

WEIGHTS = {"bytes": 20, "yaml": 15, "structure": 40, "plans": 8, "estates": 12, "answers": 5}
"""How many of a hundred inputs each target gets: the slow ones fewer."""


def main() -> int:
    """0 when every input was borne."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000, help="how many in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", choices=WEIGHTS, help="this one alone")
    parser.add_argument("--number", type=int, help="this input of the target alone, with its traceback")
    parser.add_argument("--coverage", action="store_true", help="measure the branches reached (slower)")
    said = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        targets = Targets(Path(folder))
        if said.number is not None:
            print(targets.all[said.target](chance_of(said.seed, said.target, said.number)))
            return 0
        return _swept(targets, said) if not said.coverage else _covered(targets, said)


def _swept(targets: Targets, said: argparse.Namespace) -> int:
    tallies: dict[str, Tally] = {}
    for name in [said.target] if said.target else WEIGHTS:
        count = said.inputs if said.target else said.inputs * WEIGHTS[name] // 100
        begun = time.monotonic()
        tally = tallies[name] = tried(name, targets.all[name], range(count), said.seed)
        took = time.monotonic() - begun
        ends = ", ".join(f"{number} {end}" for end, number in sorted(tally.ends.items()))
        print(
            f"{name}: {tally.count} inputs in {took:.0f} s ({1000 * took / max(1, count):.2f} ms each): {ends}",
            flush=True,
        )
        for number, why in list(tally.broken.items())[:5]:
            print(
                f"  python -m tests.fuzz --seed {said.seed} --target {name} --number {number}\n{why.rstrip()[-400:]}",
                flush=True,
            )
    count = sum(tally.count for tally in tallies.values())
    read = sum(tally.ends["read"] + tally.ends["planned"] for tally in tallies.values())
    planned = sum(tally.ends["planned"] for tally in tallies.values())
    broken = sum(len(tally.broken) for tally in tallies.values())
    print(
        f"{count} inputs, {read / count:.0%} passed the parser, {planned / count:.0%} reached the plan, {broken} not borne"
    )
    return 1 if broken else 0


def _covered(targets: Targets, said: argparse.Namespace) -> int:
    assert MEASURED is not None
    code = _swept(targets, said)
    MEASURED.stop()
    for folder in ("manifest", "planning", "report", "sandbox"):
        with Path(os.devnull).open("w") as nowhere:
            share = MEASURED.report(include=[f"*/reconciler/{folder}/*"], file=nowhere)
        print(f"reconciler/{folder}: {share:.0f} % of lines and branches")
    return code


if __name__ == "__main__":
    sys.exit(main())
