"""Restores of several disks: which disks, where each goes, in which order, and what that takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import Change, Kind
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import errors as error_codes
from reconciler.model.codes import planning as codes
from reconciler.model.errors import UsageError
from reconciler.model.estate import Estate
from reconciler.model.ids import ArmId, group_id, is_arm_id, lower
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options, Plan
from reconciler.model.resources import Disk, Instance
from reconciler.model.selectors import Selector
from reconciler.model.short_names import Typed
from reconciler.planning.draft import Draft
from reconciler.planning.restore_outlook import outlook
from reconciler.planning.restoring import Source, Wish, finished, grants_for, is_open, restored, source_of, target_of
from reconciler.planning.role_book import RoleBook
from reconciler.planning.selection import Surroundings, Test, matcher
from reconciler.planning.world import World

PLACEHOLDER = "{disk}"
"""What stands in a name for that of the disk that is restored."""

_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Recovery:
    """What to restore: `disks` are names, ids or patterns; `select` takes disks by their ids and regions.

    `wish` is what all of them share; its name has the placeholder, unless it is empty. The disks that `first` takes come
    first. `prepares`: nothing is restored, and only the roles that this needs are assigned.
    """

    disks: tuple[str, ...]
    wish: Wish
    select: Selector | None = None
    first: Selector | None = None
    prepares: bool = False


def make(manifest: Manifest, estate: Estate, options: Options, now: datetime, asked: Recovery) -> Plan:
    """The plan of all these restores; a sketch while it has `questions`. UsageError when nothing, or too much, is named."""
    draft = Draft.of(manifest, estate, options, now)
    draft.questions.tell_unread()
    book = RoleBook(draft)
    chosen = _chosen(draft, asked)
    early = early_of(draft.world, chosen, asked.first)
    if asked.prepares:
        return prepared(draft, book, chosen, asked.wish)
    return several(draft, book, list(_found(draft, chosen, asked.wish)), early)


def several(draft: Draft, book: RoleBook, found: Sequence[tuple[Source, Wish]], early: Container[str] = ()) -> Plan:
    """The plan of these restores; those of the disks with the lower-cased ids in `early` come first."""
    targets = {source.id.key: target_of(source.id, wish, source.point) for source, wish in found}
    shared = _refuse_shared(draft, found, targets)
    changes = [
        change
        for source, wish in found
        if targets[source.id.key].key not in shared
        for change in restored(draft, book, source, wish)
    ]
    if not draft.questions.open:
        outlook(draft, changes, [source for source, _ in found])
    plan = finished(draft, book, changes)
    first = {addresses.resource(target) for own, target in targets.items() if own in early}
    return replace(plan, changes=tuple(sorted(plan.changes, key=lambda change: _turn(change, first))))


def _turn(change: Change, first: set[Address]) -> tuple[bool, bool]:
    is_restore = change.kind is Kind.RESTORE
    return is_restore, is_restore and change.address not in first


def _found(draft: Draft, chosen: Iterable[ArmId], shared: Wish) -> Iterator[tuple[Source, Wish]]:
    """What each disk is restored from; a finding says which disk has nothing."""
    for disk in chosen:
        room = _LONGEST - len(shared.name) + len(PLACEHOLDER)
        wish = replace(shared, disk=disk.text, name=shared.name.replace(PLACEHOLDER, disk.name[:room]))
        source = source_of(draft, wish, draft.world.held.get(disk.key, ()), addresses.resource(disk))
        if source is not None:
            yield source, wish


def _refuse_shared(draft: Draft, found: Sequence[tuple[Source, Wish]], targets: Mapping[str, ArmId]) -> set[str]:
    """The lower-cased ids that several disks would be restored to, which is refused for all of them."""
    sources: defaultdict[str, list[ArmId]] = defaultdict(list)
    for source, _ in found:
        sources[targets[source.id.key].key].append(source.id)
    shared = {key: own for key, own in sources.items() if len(own) > 1}
    hint = "leave `--to` out, or restore these disks in separate runs with different names"
    for key, own in shared.items():
        message = f"{len(own)} disks would be restored to this id: {draft.world.names.listed(own)}"
        draft.decisions.refuse(addresses.resource(ArmId(key)), codes.RESTORE_IMPOSSIBLE, message, hint=hint)
    return set(shared)


def prepared(draft: Draft, book: RoleBook, chosen: Iterable[ArmId], wish: Wish) -> Plan:
    """The plan of only the role assignments that restores of these disks need."""
    into: defaultdict[ArmId, list[ArmId]] = defaultdict(list)
    for disk in chosen:
        own = group_id(wish.subscription or disk.subscription, wish.group) if wish.group else disk.group_id
        into[own].append(disk)
    planned: list[Address] = []
    for group, disks in into.items():
        if is_open(draft, group, addresses.resource(group)):
            held = (one for disk in disks for one in draft.world.held.get(disk.key, ()))
            planned += (role for one in held for role in grants_for(draft.world, book, one, group)[0].planned)
    return finished(draft, book, (), planned)


def _chosen(draft: Draft, asked: Recovery) -> list[ArmId]:
    """The disks with live backup instances that are named or selected, in order of their ids, each once."""
    live, gone = _disks(draft.world.held), _disks(draft.world.deleted)
    known = {**gone, **live}
    found = {disk.key: disk for text in asked.disks for disk in _named(draft, text, known)}
    if asked.select is not None:
        takes = _test(draft.world, asked.select)
        taken = {key: disk for key, disk in known.items() if takes(disk)}
        if not taken and is_whole(draft):
            hint = "correct it: it compares subscriptions, resource groups and names in the ids of disks, and their regions"
            raise UsageError(
                "`--select` takes no disk that has a backup instance in a vault of the manifest", hint=hint
            )
        found |= taken
    for key in sorted(found.keys() - live.keys()):
        (deleted, *_) = draft.world.deleted[key]
        message = f"its backup instance is soft-deleted; Azure purges it at {deleted.purged}"
        hint = "undelete it first: declare the disk again and apply, or use the Azure portal"
        draft.decisions.note(codes.NOTHING_TO_RESTORE, message, address=addresses.resource(found[key]), hint=hint)
    return [found[key] for key in sorted(found.keys() & live.keys())]


def _disks(instances: Mapping[str, list[Instance]]) -> dict[str, ArmId]:
    return {one.disk.key: one.disk for own in instances.values() for one in own if one.disk}


def is_whole(draft: Draft) -> bool:
    """Whether every vault was read, so that what isn't there isn't anywhere."""
    return not (draft.questions.open or draft.decisions.refused)


def _named(draft: Draft, text: str, known: Mapping[str, ArmId]) -> list[ArmId]:
    """The disks that somebody typed; UsageError for a text that names none, or several without being a pattern."""
    names = draft.world.names
    if is_arm_id(text) and lower(text.rstrip("/")) in known:
        return [known[lower(text.rstrip("/"))]]
    typed = Typed(text, names)
    found = typed.disks(known.values())
    if typed.is_ambiguous(found):
        message = f"'{text}' names {len(found)} disks: {names.listed(found)}"
        hint = "type more of the name, or a pattern for all of them"
        raise UsageError(message, hint=hint, code=disk_codes.DISK_AMBIGUOUS)
    if found:
        return found
    if not is_whole(draft):
        message = f"`{text}`: no vault that could be read has a backup instance of such a disk"
        draft.decisions.note(codes.NOTHING_TO_RESTORE, message)
        return []
    near = typed.near_disks(map(addresses.disk, known.values()))
    message = f"'{text}': no vault in the manifest has a backup instance of such a disk"
    raise UsageError(
        message, hint=near or "list the disks with `reconciler status PATH`", code=error_codes.NO_SUCH_DISK
    )


def early_of(world: World, chosen: Iterable[ArmId], first: Selector | None) -> set[str]:
    """The lower-cased ids of those that come first; UsageError when there is none of them."""
    if first is None:
        return set()
    takes = _test(world, first)
    early = {disk.key for disk in chosen if takes(disk)}
    if not early:
        raise UsageError("`--first` takes none of the disks to restore", hint="correct it, or leave it out")
    return early


def _test(world: World, selector: Selector) -> Callable[[ArmId], bool]:
    """Whether a selector takes a disk, by its id and the region of its vault: the disk itself may be gone."""
    test: Test = matcher(selector, Surroundings())
    regions = {
        key: world.estate.vaults[own[0].vault.key].location for key, own in {**world.deleted, **world.held}.items()
    }

    def takes(disk: ArmId) -> bool:
        return test(Disk(disk, regions[disk.key], "", {}, None, None, ade=False, state="", provisioning_state=""))

    return takes
