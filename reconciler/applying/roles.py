"""Role assignments, to identities that may be seconds old; another run may have made the assignment already."""

from __future__ import annotations

import asyncio

from reconciler.applying.backoff import LAG_SECONDS, ROLE_WINDOW_SECONDS
from reconciler.applying.guard import send
from reconciler.applying.rereading import nothing_to_look_at, of_resource, until_gone
from reconciler.applying.run import Run, overridden
from reconciler.azure.projection import identity as project_identity
from reconciler.azure.projection import vault as project_vault
from reconciler.azure.receipts import Receipt
from reconciler.model.builtin_roles import title_of
from reconciler.model.changes import Change, Op, Step
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError, NotFound, OutOfReach, ReconcilerError
from reconciler.model.ids import ArmId, lower

_NO_PRINCIPAL = "principalnotfound"


def az_line(scope: ArmId | str, role: str, principal: str) -> str:
    """The Azure CLI's command that makes this role assignment."""
    return (
        f"az role assignment create --assignee-object-id {principal} --assignee-principal-type ServicePrincipal"
        f" --role '{title_of(role)}' --scope '{scope}'"
    )


async def settle(run: Run, change: Change) -> str:
    """Make or remove a role assignment; wait for a new identity that the directory doesn't know yet."""
    message = ""
    for step in change.steps:
        if step.op is Op.ROLE_DELETE:
            await _remove(run, change, step)
        elif (await _assign(run, change, step)) is None:
            message = "exists already"
    return message


async def _remove(run: Run, change: Change, step: Step) -> None:
    deadline = run.new_deadline()
    try:
        receipt = await send(run, change, step, of_resource(run, step), deadline)
        await until_gone(run, step, receipt, deadline)
    except NotFound:
        return


async def _assign(run: Run, change: Change, step: Step) -> Receipt | None:
    """The receipt of the assignment; None when the same one existed under another name."""
    deadline = run.new_deadline()
    principal = await Principals.of(run).resolve(step)
    until = run.now + ROLE_WINDOW_SECONDS
    delays = run.delays(5.0, 30.0)
    while True:
        try:
            receipt = await send(run, change, step, nothing_to_look_at, deadline, principal=principal)
        except OutOfReach as error:
            if error.code == error_codes.NO_TOKEN.code:
                raise
            line = az_line(step.target, step.body["role"], principal)
            error.hint = f"ask someone who may assign roles there to run: {line}"
            raise
        except AzureError as error:
            if lower(error.code) != _NO_PRINCIPAL or run.now >= until:
                raise
            run.tell(change, "the directory doesn't know the vault's identity yet")
            await run.pause(next(delays), deadline, change.address)
        else:
            break
    if receipt is None or receipt.adopted:
        return None
    _check(change, receipt, principal)
    return receipt


def _check(change: Change, receipt: Receipt, principal: str) -> None:
    properties = (receipt.body or {}).get("properties") or {}
    live = properties.get("principalId") or principal
    if lower(live) != lower(principal):
        raise overridden(change.address, "principalId", principal, live)


class Principals:
    """The principal ids behind the vaults' identities, each looked up once a run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._known: dict[tuple[str, str], str] = {}
        self._lock = asyncio.Lock()

    @classmethod
    def of(cls, run: Run) -> Principals:
        """The run's principals."""
        if run.principals is None:
            run.principals = cls(run)
        found: Principals = run.principals
        return found

    async def resolve(self, step: Step) -> str:
        """The principal that a ROLE_PUT step assigns to; ReconcilerError when the identity has none."""
        said = step.body["principal"]
        if isinstance(said, str):
            return said
        key = (lower(step.body["vault"]), lower(step.body["identity"]))
        async with self._lock:
            if key not in self._known:
                self._known[key] = await self._read(*key)
        return self._known[key]

    async def _read(self, vault_id: str, identity: str) -> str:
        vault = project_vault(await self._run.azure.get(vault_id))
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
        return project_identity(await self._run.azure.get(identity)).principal_id
