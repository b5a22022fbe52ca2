"""Vaults: one write at a time, done when Azure has finished and shows what was declared and the identity's principal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.applying.backoff import LAG_SECONDS
from reconciler.applying.equality import differing, value_at
from reconciler.applying.guard import send, write_mark
from reconciler.applying.rereading import is_busy, of_resource
from reconciler.applying.run import Run, overridden
from reconciler.applying.slices import Sighting
from reconciler.azure.auditing import about
from reconciler.azure.failures import told
from reconciler.azure.fields import read_as
from reconciler.azure.kinds.vaults import project
from reconciler.azure.operations import finish
from reconciler.model.changes import Change, Op, Step
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import NotFound, OperationFailed
from reconciler.model.ids import ArmId, lower
from reconciler.model.plan import Mark
from reconciler.model.tags import OWNER_TAG, tag_of
from reconciler.model.writes import Subject
from reconciler.planning.vault_fields import has_lost, with_their_own, with_unknown_keys

Body = Mapping[str, Any]


async def perform(run: Run, change: Change) -> str:
    """Make or change a vault; ReconcilerError when it failed or a declared field came back different."""
    for step in change.steps:
        async with run.vault_locks[step.target.key]:
            if step.op is Op.VAULT_PATCH:
                removed = {lower(field.tag) for field in change.fields if field.tag and field.after is None}
                await patch(run, change, step, removed)
            else:
                await _check_still_ours_to_make(run, step)
                await _write(run, change, step)
    return ""


async def _check_still_ours_to_make(run: Run, step: Step) -> None:
    """OperationFailed when somebody else has made the vault since the look: a PUT would replace settings, tags and owner.

    One with our own mark was made by another run of the same manifest, which declares the same.
    """
    run.new_deadline()
    try:
        live = await run.azure.get(step.target)
    except NotFound:
        return
    mark, ours = (tag_of(body.get("tags") or {}, OWNER_TAG) for body in (live, step.body))
    if lower(mark) != lower(ours):
        raise OperationFailed(
            f"{step.target.name} was made by {f'the manifest {mark}' if mark else 'somebody else'} meanwhile; it was left unchanged",
            code=error_codes.CHANGED_BY_SOMEONE_ELSE,
            target=str(step.target),
            hint="plan again: what exists is compared, and never replaced",
        )


async def patch(run: Run, change: Change, step: Step, removed: set[str]) -> None:
    """Change a vault; the caller holds the vault's lock.

    It isn't documented whether a PATCH replaces or merges a vault's tags, so the whole wanted set is sent, and a removed
    tag that survives is sent again as null. Nor is it for the parts of a block: where others of them are gone or changed
    afterwards, the block is sent again with all of them.
    """
    live = await _at_rest(run, step.target, change.address, run.new_deadline())
    body = with_unknown_keys(step.body, live)
    if "tags" in body:
        body["tags"] = _tags(live.get("tags") or {}, body["tags"], removed)
    after = await _write(run, change, replace(step, body=body), Sighting(run.now, live))
    left = {key: None for key in after.get("tags") or {} if lower(key) in removed}
    if left:
        body = {"tags": {**body.get("tags", {}), **left}}
        await _write(run, change, replace(step, body=body))
    whole = with_their_own(step.body, live).get("properties")
    if has_lost(live.get("properties"), after.get("properties"), whole):
        await _write(run, change, replace(step, body={"properties": whole}))


async def mark(run: Run, marks: Sequence[Mark]) -> None:
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


def _tags(live: Mapping[str, str], wanted: Mapping[str, str | None], removed: set[str]) -> dict[str, str]:
    """The live tags with the wanted ones laid over; keys compare without case."""
    removed |= {lower(key) for key, value in wanted.items() if value is None}
    replaced = removed | {lower(key) for key in wanted}
    kept = {key: value for key, value in live.items() if lower(key) not in replaced}
    return {**kept, **{key: value for key, value in wanted.items() if value is not None and lower(key) not in removed}}


async def _write(run: Run, change: Change, step: Step, seen: Sighting | None = None) -> Body:
    """Write the vault, last `seen` so, and return it as it then is; ReconcilerError when that isn't what was written."""
    deadline = run.new_deadline()
    receipt = await send(run, change, step, of_resource(run, step), deadline, seen=seen)
    if receipt is not None and receipt.operation:
        await finish(run.azure, receipt, deadline=deadline)
    wanted = {key: value for key, value in step.body.items() if key != "identity"}
    body = await _as_written(run, change, step, wanted, deadline)
    for path in differing(wanted, body):
        raise overridden(path, value_at(wanted, path), value_at(body, path))
    return body


async def _as_written(run: Run, change: Change, step: Step, wanted: Body, deadline: float) -> Body:
    """The vault at rest, with its principal, showing what was written; or as it is when reads can no longer lag."""
    believed = run.now + LAG_SECONDS
    delays = run.delays(2.0, 15.0)
    while True:
        body = await _at_rest(run, step.target, change.address, deadline)
        if lower(str((body.get("properties") or {}).get("provisioningState"))) == "failed":
            raise _failed(step.target, body)
        if _has_principals(step.body, body) and (not differing(wanted, body) or run.now >= believed):
            return body
        await run.pause(next(delays), deadline, "")


def _has_principals(wanted: Body, body: Body) -> bool:
    """Whether the requested identities show their principals: user-assigned ones do so only later."""
    identity = wanted.get("identity")
    if not isinstance(identity, Mapping):
        return True
    vault, kind = read_as(project, body), lower(str(identity.get("type") or ""))
    asked = [
        lower(key).rstrip("/")
        for key, value in (identity.get("userAssignedIdentities") or {}).items()
        if value is not None
    ]
    return ("systemassigned" not in kind or bool(vault.principal_id)) and all(
        vault.user_identities.get(key) for key in asked
    )


async def _at_rest(run: Run, vault: ArmId, what: str, deadline: float) -> Body:
    """The vault's body once Azure has finished with it; a new vault may be unknown for a while."""
    believed = run.now + LAG_SECONDS
    delays = run.delays(2.0, 15.0)
    while True:
        try:
            body: Body = await run.azure.get(vault)
        except NotFound:
            if run.now >= believed:
                raise
        else:
            if not is_busy(body):
                return body
        await run.pause(next(delays), deadline, what)


def _failed(vault: ArmId, body: Body) -> OperationFailed:
    says = told(body.get("error") or (body.get("properties") or {}).get("error"))
    return OperationFailed(
        f"the vault's provisioning failed: {says.reason}",
        code=says.code or error_codes.PROVISIONING_FAILED,
        advice=says.advice,
        target=str(vault),
        hint="look at the vault's activity log, then apply again",
    )
