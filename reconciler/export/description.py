"""From an estate to the data of a manifest."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from reconciler.base.plurals import counted
from reconciler.export.choices import UNNAMED, Asked, Choices, Described, Description, ExportKind, Selected
from reconciler.export.kinds import KINDS
from reconciler.model import addresses
from reconciler.model.estate import Estate
from reconciler.model.ids import ArmId, lower
from reconciler.model.protection import Health, health_of, preference
from reconciler.model.resources import Instance
from reconciler.model.results.export import Data, LeftOut
from reconciler.model.tags import OWNER_TAG, tag_of

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


def name_of(estate: Estate, scope: Iterable[str], asked: str) -> str:
    """The manifest's name: the requested one, else the mark on most vaults, else the mark on all instances."""
    if asked:
        return asked
    within = set(scope)
    marks = Counter(
        mark for key in within if key in estate.vaults and (mark := tag_of(estate.vaults[key].tags, OWNER_TAG))
    )
    if not marks:
        own = {tag_of(one.tags, OWNER_TAG) for one in _instances(estate, within)}
        marks = Counter(own) if len(own) == 1 else Counter()
    best = min(marks, key=lambda mark: (-marks[mark], mark), default="")
    return best if _NAME.fullmatch(best) else UNNAMED


def _instances(estate: Estate, scope: set[str]) -> Iterator[Instance]:
    return (one for one in estate.instances.values() if one.disk is not None and one.vault.key in scope)


@dataclass(slots=True)
class _Sorting:
    """Sorts instances into those that can be declared, and the others with the reason."""

    estate: Estate
    name: str
    choices: Choices
    kept: dict[str, Instance] = field(default_factory=dict)
    left: dict[str, LeftOut] = field(default_factory=dict)
    identities: dict[str, ArmId | None] = field(default_factory=dict)

    def sort(self, scope: set[str]) -> None:
        by_disk: dict[str, list[Instance]] = defaultdict(list)
        for one in _instances(self.estate, scope):
            if one.disk is not None:
                by_disk[one.disk.key].append(one)
        for key in sorted(by_disk):
            self._choose(key, min(by_disk[key], key=preference), by_disk[key])
        self._settle_identities()

    def _choose(self, key: str, instance: Instance, held: list[Instance]) -> None:
        why = self._why_not(key, instance, held)
        if why:
            self._leave(instance, why)
        else:
            self.kept[key] = instance

    def _leave(self, instance: Instance, why: str) -> None:
        if instance.disk is not None:
            self.left[instance.disk.key] = LeftOut(
                instance.disk, f"{why} (instance {instance.id.name} in {instance.vault.name})"
            )

    def _why_not(self, key: str, instance: Instance, held: list[Instance]) -> str:
        marks = {mark for one in held if (mark := tag_of(one.tags, OWNER_TAG)) and lower(mark) != lower(self.name)}
        if marks:
            return f"the manifest {min(marks)} manages it; to export that one, pass `--name {min(marks)}`"
        vault, disk = instance.vault.key, self.estate.disks.get(key)
        reasons = {
            self.choices.left.get(key, ""): key in self.choices.left,
            self.choices.dropped.get(vault, ""): vault in self.choices.dropped,
            "Azure doesn't say which resource group its snapshots are in": instance.snapshot_group is None,
            "its instance is being deleted": health_of(instance) is Health.LEAVING,
            "its policy doesn't exist in the vault": not instance.policy
            or instance.policy.key not in self.estate.policies,
            "the disk no longer exists; list it under `removed` to decide about its backups": disk is None,
            "it is in another region than its vault": disk and disk.location != self.estate.vaults[vault].location,
        }
        return next((reason for reason, holds in reasons.items() if holds), "")

    def _settle_identities(self) -> None:
        """Choose one identity for each vault, that of most instances; the others can't be declared."""
        used: dict[str, Counter[str]] = defaultdict(Counter)
        for one in self.kept.values():
            used[one.vault.key][one.identity.key if one.identity else ""] += 1
        for key, uses in used.items():
            chosen = min(uses, key=lambda identity: (-uses[identity], identity))
            of_vault = [one for one in self.kept.values() if one.vault.key == key]
            self.identities[key] = next(
                (one.identity for one in of_vault if one.identity and one.identity.key == chosen), None
            )
            for one in of_vault:
                if (one.identity.key if one.identity else "") != chosen and one.disk is not None:
                    del self.kept[one.disk.key]
                    self._leave(
                        one,
                        "it uses another identity than most instances of its vault, and a vault can declare only one",
                    )


def describe(estate: Estate, scope: Iterable[str], asked: Asked, choices: Choices) -> Description:
    """The description of the disk backups in the vaults of `scope` (lower-cased ids)."""
    within = set(scope)
    sorting = _Sorting(estate, name_of(estate, within, asked.name), choices)
    sorting.sort(within)
    kept = sorting.kept
    vaults = (estate.vaults[key] for key in sorted(within - set(choices.dropped)) if not _is_others(estate, key))
    selected = Selected(estate, asked, choices, tuple(vaults), kept, sorting.identities)
    found = {kind.key: _section(kind, selected) for kind in KINDS}
    data: Data = {
        "apiVersion": "reconciler/v1",
        "name": sorting.name,
        "defaults": {key: value for key, value in selected.defaults.items() if value},
        **{key: section.entries for key, section in found.items()},
    }
    return Description(
        data={key: value for key, value in data.items() if value},
        disks=frozenset(kept),
        left_out=tuple(sorting.left[key] for key in sorted(sorting.left)),
        notes=(*chain(*(one.notes for one in found.values())), *_notes(estate, within, kept.values(), selected)),
        vaults={addresses.vault(lower(name)): key for key, name in selected.names["vaults"].items()},
        policies=_ids(selected.names["policies"]),
        groups=_users(kept, lambda one: addresses.group(one.snapshot_group) if one.snapshot_group else ""),
        users=_users(kept, lambda one: one.policy.key if one.policy else "") | _users(kept, lambda one: one.vault.key),
    )


def _section(kind: ExportKind, selected: Selected) -> Described:
    """A section, whose names and defaults those after it are handed."""
    found = kind.described(selected)
    selected.names[kind.key] = found.names
    selected.defaults.update(found.defaults)
    return found


def _ids(names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The lower-cased ids behind each lower-cased name."""
    found: dict[str, tuple[str, ...]] = {}
    for key, name in sorted(names.items()):
        found[lower(name)] = (*found.get(lower(name), ()), key)
    return found


def _is_others(estate: Estate, vault: str) -> bool:
    """Whether a vault holds backups, but none of disks."""
    held = [one for one in estate.instances.values() if one.vault.key == vault]
    return bool(held) and not any(one.disk for one in held)


def _users(kept: Mapping[str, Instance], key: Callable[[Instance], str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for disk, one in sorted(kept.items()):
        found[lower(key(one))].append(disk)
    return {name: tuple(disks) for name, disks in found.items()}


def _notes(estate: Estate, scope: set[str], kept: Iterable[Instance], selected: Selected) -> Iterator[str]:
    choices = selected.choices
    if choices.verify and selected.asked.is_part:
        yield f"roleAssignments: some are missing, which `plan` treats by the manifest's own `mode`: {choices.verify}"
    elif choices.verify:
        yield f"roleAssignments: `mode: verify`, so none is written, since {choices.verify}"
    for key, why in sorted(choices.dropped.items()):
        yield f"vault {estate.vaults[key].id.name}: left out with all its contents: {why}"
    for address, why in sorted(choices.lost.items()):
        yield f"{address or 'the manifest'}: {why}; `plan` reports this too"
    used = {one.policy.key for one in kept if one.policy}
    for key in sorted(scope - set(choices.dropped)):
        name = estate.vaults[key].id.name
        if _is_others(estate, key):
            yield f"vault {name}: left out, since it holds no backups of disks"
            continue
        others = sum(one.disk is None for one in estate.instances.values() if one.vault.key == key)
        if others:
            yield f"vault {name}: {counted(others, 'backup instance')} of other kinds"
        deleted = sum(one.disk is not None for one in estate.deleted_instances.values() if one.vault.key == key)
        if deleted:
            yield f"vault {name}: {counted(deleted, 'soft-deleted backup instance')} of disks"
        idle = [
            policy.id.name
            for policy in estate.policies.values()
            if policy.is_disk and policy.vault.key == key and policy.id.key not in used
        ]
        if idle:
            yield f"vault {name}: not used by what is declared here: {', '.join(sorted(idle, key=lower))}"
