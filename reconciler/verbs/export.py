"""Reads the requested scopes, and describes them again and again until the plan of the description is empty."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import replace
from typing import Any

from reconciler.azure.connection import Azure
from reconciler.azure.reading import read_estate
from reconciler.azure.reads import known
from reconciler.base.clock import Clock
from reconciler.export.choices import Asked, Choices, Description
from reconciler.export.description import describe
from reconciler.export.fitting import Misfits
from reconciler.export.lacking import lacking
from reconciler.export.learning import by_lines, learn, learn_form
from reconciler.flow.look import estate_for, planned
from reconciler.manifest.compiling import compile_manifest
from reconciler.model.canonical import plain
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import ManifestError, ReadIncomplete, ReconcilerError, UsageError
from reconciler.model.estate import Estate, joined
from reconciler.model.ids import ArmId, lower, subscription_id
from reconciler.model.known import Unsure
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options
from reconciler.model.resources import Instance
from reconciler.model.results.export import Data, Exported
from reconciler.model.scope import Reach
from reconciler.planning.world import World

_MOST_ROUNDS = 30
_VAULTS = "microsoft.dataprotection/backupvaults"
_FILE = "export.yaml"
_DISKS = "/providers/microsoft.compute/disks"
_ODD_ROWS = "a row that can't be understood: it isn't known whether it exists"
_UNSURE = {
    "locks": "which locks there are",
    "role assignments": "which roles are assigned",
    "backupinstances": "which disk it protects",
}
_PAIRS = re.compile(r"(?:\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})+")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def scope_of(text: str) -> ArmId:
    """The subscription (its id or GUID), resource group or vault that `text` names; UsageError for anything else."""
    try:
        found = ArmId.parse(text if text.startswith("/") else subscription_id(text).text)
    except ValueError:
        found = None
    if found is None or found.type not in {"", _VAULTS} or not _GUID.fullmatch(found.subscription):
        raise UsageError(
            f"'{text}' is not a subscription, resource group or Backup vault",
            hint="give a subscription's GUID, or an id such as /subscriptions/…/resourceGroups/…",
        )
    return found


async def export(azure: Azure, clock: Clock, asked: Asked) -> Exported:
    """The manifest of the disk backups in the scopes; its plan was checked to be empty."""
    return (await _exported(azure, clock, asked, _Rows()))[0]


async def _exported(azure: Azure, clock: Clock, asked: Asked, rows: _Rows) -> tuple[Exported, Estate]:
    """The manifest of the disk backups in the scopes, with the estate by which its plan was checked to be empty.

    Whatever can't be declared, or would change once declared, is left out and reported; lost snapshot groups stay errors of the
    plan, and are reported too. ReconcilerError when nothing at all can be declared.
    """
    with azure.looking():
        scope, estate, empty, choices = await _read(azure, asked, rows)
    for _ in range(_MOST_ROUNDS):
        description = describe(estate, scope, asked, choices)
        _check_something(description, choices)
        try:
            manifest = compiled(description.data)
        except ManifestError as error:
            if not learn_form(error.findings, description, choices):
                raise _invalid(error) from error
            continue
        plan = await planned(azure, manifest, estate, Options(api_version=asked.api_version), clock)
        if not learn(plan, description, choices):
            found = Exported(
                asked.scopes,
                description.data,
                manifest,
                len(description.disks),
                description.left_out,
                (*empty, *rows.notes(), *description.notes),
                names=estate.names,
            )
            return found, estate
    raise ReconcilerError(
        "Could not find a manifest with an empty plan.",
        hint="export the vaults one by one to find which of them causes this",
        code=error_codes.EXPORT_NOT_EMPTY,
    )


async def lacks(
    azure: Azure, clock: Clock, asked: Asked, existing: Manifest, merged: Callable[[Exported], Manifest]
) -> Exported:
    """What an existing manifest lacks of an export of the scopes; the disks that it takes are those of its plan.

    `merged` makes one manifest of both. What its plan, by the same look, would change or refuse is left out and told.
    """
    wanted = replace(asked, name=existing.name, by_tag="", is_part=True)
    options, rows = Options(api_version=asked.api_version), _Rows()
    with azure.looking():
        own = await estate_for(azure, existing, skip=rows.skip)
        found, held = await _exported(azure, clock, wanted, rows)
        before = await planned(azure, existing, own, options, clock)
        declared = {address.disk.key for address in before.expected if address.disk}
        declared |= {disk.key for rule in existing.disks for disk, _ in rule.ids}
        declared |= {entry.id.key for entry in existing.excluded}
        declared |= World(existing, own, options, clock.now()).removals.of.keys()
        both, misfits = joined(own, held), Misfits()
        while True:
            part = lacking(found, existing, declared, misfits)
            if len(part.data) == 1:
                return part
            plan = await planned(azure, merged(part), both, options, clock)
            if not misfits.learn(plan, before, part, both):
                return lacking(found, existing, declared, misfits)


def says(written: str, manifest: Manifest) -> bool:
    """Whether a text describes this manifest, in any order of its entries."""
    try:
        return bool(plain(compile_manifest({_FILE: written.encode()}, _includes_nothing)) == plain(manifest))
    except ManifestError:
        return False


def compiled(data: Data) -> Manifest:
    """The manifest compiled from the data; ManifestError when it isn't valid."""
    return compile_manifest({_FILE: _as_yaml(data).encode()}, _includes_nothing)


def _invalid(error: ManifestError) -> ReconcilerError:
    told = "; ".join(f"{finding.code}: {finding.message}" for finding in error.findings[:3])
    return ReconcilerError(
        f"Could not make a valid manifest of what Azure holds: {told}",
        code=error_codes.EXPORT_INVALID,
        hint="export the vaults one by one to find which of them causes this",
    )


def _check_something(description: Description, choices: Choices) -> None:
    """Raise ReconcilerError when every vault had to be left out."""
    if description.vaults or not choices.dropped:
        return
    told = "; ".join(f"{ArmId(key).name}: {why}" for key, why in sorted(choices.dropped.items())[:3])
    raise ReconcilerError(
        f"Nothing here can be declared: {told}",
        code=error_codes.EXPORT_INVALID,
        hint="fix what the message says in Azure, or export other scopes",
    )


def _as_yaml(data: Data) -> str:
    """The data as JSON that is YAML too, which takes every escape but that of a surrogate pair."""
    return _PAIRS.sub(lambda pair: str(json.loads(f'"{pair[0]}"')), by_lines(data))


def _includes_nothing(_file: str, _path: str) -> dict[str, bytes]:
    return {}


class _Rows:
    """The rows of lists that can't be understood, each of which costs an export that row alone."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], str] = {}

    def skip(self, where: str, called: str, why: str) -> None:
        """Leave a row out, to be told of once however often it is read."""
        self.found[where, called] = why

    def notes(self) -> Iterator[str]:
        """What is left out, and what could not be told for sure without it."""
        for (where, called), why in sorted(self.found.items()):
            kind = lower(where).rpartition("/")[2]
            unsure = f"; {_UNSURE[kind]} could not be told for sure" if kind in _UNSURE else ""
            yield f"left out a row in a list of {where} ({called}), which can't be understood: {why}{unsure}"

    def beside(self, disk: ArmId) -> str:
        """Why it isn't known whether a disk that its list lacks exists; empty when it is."""
        rows = self.within(f"/subscriptions/{disk.subscription}{_DISKS}")
        if disk.key in rows:
            return f"it can't be understood: {rows[disk.key]}"
        return f"it is not in the list of its subscription's disks, which has {_ODD_ROWS}" if rows else ""

    def policy_of(self, instance: Instance) -> str:
        """Why the policy of an instance can't be understood; empty when it can, or has none."""
        why = (
            self.within(f"{instance.vault.key}/backuppolicies").get(instance.policy.key, "") if instance.policy else ""
        )
        return f"its policy {instance.policy.name} can't be understood: {why}" if instance.policy and why else ""

    def within(self, place: str) -> dict[str, str]:
        """The rows of the list at a lower-cased path: why, by what they are called, lower-cased."""
        return {lower(called): why for (where, called), why in sorted(self.found.items()) if lower(where) == place}


async def _read(azure: Azure, asked: Asked, rows: _Rows) -> tuple[tuple[str, ...], Estate, tuple[str, ...], Choices]:
    """The vaults in the scopes, by lower-cased id, the estate around them, notes on empty scopes, and what can't be read.

    Three looks, each based on the last; what only some objects need and can't be read costs only these objects.
    """
    subscriptions = sorted({scope.subscription for scope in asked.scopes})
    named = tuple(scope.key for scope in asked.scopes if scope.type == _VAULTS)
    first = await read_estate(azure, _reach(subscriptions, named), skip=rows.skip)
    scope = tuple(key for key, vault in first.vaults.items() if any(vault.id.is_within(one) for one in asked.scopes))
    empty = [one for one in asked.scopes if not any(ArmId(key).is_within(one) for key in scope)]
    none = "there is no Backup vault in it" if not rows.found else "no Backup vault in it could be read"
    if not scope:
        raise _nothing(empty, rows)
    choices = Choices()
    second = await _with_vaults(azure, subscriptions, scope, choices, rows)
    held = [one for one in second.instances.values() if one.disk]
    disks = sorted({one.disk.subscription for one in held if one.disk})
    identities = sorted({one.identity.key for one in held if one.identity})
    unread = await _unreadable(azure, {*disks} - {*subscriptions}, identities, rows)
    for one in held:
        because = unread.get(one.disk.subscription if one.disk else "") or unread.get(_identity(one))
        because = because or rows.policy_of(one)
        if one.disk and because:
            choices.left[one.disk.key] = because
    disks = [one for one in disks if one not in unread]
    identities = [one for one in identities if one not in unread]
    vaults = [key for key in scope if key not in choices.dropped]
    reach = _reach(sorted({*subscriptions, *disks}), vaults, disks, identities)
    estate = await read_estate(azure, reach, skip=rows.skip)
    for one in held:
        if one.disk and one.disk.key not in estate.disks and (because := rows.beside(one.disk)):
            choices.left.setdefault(one.disk.key, because)
    return scope, estate, tuple(f"{one}: {none}" for one in empty), choices


def _nothing(empty: Iterable[ArmId], rows: _Rows) -> ReconcilerError:
    """The error for scopes without a vault, as far as the lists can be understood."""
    where = " or ".join(map(_place, empty))
    if rows.found:
        return ReadIncomplete(
            f"No Backup vault in {where} could be read: {'; '.join(rows.notes())}",
            hint="run it again; if this persists, report it with the id",
        )
    return ReconcilerError(
        f"There is no Backup vault in {where}.", hint="name another scope", code=error_codes.NO_VAULT
    )


def _place(scope: ArmId) -> str:
    """A scope for a sentence: a vault or a group by its id, a subscription by its name for people."""
    return str(scope) if scope.group else f"the subscription {scope.subscription}"


def _identity(instance: Instance) -> str:
    return instance.identity.key if instance.identity else ""


async def _with_vaults(
    azure: Azure, subscriptions: list[str], scope: tuple[str, ...], choices: Choices, rows: _Rows
) -> Estate:
    """The estate with these vaults' contents; a vault is dropped that can't be read, or has only odd backup instances."""

    def read(subscriptions: Iterable[str], vaults: Iterable[str]) -> Coroutine[Any, Any, Estate]:
        return read_estate(azure, _reach(subscriptions, vaults), skip=rows.skip)

    try:
        estate = await read(subscriptions, scope)
    except ReadIncomplete:
        for key in scope:
            match await known(read([ArmId(key).subscription], [key])):
                case Unsure(because):
                    choices.dropped[key] = because
        left = [key for key in scope if key not in choices.dropped]
        estate = await read(subscriptions, left or scope)
    choices.dropped |= _only_odd(estate, scope, rows)
    return estate


def _only_odd(estate: Estate, scope: Iterable[str], rows: _Rows) -> dict[str, str]:
    """Why to drop vaults of which no backup instance can be understood, by lower-cased id."""
    understood = {one.vault.key for one in estate.instances.values()}
    odd = {key: rows.within(f"{key}/backupinstances") for key in scope if key not in understood}
    return {
        key: f"none of its backup instances can be understood: {next(iter(found.values()))}"
        for key, found in odd.items()
        if found
    }


async def _unreadable(azure: Azure, subscriptions: set[str], identities: Iterable[str], rows: _Rows) -> dict[str, str]:
    """Why disks' subscriptions and instances' identities can't be read, for those that can't."""
    found: dict[str, str] = {}
    for subscription in sorted(subscriptions):
        match await known(read_estate(azure, _reach([subscription], (), [subscription]), skip=rows.skip)):
            case Unsure(because):
                found[subscription] = f"its subscription can't be read: {because}"
    for identity in identities:
        match await known(azure.get(ArmId(identity))):
            case Unsure(because):
                found[identity] = f"its identity can't be read: {because}"
    return found


def _reach(
    subscriptions: Iterable[str], vaults: Iterable[str], disks: Iterable[str] = (), identities: Iterable[str] = ()
) -> Reach:
    return Reach(
        subscriptions=tuple(subscriptions),
        disk_subscriptions=tuple(disks),
        role_subscriptions=tuple(disks),
        vaults=tuple(vaults),
        by_id=tuple(identities),
        owners=(),
    )
