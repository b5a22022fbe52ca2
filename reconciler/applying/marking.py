"""Marks on a vault: what was applied there, and which manifest owns it; drift tells from them who changed what."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.applying.guard import write_mark
from reconciler.applying.run import Run
from reconciler.azure.auditing import about
from reconciler.azure.operations import finish
from reconciler.model.changes import Op, Step
from reconciler.model.ids import lower
from reconciler.model.plan import Mark
from reconciler.model.tags import tag_of
from reconciler.model.writes import Subject


async def write(run: Run, marks: Sequence[Mark]) -> None:
    """Write the marks of one vault next to its other tags, unless they are there; AzureError when Azure refuses.

    It isn't documented whether a PATCH replaces or merges a vault's tags, so all are sent.
    """
    vault, wanted = marks[0].vault, {mark.tag: mark.after for mark in marks}
    async with run.vault_locks[vault.key]:
        run.new_deadline()
        tags = (await run.azure.get(vault)).get("tags") or {}
        before = {tag: tag_of(tags, tag) for tag in wanted}
        if before == wanted:
            return
        kept = {key: value for key, value in tags.items() if lower(key) not in set(map(lower, wanted))}
        step = Step(Op.VAULT_PATCH, vault, {"tags": {**kept, **wanted}})
        told = {"tags": {tag: value or None for tag, value in before.items()}}
        async with run.slot(vault) as deadline:
            with about(Subject(marks[0].address, Op.VAULT_PATCH, told, {"tags": wanted})):
                receipt = await write_mark(run, step, tags)
        await finish(run.azure, receipt, deadline=deadline)
