"""Who the operator may grant roles to: the identities that the manifest's vaults have now."""

from __future__ import annotations

from reconciler.azure.connection import Azure
from reconciler.flow.look import estate_for
from reconciler.model.ids import ArmId, lower
from reconciler.model.manifest import Manifest


async def vault_principals(azure: Azure, manifest: Manifest) -> dict[str, tuple[str, ...]]:
    """The object ids of each declared vault's identities, by the vault's name; none for a vault that doesn't exist.

    ReadIncomplete when Azure can't be read to the end.
    """
    estate = await estate_for(azure, manifest)
    found: dict[str, tuple[str, ...]] = {}
    for spec in manifest.vaults.values():
        live = estate.vaults.get(spec.id.key)
        named = estate.identities.get(spec.identity.key) if isinstance(spec.identity, ArmId) else None
        ids = (*(live.principals if live else ()), *((named.principal_id,) if named else ()))
        found[spec.name] = tuple(sorted({lower(one) for one in ids}))
    return found
