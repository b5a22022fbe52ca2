"""A plan of ten thousand disks, as somebody reads it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from effort import effort

from reconciler.model.addresses import disk
from reconciler.model.changes import Action, Change
from reconciler.model.ids import ArmId
from reconciler.model.plan import Plan
from reconciler.report.plans.text import plan_text
from reconciler.report.style import Style

DISKS, GROUPS = 10_000, 20
SECONDS = 0.3
"""What printing may take over making it."""


@pytest.fixture
def many(clean: Plan, change: Change) -> Plan:
    """Disks of twenty groups, of which every other one is added and every other one changed."""
    ids = (
        ArmId(
            f"/subscriptions/s{number % 5}/resourceGroups/group-{number % GROUPS}"
            f"/providers/Microsoft.Compute/disks/disk-{number:05}"
        )
        for number in range(DISKS)
    )
    added = replace(change, action=Action.ADD, before=None, fields=())
    return replace(
        clean,
        changes=tuple(replace((added, change)[number % 2], address=disk(own)) for number, own in enumerate(ids)),
    )


def test_it_fits_a_few_screens(many: Plan) -> None:
    lines = plan_text(many, style=Style(width=100)).splitlines()
    assert len(lines) <= 20
    assert [line[:17] for line in lines if "5000 disks:" in line] == ["  + 5000 disks: s", "  ~ 5000 disks: s"]
    assert all(len(line) <= 100 for line in lines)


def test_it_is_printed_at_once(many: Plan) -> None:
    assert effort(lambda: plan_text(many)) < 2 * SECONDS, "twice what is promised, since test machines are shared"
