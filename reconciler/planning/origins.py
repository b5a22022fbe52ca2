"""Two manifests of one name on one vault: told apart by where they come from, as the vault's mark has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.model.changes import Action, Change, Kind
from reconciler.model.plan import Gate, Mark
from reconciler.model.tags import SOURCE_TAG, tag_of
from reconciler.planning.draft import Draft

GATE = "two-sources"


def marks(draft: Draft, changes: Iterable[Change], others: Iterable[Mark]) -> Iterator[Mark]:
    """The mark of our source for vaults that are written to anyway; `--adopt` rewrites that of another source."""
    source = draft.options.source
    written = {mark.vault.key: mark.address for mark in others}
    if not source:
        return
    touched = {change.vault.key for change in changes if change.vault and change.kind is Kind.VAULT}
    for spec in draft.vaults.values():
        live = draft.estate.vaults.get(spec.id.key)
        before = tag_of(live.tags, SOURCE_TAG) if live else ""
        is_ours = live is None or draft.owner(live.tags) == "ours" or bool(draft.marking(spec))
        adopts = draft.options.adopt and bool(before) and is_ours
        is_written = spec.id.key in written or spec.id.key in touched
        if spec.manage and before != source and (adopts or (is_written and not before)):
            address = written.get(spec.id.key) or f"vault/{spec.name}"
            yield Mark(address, spec.id, SOURCE_TAG, before, source)


def gate(draft: Draft, changes: Iterable[Change]) -> Iterator[Gate]:
    """The gate before stops, deletions and revocations in vaults that bear the mark of another source."""
    source = draft.options.source
    others = {
        key: told
        for key, vault in draft.estate.vaults.items()
        if source and (told := tag_of(vault.tags, SOURCE_TAG)) and told != source
    }
    ending = [change for change in changes if change.vault and change.vault.key in others and _ends(change)]
    if ending:
        names = sorted({change.vault.name for change in ending if change.vault})
        message = (
            f"{', '.join(names)}: another copy of the manifest {draft.manifest.name} was applied there "
            f"(mark {', '.join(sorted({others[change.vault.key] for change in ending if change.vault}))}, this is {source}), "
            "whose disks this one would take for its own"
        )
        hint = (
            "Give the manifests different names. If this one only moved to another repository or folder, "
            "pass `--adopt` once, or `--force two-sources` for this run"
        )
        yield Gate(GATE, message, hint, draft.forces(GATE), tuple(change.address for change in ending))


def _ends(change: Change) -> bool:
    return change.action is Action.DESTROY or change.weight == "stops"
