"""Backup vaults: read, made and changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reconciler.azure.bodies import guarded
from reconciler.azure.fields import id_of, location, lowered, pick, tags_of, text_at
from reconciler.azure.receipts import Receipt, Write
from reconciler.base import escape
from reconciler.model.changes import Op, Step
from reconciler.model.ids import lower
from reconciler.model.resources import Vault
from reconciler.model.vault_fields import FIELDS

if TYPE_CHECKING:
    from reconciler.azure.sdk import Operations

TYPE = "microsoft.dataprotection/backupvaults"
_VAULT_STORE = "vaultstore"


def project(body: Mapping[str, Any]) -> Vault:
    """A Backup vault, from a GET or a row of a list."""
    properties = pick(body, "properties") or {}
    users = pick(body, "identity", "userAssignedIdentities") or {}
    settings: dict[str, Any] = {row.live: row.form.taken(_setting(properties, row.wire)) for row in FIELDS}
    return Vault(
        id=id_of(body),
        location=location(pick(body, "location")),
        tags=tags_of(body),
        principal_id=lowered(pick(body, "identity", "principalId")),
        user_identities={
            lower(str(key)).rstrip("/"): lowered(pick(value, "principalId")) for key, value in users.items()
        },
        guarded=bool(pick(properties, "isVaultProtectedByResourceGuard")),
        provisioning_state=text_at(properties, "provisioningState"),
        body=body,
        **settings,
    )


def _setting(properties: Any, path: str) -> Any:
    """The value at a dotted path of a vault's `properties`; storage settings are a list, with an entry for each store."""
    block, _, rest = path.partition(".")
    found = pick(properties, block)
    return pick(_of_vault_store(found) if block == "storageSettings" else found, *rest.split("."))


def _of_vault_store(entries: Any) -> Any:
    """The entry of the vault's own store, or the only one if it names none; None when there is none.

    Vaults may also have an archive, and lists of stores may have gaps.
    """
    if entries is not None and not isinstance(entries, list):
        raise ValueError(f"{escape.value(entries)} where a list of storage settings is expected")
    told = [one for one in entries or () if one is not None]
    unnamed = len(told) == 1 and not pick(told[0], "datastoreType")
    return next((one for one in told if unnamed or lower(str(pick(one, "datastoreType"))) == _VAULT_STORE), None)


async def _put(sdk: Operations, step: Step) -> Receipt:
    vaults = sdk.dataprotection(step.target.subscription).backup_vaults
    body = guarded(step.body, step.guard)
    return await sdk.begin(vaults.begin_create_or_update, step.target.group, step.target.name, body)


async def _patch(sdk: Operations, step: Step) -> Receipt:
    vaults = sdk.dataprotection(step.target.subscription).backup_vaults
    body = guarded(step.body, step.guard)
    return await sdk.begin(vaults.begin_update, step.target.group, step.target.name, body)


WRITES: Mapping[Op, Write] = {Op.VAULT_PUT: _put, Op.VAULT_PATCH: _patch}
