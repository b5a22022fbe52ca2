"""What the plan of a description, or the check of its form, teaches: what to declare less of in the next round."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any, NamedTuple

from reconciler.export.choices import Choices, Description
from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import ReconcilerError
from reconciler.model.findings import Finding, Severity
from reconciler.model.ids import ArmId, lower
from reconciler.model.plan import Plan
from reconciler.model.results.export import Data


class Trouble(NamedTuple):
    """Something that the plan would change or refuse, and why; `vault` (a lower-cased id) is where a change lies."""

    address: Address
    reason: str
    is_change: bool = False
    vault: str = ""


def learn(plan: Plan, tried: Description, choices: Choices) -> bool:
    """Drop from the description what the plan would change or refuse; return whether there was anything."""
    troubles, before = list(_troubles(plan, tried, choices)), deepcopy(choices)
    for trouble in troubles:
        _give_way(trouble, tried, choices, before)
    return bool(troubles)


def _troubles(plan: Plan, tried: Description, choices: Choices) -> Iterator[Trouble]:
    """What the plan would change or refuse, without what is known to remain, such as lost snapshot groups."""
    for change in plan.changes:
        yield Trouble(change.address, change.reason, True, change.vault.key if change.vault else "")
    for finding in plan.errors:
        if lower(finding.address) not in choices.lost:
            yield Trouble(finding.address, finding.message)
    for gate in plan.closed_gates:
        if lower(addresses.gate(gate.name)) not in choices.lost:
            yield Trouble(addresses.gate(gate.name), gate.message)
    if not plan.changes and {lower(one.address) for one in plan.errors} <= choices.lost.keys():
        for key in sorted(tried.disks ^ {address.disk.key for address in plan.expected if address.disk}):
            yield Trouble(addresses.disk(ArmId(key)), "the manifest doesn't find it")


def _give_way(trouble: Trouble, tried: Description, choices: Choices, before: Choices) -> None:
    """Declare a little less about an address than `before` this round."""
    address, reason = trouble.address, trouble.reason
    kind, name, disk = address.kind, lower(address.name), address.disk
    vault = tried.vaults.get(lower(address), "")
    if disk and disk.key in tried.disks:
        choices.left[disk.key] = reason
    elif kind == "group" and lower(address) in tried.groups:
        choices.left |= dict.fromkeys(tried.groups[lower(address)], f"its snapshot resource group: {reason}")
    elif kind == "role" and not before.verify:
        choices.verify = choices.verify or f"{address} would be changed: {reason}"
    elif kind == "gate" and name == "role-scope" and not before.scope:
        choices.scope = "resourceGroup"
    elif kind == "vault" and vault:
        _say_less(vault, reason, choices, before)
    elif kind == "policy" and name in tried.policies:
        _name_policy(tried.policies[name], reason, tried, choices, before)
    elif not trouble.is_change:
        choices.lost[lower(address)] = reason
    elif trouble.vault:
        choices.dropped[trouble.vault] = f"{address or 'something in it'} would be changed: {reason}"
    else:
        raise ReconcilerError(
            f"The plan would not be empty: {address or 'the manifest'}: {reason}",
            code=error_codes.EXPORT_NOT_EMPTY,
            hint="first apply the manifest that this comes from, or give another `--name`",
        )


def _say_less(vault: str, reason: str, choices: Choices, before: Choices) -> None:
    """Declare a vault by its name only; if that was already tried, leave it out."""
    (choices.dropped if vault in before.bare else choices.bare)[vault] = reason


def _name_policy(keys: tuple[str, ...], reason: str, tried: Description, choices: Choices, before: Choices) -> None:
    """Name a policy instead of describing it; if that was already tried, leave its disks out."""
    for key in keys:
        if key in before.named:
            choices.left |= dict.fromkeys(tried.users.get(key, ()), f"its policy: {reason}")
        choices.named[key] = reason


def by_lines(data: Data) -> str:
    """The data as JSON with every entry of a list on its own line, so that a place in it tells the entry."""
    parts = []
    for key, value in data.items():
        if isinstance(value, list):
            rows = ",\n".join(map(json.dumps, value))
            parts.append(f"{json.dumps(key)}: [\n{rows}\n]")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{" + ",\n".join(parts) + "}\n"


def learn_form(findings: Iterable[Finding], tried: Description, choices: Choices) -> bool:
    """Drop entries that a manifest can't hold; return whether any finding is about one."""
    before, where = deepcopy(choices), _entries(tried.data)
    learnt = False
    for finding in findings:
        section, entry = where.get(finding.place.line, ("", {})) if finding.place else ("", {})
        if not section or finding.severity is not Severity.ERROR:
            continue
        learnt = True
        if section == "vaults":
            vault = tried.vaults.get(lower(addresses.vault(lower(entry["name"]))), "")
            _say_less(vault, finding.message, choices, before)
        elif section == "policies":
            keys = tried.policies.get(lower(entry["name"]), ())
            _name_policy(keys, finding.message, tried, choices, before)
        elif section == "snapshotResourceGroups":
            users = (disks for address, disks in tried.groups.items() if _is_named(address, entry["name"]))
            choices.left |= {
                disk: f"its snapshot resource group: {finding.message}" for disks in users for disk in disks
            }
        else:
            column = finding.place.column if finding.place else 0
            choices.left |= dict.fromkeys(_disks_of(entry, column, tried), finding.message)
    return learnt


def _is_named(address: str, group: str) -> bool:
    return address.rpartition("/")[2] == lower(group)


def _entries(data: Data) -> dict[int, tuple[str, Any]]:
    """The section and the entry on each line of `by_lines`."""
    found: dict[int, tuple[str, Any]] = {}
    line = 1
    for key, value in data.items():
        if isinstance(value, list):
            found |= {line + 1 + number: (key, entry) for number, entry in enumerate(value)}
            line += len(value) + 1
        line += 1
    return found


def _disks_of(entry: Data, column: int, tried: Description) -> list[str]:
    """The disks of an entry that a finding at a column of its line is about: the one there, else all."""
    ids = entry.get("id", sorted(tried.disks))
    keys = [lower(one) for one in ([ids] if isinstance(ids, str) else ids)]
    if isinstance(ids, list) and "id" in entry:
        text = json.dumps(entry)
        at = [one for one in ids if 0 <= (start := text.find(json.dumps(one))) < column <= start + len(json.dumps(one))]
        keys = [lower(at[0])] if at else keys
    return keys
