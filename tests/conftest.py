"""What every kind of test may ask for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from forging import Azure
    from stage import Stage

REPOSITORY = Path(__file__).parent.parent

# The same examples each time, however busy the machine is; the long runs draw new ones.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("long" if os.environ.get("RECONCILER_LONG_TESTS") else "steady")


def pytest_configure() -> None:
    """Keep what is compiled: the command starts hundreds of times, and would compile every module each time."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is `long` unless it was asked for, and begin with what may take longest.

    So no worker is left with a slow one while the other has nothing to do.
    """
    asked = "long" in config.option.markexpr
    named = {Path(one.partition("::")[0]).resolve() for one in config.args}
    left = [one for one in items if not asked and one.get_closest_marker("long") and one.path not in named]
    config.hook.pytest_deselected(items=left)
    out = set(left)
    items[:] = [one for one in items if one not in out]
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sentence is wrapped, unless a test says how wide a terminal is."""
    monkeypatch.setenv("COLUMNS", "1000")


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of samples."""
    return REPOSITORY / "samples"


@pytest.fixture
def on_stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Opens a sandbox with an estate (data, or the path of a file) on virtual time, and closes it in the end."""
    from stage import Stage

    with ExitStack() as stack:
        count = 0

        def opened(estate: Mapping[str, Any] | Path, **options: Any) -> Stage:
            nonlocal count
            count += 1
            return stack.enter_context(Stage(tmp_path / f"stage-{count}", estate, **options))

        yield opened


@pytest.fixture
def forged(tmp_path: Path) -> Callable[..., AbstractContextManager[Azure]]:
    """An Azure whose answers are forged: `with forged(quickstart(), rule, …) as azure` (see `support/forging.py`)."""
    from forging import forged_azure

    return partial(forged_azure, tmp_path)
