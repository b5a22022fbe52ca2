"""The marks that vaults bear: whose they are, and which declaration was applied last."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from reconciler.findings import Place
from reconciler.ids import ArmId
from reconciler.manifest.choices import names_in
from reconciler.manifest.model import DiskRule, Manifest, VaultSpec
from reconciler.planning.model import Change, Kind
from reconciler.planning.naming import APPLIED_TAG, OWNER_TAG, tag_of

if TYPE_CHECKING:
    from reconciler.planning.draft import Draft

_NOT_DECLARED = frozenset({"warnings", "sources"})
_DIGEST_LENGTH = 16
_OPENED = 3
_AS_THEY_ARE = frozenset({str, int, float, bool, type(None)})
_encoded = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def plain(value: Any) -> Any:
    """A declaration as JSON data, without its places: what two commits are compared by."""
    kind: Any = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if names := _declared(kind):
        return {name: plain(item) for name, item in _items(value, names)}
    if isinstance(value, Mapping):
        return {str(key): plain(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value if not isinstance(item, Place)]
    if isinstance(value, ArmId):
        return value.key
    return value.isoformat() if isinstance(value, date) else value


@lru_cache(maxsize=256)
def _declared(kind: Any) -> tuple[str, ...]:
    """The names of what instances of a dataclass declare; none for other types."""
    found = fields(kind) if is_dataclass(kind) else ()
    return tuple(field.name for field in found if field.init and field.name not in _NOT_DECLARED)


def _items(value: Any, names: Iterable[str]) -> Iterator[tuple[str, Any]]:
    pairs = ((name, getattr(value, name)) for name in names)
    return (pair for pair in pairs if not isinstance(pair[1], Place))


def digest(data: Any) -> str:
    """SHA-256 of a declaration, or of JSON data, in canonical form, in hex."""
    found = hashlib.sha256()
    for text in _canonical(data, _OPENED):
        found.update(text.encode())
    return found.hexdigest()


def _canonical(value: Any, opened: int) -> Iterator[str]:
    """The canonical JSON, in pieces: the outer levels are opened, since a whole manifest at once takes much room."""
    kind: Any = type(value)
    if opened and (names := _declared(kind)):
        value = dict(_items(value, names))
    if opened and isinstance(value, Mapping):
        yield "{"
        for number, key in enumerate(sorted(value)):
            yield f"{',' if number else ''}{_encoded(str(key))}:"
            yield from _canonical(value[key], opened - 1)
        yield "}"
    elif opened and isinstance(value, Iterable) and not isinstance(value, str):
        yield "["
        for number, item in enumerate(item for item in value if not isinstance(item, Place)):
            if number:
                yield ","
            yield from _canonical(item, opened - 1)
        yield "]"
    else:
        yield _encoded(plain(value))


def by_vault(rules: Iterable[DiskRule]) -> dict[str, list[DiskRule]]:
    """The entries that may put a disk into a vault, by its lower-cased name."""
    found: defaultdict[str, list[DiskRule]] = defaultdict(list)
    for rule in rules:
        for name in names_in(rule.vault):
            found[name].append(rule)
    return found


def declared_for(manifest: Manifest, vault: VaultSpec, rules: Sequence[DiskRule]) -> str:
    """The digest of everything that the manifest declares for one vault; `rules` are its entries, as `by_vault` has them."""
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
