"""What a manifest declares for one vault, as a digest: it is the vault's mark, and tells who changed what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from reconciler.model.canonical import digest
from reconciler.model.changes import Change, Kind
from reconciler.model.manifest import DiskRule, Manifest, VaultSpec, names_in
from reconciler.model.tags import OWNER_TAG

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
