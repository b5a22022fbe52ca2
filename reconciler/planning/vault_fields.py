"""A vault's fields in normal form, from the manifest and from the wire, and what their differences mean."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from reconciler.model.changes import FieldChange
from reconciler.model.codes import planning as codes
from reconciler.model.findings import Code
from reconciler.model.ids import ArmId
from reconciler.model.manifest import VaultSpec
from reconciler.model.resources import Vault
from reconciler.model.vault_fields import BY_PATH, FIELDS, put, settings

Values = dict[str, Any]
"""Fields by dotted path."""


def declared(spec: VaultSpec) -> Values:
    """A vault's declared fields, without undeclared or moot ones and without tags."""
    said = {row.path: attrgetter(row.spec)(spec) for row in FIELDS}
    said = {row.path: None if row.is_moot(said) else said[row.path] for row in FIELDS}
    identity = spec.identity.key if isinstance(spec.identity, ArmId) else spec.identity
    every = {"location": spec.location or None, **said, "identity": identity}
    return {path: value for path, value in every.items() if value is not None}


def live(vault: Vault, identity: ArmId | str | None) -> Values:
    """A live vault's fields; None: Azure doesn't return the field, so its value is unknown.

    `identity` is the declared one: a vault that has it, among others, is as declared.
    """
    return {"location": vault.location, **settings(vault), "identity": _identity(vault, identity)}


def differences(spec: VaultSpec, vault: Vault) -> list[FieldChange]:
    """The declared fields that differ, without those that are moot in the vault as it is and as declared."""
    have, said = live(vault, spec.identity), declared(spec)
    for path, (other, value) in [(row.path, row.moot) for row in FIELDS if row.moot]:
        if other not in said and have[other] in (None, value):
            said.pop(path, None)
    return [FieldChange(path, have[path], value) for path, value in said.items() if have[path] != value]


def _identity(vault: Vault, wanted: ArmId | str | None) -> str | None:
    if isinstance(wanted, ArmId) and wanted.key in vault.user_identities:
        return wanted.key
    if vault.principal_id and not isinstance(wanted, ArmId):
        return "system"
    return next(iter(sorted(vault.user_identities)), "system" if vault.principal_id else None)


def is_satisfied_by_more(field: FieldChange) -> bool:
    """Whether the live value is stronger than the declared one in a way that satisfies it."""
    row = BY_PATH.get(field.path)
    return row is not None and row.enough == (field.after, field.before)


def refusal(field: FieldChange) -> tuple[Code | None, str]:
    """The code and message of a difference that Azure can't undo in place; empty when it can."""
    row = BY_PATH.get(field.path)
    if field.path == "location" or (row and row.fixed):
        return codes.IMMUTABLE_FIELD, f"{field.path} is {field.before} and can't become {field.after}"
    if row and row.for_good is not None and row.for_good == field.before:
        return codes.ONE_WAY_DOOR, f"{field.path} is permanently {field.before} and can't become {field.after}"
    return None, ""


def is_irreversible(field: FieldChange) -> bool:
    """Whether Azure can't undo this change once it is applied."""
    row = BY_PATH.get(field.path)
    return row is not None and row.for_good is not None and row.for_good == field.after


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
    """The wire's `identity` that adds the declared one to those of the vault; none is removed."""
    users: dict[str, Any] = {key: {} for key in (vault.user_identities if vault else ())}
    if isinstance(spec.identity, ArmId) and spec.identity.key not in users:
        users[spec.identity.text] = {}
    system = not isinstance(spec.identity, ArmId) or bool(vault and vault.principal_id)
    kinds = [kind for kind, has in (("SystemAssigned", system), ("UserAssigned", bool(users))) if has]
    return {"type": ",".join(kinds), **({"userAssignedIdentities": users} if users else {})}
