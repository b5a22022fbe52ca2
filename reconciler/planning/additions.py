"""Additions: the changes that nobody has to look at first, because they only begin protection or repair it as it was.

An addition creates the first backup instance of a disk, in a vault and with a policy that exist and that the plan leaves
alone, together with the role assignments and the snapshot resource group that no existing instance uses; or it repairs an
instance in `ProtectionError`, without any role assignment. Every other change isn't one, and neither is a change of a kind
or with an operation that isn't named here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from reconciler.model.addresses import Address
from reconciler.model.builtin_roles import BY_GUID, DISK_BACKUP_READER, DISK_SNAPSHOT_CONTRIBUTOR, READER
from reconciler.model.changes import Action, Change, Grant, Kind, Op
from reconciler.model.findings import Severity
from reconciler.model.ids import ArmId, lower
from reconciler.model.protection import GOALS, WORDS, Health, is_in_error
from reconciler.model.resources import Instance
from reconciler.planning.draft import Draft
from reconciler.planning.identity import is_unproven
from reconciler.planning.moved import moved

_MADE = (Op.INSTANCE_PUT,)
_REPAIRED = (Op.INSTANCE_VALIDATE, Op.INSTANCE_REPAIR)
_UNCLEAR = frozenset({"out-of-reach", "replaced", "moved"})
"""The classes of drift of a disk of which it isn't clear whose backups it has, or would get."""

_SYSTEM = "system"
"""The identity of a vault that no other vault can have."""

_NEVER = "only new backup instances and repairs of failing ones are approved without a review"
_WITHOUT = "it needs a change that isn't an addition: "


class Additions:
    """Tells the additions among the changes of a plan; `left` says of every other one why it isn't an addition."""

    def __init__(self, draft: Draft, changes: Iterable[Change]) -> None:
        self._draft, self._world = draft, draft.world
        self._every = draft.decisions.changes
        self._written = {step.target.key for change in self._every.values() for step in change.steps}
        self._told = self._findings()
        self._everything = (*self._world.estate.instances.values(), *self._world.estate.deleted_instances.values())
        self._held = [one for one in self._everything if one.disk is not None]
        self._taken_names = {(one.vault.key, lower(one.id.name)) for one in self._everything}
        self._users = _users(self._every.values())
        self.left: dict[Address, str] = {}
        self._planned: set[Address] = set()
        self._judge(list(changes))

    def _judge(self, changes: list[Change]) -> None:
        self._planned = {change.address for change in changes}
        for change in changes:
            why = _RULES.get((change.kind, change.action), _never)(self, change)
            if why:
                self.left[change.address] = why
        new = [one for one in changes if one.kind is Kind.DISK and self._is_new(one)]
        self.left |= moved(self._draft, self._held, new)
        while more := {one.address: why for one in changes if (why := self._lacking(one))}:
            self.left |= more

    def _is_new(self, change: Change) -> bool:
        return change.action is Action.ADD and change.address not in self.left

    def _lacking(self, change: Change) -> str:
        """Why an addition can't go without what is left; a role or a group alone, without its disk, isn't needed."""
        if change.address in self.left:
            return ""
        own = self._every.get(change.address, change)
        lacks = next((one for one in own.depends if one in self._every and not self._goes(one)), None)
        if lacks:
            return f"{_WITHOUT}{self._world.names.shown(lacks)}"
        users = (self._is_taken(one.address) for one in self._users[change.address] if one.kind is Kind.DISK)
        return "" if change.kind is Kind.DISK or any(users) else "no addition needs it"

    def _is_taken(self, address: Address) -> bool:
        return address in self._planned and address not in self.left

    def _goes(self, address: Address) -> bool:
        return self._every[address].kind in {Kind.ROLE, Kind.GROUP} and self._is_taken(address)

    # --- disks --------------------------------------------------------------------------------------------------------

    def _creation(self, change: Change) -> str:
        """Why a change doesn't create the first backup instance of a disk; empty when it does."""
        if _ops(change) != _MADE or change.found is not None or change.before is not None or change.goal != _GOAL:
            return _NEVER
        step, disk = change.steps[0], change.address.disk
        is_odd = _is_heavy(change) or step.target.parent != change.vault
        if disk is None or is_odd or lower(_source(step.body)) != disk.key:
            return _NEVER
        if disk.key not in self._world.disks:
            return "Azure doesn't list the disk"
        if self._world.held.get(disk.key) or self._world.deleted.get(disk.key):
            return "the disk has, or had, another backup instance"
        if (step.target.parent.key, lower(step.target.name)) in self._taken_names:
            return "the vault has, or had, a backup instance of this name"
        return self._standing(change, _policy(step.body))

    def _repair(self, change: Change) -> str:
        """Why a change doesn't merely repair an instance in `ProtectionError`; empty when it does."""
        found, disk = change.found, change.address.disk
        if _ops(change) != _REPAIRED or found is None or disk is None or _is_heavy(change) or change.goal != _GOAL:
            return _NEVER
        if found.disk != disk or any(step.target != found.id for step in change.steps) or found.vault != change.vault:
            return _NEVER
        fields = [(one.path, one.before, one.after) for one in change.fields]
        is_plain = fields == [("protection", WORDS[Health.FAILING], WORDS[Health.CONFIGURED])]
        if not is_plain or any(_says_something(step.body) for step in change.steps):
            return "it changes more than the state of the protection"
        return self._unfit(found) or self._needing(change) or self._standing(change, found.policy)

    def _unfit(self, found: Instance) -> str:
        """Why a failing instance isn't one to repair without a review."""
        if not is_in_error(found):
            return f"the state is {found.state}, not ProtectionError"
        disk = found.disk.key if found.disk else ""
        if self._world.held.get(disk) != [found] or self._world.deleted.get(disk):
            return "the disk has, or had, another backup instance"
        if self._world.owner(found.tags) != "ours":
            return "this manifest doesn't own the backup instance"
        is_another = is_unproven(self._draft, self._world.disks.get(disk), found)
        return "could not tell whether the disk is the one whose backups these are" if is_another else ""

    def _needing(self, change: Change) -> str:
        own = self._every.get(change.address, change)
        grants = change.probe is not None and bool(change.probe.roles)
        return "it needs other changes first" if grants or any(one in self._every for one in own.depends) else ""

    def _standing(self, change: Change, policy: ArmId | None) -> str:
        """Why it isn't certain that nothing but the instance changes."""
        vault = change.vault
        if vault is None or vault.key not in self._world.estate.vaults:
            return "the vault doesn't exist yet"
        if vault.key in self._written:
            return "the vault is to be changed, too"
        if policy is None or policy.key not in self._world.estate.policies or policy.parent != vault:
            return "the policy doesn't exist yet"
        if policy.key in self._written:
            return "the policy is to be replaced"
        if any(typed.is_address(change.address) for _, typed in self._world.ignored):
            return "an entry of `ignore` names it"
        return self._told.get(lower(change.address), "")

    def _findings(self) -> dict[str, str]:
        """What findings say against an addition, by lower-cased address."""
        return {
            lower(one.address): f"a finding about it: {one.code}"
            for one in self._draft.decisions.findings
            if one.address and (one.severity is Severity.ERROR or one.drift in _UNCLEAR)
        }

    # --- what disks need ----------------------------------------------------------------------------------------------

    def _group(self, change: Change) -> str:
        """Why a change doesn't create a snapshot resource group for new disks alone; empty when it does."""
        if _ops(change) != (Op.GROUP_PUT,) or change.before is not None or _is_heavy(change):
            return _NEVER
        target = change.steps[0].target
        if not self._world.options.shard.is_whole:
            return "could not tell whether vaults of other shards use the resource group"
        if target.key in self._world.estate.groups or self._may_use(self._everything, target):
            return "backup instances use the resource group"
        disks = [one for one in self._users[change.address] if one.kind is Kind.DISK]
        if any(one.action is not Action.ADD or _group_of(one) != target for one in disks):
            return "other changes need the resource group, too"
        return ""

    def _grant(self, change: Change) -> str:
        """Why a change doesn't assign a role that new disks alone need; empty when it does."""
        if _ops(change) != (Op.ROLE_PUT,) or change.before is not None or _is_heavy(change):
            return _NEVER
        step, vault = change.steps[0], change.vault
        grant, scope = step.grant, step.target
        if vault is None or vault.key not in self._world.estate.vaults or vault.key in self._written:
            return "the vault is to be created or changed"
        if not isinstance(grant["principal"], str) or lower(grant["vault"]) != vault.key:
            return "whom the role is assigned to isn't known yet"
        if any(
            one.action is not Action.ADD or not self._is_own(grant, scope, one) for one in self._users[change.address]
        ):
            return "the role assignment covers more than one new disk and what it needs"
        return self._shared(grant, scope, vault)

    def _is_own(self, grant: Grant, scope: ArmId, change: Change) -> bool:
        """Whether an assignment covers exactly what the new instance of a change needs of that role."""
        disk = change.address.disk
        known = self._world.disks.get(disk.key) if disk else None
        if known is None or change.kind is not Kind.DISK:
            return False
        own: Mapping[str, ArmId | None] = {
            DISK_BACKUP_READER.guid: known.id,
            DISK_SNAPSHOT_CONTRIBUTOR.guid: _group_of(change),
            READER.guid: known.encryption_set,
        }
        return grant["role"] in BY_GUID and own.get(grant["role"]) == scope

    def _shared(self, grant: Grant, scope: ArmId, vault: ArmId) -> str:
        """Why an assignment may be of use to instances that exist; empty when it isn't.

        A user-assigned identity may be that of vaults that this run doesn't read.
        """
        if grant["identity"] != _SYSTEM and grant["role"] != DISK_BACKUP_READER.guid:
            return "the vault's identity may be that of other vaults, too"
        holders = [one for one in self._everything if _has_identity(one, vault, grant["identity"])]
        is_used = self._serves(grant, scope, holders)
        return "existing backup instances would use the role assignment, too" if is_used else ""

    def _serves(self, grant: Grant, scope: ArmId, holders: list[Instance]) -> bool:
        """Whether existing instances use, or may use, what an assignment covers."""
        if grant["role"] == DISK_SNAPSHOT_CONTRIBUTOR.guid:
            return self._may_use(holders, scope)
        if grant["role"] == DISK_BACKUP_READER.guid:
            return any(one.disk == scope for one in holders)
        disks = [self._world.disks.get(one.disk.key) for one in holders if one.disk]
        return any(disk is None or disk.encryption_set == scope for disk in disks)

    def _may_use(self, holders: Iterable[Instance], group: ArmId) -> bool:
        """Whether instances keep, or may keep, their snapshots in a resource group.

        Some rows of disks don't say where; instances of other kinds, such as clusters, may name it, too.
        """
        return any(one.snapshot_group == group or (one.disk and one.snapshot_group is None) for one in holders)


_GOAL = GOALS["protected"]
_Rule = Callable[[Additions, Change], str]


def _never(_additions: Additions, _change: Change) -> str:
    return _NEVER


_RULES: Mapping[tuple[Kind, Action], _Rule] = {
    (Kind.DISK, Action.ADD): Additions._creation,  # noqa: SLF001 - the table of this class
    (Kind.DISK, Action.CHANGE): Additions._repair,  # noqa: SLF001
    (Kind.GROUP, Action.ADD): Additions._group,  # noqa: SLF001
    (Kind.ROLE, Action.ADD): Additions._grant,  # noqa: SLF001
}
"""Which changes may be additions at all; every other kind and action is none."""


def _users(changes: Iterable[Change]) -> Mapping[Address, list[Change]]:
    """The changes that depend on each address."""
    found: defaultdict[Address, list[Change]] = defaultdict(list)
    for change in changes:
        for address in change.depends:
            found[address].append(change)
    return found


def _ops(change: Change) -> tuple[Op, ...]:
    return tuple(step.op for step in change.steps)


def _is_heavy(change: Change) -> bool:
    """Whether a change destroys or weakens something, or was given a key of its own."""
    return bool(change.danger or change.keeps or any(step.guard for step in change.steps))


def _says_something(body: Mapping[str, Any]) -> bool:
    """Whether a body has any value at all, however deep."""
    return any(_says_something(one) if isinstance(one, Mapping) else True for one in body.values())


def _properties(body: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = body.get("properties") or {}
    return found


def _source(body: Mapping[str, Any]) -> str:
    return str((_properties(body).get("dataSourceInfo") or {}).get("resourceID") or "")


def _policy(body: Mapping[str, Any]) -> ArmId | None:
    found = (_properties(body).get("policyInfo") or {}).get("policyId")
    return ArmId(found) if found else None


def _stores(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    parameters = (_properties(body).get("policyInfo") or {}).get("policyParameters") or {}
    yield from parameters.get("dataStoreParametersList") or ()


def _group_of(change: Change) -> ArmId | None:
    """Where the snapshots of a new instance are to be."""
    found = {str(store.get("resourceGroupId") or "") for step in change.steps for store in _stores(step.body)}
    return ArmId(found.pop()) if len(found) == 1 and "" not in found else None


def _has_identity(instance: Instance, vault: ArmId, identity: str) -> bool:
    """Whether an instance has, or may have, the identity that a vault uses: its own, or a user-assigned one."""
    return instance.vault == vault or (instance.identity is not None and instance.identity.key == identity)
