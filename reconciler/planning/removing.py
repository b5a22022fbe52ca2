"""What becomes of the instances that `removed` takes out: stopped, kept, or deleted with their recovery points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property

from reconciler.base.plurals import counted
from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Deletion, FieldChange, Op
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import planning as codes
from reconciler.model.ids import ArmId
from reconciler.model.manifest import Removed
from reconciler.model.protection import AT_WORK, WORDS, health, health_of, is_active
from reconciler.model.resources import Instance
from reconciler.model.tags import OWNER_TAG, tag_of
from reconciler.planning.draft import Draft
from reconciler.planning.ending import address_of, ended, stop
from reconciler.planning.loss import cost, is_kept_when_deleted
from reconciler.planning.permission import permitting, tallied
from reconciler.planning.removals import Removal


class Removing:
    """Acts on the entries of `removed`, whoever made an instance, unless another manifest owns it.

    An entry that selects takes only what is ours: what bears no mark has to be named by id.
    """

    def __init__(self, draft: Draft) -> None:
        self._draft, self._removals = draft, draft.world.removals
        self._tell_unclear()

    def takes(self, instance: Instance, disk: ArmId) -> Removal | None:
        """How `removed` takes out an instance of this disk; None: it doesn't."""
        removal = self._removals.of.get(disk.key)
        if removal is None or removal.by_id or self._draft.world.owner(instance.tags):
            return removal
        return removal if instance.deleted else None

    def compare(self, instance: Instance, removal: Removal) -> None:
        """Plan what becomes of a live instance."""
        draft, entry, place = self._draft, removal.entry, removal.place
        address, owner = address_of(draft.decisions, instance, removal.disk), draft.world.owner(instance.tags)
        if owner == "handed" or (addresses.disk(removal.disk) in draft.decisions.refused and self._is_by_machine):
            return
        if owner == "foreign":
            message = f"the manifest `{tag_of(instance.tags, OWNER_TAG)}` owns its backup instance in the vault {instance.vault.name}"
            draft.decisions.refuse(address, codes.MANAGED_ELSEWHERE, message, place=place)
        elif removal.disk.key in self._removals.twice:
            self._refuse_twice(address, removal.disk.key)
        elif health_of(instance) in AT_WORK:
            may_go = entry.data == "delete" and removal.disk.key not in self._removals.holds
            draft.decisions.wait_for(address, instance, place, may_go=may_go)
        elif removal.disk.key not in self._removals.holds and id(entry) in self._permitting:
            self._delete(instance, address, removal)
        elif is_active(instance):
            stop(draft, instance, address, f"removed: {entry.reason}", "not-yet-applied", place)
        else:
            self._tell_kept(address, removal)

    @cached_property
    def _permitting(self) -> frozenset[int]:
        """The entries that permit to delete now, by identity."""
        return frozenset(map(id, permitting(self._draft, tallied(self._instances()))))

    def _instances(self) -> Iterator[tuple[Removed, Instance, bool]]:
        """The instances that entries may delete, in any state, each with its entry and whether it is on hold."""
        world = self._draft.world
        live = world.estate.instances
        for instance in (*live.values(), *world.estate.deleted_instances.values()):
            removal = self.takes(instance, instance.disk) if instance.disk else None
            if removal is None or world.owner(instance.tags) in ("foreign", "handed"):
                continue
            own = instance.vault.child("backupInstances", instance.id.name)
            is_shown_twice = instance.deleted and own.key in live
            if removal.disk.key not in self._removals.twice and not is_shown_twice:
                yield removal.entry, instance, removal.disk.key in self._removals.holds

    @cached_property
    def _is_by_machine(self) -> bool:
        """Whether an entry selects by tags of machines, so that a disk whose machine can't be read is left alone."""
        selects = (one for entry in self._draft.world.manifest.removed if entry.select for one in (
            entry.select, *(left.selector for left in entry.exclude)
        ))  # fmt: skip
        return any(select.attached_tags is not None for select in selects)

    def _delete(self, instance: Instance, address: Address, removal: Removal) -> None:
        """Delete an instance with its recovery points, if the command line has the key; say what it costs either way."""
        draft, entry, place = self._draft, removal.entry, removal.place
        softly = is_kept_when_deleted(draft, instance)
        lost = cost(draft, instance, softly=softly)
        if draft.world.options.allow_delete is None:
            said = f" ({lost})" if lost else ""
            message = f"its backup instance is to be deleted with its recovery points{said}; reason: {entry.reason}"
            draft.decisions.due[address] = (message, place)
            return
        if not softly:
            message = f"{instance.id.name} is deleted permanently: soft delete is off in its vault"
            draft.decisions.irreversible[address] = message
        ended(
            draft,
            instance,
            address,
            Action.DESTROY,
            Op.INSTANCE_DELETE,
            f"removed with its recovery points: {entry.reason}",
            FieldChange("protection", WORDS[health(instance.state)], None),
            goal="gone",
            drift="not-yet-applied",
            place=place,
            body=Deletion(softly=True) if softly else Deletion(),
            detail=(lost,) if lost else (),
        )

    def _tell_kept(self, address: Address, removal: Removal) -> None:
        hold, entry = self._removals.holds.get(removal.disk.key), removal.entry
        if hold is not None and entry.data == "delete":
            why = hold.reason if hold.is_sure else f"{hold.reason} (the disk no longer exists, so it may not be meant)"
            message = f"its recovery points are on hold and are not deleted: {why}"
            self._draft.decisions.note(disk_codes.DELETION_HELD, message, address=address, place=hold.place)
            return
        message = "protection is stopped; the recovery points are kept"
        today = self._draft.world.today
        if entry.after is not None and (today is None or today < entry.after):
            message += f"; none is deleted before {entry.after}"
        self._draft.decisions.note(disk_codes.RETAINED, message, address=address, place=removal.place)

    def _refuse_twice(self, address: Address, key: str) -> None:
        first, second = self._removals.twice[key]
        message = (
            f"the selectors of `removed` at {first.place} and {second.place} both match the disk; neither is applied"
        )
        self._draft.decisions.refuse(address, disk_codes.CLAIMED_TWICE, message, place=second.place)

    def _tell_unclear(self) -> None:
        """Report disks that no longer exist, and of which nobody knows whether a selector would have taken them."""
        world = self._draft.world
        ours = {one.disk.key for one in world.estate.instances.values() if one.disk and world.owner(one.tags) == "ours"}
        places = Counter(place for key, (_, place) in self._removals.unclear.items() if key in ours)
        for place, count in places.items():
            message = f"could not tell whether the selector means {counted(count, 'disk')} that Azure no longer has"
            self._draft.decisions.note(disk_codes.REMOVAL_UNCLEAR, message, place=place)
