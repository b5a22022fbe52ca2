"""A vault's fields in normal form, from the manifest and from the wire, and what their differences mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from operator import attrgetter
from typing import Any

from reconciler.model.api_versions import first_with, has
from reconciler.model.changes import FieldChange
from reconciler.model.codes import planning as codes
from reconciler.model.findings import Code
from reconciler.model.ids import ArmId, lower
from reconciler.model.manifest import VaultSpec
from reconciler.model.resources import Vault
from reconciler.model.vault_fields import BY_PATH, FIELDS, put, settings, told

Values = dict[str, Any]
"""Fields by dotted path."""


def declared(spec: VaultSpec) -> Values:
    """A vault's declared fields, without undeclared or moot ones and without tags."""
    said = {row.path: attrgetter(row.spec)(spec) for row in FIELDS}
    said = {row.path: None if row.is_moot(said) else said[row.path] for row in FIELDS}
    every = {"location": spec.location or None, **said, "identity": _listed(map(_key, spec.identities))}
    return {path: value for path, value in every.items() if value is not None}


def live(vault: Vault, identities: Sequence[ArmId | str]) -> Values:
    """A live vault's fields; None: Azure doesn't return the field, so its value is unknown.

    `identities` are the declared ones: a vault that has them, among others, is as declared.
    """
    return {"location": vault.location, **settings(vault), "identity": _identity(vault, [*map(_key, identities)])}


def differences(spec: VaultSpec, vault: Vault) -> list[FieldChange]:
    """The declared fields that differ, without those that are moot in the vault as it is and as declared."""
    have, said = live(vault, spec.identities), declared(spec)
    for path, (other, value) in [(row.path, row.moot) for row in FIELDS if row.moot]:
        if other not in said and have[other] in (None, value):
            said.pop(path, None)
    return [FieldChange(path, have[path], value) for path, value in said.items() if have[path] != value]


def _key(identity: ArmId | str) -> str:
    return identity.key if isinstance(identity, ArmId) else identity


def _listed(identities: Iterable[str]) -> str | None:
    return ", ".join(identities) or None


def _identity(vault: Vault, wanted: Sequence[str]) -> str | None:
    """The declared identities, if the vault has them all; else those that it has, or only one where one is declared."""
    users = sorted(vault.user_identities)
    held = [*(["system"] if vault.principal_id else []), *users]
    if wanted and set(wanted) <= set(held):
        return _listed(wanted)
    if len(wanted) > 1:
        return _listed(held)
    return next(iter([*users, *held] if wanted else held), None)


def is_satisfied_by_more(field: FieldChange) -> bool:
    """Whether the live value is stronger than the declared one in a way that satisfies it."""
    row = BY_PATH.get(field.path)
    return row is not None and row.enough == (field.after, field.before)


def is_untold(field: FieldChange) -> bool:
    """Whether a difference is in a value that Azure sets only once and doesn't tell: nothing is concluded from it."""
    row = BY_PATH.get(field.path)
    return field.before is None and row is not None and row.fixed


def refusal(field: FieldChange) -> tuple[Code | None, str]:
    """The code and message of a difference that Azure can't undo in place; empty when it can."""
    row = BY_PATH.get(field.path)
    if field.path == "location" or (row and row.fixed):
        return codes.IMMUTABLE_FIELD, f"{field.path} is {told(field.before)} and can't become {told(field.after)}"
    if row and row.for_good is not None and row.for_good == field.before:
        return (
            codes.ONE_WAY_DOOR,
            f"{field.path} is permanently {told(field.before)} and can't become {told(field.after)}",
        )
    return None, ""


def is_irreversible(field: FieldChange) -> bool:
    """Whether Azure can't undo this change once it is applied."""
    row = BY_PATH.get(field.path)
    return row is not None and row.for_good is not None and row.for_good == field.after


def lasting(field: FieldChange) -> str:
    """What an irreversible change means from then on, in brackets; empty when its value says it."""
    row = BY_PATH.get(field.path)
    return f" ({row.lasting})" if row and row.lasting else ""


def weakens(field: FieldChange) -> bool:
    """Whether a difference weakens, or may weaken, the protection of the vault's backups: it may lose an unknown value."""
    row = BY_PATH.get(field.path)
    return row is not None and row.protects and row.form.is_lowered(field.before, field.after)


def is_guarded(field: FieldChange) -> bool:
    """Whether a resource guard must approve: lowering soft delete or immutability is a critical operation."""
    return weakens(field) and BY_PATH[field.path].guarded


def defaults() -> Values:
    """The values that a vault is created with unless the manifest declares others."""
    return {row.path: row.default for row in FIELDS if row.default is not None}


def with_their_blocks(values: Values, have: Values) -> Values:
    """The values to write, with all other values in the same blocks of the body: a block is written as a whole."""
    blocks = {row.block for row in FIELDS if row.path in values}
    kept = {row.path: have[row.path] for row in FIELDS if row.block in blocks} | values
    return {path: None if path in BY_PATH and BY_PATH[path].is_moot(kept) else value for path, value in kept.items()}


def properties(values: Values) -> dict[str, Any]:
    """Azure's `properties` for fields by path, only the blocks that are named."""
    built: dict[str, Any] = {}
    for row in FIELDS:
        if (value := values.get(row.path)) is not None:
            put(built, row.wire, row.form.write(value))
    if storage := built.pop("storageSettings", None):
        built["storageSettings"] = [{"datastoreType": "VaultStore", **storage}]
    return built


def identity_body(spec: VaultSpec, vault: Vault | None) -> dict[str, Any]:
    """The wire's `identity` that adds the declared ones to those of the vault; none is removed."""
    users: dict[str, Any] = {key: {} for key in (vault.user_identities if vault else ())}
    declared_users = [identity for identity in spec.identities if isinstance(identity, ArmId)]
    users |= {identity.text: {} for identity in declared_users if identity.key not in users}
    system = len(declared_users) < len(spec.identities) or not spec.identities or bool(vault and vault.principal_id)
    kinds = [kind for kind, has in (("SystemAssigned", system), ("UserAssigned", bool(users))) if has]
    return {"type": ",".join(kinds), **({"userAssignedIdentities": users} if users else {})}


def with_unknown_keys(written: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """A body for a PATCH whose blocks keep the keys that the live vault has in them and this tool doesn't know.

    It isn't documented whether Azure replaces or merges a block, so what isn't ours is sent back as it is.
    """
    body = deepcopy({**written})
    for block in dict.fromkeys(row.block for row in FIELDS):
        ours, theirs = body.get("properties"), live.get("properties")
        for key in block.split("."):
            ours, theirs = _entry(ours, key), _entry(theirs, key)
        if isinstance(ours, dict) and isinstance(theirs, Mapping):
            known = {lower(row.wire.rpartition(".")[2]) for row in FIELDS if row.block == block}
            ours |= {key: value for key, value in theirs.items() if lower(key) not in known and key not in ours}
    return body


def _entry(body: Any, key: str) -> Any:
    """The value of a key in any ASCII case; None where there is none."""
    held = body.items() if isinstance(body, Mapping) else ()
    return next((value for name, value in held if lower(str(name)) == lower(key)), None)


def with_their_own(written: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """A body for a PATCH with everything that the live vault has in the written blocks and this change isn't about."""
    body = deepcopy({**written})
    for block in {row.block.partition(".")[0] for row in FIELDS}:
        _keep(_entry(body.get("properties"), block), _entry(live.get("properties"), block), block)
    return body


def _keep(ours: Any, theirs: Any, path: str) -> None:
    """Add to `ours` what only `theirs` has, without fields of the table, whose values in `ours` are the wanted ones."""
    if not isinstance(ours, dict) or not isinstance(theirs, Mapping):
        return
    own = {lower(key): value for key, value in ours.items()}
    for key, value in theirs.items():
        inner = f"{path}.{key}"
        if lower(key) in own:
            _keep(own[lower(key)], value, inner)
        elif value is not None and lower(inner) not in _WIRED:
            ours[key] = deepcopy(value)


_WIRED = frozenset(lower(row.wire) for row in FIELDS)


def has_lost(before: Any, after: Any, wanted: Any) -> bool:
    """Whether a part of a wanted body was there before a write, and isn't afterwards; keys and words compare without case."""
    if isinstance(wanted, Mapping):
        return any(has_lost(_entry(before, key), _entry(after, key), value) for key, value in wanted.items())
    return _is_alike(before, wanted) and not _is_alike(after, wanted)


def _is_alike(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return lower(one) == lower(other)
    return bool(one == other)


def unavailable(spec: VaultSpec, api_version: str) -> dict[str, str]:
    """The declared fields that Azure doesn't know under an api-version, each with the first version that has it."""
    said = declared(spec)
    since = {row.path: row.since for row in FIELDS if row.since and row.path in said}
    return {path: first_with(novelty) for path, novelty in since.items() if not has(api_version, novelty)}
