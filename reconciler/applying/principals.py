"""Whom role assignments are for: the principals of vaults' identities, and the command that makes an assignment."""

from __future__ import annotations

import asyncio

from reconciler.applying.backoff import LAG_SECONDS
from reconciler.azure.connection import Azure
from reconciler.azure.fields import read_as
from reconciler.azure.kinds.vaults import project as project_vault
from reconciler.azure.projection import identity as project_identity
from reconciler.model.builtin_roles import title_of
from reconciler.model.changes import Step
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import ReconcilerError
from reconciler.model.ids import ArmId, lower


def az_line(scope: ArmId | str, role: str, principal: str) -> str:
    """The Azure CLI's command that makes this role assignment."""
    return (
        f"az role assignment create --assignee-object-id {principal} --assignee-principal-type ServicePrincipal"
        f" --role '{title_of(role)}' --scope '{scope}'"
    )


class Principals:
    """The principal ids behind the vaults' identities, each looked up once a run."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._known: dict[tuple[str, str], str] = {}
        self._lock = asyncio.Lock()

    async def resolve(self, step: Step) -> str:
        """The principal that a ROLE_PUT step assigns to; ReconcilerError when the identity has none."""
        said = step.grant["principal"]
        if isinstance(said, str):
            return said
        key = (lower(step.grant["vault"]), lower(step.grant["identity"]))
        async with self._lock:
            if key not in self._known:
                self._known[key] = await self._read(*key)
        return self._known[key]

    async def _read(self, vault_id: str, identity: str) -> str:
        vault = read_as(project_vault, await self._azure.get(vault_id))
        if identity == "system":
            principal = vault.principal_id
        else:
            principal = vault.user_identities.get(identity) or await self._read_identity(identity)
        if not principal:
            raise ReconcilerError(
                f"the vault {vault.id.name} shows no principal id for its identity ({identity})",
                code=error_codes.NO_PRINCIPAL,
                hint=f"after an identity is switched on, Azure may need up to {LAG_SECONDS / 60:g} min; apply again",
            )
        return principal

    async def _read_identity(self, identity: str) -> str:
        return project_identity(await self._azure.get(identity)).principal_id
