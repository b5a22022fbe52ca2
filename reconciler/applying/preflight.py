"""Asks Azure before the merge whether it would protect each new disk: `validateForBackup`, which changes nothing.

It can be asked once vault, policy, snapshot resource group and role assignments exist; the other disks are reported as
not checked. An operation takes Azure about 41 s, so many run at once.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from reconciler.applying.refusals import again, is_passing, is_protected_in
from reconciler.azure.connection import Azure
from reconciler.azure.deadlines import until
from reconciler.azure.fields import text_at
from reconciler.azure.operations import finish
from reconciler.azure.reads import together
from reconciler.azure.requesting import Requests
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, Kind, Op, Step
from reconciler.model.codes import disks as disk_codes
from reconciler.model.errors import AzureError, OutOfReach
from reconciler.model.findings import Code, Finding
from reconciler.model.plan import Plan
from reconciler.planning.ordering import finding_rank

MOST = 500
"""How many disks one run asks about at most."""

_IN_FLIGHT = 64
_SECONDS = 600.0
_NAMED = 3
_NO_RIGHT = "grant Microsoft.DataProtection/backupVaults/validateForBackup/action (samples/roles has it), or leave `--preflight` out"


async def preflight(azure: Azure, plan: Plan) -> Plan:
    """The plan with Azure's answers for its new disks: a finding for each that it refuses, or can't be asked about."""
    new = [change for change in plan.changes if _is_new(change)]
    blocking = _blocking(plan.changes)
    waiting: defaultdict[str, list[Change]] = defaultdict(list)
    asked: list[Change] = []
    for change in new:
        because = next((blocking[one] for one in change.depends if one in blocking), "")
        if not because and len(asked) >= MOST:
            because = f"one run asks about {MOST} disks at most"
        if because:
            waiting[because].append(change)
        else:
            asked.append(change)
    slots, requests = asyncio.Semaphore(_IN_FLIGHT), Requests(azure)
    answers = await together(*(_asked(azure, requests, change, slots) for change in asked))
    findings = (*filter(None, answers), *_unasked(waiting))
    return replace(plan, findings=tuple(sorted((*plan.findings, *findings), key=finding_rank))) if findings else plan


def _is_new(change: Change) -> bool:
    return change.kind is Kind.DISK and any(step.op is Op.INSTANCE_PUT for step in change.steps)


def _blocking(changes: Iterable[Change]) -> dict[Address, str]:
    """What this plan must make before an instance, by address, with the reason why Azure can't be asked yet."""
    found: dict[Address, str] = {}
    for change in changes:
        if change.kind is not Kind.DISK and change.action is Action.ADD:
            found[change.address] = f"{change.address.head} doesn't exist yet"
        elif any(one.path == "identity" for one in change.fields):
            found[change.address] = f"the identity of {change.address} changes first"
    return found


async def _asked(azure: Azure, requests: Requests, change: Change, slots: asyncio.Semaphore) -> Finding | None:
    """Azure's objection to protecting the disk; None when it has none."""
    step = _put(change)

    async def ask() -> dict[str, Any]:
        deadline = azure.clock.monotonic() + _SECONDS
        with until(deadline):
            receipt = await requests.validate(step.target.parent, step.body.get("properties") or {})
        return await finish(azure, receipt, deadline=deadline)

    async with slots:
        try:
            await again(azure.clock, ask)
        except OutOfReach as error:
            return _finding(
                change, disk_codes.PREFLIGHT_FAILED, _unasked_of(error), error.hint if error.is_unsigned else _NO_RIGHT
            )
        except AzureError as error:
            return _refusal(change, error)
    return None


def _put(change: Change) -> Step:
    return next(step for step in change.steps if step.op is Op.INSTANCE_PUT)


def _unasked_of(error: AzureError) -> str:
    return f"could not ask Azure whether it would protect the disk: {error.message}"


def _disk_name(change: Change) -> str:
    """The name of a change's disk, as the manifest or Azure spells it."""
    return text_at(_put(change).body, "properties", "dataSourceInfo", "resourceName") or change.address.name


def _refusal(change: Change, error: AzureError) -> Finding | None:
    if is_protected_in(error, _put(change).target.parent):
        return None
    if not error.code.lower().startswith(("usererror", "bmsusererror")) and not is_passing(error):
        return _finding(change, disk_codes.PREFLIGHT_FAILED, _unasked_of(error), error.hint)
    if is_passing(error) and change.probe is not None and change.probe.fresh:
        return _finding(
            change,
            disk_codes.PREFLIGHT_UNCHECKED,
            "its role assignments are so new that they may not be effective yet",
            "",
        )
    message = f"Azure would refuse to protect the disk in the vault {_put(change).target.parent.name}: {error.message}"
    return _finding(change, disk_codes.PREFLIGHT_REFUSED, message, error.hint)


def _finding(change: Change, code: Code, message: str, hint: str) -> Finding:
    return code.at(message, address=change.address, place=change.place, hint=hint)


def _unasked(waiting: dict[str, list[Change]]) -> Iterator[Finding]:
    """One finding for each reason, so that a hundred new disks of one new vault are one line."""
    for because in sorted(waiting):
        disks = [_disk_name(change) for change in waiting[because]]
        more = f" and {len(disks) - _NAMED} more" if len(disks) > _NAMED else ""
        message = f"did not ask Azure whether it would protect {', '.join(disks[:_NAMED])}{more}: {because}"
        yield disk_codes.PREFLIGHT_UNCHECKED.at(message)
