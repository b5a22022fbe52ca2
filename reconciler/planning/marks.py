"""The marks that vaults bear: whose they are, and which declaration was applied last."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reconciler.model import addresses
from reconciler.model.changes import Change
from reconciler.model.findings import Severity
from reconciler.model.manifest import VaultSpec
from reconciler.model.plan import Mark
from reconciler.model.tags import APPLIED_TAG, tag_of
from reconciler.planning.declared import takes_mark
from reconciler.planning.draft import Draft

OUT_OF_REACH = "out-of-reach"
"""The class of drift of what could not be read."""


def marks(draft: Draft, changes: Sequence[Change], takes: Callable[[str], bool]) -> tuple[Mark, ...]:
    """The marks to write on the vaults that we own, or that take our mark now; `takes` says what `--only` leaves.

    A vault of which something is left out, by `--only` or by a gate of its own, isn't applied, so it keeps the digest that
    it has; so does one in which nothing changes while anything has an error or could not be read.
    """
    planned = {change.address for change in changes}
    left_out = {change.vault.key for change in draft.changes.values() if change.vault and change.address not in planned}
    touched = {change.vault.key for change in changes if change.vault}
    taking = {change.vault.key for change in changes if change.vault and takes_mark(change)}
    is_well = not any(one.drift == OUT_OF_REACH or one.severity is Severity.ERROR for one in draft.findings)
    found: list[Mark] = []
    for spec in draft.vaults.values():
        key, address = spec.id.key, addresses.vault(spec.name)
        live = draft.estate.vaults.get(key)
        is_ours = key in taking or (live is not None and draft.owner(live.tags) == "ours")
        is_due = key in touched or (is_well and live is not None and takes(address))
        if spec.manage and is_ours and is_due and key not in left_out | draft.held_vaults:
            before, after = tag_of(live.tags, APPLIED_TAG) if live else "", draft.declared(spec)
            found += [Mark(address, spec.id, APPLIED_TAG, before, after)] if before != after else []
    return tuple(sorted(found, key=lambda mark: mark.vault.key))


def drift_class(draft: Draft, vault: VaultSpec) -> str:
    """What a difference in a vault means: made outside, declared since, or it can't be told."""
    live = draft.estate.vaults.get(vault.id.key)
    applied = live and tag_of(live.tags, APPLIED_TAG)
    if not applied:
        return "differs"
    return "changed-outside" if applied == draft.declared(vault) else "not-yet-applied"
