"""The page on the architecture says what the contract on imports says, and what an apply of the quickstart calls."""

from __future__ import annotations

import gc
import re
import shutil
import sys
from itertools import pairwise
from pathlib import Path
from pkgutil import resolve_name
from types import CodeType, FrameType
from typing import Any

import pytest
from installed import ESTATE, within
from reference import FLOORS, REPOSITORY

import reconciler

PACKAGE = Path(reconciler.__file__).parent.as_posix() + "/"
PAGE = FLOORS.PAGE.read_text(encoding="utf-8")
FLOOR = {name: depth for depth, names in enumerate(FLOORS.floors()) for name in names}
STEPS = [
    re.findall(r"^- `([\w.]+)`: ", part, re.MULTILINE) for part in re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]
]
ROUTE = [name for step in STEPS for name in step]
UPWARD = set(re.findall(r"^- `(\w+)` → `(\w+)`: ", PAGE, re.MULTILINE))
NAMES = sorted({name for name in re.findall(r"`([a-z_]+(?:\.\w+)+)`", PAGE) if name.split(".")[0] in FLOOR})


def floor(name: str) -> str:
    return name.split(".", maxsplit=1)[0]


class Calls:
    """The functions of ours in the order of their first calls, and which floor called which one that isn't below it."""

    def __init__(self) -> None:
        self.first: dict[str, int] = {}
        self.upward: set[tuple[str, str]] = set()
        self._names: dict[CodeType, str] = {}

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> None:
        name = self._name(frame.f_code) if event == "call" else ""
        if not name:
            return
        self.first.setdefault(name, len(self.first))
        caller = self._caller(frame)
        if caller and floor(caller) != floor(name) and FLOOR[floor(caller)] >= FLOOR[floor(name)]:
            self.upward.add((floor(caller), floor(name)))

    def _name(self, code: CodeType) -> str:
        """Module and function, empty for what isn't ours."""
        if code not in self._names:
            path = code.co_filename
            module = path.removeprefix(PACKAGE).removesuffix(".py").replace("/", ".")
            self._names[code] = f"{module}.{code.co_qualname}" if path.startswith(PACKAGE) else ""
        return self._names[code]

    def _caller(self, frame: FrameType) -> str:
        """The function of ours that called; empty for a task, which the event loop begins, and while a module is imported."""
        above = frame.f_back
        while above is not None:
            if above.f_code.co_filename.endswith(("asyncio/events.py", "importlib._bootstrap>")):
                return ""
            if name := self._name(above.f_code):
                return name
            above = above.f_back
        return ""


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Calls:
    """What an apply of the quickstart calls.

    Without the collector: it ends forgotten coroutines, which looks as if whoever ran just then had called them.
    """
    folder = tmp_path_factory.mktemp("quickstart")
    for name in ("backup.yaml", ESTATE):
        shutil.copy(REPOSITORY / "samples" / "quickstart" / name, folder)
    found = Calls()
    gc.collect()
    gc.disable()
    sys.setprofile(found)
    try:
        code = within("apply", str(folder), "--sandbox", str(folder / ESTATE), "--auto-approve")
    finally:
        sys.setprofile(None)
        gc.enable()
    assert code == 0
    return found


def test_the_floors_are_those_of_the_contract() -> None:
    assert FLOORS.page(PAGE) == PAGE, "python docs/floors.py"


def test_the_way_is_told_in_the_order_of_first_calls(calls: Calls) -> None:
    assert [name for name in ROUTE if name not in calls.first] == []
    assert sorted(ROUTE, key=calls.first.__getitem__) == ROUTE


def test_each_step_goes_down_but_for_the_calls_that_are_explained() -> None:
    climbs = {(one, other) for step in STEPS for one, other in pairwise(map(floor, step)) if FLOOR[one] > FLOOR[other]}
    assert climbs <= UPWARD


def test_each_step_begins_higher_than_the_one_before_ended() -> None:
    ends = [(before[-1], after[0]) for before, after in pairwise(STEPS)]
    assert [(end, begin) for end, begin in ends if FLOOR[floor(begin)] >= FLOOR[floor(end)]] == []


def test_calls_go_down_but_for_those_that_are_explained(calls: Calls) -> None:
    assert calls.upward == UPWARD


def test_the_way_passes_every_floor_but_those_that_are_named() -> None:
    (line,) = re.findall(r"^Not on this path: (.+)$", PAGE, re.MULTILINE)
    assert {*map(floor, ROUTE), *re.findall(r"`(\w+)`", line)} == FLOOR.keys() - {"__main__"}
    assert floor(ROUTE[0]) == floor(ROUTE[-1]) == "cli"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_there(name: str) -> None:
    assert resolve_name(f"reconciler.{name}") is not None
