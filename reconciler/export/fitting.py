"""What doesn't fit an existing manifest although it is valid there: its plan would change or refuse it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.estate import Estate
from reconciler.model.ids import lower
from reconciler.model.plan import Plan
from reconciler.model.resources import Instance
from reconciler.model.results.export import Exported, LeftOut


@dataclass(slots=True)
class Misfits:
    """What to leave out of a part: disks by lower-cased id, vaults by their names there; notes on the rest."""

    disks: dict[str, LeftOut] = field(default_factory=dict)
    vaults: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def learn(self, plan: Plan, before: Plan, part: Exported, estate: Estate) -> bool:
        """Take what the plan with the part would change or refuse, and the one without it wouldn't; whether that is new."""
        known = {address for address, _ in _troubles(before)} | {change.address for change in before.changes}
        held = {one.disk.key: one for one in estate.instances.values() if one.disk}
        own = {lower(one): entry for entry in part.data.get("disks", ()) for one in ids_of(entry)}
        vaults = {lower(addresses.vault(lower(row["name"]))): row["name"] for row in part.data.get("vaults", ())}
        count = len(self.disks) + len(self.vaults)
        roles = [one for one in plan.changes if one.address.kind == "role" and one.address not in known]
        if roles and not any(note.startswith("roleAssignments:") for note in part.notes):
            self.notes["roleAssignments"] = f"{roles[0].address} would be changed: {roles[0].reason}"
        for address, reason in _troubles(plan):
            if address in known:
                continue
            if lower(address) in vaults:
                self.vaults[vaults[lower(address)]] = reason
            found = [key for key, entry in own.items() if _is_about(address, key, entry, held.get(key))]
            for key in found:
                if (disk := held[key].disk if key in held else None) is not None:
                    self.disks[key] = LeftOut(disk, f"the manifest would not keep it as it is: {address}: {reason}")
            if not found and lower(address) not in vaults:
                self.notes[str(address)] = reason
        return len(self.disks) + len(self.vaults) > count

    def told(self) -> Iterator[str]:
        """What is told besides the disks."""
        for name, reason in sorted(self.vaults.items()):
            yield f"vault {name}: left out with all its contents: the manifest would not keep it as it is: {reason}"
        for address, reason in sorted(self.notes.items()):
            yield f"{address or 'the manifest'}: {reason}; `plan` of the whole manifest reports this"


def ids_of(entry: dict[str, str | list[str]]) -> list[str]:
    """The ids of an entry of `disks`."""
    ids = entry["id"]
    return [ids] if isinstance(ids, str) else list(ids)


def _troubles(plan: Plan) -> Iterator[tuple[Address, str]]:
    """What a plan would change or refuse; role assignments are told of by a note, since a part can't say their mode."""
    for change in plan.changes:
        if change.address.kind != "role":
            yield change.address, f"it would be changed: {change.reason}"
    for finding in plan.errors:
        yield finding.address, finding.message
    for gate in plan.closed_gates:
        yield addresses.gate(gate.name), gate.message


def _is_about(address: Address, key: str, entry: dict[str, str | list[str]], instance: Instance | None) -> bool:
    """Whether an address is that of a disk, or of the vault, policy or group that it uses."""
    if address.disk is not None:
        return address.disk.key == key
    if address.kind == "policy":
        return lower(address.name) == lower(str(entry.get("policy", "")))
    if address.kind == "vault":
        return lower(address) == lower(addresses.vault(lower(str(entry.get("vault", "")))))
    group = instance.snapshot_group if instance else None
    return group is not None and lower(address) == lower(addresses.group(group))
