"""What a plan is made of, and what follows from it: nothing here is decided, and nothing asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cached_property

from reconciler.model.canonical import digest
from reconciler.model.codes.gates import Key
from reconciler.model.estate import Estate
from reconciler.model.ids import ArmId, lower
from reconciler.model.manifest import DiskRule, Entry, Ignore, Manifest, VaultSpec, names_in
from reconciler.model.plan import Options
from reconciler.model.protection import preference
from reconciler.model.resources import Disk, Instance, Lock, Machine
from reconciler.model.short_names import Typed, in_any_subscription
from reconciler.model.tags import OWNER_TAG, tag_of
from reconciler.planning.removals import Removals, removals
from reconciler.planning.scope import reach
from reconciler.planning.selection import Surroundings
from reconciler.planning.takers import Takers

_DIGEST_LENGTH = 16


class World:
    """Manifest, estate, options and the time, and what follows from them.

    `disks` and `machines` are those of the estate, and those that no list shows and that were found by id; `vaults` are
    the declared ones that this run works on, by lower-cased name.
    """

    def __init__(self, manifest: Manifest, estate: Estate, options: Options, now: datetime) -> None:
        self.manifest, self.estate, self.options, self.now = manifest, estate, options, now
        self.reach = reach(manifest, options.shard, groups=estate.management_groups)
        self._disks, self._machines = dict(estate.disks), dict(estate.machines)
        self.disks: Mapping[str, Disk] = self._disks
        self.machines: Mapping[str, Machine] = self._machines
        self.names = estate.names
        self._own = frozenset(self.reach.vaults)
        self.vaults = {name: spec for name, spec in manifest.vaults.items() if self.sees_to(spec)}
        self._ours = {lower(name) for name in (manifest.name, *manifest.formerly)}
        self._heirs = {lower(name) for name in manifest.hands_over_to}
        self._declared: dict[str, str] = {}
        self._locks: dict[str, list[Lock]] = defaultdict(list)
        for lock in sorted(estate.locks.values(), key=lambda lock: lock.id.key):
            self._locks[lock.scope.key].append(lock)

    @cached_property
    def held(self) -> Mapping[str, list[Instance]]:
        """Live instances by the lower-cased id of their disk."""
        return _by_disk(self.estate.instances)

    @cached_property
    def deleted(self) -> Mapping[str, list[Instance]]:
        """Soft-deleted instances by the lower-cased id of their disk."""
        return _by_disk(self.estate.deleted_instances)

    def instance(self, disk: ArmId, vault: ArmId) -> Instance | None:
        """The instance that protects a disk in a vault, or comes nearest to it."""
        return min((one for one in self.held.get(disk.key, ()) if one.vault == vault), key=preference, default=None)

    def found(self, one: Disk | Machine) -> None:
        """Add an object that no list shows, but a read by id does."""
        match one:
            case Disk():
                self._disks[one.id.key] = one
            case Machine():
                self._machines[one.id.key] = one

    def hold(self, disk: ArmId, instance: Instance) -> None:
        """Add a disk's instance that no list shows, but a read by id does, whichever disk the instance itself names."""
        self.held[disk.key].append(instance)

    @cached_property
    def takers(self) -> Takers:
        """The entries, by which of them may have selected a disk that no longer exists."""
        return Takers(self.manifest, self.estate.management_groups)

    @cached_property
    def removals(self) -> Removals:
        """What `removed` takes out; of machines that no list shows, only those that were found before count."""
        every = (*self.estate.instances.values(), *self.estate.deleted_instances.values())
        return removals(self.manifest, self.surroundings, self.disks, (one.disk for one in every if one.disk))

    @property
    def surroundings(self) -> Surroundings:
        """What selectors match besides disks."""
        return Surroundings(self.estate.management_groups, self._machines)

    @cached_property
    def ignores(self) -> tuple[Ignore, ...]:
        """The entries of `ignore` that haven't expired."""
        today = self.now.date()
        return tuple(entry for entry in self.manifest.ignore if entry.expires is None or today <= entry.expires)

    @cached_property
    def ignored(self) -> tuple[tuple[Ignore, Typed], ...]:
        """The same entries, each with what it names; with all that it may name, if nobody can tell which subscription."""
        return tuple(
            (entry, Typed(in_any_subscription(entry.address) if entry in self.unclear else entry.address, self.names))
            for entry in self.ignores
        )

    @cached_property
    def unclear(self) -> tuple[Ignore, ...]:
        """The entries of which nobody can tell which subscription they name: anybody may rename one at any time."""
        ids = {*self.estate.subscriptions, *self.estate.disk_subscriptions}
        return tuple(entry for entry in self.ignores if not self.names.tells(entry.address, ids))

    @property
    def today(self) -> date | None:
        """The day in UTC by Azure's clock; None: Azure didn't tell."""
        return self.estate.clock.date() if self.estate.clock else None

    def forces(self, gate: str, *parts: str) -> bool:
        """Whether the command line opens a gate: entirely, or a local one for the value of these parts only."""
        return not self.options.force.isdisjoint({Key(gate), Key(gate, tuple(map(lower, parts)))})

    def sees_to(self, vault: VaultSpec) -> bool:
        """Whether this run, and no other shard, works on a declared vault."""
        return vault.id.key in self._own

    def lock_on(self, target: ArmId, *, deletes: bool = False) -> Lock | None:
        """A lock that forbids writing (or deleting) `target`: on itself or on anything that encloses it."""
        if not self._locks:
            return None
        for scope in target.enclosing():
            for lock in self._locks.get(scope, ()):
                if deletes or lower(lock.level) == "readonly":
                    return lock
        return None

    @property
    def owners(self) -> frozenset[str]:
        """The lower-cased names whose marks are ours or handed over by us; any other mark is foreign."""
        return frozenset(self._ours | self._heirs)

    def owner(self, tags: Mapping[str, str]) -> str:
        """Whose mark `tags` bear: `ours`, `handed` (ours to give away), `foreign` or nobody's (empty)."""
        mark = tag_of(tags, OWNER_TAG)
        if not mark:
            return ""
        if lower(mark) in self._ours:
            return "ours"
        return "handed" if lower(mark) in self._heirs else "foreign"

    def declared(self, vault: VaultSpec) -> str:
        """The digest of what is declared for a vault: it is the vault's mark, and tells who changed what."""
        if vault.id.key not in self._declared:
            rules = self._rules.get(lower(vault.name), ())
            later = [entry for entry in self._later if entry.counts_for(vault)]
            self._declared[vault.id.key] = _digest(self.manifest, vault, rules, later)
        return self._declared[vault.id.key]

    @cached_property
    def _later(self) -> Sequence[Entry]:
        """The entries that may be a part of what is declared for a vault, though no version 0.1.0 knew them."""
        return [entry for entry in self.manifest.entries if type(entry).counts_for is not Entry.counts_for]

    @cached_property
    def _rules(self) -> Mapping[str, list[DiskRule]]:
        """The entries that may put a disk into a vault, by its lower-cased name."""
        found: defaultdict[str, list[DiskRule]] = defaultdict(list)
        for rule in self.manifest.disks:
            for name in names_in(rule.vault):
                found[name].append(rule)
        return found


def _by_disk(instances: Mapping[str, Instance]) -> Mapping[str, list[Instance]]:
    found: dict[str, list[Instance]] = defaultdict(list)
    for _, instance in sorted(instances.items()):
        if instance.disk is not None:
            found[instance.disk.key].append(instance)
    return found


def _digest(manifest: Manifest, vault: VaultSpec, rules: Sequence[DiskRule], later: Sequence[Entry]) -> str:
    """The digest of everything that the manifest declares for one vault, with these entries.

    The order of the parts is frozen. A part that was added later counts only if it is declared.
    """
    policies = sorted({name for rule in rules for name in names_in(rule.policy)})
    groups = sorted({name for rule in rules for name in names_in(rule.snapshot_group)})
    parts = [
        vault,
        rules,
        [manifest.policies[name] for name in policies if name in manifest.policies],
        [manifest.snapshot_groups[name] for name in groups if name in manifest.snapshot_groups],
        manifest.roles,
        manifest.excluded,
        manifest.removed,
        *([later] if later else ()),
    ]
    return digest(parts)[:_DIGEST_LENGTH]
