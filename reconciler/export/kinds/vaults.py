"""Live vaults as entries of a manifest: the settings that differ from the defaults and that a manifest can declare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.model.estate import Estate
from reconciler.model.ids import ArmId, lower
from reconciler.model.resources import Vault
from reconciler.model.results.export import Data
from reconciler.model.vault_fields import FIELDS, put, settings, value_at

_LONGEST_NAME = 50


@dataclass(slots=True)
class Vaults:
    """The vaults of a manifest: `names` by lower-cased id, entries in the order of names, and their shared defaults."""

    names: dict[str, str] = field(default_factory=dict)
    entries: list[Data] = field(default_factory=list)
    defaults: Data = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def described(
    estate: Estate, vaults: Iterable[Vault], identities: Mapping[str, ArmId | None], bare: Mapping[str, str]
) -> Vaults:
    """The vaults with their settings; those in `bare` only by name, with the reason as a note.

    `identities` are the user-assigned identities that the instances of each use (None: the system's).
    """
    own = sorted(vaults, key=lambda vault: (lower(vault.id.name), vault.id.key))
    found, taken = Vaults(), set[str]()
    found.defaults = {
        "subscription": _commonest(vault.id.subscription for vault in own),
        "location": _commonest(vault.location for vault in own),
    }
    for vault in own:
        name = _free(vault, taken)
        found.names[vault.id.key] = name
        group = estate.groups.get(vault.id.group_id.key)
        said: Data = {
            "name": name,
            "azureName": vault.id.name,
            "subscription": vault.id.subscription,
            "resourceGroup": group.id.name if group else vault.id.group,
            "location": vault.location,
        }
        said = {key: value for key, value in said.items() if found.defaults.get(key) != value}
        if name == vault.id.name:
            del said["azureName"]
        identity = identities.get(vault.id.key)
        if identity is not None:
            said["identity"] = identity.text
        if vault.id.key in bare:
            found.notes.append(f"vault {name}: its settings are not declared: {bare[vault.id.key]}")
        else:
            said |= _settings(vault)
            found.notes += _notes(name, vault)
        found.entries.append(said)
    return found


def _settings(vault: Vault) -> Data:
    """The vault's settings in the manifest's words; its redundancy only if it isn't the usual one."""
    have = settings(vault)
    said: Data = {}
    for row in FIELDS:
        value = have[row.path]
        is_known = row.form.can_say(value) and value != row.default
        is_meant = not row.moot or value_at(said, row.moot[0]) not in (None, row.moot[1])
        if is_known and is_meant and (not row.needs or have[row.needs.path] == row.needs.value):
            put(said, row.path, value)
    return said


def _notes(name: str, vault: Vault) -> Iterable[str]:
    if vault.guarded:
        yield f"vault {name}: it is under a resource guard; name it in `resourceGuard` to have it verified"
    for row in FIELDS:
        if (value := settings(vault)[row.path]) is not None and value == row.for_good and not row.form.can_say(value):
            yield f"vault {name}: {row.title} are disabled permanently, which a manifest can't declare"


def _commonest(values: Iterable[str]) -> str:
    counted = Counter(values)
    return min(counted, key=lambda value: (-counted[value], value), default="")


def _free(vault: Vault, taken: set[str]) -> str:
    """The vault's name, with its resource group's if another vault has the same."""
    name, number = vault.id.name, 1
    while lower(name) in taken:
        group = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in vault.id.group)
        number += 1
        more = f"-{group}" if number == 2 else f"-{number}"  # noqa: PLR2004 - the second of that name
        name = f"{vault.id.name[: _LONGEST_NAME - min(len(more), 30)]}{more[:30]}"
    taken.add(lower(name))
    return name
