"""Stories by seed: told, counted, and made shorter when they fail. Needs the folders of support on `sys.path`."""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

import accidents  # noqa: F401 - its rules
import hands  # noqa: F401 - its rules
import nights  # noqa: F401 - its rules
import skies  # noqa: F401 - its rules
import wishes  # noqa: F401 - its rules
from story import story

STEPS = 14


@dataclass
class Told:
    """How a story went: `error` is empty when nothing was violated."""

    seed: int
    lines: list[str]
    runs: int
    hours: float
    error: str = ""
    trace: str = ""


def told(seed: int, *, steps: int = STEPS, without: AbstractSet[int] = frozenset()) -> Told:
    """Tell the story of a seed."""
    with tempfile.TemporaryDirectory(prefix="story-") as folder, story(seed, Path(folder)) as one:
        begun = one.sandbox.time()
        result = Told(seed, one.told, 0, 0.0)
        try:
            one.tell(steps, without=without)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
            result.error = f"{type(error).__name__}: {error}"
            result.trace = traceback.format_exc()
        result.runs = one.runs
        result.hours = (one.sandbox.time() - begun).total_seconds() / 3600
        return result


def shortest(seed: int, error: str, *, steps: int = STEPS) -> set[int]:
    """The steps that the violation of a seed does not need."""
    without: set[int] = set()
    for number in reversed(range(steps)):
        again = told(seed, steps=steps, without=without | {number})
        if again.error and _sort(again.error) == _sort(error):
            without.add(number)
    return without


def _sort(error: str) -> str:
    return error[:30]


def command(seed: int, *, steps: int = STEPS, without: AbstractSet[int] = frozenset()) -> str:
    """The command that tells a story again."""
    parts = [f"python -m tests.stateful --seed {seed}"]
    if steps != STEPS:
        parts.append(f"--steps {steps}")
    if without:
        parts.append(f"--without {','.join(map(str, sorted(without)))}")
    return " ".join(parts)
