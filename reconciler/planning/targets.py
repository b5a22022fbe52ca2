"""The disks of an operation: those that the manifest declares, or those that were named."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from reconciler.model import addresses, protection
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import UsageError
from reconciler.model.findings import Finding, Severity
from reconciler.model.ids import ArmId, lower
from reconciler.model.resources import Target
from reconciler.model.short_names import ShortNames, Typed
from reconciler.planning.desired import declared_disks, expand
from reconciler.planning.draft import Draft
from reconciler.planning.gone import Verdict, absences, outlook, verdict
from reconciler.planning.world import World


def targets(draft: Draft, named: Sequence[str] = ()) -> tuple[Target, ...]:
    """The disks of an operation, in the order of their ids.

    `named`: ids, short names or the ends of such, and patterns of these with `*` and `?`, compared without case; none:
    every disk that the manifest declares. They can match declared disks, and disks with an instance in a vault that the manifest names, even if the
    disk is gone. A sketch while `draft.questions.open` isn't empty. UsageError for a name that matches no disk, or that
    two disks share.
    """
    declared = {wanted.disk.id.key: wanted.disk.id for wanted in declared_disks(draft)}
    if draft.questions.open or not named:
        return _found(draft.world, declared.values())
    known = {key: instances[0].disk for key, instances in draft.world.held.items()}
    ids = [one for one in {**known, **declared}.values() if one is not None]
    return _found(
        draft.world, {disk.key: disk for text in named for disk in _named(text, ids, draft.world.names)}.values()
    )


def left_out(draft: Draft) -> tuple[Finding, ...]:
    """One finding for each disk that is declared or selected but isn't one of `targets`.

    It is gone, could not be read, or isn't supported.
    """
    declared = {wanted.disk.id.key for wanted in expand(draft)}
    for one in absences(draft, declared).gone.values():
        if verdict(draft, one) not in {Verdict.PENDING, Verdict.DONE} and not draft.decisions.ignores(one.address):
            draft.decisions.note(
                disk_codes.DISK_GONE, f"Azure no longer has the disk{outlook(draft, one)}", address=one.address
            )
    found = {
        lower(one.address): one
        for one in draft.decisions.findings
        if one.address.disk and (one.drift in _LEFT_OUT or one.severity is Severity.ERROR)
    }
    return tuple(one for _, one in sorted(found.items()) if one.address.disk and one.address.disk.key not in declared)


_LEFT_OUT = frozenset({"gone", "uncovered", "out-of-reach"})


def _found(world: World, disks: Iterable[ArmId]) -> tuple[Target, ...]:
    return tuple(
        Target(disk, tuple(sorted(world.held.get(disk.key, ()), key=protection.preference)))
        for disk in sorted(disks, key=lambda one: one.key)
    )


def _named(text: str, disks: Collection[ArmId], names: ShortNames) -> list[ArmId]:
    typed = Typed(text, names)
    found = typed.disks(disks)
    if not found:
        raise UsageError(
            f"--disk '{text}': no declared disk, and no disk protected in a vault of the manifest, has that name or id",
            hint=typed.near_disks(map(addresses.disk, disks))
            or "`reconciler status PATH` lists the disks; patterns take * and ?",
            code=error_codes.NO_SUCH_DISK,
        )
    if typed.is_ambiguous(found):
        raise UsageError(
            f"--disk '{text}' matches {len(found)} disks: {names.listed(found)}",
            hint="type more of the name, or a pattern for all of them",
            code=disk_codes.DISK_AMBIGUOUS,
        )
    return found
