"""Estates that several stories begin with."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from arm import APPS, disk, estate, group
from stage import Stage


@pytest.fixture
def fresh(on_stage: Callable[..., Stage]) -> Stage:
    """The walkthrough's estate: a disk in another subscription, and nothing of backup yet."""
    return on_stage(estate(group(APPS, "diskrg"), disk("PSTestDisk")))


@pytest.fixture
def fleet(on_stage: Callable[..., Stage]) -> Stage:
    """Twelve disks that are to be backed up."""
    return on_stage(estate([disk(f"data-{number:02}", tags={"backup": "gold"}) for number in range(12)]))
