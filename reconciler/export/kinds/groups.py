"""Snapshot resource groups, by name: one entry stands for those of all subscriptions."""

from __future__ import annotations

from collections import defaultdict

from reconciler.export.choices import Described, Selected
from reconciler.model.ids import lower


def described(selected: Selected) -> Described:
    """One entry for each name, with its region if its disks are in several, since it would be ambiguous otherwise."""
    estate, names = selected.estate, _names(selected)
    regions: dict[str, set[str]] = defaultdict(set)
    lies: dict[str, set[str]] = defaultdict(set)
    for one in selected.kept.values():
        if one.snapshot_group and one.disk:
            name = lower(one.snapshot_group.name)
            regions[name].add(estate.disks[one.disk.key].location)
            listed = estate.groups.get(one.snapshot_group.key)
            lies[name] |= {listed.location} if listed else set()
    entries = [
        {"name": names[name], **({"location": min(lies[name])} if len(regions[name]) > 1 and lies[name] else {})}
        for name in sorted(names)
    ]
    return Described(entries, names)


def _names(selected: Selected) -> dict[str, str]:
    """One spelling for each name of a snapshot resource group: that of Azure's list in the first subscription."""
    found: dict[str, str] = {}
    for group in sorted({one.snapshot_group for one in selected.kept.values() if one.snapshot_group}):
        listed = selected.estate.groups.get(group.key)
        found.setdefault(lower(group.name), listed.id.name if listed else group.name)
    return found
