"""Reads the requested scopes, and describes them again and again until the plan of the description is empty."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from copy import deepcopy

from reconciler import __version__
from reconciler.azure.connection import Azure
from reconciler.azure.reading import read_estate
from reconciler.base.clock import Clock
from reconciler.export.choices import Asked, Choices, Description
from reconciler.export.description import describe
from reconciler.flow.look import planned
from reconciler.manifest.compiling import compile_manifest
from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.canonical import plain
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import ManifestError, ReconcilerError, UsageError
from reconciler.model.estate import Estate
from reconciler.model.ids import ArmId, lower, subscription_id
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options, Plan
from reconciler.model.results.export import Data, Exported
from reconciler.model.scope import Reach

_MOST_ROUNDS = 12
_VAULTS = "microsoft.dataprotection/backupvaults"
_FILE = "export.yaml"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def scope_of(text: str) -> ArmId:
    """The subscription (its id or GUID), resource group or vault that `text` names; UsageError for anything else."""
    try:
        found = ArmId.parse(text if text.startswith("/") else subscription_id(text).text)
    except ValueError:
        found = None
    if found is None or found.type not in {"", _VAULTS} or not _GUID.fullmatch(found.subscription):
        raise UsageError(
            f"{text!r} is not a subscription, resource group or Backup vault",
            hint="give a subscription's GUID, or an id such as /subscriptions/…/resourceGroups/…",
        )
    return found


async def export(azure: Azure, clock: Clock, asked: Asked) -> Exported:
    """The manifest of the disk backups in the scopes; its plan was checked to be empty.

    What can't be declared without a change is left out and reported; lost snapshot groups stay errors of the plan, and
    are reported too. ReconcilerError when no such manifest can be made.
    """
    with azure.looking():
        scope, estate = await _read(azure, asked)
    choices = Choices()
    for _ in range(_MOST_ROUNDS):
        description = describe(estate, scope, asked, choices)
        manifest = compiled(description.data)
        plan = await planned(azure, manifest, estate, Options(tool_version=__version__), clock)
        if not _learn(plan, description, choices):
            return Exported(
                asked.scopes,
                description.data,
                manifest,
                len(description.disks),
                description.left_out,
                description.notes,
            )
    raise ReconcilerError(
        "Could not find a manifest with an empty plan.",
        hint="export the vaults one by one to find which of them causes this",
        code=error_codes.EXPORT_NOT_EMPTY,
    )


def says(written: str, manifest: Manifest) -> bool:
    """Whether a text describes this manifest, in any order of its entries."""
    try:
        return bool(plain(compile_manifest({_FILE: written.encode()}, _includes_nothing)) == plain(manifest))
    except ManifestError:
        return False


def compiled(data: Data) -> Manifest:
    """The manifest compiled from the data."""
    try:
        return compile_manifest({_FILE: json.dumps(data).encode()}, _includes_nothing)
    except ManifestError as error:
        told = "; ".join(f"{finding.code}: {finding.message}" for finding in error.findings[:3])
        raise ReconcilerError(
            f"Could not make a valid manifest of what Azure holds: {told}",
            code=error_codes.EXPORT_INVALID,
            hint="export the vaults one by one to find which of them causes this",
        ) from error


def _includes_nothing(_file: str, _path: str) -> dict[str, bytes]:
    return {}


async def _read(azure: Azure, asked: Asked) -> tuple[tuple[str, ...], Estate]:
    """The vaults in the scopes, by lower-cased id, and the estate around them: three looks, each based on the last."""
    subscriptions = sorted({scope.subscription for scope in asked.scopes})
    named = tuple(scope.key for scope in asked.scopes if scope.type == _VAULTS)
    first = await read_estate(azure, _reach(subscriptions, named))
    scope = tuple(key for key, vault in first.vaults.items() if any(vault.id.is_within(one) for one in asked.scopes))
    for one in asked.scopes:
        if not any(ArmId(key).is_within(one) for key in scope):
            raise ReconcilerError(
                f"There is no Backup vault in {one}.", hint="name another scope", code=error_codes.NO_VAULT
            )
    second = await read_estate(azure, _reach(subscriptions, scope))
    disks = sorted({one.disk.subscription for one in second.instances.values() if one.disk})
    identities = sorted({one.identity.key for one in second.instances.values() if one.identity})
    everywhere = sorted({*subscriptions, *disks})
    return scope, await read_estate(azure, _reach(everywhere, scope, disks, identities))


def _reach(
    subscriptions: Iterable[str], vaults: Iterable[str], disks: Iterable[str] = (), identities: Iterable[str] = ()
) -> Reach:
    return Reach(
        subscriptions=tuple(subscriptions),
        disk_subscriptions=tuple(disks),
        role_subscriptions=tuple(disks),
        vaults=tuple(vaults),
        identities=tuple(identities),
        owners=(),
    )


def _learn(plan: Plan, tried: Description, choices: Choices) -> bool:
    """Drop from the description what the plan would change or refuse; whether there was anything."""
    troubles, before = list(_troubles(plan, tried, choices)), deepcopy(choices)
    for address, reason in troubles:
        _give_way(address, reason, tried, choices, before)
    return bool(troubles)


def _troubles(plan: Plan, tried: Description, choices: Choices) -> Iterator[tuple[Address, str]]:
    """The addresses that the plan would change or refuse, with the reason, without snapshot groups known to be lost."""
    for change in plan.changes:
        yield change.address, change.reason
    for finding in plan.errors:
        if lower(finding.address) not in choices.lost:
            yield finding.address, finding.message
    for gate in plan.closed_gates:
        yield Address(f"gate/{gate.name}"), gate.message
    if not plan.changes and {lower(one.address) for one in plan.errors} <= choices.lost.keys():
        for key in sorted(tried.disks ^ {address.disk.key for address in plan.expected if address.disk}):
            yield addresses.disk(ArmId(key)), "the manifest doesn't find it"


def _give_way(address: Address, reason: str, tried: Description, choices: Choices, before: Choices) -> None:
    """Declare a little less about an address than `before` this round."""
    kind, name, disk = address.kind, lower(address.name), address.disk
    vault = tried.vaults.get(lower(address), "")
    if disk and disk.key in tried.disks:
        choices.left[disk.key] = reason
    elif kind == "group" and lower(address) in tried.groups:
        choices.left |= dict.fromkeys(tried.groups[lower(address)], f"its snapshot resource group: {reason}")
    elif kind == "group":
        choices.lost[lower(address)] = reason
    elif kind == "role" and not before.verify:
        choices.verify = choices.verify or f"{address} would be changed: {reason}"
    elif address == "gate/role-scope" and not before.scope:
        choices.scope = "resourceGroup"
    elif kind == "vault" and vault and vault not in before.bare:
        choices.bare[vault] = reason
    elif kind == "vault" and vault:
        choices.dropped[vault] = reason
    elif kind == "policy" and name in tried.policies:
        _name_policy(tried.policies[name], reason, tried, choices, before)
    else:
        raise ReconcilerError(
            f"The plan would not be empty: {address or 'the manifest'}: {reason}",
            code=error_codes.EXPORT_NOT_EMPTY,
            hint="first apply the manifest that this comes from, or give another `--name`",
        )


def _name_policy(keys: tuple[str, ...], reason: str, tried: Description, choices: Choices, before: Choices) -> None:
    """Name a policy instead of describing it; if that was already tried, leave its disks out."""
    for key in keys:
        if key in before.named:
            choices.left |= dict.fromkeys(tried.users.get(key, ()), f"its policy: {reason}")
        choices.named[key] = reason
