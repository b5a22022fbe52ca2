"""What an existing manifest lacks of an exported one, as the content of a further file of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from reconciler.export.fitting import Misfits, ids_of
from reconciler.model.ids import lower
from reconciler.model.manifest import Manifest, PolicySpec
from reconciler.model.results.export import Data, Exported

_LISTS = ("vaults", "policies", "snapshotResourceGroups", "disks")
_USES = {"vault": "vaults", "policy": "policies", "snapshotResourceGroup": "snapshotResourceGroups"}


@dataclass(slots=True)
class _Names:
    """The name in the merged manifest for each exported one, and the entries that the existing manifest lacks."""

    names: dict[str, str] = field(default_factory=dict)
    lacking: list[Data] = field(default_factory=list)


def lacking(found: Exported, existing: Manifest, declared: Collection[str], misfits: Misfits) -> Exported:
    """The export without what `existing` has; `declared` are the lower-cased ids of disks that it speaks of.

    `misfits` is left out, and told. Vaults are the same by their id, policies by their content, snapshot resource groups by their name in Azure.
    """
    said: dict[str, list[Data]] = {key: found.data.get(key, []) for key in _LISTS}
    made = {
        "vaults": _vaults(said["vaults"], found.manifest, existing),
        "policies": _policies(said["policies"], found.manifest, existing),
        "snapshotResourceGroups": _groups(said["snapshotResourceGroups"], existing),
    }
    taken = {*declared, *misfits.disks}
    disks = [one for entry in said["disks"] if (one := _disks(entry, taken, made))]
    used = {key: {lower(str(entry[use])) for entry in disks} for use, key in _USES.items()}
    data: Data = {"apiVersion": found.data["apiVersion"]}
    for key, new in made.items():
        data[key] = [row for row in new.lacking if key == "vaults" or lower(row["name"]) in used[key]]
    data["vaults"] = [row for row in data["vaults"] if row["name"] not in misfits.vaults]
    data["disks"] = disks
    left = [one for one in found.left_out if one.disk.key not in taken] + [*misfits.disks.values()]
    count = sum(len(ids_of(entry)) for entry in disks)
    return Exported(
        found.scopes,
        {key: value for key, value in data.items() if value},
        existing,
        count,
        tuple(sorted(left, key=lambda one: one.disk.key)),
        (*found.notes, *misfits.told()),
        is_part=True,
        names=found.names,
    )


def _vaults(said: Iterable[Data], exported: Manifest, existing: Manifest) -> _Names:
    by_id = {spec.id.key: spec.name for spec in existing.vaults.values()}
    found = _Names()
    for entry in said:
        same = by_id.get(exported.vaults[lower(entry["name"])].id.key)
        _add(found, {"azureName": entry["name"], **entry}, same, existing.vaults)
    return found


def _policies(said: Iterable[Data], exported: Manifest, existing: Manifest) -> _Names:
    found = _Names()
    for entry in said:
        spec = exported.policies[lower(entry["name"])]
        same = next((one.name for one in existing.policies.values() if _is_same(one, spec)), None)
        named = entry if spec.manage else {"azureName": entry["name"], **entry}
        _add(found, named, same, existing.policies)
    return found


def _is_same(one: PolicySpec, other: PolicySpec) -> bool:
    if one.manage != other.manage:
        return False
    if one.manage:
        return one.content == other.content
    return lower(one.azure_name or one.name) == lower(other.azure_name or other.name)


def _groups(said: Iterable[Data], existing: Manifest) -> _Names:
    by_azure_name = {lower(one.azure_name or one.name): one.name for one in existing.snapshot_groups.values()}
    found = _Names()
    for entry in said:
        same = by_azure_name.get(lower(entry["name"]))
        _add(found, {"azureName": entry["name"], **entry}, same, existing.snapshot_groups)
    return found


def _add(found: _Names, entry: Data, same: str | None, taken: Collection[str]) -> None:
    """Take the existing name of an entry, or the entry under a name that is free, without an `azureName` that says the same."""
    name = same or _free(entry["name"], {*taken, *(lower(row["name"]) for row in found.lacking)})
    found.names[lower(entry["name"])] = name
    if not same:
        row = {**entry, "name": name}
        found.lacking.append({key: value for key, value in row.items() if (key, value) != ("azureName", name)})


def _free(name: str, taken: Collection[str]) -> str:
    number, free = 1, name
    while lower(free) in taken:
        number += 1
        free = f"{name[:40]}-{number}"
    return free


def _disks(entry: Data, declared: Collection[str], made: dict[str, _Names]) -> Data:
    """The entry with the disks that aren't declared yet, and the names of the merged manifest; empty without disks."""
    ids = [one for one in ids_of(entry) if lower(one) not in declared]
    if not ids:
        return {}
    uses = {use: made[key].names[lower(str(entry[use]))] for use, key in _USES.items()}
    return {**entry, "id": ids[0] if len(ids) == 1 else ids, **uses}
