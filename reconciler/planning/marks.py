"""The marks that vaults bear: whose they are, and which declaration was applied last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from reconciler.manifest.choices import names_in
from reconciler.manifest.model import DiskRule, Manifest, VaultSpec
from reconciler.planning.canonical import digest
from reconciler.planning.model import Change, Kind
from reconciler.planning.naming import APPLIED_TAG, OWNER_TAG, tag_of

if TYPE_CHECKING:
    from reconciler.planning.draft import Draft

_DIGEST_LENGTH = 16


def by_vault(rules: Iterable[DiskRule]) -> dict[str, list[DiskRule]]:
    """The entries that may put a disk into a vault, by its lower-cased name."""
    found: defaultdict[str, list[DiskRule]] = defaultdict(list)
    for rule in rules:
        for name in names_in(rule.vault):
            found[name].append(rule)
    return found


def declared_for(manifest: Manifest, vault: VaultSpec, rules: Sequence[DiskRule]) -> str:
    """The digest of everything that the manifest declares for one vault; `rules` are its entries, as `by_vault` has them.

    The order of the parts is frozen. What else is to count one day is put behind them, and only where it is said.
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
    ]
    return digest(parts)[:_DIGEST_LENGTH]


def takes_mark(change: Change) -> bool:
    """Whether a change of a vault writes our mark on it."""
    after = change.after or {}
    return change.kind is Kind.VAULT and (f"tags.{OWNER_TAG}" in after or OWNER_TAG in (after.get("tags") or {}))


def drift_class(draft: Draft, vault: VaultSpec) -> str:
    """What a difference in a vault means: made outside, declared since, or it can't be told."""
    live = draft.estate.vaults.get(vault.id.key)
    applied = live and tag_of(live.tags, APPLIED_TAG)
    if not applied:
        return "differs"
    return "changed-outside" if applied == draft.declared(vault) else "not-yet-applied"
