"""Backup instances of desired disks: create, re-point, resume, repair, suspend, stop, undelete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from reconciler.model import addresses, protection
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, FieldChange, Kind, Op, Step
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import planning as codes
from reconciler.model.ids import ArmId
from reconciler.model.known import Yes
from reconciler.model.names import instance_name
from reconciler.model.plan import AT_REST
from reconciler.model.protection import GOALS, Health
from reconciler.model.resources import Instance
from reconciler.model.tags import OWNER_TAG, tag_of
from reconciler.planning import halts, instance_bodies, orphans, resuming, retained, undeleting
from reconciler.planning.comparison import Comparison
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.group_book import WantedGroup
from reconciler.planning.holders import Holders
from reconciler.planning.holdings import Holdings
from reconciler.planning.marks import class_of, drift_class, spread_class
from reconciler.planning.questions import PENDING, UNASKED
from reconciler.planning.role_book import Grants

_FIELDS = {"policyInfo": "policy", "identityDetails": "identity"}


def need(comparison: Comparison) -> None:
    """A snapshot resource group in each subscription of disks to protect."""
    for one in comparison.everything:
        if one.rule.protection != "protected":
            continue
        spec, group = one.group, one.group_id
        wanted = comparison.groups.want(
            WantedGroup(group, spec.place, spec.manage, spec.location, dict(spec.tags), dict(spec.default_tags))
        )
        wanted.manage = wanted.manage and spec.manage
        wanted.tags.update(spec.tags)
        wanted.location = spec.location or wanted.location
        wanted.locations.add(one.disk.location)
        wanted.vaults[one.vault.id.key] = one.vault


def declared(comparison: Comparison) -> Iterator[Address]:
    """The addresses of all disks."""
    return (one.address for one in comparison.everything)


def compare(comparison: Comparison) -> None:
    """Plan what each desired disk needs."""
    disks = Disks(comparison)
    for wanted in comparison.desired:
        disks.compare(wanted)
    disks.holders.conclude()


def conclude(comparison: Comparison) -> None:
    """Plan what becomes of instances that the manifest no longer names, and of those that somebody deleted."""
    draft = comparison.draft
    spread_class(draft.decisions, comparison.desired)
    orphans.compare(draft, comparison.everything)
    undeleting.compare(draft)


class Disks:
    """The comparison of desired disks with the instances that the estate holds."""

    def __init__(self, comparison: Comparison) -> None:
        draft = comparison.draft
        self._draft, self._policies, self._roles = draft, comparison.policies, comparison.roles
        self._world, self._decisions, self._questions = draft.world, draft.decisions, draft.questions
        self._holdings = Holdings(draft)
        self.holders = Holders(draft)

    def compare(self, wanted: DesiredDisk) -> None:
        """Plan the changes that `wanted` needs."""
        if not self._holdings.are_known(wanted):
            return
        live, deleted = self._holdings.live(wanted), self._holdings.deleted(wanted)
        if self._holdings.are_elsewhere(wanted, live) or wanted.address in self._decisions.refused:
            return
        here = [instance for instance in live if instance.vault == wanted.vault.id]
        if here:
            chosen = min(here, key=protection.preference)
            orphans.left_behind(self._decisions, wanted, chosen, [*live, *deleted])
            self._compare_live(wanted, chosen)
        elif wanted.rule.protection == "protected":
            self._bring(wanted)
        elif deleted and not self._decisions.ignores(wanted.address, "protection"):
            self._undelete(wanted, deleted)

    def _bring(self, wanted: DesiredDisk) -> None:
        """Plan an instance where there is none: undelete a soft-deleted one, else create one."""
        deleted = self._holdings.deleted(wanted)
        if deleted:
            self._undelete(wanted, deleted)
            return
        own = wanted.vault.id.child("backupInstances", instance_name(wanted.disk.id))
        found = self._questions.unlisted(wanted.vault, own, wanted.address, wanted.place)
        unasked = found is UNASKED
        self.holders.ask(wanted)
        if found is PENDING:
            return
        if isinstance(found, Instance):
            self._compare_live(wanted, replace(found, vault=wanted.vault.id))
            return
        if self.holders.refuse(wanted):
            return
        policy = self._policies.policy(wanted)
        if not self._is_locked(wanted):
            self._create(wanted, policy, unasked=unasked)

    def _create(self, wanted: DesiredDisk, policy: ArmId | None, *, unasked: bool) -> None:
        grants = self._roles.grant(wanted)
        target = wanted.vault.id.child("backupInstances", instance_name(wanted.disk.id))
        body = {} if policy is None else instance_bodies.body(wanted, policy, self._world.manifest.name)
        self._decisions.add(
            Change(
                address=wanted.address,
                kind=Kind.DISK,
                action=Action.ADD,
                reason="not protected",
                steps=(Step(Op.INSTANCE_PUT, target, body),),
                after=instance_bodies.shown(wanted, policy),
                depends=_depends(wanted, grants),
                vault=wanted.vault.id,
                goal=GOALS["protected"],
                probe=instance_bodies.probe(wanted, grants),
                place=wanted.place,
                detail=(wanted.chosen_by,),
                unasked=unasked,
                drift=class_of(self._draft, wanted),
            )
        )

    def _is_locked(self, wanted: DesiredDisk) -> bool:
        """Whether a ReadOnly lock forbids the writes on the disk or in the snapshot resource group that snapshots need."""
        for target in (wanted.disk.id, wanted.group_id):
            lock = self._world.lock_on(target)
            if lock:
                message = f"{lock.shown(self._world.names)} forbids backing up the disk"
                self._decisions.refuse(wanted.address, codes.LOCKED, message, place=wanted.place)
                return True
        return False

    def _undelete(self, wanted: DesiredDisk, deleted: list[Instance]) -> None:
        if self._holdings.are_of_others(wanted, deleted):
            return
        here = [instance for instance in deleted if instance.vault == wanted.vault.id]
        fitting = [one for one in here if one.snapshot_group is None or one.snapshot_group == wanted.group_id]
        instance = (fitting or here or deleted)[0]
        if not fitting:
            group = f" (snapshots in {instance.snapshot_group})" if instance.snapshot_group else ""
            message = (
                f"a soft-deleted backup instance in the vault {instance.vault.name}{group} keeps the disk's recovery points "
                f"until {instance.purged}"
            )
            self._decisions.refuse(wanted.address, codes.SOFT_DELETED, message, place=wanted.place)
            return
        instance = replace(instance, id=instance.vault.child("backupInstances", instance.id.name))
        presence = self._questions.presence(instance.id, wanted.address, wanted.place)
        if presence is None:
            return
        if isinstance(presence, Yes):
            message = "its backup instance exists, but Azure's list lacks it"
            self._decisions.refuse(wanted.address, codes.LIST_INCOMPLETE, message, place=wanted.place)
            return
        declared = wanted.rule.protection
        merge, fields = self._differences(wanted, instance) if declared == "protected" else ({}, ())
        steps = [Step(Op.INSTANCE_UNDELETE, instance.id)]
        if declared == "protected":
            steps.append(Step(Op.INSTANCE_RESUME, instance.id))
        steps += protection.halting(declared, Health.STOPPED, instance.id) if declared == "suspended" else ()
        if merge:
            steps.append(Step(Op.INSTANCE_MERGE, instance.id, merge))
        fields = (FieldChange("protection", "soft-deleted", declared), *fields)
        how = "" if declared == "protected" else f", {declared}"
        reason = f"soft-deleted: undelete it with its recovery points{how}"
        self._change(wanted, instance, steps, fields, reason=reason)

    def _compare_live(self, wanted: DesiredDisk, instance: Instance) -> None:
        declared = wanted.rule.protection
        health = protection.health_of(instance)
        group_differs = instance.snapshot_group is not None and instance.snapshot_group != wanted.group_id
        if group_differs and not self._decisions.ignores(wanted.address, "snapshotResourceGroup"):
            message = f"its snapshots are in {instance.snapshot_group}, declared is {wanted.group_id}"
            self._policies.plan(wanted, instance)
            self._decisions.refuse(wanted.address, disk_codes.SNAPSHOT_GROUP_IMMUTABLE, message, place=wanted.place)
        elif health in protection.AT_WORK:
            if declared == "protected":
                self._policies.plan(wanted, instance)
                self._roles.grant(wanted)
            goal = GOALS["protected"] if declared == "protected" else AT_REST
            self._decisions.wait_for(wanted.address, instance, wanted.place, goal)
        elif health is Health.UNKNOWN:
            message = f"its backup instance has the state {instance.state}, which this version does not know"
            self._decisions.refuse(wanted.address, codes.UNKNOWN_STATE, message, place=wanted.place)
        elif declared == "protected":
            self._protect(wanted, instance, health)
        elif not self._decisions.ignores(wanted.address, "protection"):
            self._halt(wanted, instance, health)

    def _protect(self, wanted: DesiredDisk, instance: Instance, health: Health) -> None:
        merge, fields = self._differences(wanted, instance)
        steps: list[Step] = []
        if health is not Health.CONFIGURED and not self._decisions.ignores(wanted.address, "protection"):
            before = protection.WORDS[health]
            fields = (FieldChange("protection", before, "protected"), *fields)
            if health is Health.FAILING:
                steps.append(Step(Op.INSTANCE_VALIDATE, instance.id))
                steps.append(Step(Op.INSTANCE_REPAIR, instance.id, merge))
                merge = {}
            else:
                steps.append(Step(Op.INSTANCE_RESUME, instance.id))
        if merge:
            steps.append(Step(Op.INSTANCE_MERGE, instance.id, merge))
        if steps:
            self._change(wanted, instance, steps, fields, reason=protection.reason(health, instance))
        else:
            self._roles.grant(wanted)

    def _differences(self, wanted: DesiredDisk, instance: Instance) -> tuple[dict[str, Any], tuple[FieldChange, ...]]:
        """What to merge into the live body, and the fields it changes; our mark is written along with any other field."""
        properties, fields = dict[str, Any](), list[FieldChange]()
        policy = None if self._policies.stays(wanted, instance) else self._policies.policy(wanted)
        if policy and instance.policy != policy:
            before = instance.policy.name if instance.policy else None
            fields.append(FieldChange("policy", before, policy.name))
            properties["policyInfo"] = {"policyId": policy.text}
        identity = wanted.vault.identity
        if identity is not None and instance.identity != (identity if isinstance(identity, ArmId) else None):
            before = instance.identity.key if instance.identity else "system"
            fields.append(FieldChange("identity", before, str(identity)))
            properties["identityDetails"] = instance_bodies.identity(identity)
        kept = self._decisions.kept(wanted.address, fields)
        if kept != tuple(fields):
            left = {entry.path for entry in kept}
            properties = {key: value for key, value in properties.items() if _FIELDS[key] in left}
        failing = protection.health(instance.state) is Health.FAILING and not instance.deleted
        failing = failing and not self._decisions.ignores(wanted.address, "protection")
        marked = tag_of(instance.tags, OWNER_TAG) or None
        if marked != self._world.manifest.name and (properties or self._world.options.adopt or failing):
            change = FieldChange.of_tag(OWNER_TAG, marked, self._world.manifest.name)
            return {"properties": properties, "tags": {OWNER_TAG: self._world.manifest.name}}, (*kept, change)
        return ({"properties": properties} if properties else {}), kept

    def _halt(self, wanted: DesiredDisk, instance: Instance, health: Health) -> None:
        steps = protection.halting(wanted.rule.protection, health, instance.id)
        if steps:
            fields = (FieldChange("protection", protection.WORDS[health], wanted.rule.protection),)
            self._change(wanted, instance, steps, fields, reason=halts.declared(wanted.rule))

    def _change(
        self, wanted: DesiredDisk, instance: Instance, steps: list[Step], fields: tuple[FieldChange, ...], reason: str
    ) -> None:
        protects = wanted.rule.protection == "protected"
        is_unhealthy = protects and instance_bodies.is_health(fields)
        own, ops = {"instance": instance.id.text}, [step.op for step in steps]
        guard = instance_bodies.guard_or_refuse(self._draft, wanted.vault.id, ops, wanted.address, wanted.place)
        resumes = protects or any(step.op is Op.INSTANCE_RESUME for step in steps)
        if guard is None or (resumes and self._is_locked(wanted)):
            return
        priced = resuming.priced(self._draft, wanted, instance, steps)
        if priced is None:
            return
        grants = self._roles.grant(wanted) if resumes else Grants()
        moves = any(entry.path == "policy" for entry in fields)
        shortened = self._policies.shortened(wanted, instance) if moves else ""
        room = retained.around(self._world, wanted.vault.id, steps, self._holdings.live(wanted))
        self._decisions.add(
            Change(
                address=wanted.address,
                kind=Kind.DISK,
                action=Action.CHANGE,
                reason=reason if fields[0].path == "protection" else instance_bodies.reason(fields),
                steps=(*room.before, *(replace(step, guard=guard) for step in priced), *room.after),
                before=own | {entry.path: entry.before for entry in fields},
                after=own | {entry.path: entry.after for entry in fields},
                fields=fields,
                depends=_depends(wanted, grants) if resumes else (),
                vault=wanted.vault.id,
                goal=GOALS[wanted.rule.protection],
                probe=instance_bodies.probe(wanted, grants) if resumes else None,
                place=wanted.place,
                detail=(
                    wanted.chosen_by,
                    *filter(None, (shortened,)),
                    *resuming.detail(instance, priced),
                    *room.detail,
                ),
                drift="unhealthy" if is_unhealthy else drift_class(self._world, wanted.vault),
                weight=("shortens" if shortened else "") if protects or instance.deleted else "stops",
                found=instance,
            )
        )
        if moves and wanted.address in self._decisions.changes:
            self._policies.move(wanted, instance)


def _depends(wanted: DesiredDisk, grants: Grants) -> tuple[Address, ...]:
    return (
        addresses.group(wanted.group_id),
        addresses.vault(wanted.vault.name),
        addresses.policy(wanted.vault.name, wanted.policy.name),
        *grants.planned,
    )
