"""Order, narrowing and checksum of a plan: the same changes always in the same order, under the same sum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.ids import lower
from reconciler.plan.draft import Draft, glob
from reconciler.plan.marks import digest, plain
from reconciler.plan.model import Action, Change, Kind

_PHASES = {kind: number for number, kind in enumerate(Kind)}


def ordered(changes: Iterable[Change]) -> list[Change]:
    """In order of phases and addresses; what retires comes last. `depends` keeps only what is planned."""
    found = list(changes)
    planned = {change.address for change in found}
    narrowed = (replace(change, depends=_planned(change.depends, planned)) for change in found)
    return sorted(narrowed, key=_rank)


def _planned(depends: tuple[str, ...], planned: set[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for address in depends if address in planned))


def _rank(change: Change) -> tuple[bool, int, str]:
    retires = change.action is Action.DESTROY and change.kind is not Kind.DISK
    return retires, _PHASES[change.kind], lower(change.address)


def narrowed(changes: list[Change], only: tuple[str, ...]) -> list[Change]:
    """The changes that `only` names and what they depend on; a policy's address brings the disks that use it.

    What would retire is kept only if everything it waits for is kept.
    """
    if not only:
        return changes
    patterns = [glob(pattern) for pattern in only]
    by_address = {change.address: change for change in changes}
    chosen = {address for address in by_address if any(pattern.match(lower(address)) for pattern in patterns)}
    policies = {address for address in chosen if address.startswith("policy/")}
    chosen.update(change.address for change in changes if policies & set(change.depends) and change.kind is Kind.DISK)
    waiting = list(chosen)
    while waiting:
        for address in by_address[waiting.pop()].depends:
            if address in by_address and address not in chosen:
                chosen.add(address)
                waiting.append(address)
    return [change for change in changes if change.address in chosen]


def checksum(draft: Draft, changes: list[Change]) -> str:
    """Covers the compiled manifest, the tool's version, and the changes with before and after of owned fields.

    No findings, no health, no read-only fields, no times: what moves by itself must not make a plan stale.
    """
    rows = [
        {
            "address": change.address,
            "action": change.action.value,
            "before": _owned(change.before),
            "after": _owned(change.after),
            "steps": [[step.op.value, step.target.key, plain(step.body)] for step in change.steps],
        }
        for change in changes
    ]
    data = {"tool": draft.options.tool_version, "manifest": plain(draft.manifest), "changes": rows}
    return digest(data)


def _owned(fields: Mapping[str, Any] | None) -> Any:
    return None if fields is None else plain({key: value for key, value in fields.items() if key != "protection"})
