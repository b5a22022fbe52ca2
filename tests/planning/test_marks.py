"""The digest of what is declared for a vault: the same in every version for what says the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plan_builders import NOW, estate, group_spec, manifest, options, vault_spec

from reconciler.model.canonical import digest, plain
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId
from reconciler.model.manifest import DiskRule, GroupSpec, VaultSpec
from reconciler.planning.world import World

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


class Companion(GroupSpec):
    """An entry of a kind that came later, which belongs to one vault though no disk names it."""

    def counts_for(self, vault: VaultSpec) -> bool:
        return vault.name == self.name


def test_an_entry_of_a_later_kind_counts_for_the_vault_that_it_belongs_to() -> None:
    both = [vault_spec(), vault_spec("Other")]

    def declared(*more: GroupSpec) -> list[str]:
        world = World(manifest(vaults=both, groups=[group_spec(), *more]), estate(), options(), NOW)
        return [world.declared(spec) for spec in both]

    first, second = declared(group_spec("Other"))
    assert declared(Companion(RULE.place, "Other"))[0] == first
    assert declared(Companion(RULE.place, "Other"))[1] != second
    assert declared(Companion(RULE.place, "Other", manage=False)) != declared(Companion(RULE.place, "Other"))
