"""Which disks are covered, as far as the estate tells."""

from __future__ import annotations

from plan_builders import NOW, disk, disk_id, estate, manifest, options, rule, vault

from reconciler.model.known import Yes
from reconciler.planning.coverage import Surveyed, cover
from reconciler.planning.draft import Draft

NOTHING_ELSE = Surveyed(elsewhere=Yes(()), principals=Yes(frozenset()), snapshots=Yes(()))


def test_disks_of_one_name_that_are_refused_each_tell_their_own_entry() -> None:
    one, other = disk_id("d", group="first"), disk_id("d", group="second")
    there = estate(vault(), *(disk(each, location="eastus") for each in (one, other)))
    said = manifest(rule(one, number=1), rule(other, number=2))
    coverage = cover(Draft.of(said, there, options(), NOW), NOTHING_ELSE)
    assert {row.disk.id: row.place for row in coverage.rows} == {each.ids[0][0]: each.place for each in said.disks}
    assert {row.reason for row in coverage.rows} == {"the disk is in eastus, its vault in westus"}
