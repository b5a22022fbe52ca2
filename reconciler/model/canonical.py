"""Canonical forms: the frozen text of what a manifest declares, which names and digests are derived from.

A key is never renamed or removed. Those of version 0.1.0 are always in the text; a later one is there only if its value
is not the default, so that a new field renames no policy and changes no vault's mark.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from reconciler.model import manifest as model
from reconciler.model import selectors, vault_fields
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId


@dataclass(frozen=True, slots=True)
class Form:
    """The keys of a type's canonical form: `first` are those of version 0.1.0, `later` all newer ones.

    A key is read from the attribute of the same name; if the attribute was renamed, write `key=attribute`.
    `left_out` are attributes that declare nothing.
    """

    first: str
    later: str = ""
    left_out: str = "place"


_SOFT_DELETE = "state retention_days"
_VAULT = (
    "name azure_name subscription resource_group location manage manage_resource_group redundancy soft_delete"
    " immutability alerts_for_all_job_failures cross_region_restore cross_subscription_restore identity"
    " resource_guard tags default_tags"
)

FORMS: dict[type, Form] = {
    model.SoftDelete: Form(_SOFT_DELETE, vault_fields.keys(_SOFT_DELETE, "soft_delete")),
    model.VaultSpec: Form(_VAULT, f"{vault_fields.keys(_VAULT)} more_identities"),
    model.PolicyContent: Form(
        "interval_hours phase_minutes time_zone default_days daily_days weekly_days", "monthly_days yearly_days"
    ),
    model.PolicySpec: Form("name azure_name manage content at_minutes time_zone retention_text"),
    model.GroupSpec: Form("name location manage azure_name tags default_tags"),
    selectors.Selector: Form(
        "subscriptions management_groups resource_groups names locations skus tags attached_names attached_tags"
    ),
    selectors.Exclusion: Form("selector reason"),
    model.DiskRule: Form(
        "vault policy snapshot_group protection ids select exclude", "when_gone gone_after_hours until reason"
    ),
    model.Excluded: Form("id reason"),
    selectors.Confirmation: Form("instances points"),
    model.Removed: Form("id data reason", "ids select exclude after hold confirm"),
    model.Ignore: Form("address fields reason expires"),
    model.RoleSettings: Form("mode scope"),
    model.DrillSpec: Form("name group subscription select exclude sample max_age_hours keep", "percent verify"),
    model.VerifySpec: Form("command timeout_seconds"),
    model.Manifest: Form(
        "name vaults policies snapshot_groups disks roles excluded removed ignore drills formerly hands_over_to"
        " subscriptions",
        left_out="place warnings sources",
    ),
}
"""The form of everything that is declared."""

_OPENED = 3
_AS_THEY_ARE = frozenset({str, int, float, bool, type(None)})
_encoded = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class _Key(NamedTuple):
    """A key, the attribute that it is read from, and the value that adds nothing (MISSING: every value adds)."""

    key: str
    attribute: str
    default: Any


def text(value: Any) -> str:
    """The canonical JSON of a declaration, or of JSON data."""
    return _encoded(plain(value))


def plain(value: Any) -> Any:
    """A declaration as JSON data without its places, by which two commits are compared."""
    kind: Any = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if keys := _keys(kind):
        return {key: plain(item) for key, item in _said(value, keys)}
    if isinstance(value, Mapping):
        return {str(key): plain(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value if not isinstance(item, Place)]
    if isinstance(value, ArmId):
        return value.key
    return value.isoformat() if isinstance(value, date) else value


@lru_cache(maxsize=256)
def _keys(kind: Any) -> tuple[_Key, ...]:
    """The keys of a type's form; none for other types. Attributes that the form doesn't name count as later."""
    form = next((FORMS[base] for base in kind.__mro__ if base in FORMS), None)
    if form is None:
        return ()
    first, later = ({_attribute(word): _key(word) for word in words.split()} for words in (form.first, form.later))
    own = {field.name: field for field in fields(kind) if field.init and field.name not in form.left_out.split()}
    if lost := sorted({*first, *later} - {*own}):
        raise TypeError(f"{kind.__name__} has no {', '.join(lost)}, which its canonical form needs")
    return tuple(
        _Key(first.get(name) or later.get(name, name), name, MISSING if name in first else _default(field))
        for name, field in own.items()
    )


def _key(word: str) -> str:
    return word.partition("=")[0]


def _attribute(word: str) -> str:
    return word.rpartition("=")[2]


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _said(value: Any, keys: Iterable[_Key]) -> Iterator[tuple[str, Any]]:
    for key, attribute, default in keys:
        item = getattr(value, attribute)
        if default is MISSING or item != default:
            yield key, item


def digest(data: Any) -> str:
    """SHA-256 of a declaration, or of JSON data, in canonical form, in hex."""
    found = hashlib.sha256()
    for piece in _pieces(data, _OPENED):
        found.update(piece.encode())
    return found.hexdigest()


def _pieces(value: Any, opened: int) -> Iterator[str]:
    """The canonical JSON in pieces, one for each part of the outer levels, to save memory for big manifests."""
    kind: Any = type(value)
    if opened and (keys := _keys(kind)):
        value = dict(_said(value, keys))
    if opened and isinstance(value, Mapping):
        yield "{"
        for number, key in enumerate(sorted(value)):
            yield f"{',' if number else ''}{_encoded(str(key))}:"
            yield from _pieces(value[key], opened - 1)
        yield "}"
    elif opened and isinstance(value, Iterable) and not isinstance(value, str):
        yield "["
        for number, item in enumerate(item for item in value if not isinstance(item, Place)):
            if number:
                yield ","
            yield from _pieces(item, opened - 1)
        yield "]"
    else:
        yield text(value)
