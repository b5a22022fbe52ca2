"""The mark on a vault that says which declaration was applied last; it tells drift who changed what."""

from __future__ import annotations

from reconciler.applying.guard import write_mark
from reconciler.applying.run import Run
from reconciler.azure.auditing import Subject, about
from reconciler.azure.operations import finish
from reconciler.ids import ArmId, lower
from reconciler.planning.model import Op, Step
from reconciler.planning.naming import APPLIED_TAG, tag_of


async def mark(run: Run, vault: ArmId, digest: str) -> None:
    """Write the tag beside the vault's other tags, unless it is there; AzureError when Azure refuses.

    Whether a PATCH of tags replaces or merges them isn't documented for vaults: all are sent.
    """
    async with run.vault_locks[vault.key]:
        run.new_deadline()
        tags = (await run.azure.get(vault)).get("tags") or {}
        if tag_of(tags, APPLIED_TAG) == digest:
            return
        kept = {key: value for key, value in tags.items() if lower(key) != APPLIED_TAG}
        step = Step(Op.VAULT_PATCH, vault, {"tags": {**kept, APPLIED_TAG: digest}})
        async with run.slot(vault) as deadline:
            with about(_subject(run, vault, tag_of(tags, APPLIED_TAG), digest)):
                receipt = await write_mark(run, step)
        await finish(run.azure, receipt, deadline=deadline)


def _subject(run: Run, vault: ArmId, before: str, after: str) -> Subject:
    own = next((one.address for one in run.changes.values() if one.steps and one.steps[0].target == vault), str(vault))
    return Subject(own, Op.VAULT_PATCH, {"tags": {APPLIED_TAG: before or None}}, {"tags": {APPLIED_TAG: after}})
