"""Gates: refusals, each opened by its own word; most cover the whole run, local ones only their own objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from reconciler.base.plurals import counted
from reconciler.model.changes import Action, Change, Kind
from reconciler.model.ids import lower
from reconciler.model.plan import Gate, Plan
from reconciler.model.protection import is_active
from reconciler.planning import origins
from reconciler.planning.capacity import DISK_SCOPE_LIMIT, QUOTA, over_quota
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.gone import is_left
from reconciler.planning.losing import selects_nothing
from reconciler.planning.role_book import RoleBook

COUNTED = frozenset({"empty", "mass-change", "mass-gone", "selects-nothing"})
"""The gates that count over all vaults of the manifest."""

MASS_PERCENT = 30
MASS_FROM = 10
_SHOWN = 10


def gates(
    draft: Draft, book: RoleBook, desired: list[DesiredDisk], changes: list[Change], due: list[str]
) -> tuple[Gate, ...]:
    """Every gate that these changes stand before, open or closed; `due` are the addresses of deletions without a key."""
    vanished = tuple(_mass_gone(draft, changes))
    found = [
        *_empty(draft, desired, changes),
        *selects_nothing(draft, desired, changes),
        *vanished,
        *_mass(draft, _without(changes, vanished)),
        *origins.gate(draft, changes),
        *_irreversible(draft, changes),
        *_weakening(draft, changes),
        *_deletions(draft, changes, due),
        *_quota(draft, changes),
        *_scopes(draft, book),
    ]
    return tuple(found)


def under_gates_of(plan: Plan, whole: Plan) -> Plan:
    """A shard's plan under the gates that count over all vaults, as the plan of the whole manifest has them."""
    own = (gate for gate in plan.gates if gate.name not in COUNTED)
    counted_over_all = (gate for gate in whole.gates if gate.name in COUNTED)
    return replace(plan, gates=tuple(sorted((*own, *counted_over_all), key=lambda gate: gate.name)))


def _empty(draft: Draft, desired: list[DesiredDisk], changes: list[Change]) -> Iterable[Gate]:
    """A manifest that wants nothing, or whose entries find nothing while there are instances of ours to lose."""
    manifest = draft.manifest
    if not (manifest.vaults or manifest.disks or manifest.removed):
        why = "the manifest names no vault and no disk"
    elif not desired and manifest.disks and _owns_any(draft, changes):
        why = "no entry of `disks` finds a disk, yet instances of this manifest exist"
    elif not desired and any(change.drift == "orphaned" for change in changes):
        why = "the manifest has no entry of `disks`, and --prune would stop what it had"
    else:
        return
    hint = "check the manifest's path and the caller's permissions; pass `--force empty` to continue"
    yield Gate("empty", f"the desired set is empty: {why}", hint, draft.forces("empty"))


def _owns_any(draft: Draft, changes: list[Change]) -> bool:
    """Whether an instance of ours still runs that nothing accounts for: no disk, and not what `whenGone` does."""
    accounted = {lower(str((change.before or {}).get("instance"))) for change in changes if change.drift == "gone"}
    return any(
        draft.owner(instance.tags) == "ours" and key not in accounted and not is_left(draft, instance)
        for key, instance in draft.estate.instances.items()
    )


def _mass_gone(draft: Draft, changes: list[Change]) -> Iterable[Gate]:
    """Disks that vanish by the dozen are rather a list, a right or a subscription that is lost than so many decisions."""
    acted = [change for change in changes if change.drift == "gone" and change.vault]
    vaults = sorted({change.vault.key for change in acted if change.vault} & draft.masses.keys())
    if vaults:
        where = [f"{draft.masses[key][0]} of {draft.masses[key][1]} of {key.rsplit('/', 1)[-1]}" for key in vaults]
        message = f"very many disks are gone at once: {_listed(where)}"
        hint = "make sure that they were deleted on purpose; pass `--force mass-gone` to continue"
        found = tuple(change.address for change in acted if change.vault and change.vault.key in vaults)
        yield Gate("mass-gone", message, hint, draft.forces("mass-gone"), found)


def _without(changes: list[Change], gates: Iterable[Gate]) -> list[Change]:
    """The changes that no gate of their own covers."""
    covered = {address for gate in gates for address in gate.addresses}
    return [change for change in changes if change.address not in covered]


def _mass(draft: Draft, changes: list[Change]) -> Iterable[Gate]:
    """More than 30 % of the instances of a vault, or of all, losing protection or retention at once.

    Those that are stopped already have nothing to lose but their recovery points: in vaults that keep years of them,
    they would make the rest look few. From how many on it counts, they count too.
    """
    weighty = [change for change in changes if change.kind is Kind.DISK and change.weight and change.vault]
    if not weighty:
        return
    touched = Counter(key for change in weighty if change.vault for key in (change.vault.key, ""))
    losing = {lower(str((change.before or {}).get("instance"))) for change in weighty}
    held: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for instance in draft.estate.instances.values():
        held.update((instance.vault.key, "") if instance.disk else ())
        if instance.disk and (is_active(instance) or instance.id.key in losing):
            total.update((instance.vault.key, ""))
    for key in sorted(touched):
        if held[key] >= MASS_FROM and touched[key] * 100 > MASS_PERCENT * total[key]:
            where = f"the vault {key.rsplit('/', 1)[-1]}" if key else "all vaults"
            message = (
                f"{touched[key]} of {total[key]} instances of {where} would be stopped, suspended, deleted "
                f"or kept for less time (more than {MASS_PERCENT} %)"
            )
            addresses = tuple(change.address for change in weighty)
            hint = "check the list; pass `--force mass-change` to continue"
            yield Gate("mass-change", message, hint, draft.forces("mass-change"), addresses)
            return


def _of(reasons: dict[str, str], changes: list[Change]) -> list[str]:
    planned = {change.address for change in changes}
    return [address for address in sorted(reasons) if address in planned]


def _irreversible(draft: Draft, changes: list[Change]) -> Iterable[Gate]:
    addresses = _of(draft.irreversible, changes)
    if addresses:
        message = _listed([draft.irreversible[address] for address in addresses])
        hint = "pass `--accept-irreversible` to continue"
        is_open = draft.options.accept_irreversible or draft.forces("irreversible")
        yield Gate("irreversible", message, hint, is_open, tuple(addresses))


def _weakening(draft: Draft, changes: list[Change]) -> Iterable[Gate]:
    addresses = _of(draft.weakening, changes)
    if addresses:
        message = _listed([draft.weakening[address] for address in addresses])
        hint = "pass `--force weakens-protection` to continue"
        yield Gate("weakens-protection", message, hint, draft.forces("weakens-protection"), tuple(addresses))


def _deletions(draft: Draft, changes: list[Change], due: list[str]) -> Iterable[Gate]:
    """Deleting recovery points needs the exact count, said by the person who runs it.

    Without a count the deletions are left out, and close nothing else; a wrong one refuses the run.
    """
    deleted = [change.address for change in changes if change.kind is Kind.DISK and change.action is Action.DESTROY]
    said, concerned = draft.options.allow_delete, deleted or due
    if concerned or said:
        count = len(concerned)
        message = f"{counted(count, 'backup instance')} would be deleted with {'their' if count != 1 else 'its'} recovery points"
        told = "" if said is None else f"; --allow-delete said {said}"
        hint, is_open = f"pass `--allow-delete {count}` to continue", said == count
        yield Gate("allow-delete", message + told, hint, is_open, tuple(concerned), is_local=said is None)


def _quota(draft: Draft, changes: list[Change]) -> Iterable[Gate]:
    added = Counter(
        change.steps[0].target.subscription
        for change in changes
        if change.kind is Kind.ROLE and change.action is Action.ADD
    )
    over = over_quota(draft, added)
    if over:
        where = _listed([f"{subscription} would have {count}" for subscription, count in sorted(over.items())])
        message = f"more than {QUOTA} role assignments in a subscription: {where}"
        hint = "declare `roleAssignments: {scope: resourceGroup}`; pass `--force role-quota` if Azure raised your limit"
        yield Gate("role-quota", message, hint, draft.forces("role-quota"))


def _scopes(draft: Draft, book: RoleBook) -> Iterable[Gate]:
    over = {key: len(scopes) for key, scopes in sorted(book.disk_scopes.items()) if len(scopes) > DISK_SCOPE_LIMIT}
    if over:
        where = _listed([f"{count} in {subscription}" for subscription, count in over.items()])
        message = f"more than {DISK_SCOPE_LIMIT} role assignments at disk scope: {where}"
        hint = "declare `roleAssignments: {scope: resourceGroup}`"
        yield Gate("role-scope", message, hint, draft.forces("role-scope"))


def _listed(texts: list[str]) -> str:
    rest = len(texts) - _SHOWN
    return "; ".join(texts[:_SHOWN]) + (f"; and {rest} more" if rest > 0 else "")
