"""The words for blocks of changes: names, fields on one line, role assignments."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from reconciler.base.escape import plain
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, Kind
from reconciler.model.ids import ArmId, is_arm_id
from reconciler.model.plan import PolicyUse
from reconciler.model.short_names import ShortNames
from reconciler.model.tags import OWNER_TAG
from reconciler.report.plans.shapes import Block
from reconciler.report.values import is_unknown, leaves, shown

FIRST = 3
"""How many of several names are shown."""


_ONE_MORE = "… and 1 more"


def folded(names: Sequence[str], *, whole: bool = False, first: int = FIRST) -> str:
    """The names, or the first few and how many more there are; a last one that is as short as that is told itself."""
    if whole or len(names) <= first or (len(names) == first + 1 and len(names[-1]) <= len(_ONE_MORE)):
        return ", ".join(names)
    return f"{', '.join(names[:first])} … and {len(names) - first} more"


def heads(block: Block, names: ShortNames) -> tuple[str, ...]:
    """What a block is of: its address, or how many there are with the first few names, below what they have in common.

    With fewer and fewer names, so that one of them fits a line.
    """
    if len(block.changes) == 1:
        return (plain(names.shown(block.first.address)),)
    inside, own = common([_own(names, change.address) for change in block.changes])
    where = f"{block.noun}{f' in {inside}' if inside else ''}"
    return tuple(plain(f"{where}: {folded(own, first=number)}") for number in range(FIRST, 0, -1))


def _own(names: ShortNames, address: Address) -> str:
    """A short name without its kind, which the noun tells."""
    return names.shown(address).removeprefix(f"{address.kind}/")


def common(said: Sequence[str]) -> tuple[str, list[str]]:
    """What several names all begin with, up to a slash, and the names without it; nothing for a single name."""
    heads = {name.rpartition("/")[0] for name in said} if len(said) > 1 else set()
    (head,) = heads if len(heads) == 1 else ("",)
    return head, [name.removeprefix(f"{head}/") for name in said] if head else list(said)


USE_HEADS = ("vault", "policy", "added", "changed", "removed", "disks after")
"""The columns of the table of policies."""


def use_rows(uses: Sequence[PolicyUse]) -> list[tuple[str, ...]]:
    """What each policy of each vault gets and loses, as cells; none where no disk changes."""
    if not any(one.added or one.changed or one.removed for one in uses):
        return []
    return [
        (plain(one.vault), plain(one.policy), *map(str, (one.added, one.changed, one.removed)), _left(one))
        for one in uses
    ]


def _left(use: PolicyUse) -> str:
    return "-" if use.disks is None else str(use.disks)


def short_change(change: Change, names: ShortNames) -> Change:
    """The change with short names in place of ids."""
    return replace(
        change,
        address=Address(names.shown(change.address)),
        detail=tuple(map(names.of_message, change.detail)),
        before=change.before and {key: _short(value, names) for key, value in change.before.items()},
        after=change.after and {key: _short(value, names) for key, value in change.after.items()},
        fields=tuple(
            replace(one, before=_short(one.before, names), after=_short(one.after, names)) for one in change.fields
        ),
    )


def _short(value: Any, names: ShortNames) -> Any:
    return names.of_text(value) if isinstance(value, str) else value


def compact(block: Block, names: ShortNames) -> list[str]:
    """What is added or destroyed, as `location: westus`, `tags: {owner: platform}`; of several, each value once.

    Names that Azure or we derive, and what is the rule, are left out.
    """
    said: dict[str, dict[str, None]] = {}
    for change in block.changes if block.first.kind is Kind.GROUP else block.changes[:1]:
        for key, value in _fields(change).items():
            said.setdefault(key, {})[_value(value, names)] = None
    return [f"{plain(key)}: {' or '.join(values)}" for key, values in said.items()]


def _fields(change: Change) -> dict[str, Any]:
    """The fields that are told, nested as in YAML; of a disk, vault and policy in one."""
    fields: dict[str, Any] = {}
    for path, value in leaves((change.before if change.action is Action.DESTROY else change.after) or {}):
        first, _, rest = path.partition(".")
        if rest and rest != OWNER_TAG:
            fields.setdefault(first, {})[rest] = value
        elif not rest:
            fields[first] = value
    usual = _USUAL.get(change.kind, {})
    fields = {key: value for key, value in fields.items() if key not in usual or usual[key] not in (None, value)}
    if change.kind is Kind.DISK and "vault" in fields and "policy" in fields:
        vault = fields.pop("vault")
        fields = {
            "policy": f"{vault}/{fields.pop('policy')}",
            "snapshots": fields.pop("snapshotResourceGroup", None),
            **fields,
        }
    return {key: value for key, value in fields.items() if value is not None}


_USUAL: Mapping[Kind, Mapping[str, str | None]] = {
    Kind.VAULT: {"id": None},
    Kind.POLICY: {"name": None, "timeZone": "UTC"},
    Kind.DISK: {"protection": "protected"},
}
"""Fields by kind that are left out where they are as usual (None: always)."""


def _value(value: Any, names: ShortNames) -> str:
    """A value as in YAML's short form, text without quotes."""
    if isinstance(value, Mapping) and not is_unknown(value):
        inner = (f"{plain(key)}: {_value(one, names)}" for key, one in value.items() if one is not None)
        return f"{{{', '.join(inner)}}}"
    return plain(_text(value, names)) if isinstance(value, str) else shown(value)


def _text(text: str, names: ShortNames) -> str:
    """A text for people: a time of Azure's in UTC, a recovery point by its own name, other ids by their short names."""
    if _TIME.fullmatch(text):
        with suppress(ValueError, OverflowError):
            return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if is_arm_id(text) and ArmId(text).type == _POINTS:
        return ArmId(text).name
    return names.of_text(text)


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d:\d\d", re.ASCII)
_POINTS = "microsoft.dataprotection/backupvaults/backupinstances/recoverypoints"


def granted(block: Block, names: ShortNames) -> list[str]:
    """The role assignments of a block: each role with where it is granted, disks of the block itself in one word."""
    own = {change.address.disk for change in block.changes if change.address.disk}
    scopes: defaultdict[str, list[Change]] = defaultdict(list)
    for grant in block.grants:
        scopes[str((grant.after or {}).get("role") or grant.address.names[-1])].append(grant)
    return [plain(f"{role} at {_where(grants, own, names)}") for role, grants in scopes.items()]


def _where(grants: Sequence[Change], own: set[Any], names: ShortNames) -> str:
    at_own = [grant for grant in grants if grant.address.arm_id in own]
    others = [names.of(grant.address.arm_id) for grant in grants if grant.address.arm_id and grant not in at_own]
    each = "each" if len(at_own) == len(own) > 1 else "the disk" if len(own) == 1 else f"{len(at_own)} of them"
    return folded([*([each] if at_own else []), *dict.fromkeys(others)])
