"""The digest of what is declared for a vault: the same in every version for what says the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.canonical import digest, plain
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId
from reconciler.model.manifest import DiskRule

DISK = ArmId("/subscriptions/2/resourceGroups/rg/providers/Microsoft.Compute/disks/Data")
RULE = DiskRule(Place("a.yaml", 1, 1), "vault", "policy", "group", ids=((DISK, Place("a.yaml", 2, 1)),))
FROZEN = {
    "vault": "vault",
    "policy": "policy",
    "snapshot_group": "group",
    "protection": "protected",
    "ids": [[DISK.key]],
    "select": None,
    "exclude": [],
}


def test_what_an_entry_of_old_declares_is_frozen() -> None:
    assert plain(RULE) == FROZEN
    assert digest([RULE]) == digest([FROZEN])


@pytest.mark.parametrize("said", [{"when_gone": "retain"}, {"when_gone": "retain", "gone_after_hours": 24}])
def test_what_came_later_counts_once_it_is_said(said: dict[str, object]) -> None:
    changed = replace(RULE, **said)  # type: ignore[arg-type]
    assert plain(changed) == {**FROZEN, **said}
    assert digest([changed]) == digest([{**FROZEN, **said}]) != digest([RULE])
