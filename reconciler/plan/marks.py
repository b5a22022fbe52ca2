"""The marks that vaults bear: whose they are, and which declaration was applied last."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from reconciler.findings import Place
from reconciler.ids import ArmId, lower
from reconciler.manifest.model import Choice, DiskRule, Manifest, VaultSpec
from reconciler.plan.model import Change, Kind
from reconciler.plan.naming import APPLIED_TAG, OWNER_TAG, tag_of

if TYPE_CHECKING:
    from reconciler.plan.draft import Draft

_NOT_DECLARED = frozenset({"warnings", "sources", "number"})
_DIGEST_LENGTH = 16


def plain(value: Any) -> Any:
    """A declaration as JSON data, without its places: what two commits are compared by."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name))
            for field in fields(value)
            if field.name not in _NOT_DECLARED and not isinstance(getattr(value, field.name), Place)
        }
    if isinstance(value, Mapping):
        return {str(key): plain(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value if not isinstance(item, Place)]
    if isinstance(value, ArmId):
        return value.key
    return value.isoformat() if isinstance(value, date) else value


def digest(data: Any) -> str:
    """SHA-256 of JSON data in canonical form, in hex."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def chosen(choice: Choice) -> tuple[str, ...]:
    """Every name that a choice can give, lower-cased, sorted."""
    return tuple(sorted({lower(name) for name in ([choice] if isinstance(choice, str) else choice.values())}))


def declared_for(manifest: Manifest, vault: VaultSpec) -> str:
    """The digest of everything that the manifest declares for one vault."""
    rules: list[DiskRule] = [rule for rule in manifest.disks if lower(vault.name) in chosen(rule.vault)]
    policies = sorted({name for rule in rules for name in chosen(rule.policy)})
    groups = sorted({name for rule in rules for name in chosen(rule.snapshot_group)})
    parts = [
        vault,
        rules,
        [manifest.policies[name] for name in policies if name in manifest.policies],
        [manifest.snapshot_groups[name] for name in groups if name in manifest.snapshot_groups],
        manifest.roles,
        manifest.excluded,
        manifest.removed,
    ]
    return digest(plain(parts))[:_DIGEST_LENGTH]


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
