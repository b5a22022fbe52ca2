"""Live vaults as entries of a manifest: the settings that differ from the defaults and that a manifest can declare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from reconciler.base import escape
from reconciler.export.choices import Described, Selected
from reconciler.model.ids import ArmId, lower
from reconciler.model.resources import Vault
from reconciler.model.results.export import Data
from reconciler.model.tags import MARKS
from reconciler.model.vault_fields import FIELDS, put, settings, value_at

_LONGEST_NAME = 50
_READ = {lower(".".join(row.wire.split(".")[:depth])) for row in FIELDS for depth in (1, 2)}
"""The blocks of a vault's properties, and the blocks in them, that fields are about."""


def described(selected: Selected) -> Described:
    """The vaults with their settings, in the order of names; those that are `bare` only by name, with a note why."""
    own = sorted(selected.vaults, key=lambda vault: (lower(vault.id.name), vault.id.key))
    bare, taken, entries = selected.choices.bare, set[str](), list[Data]()
    defaults: Data = {
        "subscription": _commonest(vault.id.subscription for vault in own),
        "location": _commonest(vault.location for vault in own),
    }
    if selected.asked.is_part:
        defaults = {}
    found = Described(entries, defaults=defaults)
    for vault in own:
        name = _free(vault, taken)
        found.names[vault.id.key] = name
        group = selected.estate.groups.get(vault.id.group_id.key)
        said: Data = {
            "name": name,
            "azureName": vault.id.name,
            "subscription": vault.id.subscription,
            "resourceGroup": group.id.name if group else vault.id.group,
            "location": vault.location,
        }
        said = {key: value for key, value in said.items() if defaults.get(key) != value}
        if name == vault.id.name:
            del said["azureName"]
        said |= _identities(vault, selected.identities.get(vault.id.key))
        if vault.id.key in bare:
            found.notes.append(f"vault {name}: its settings are not declared: {bare[vault.id.key]}")
        else:
            said |= _settings(vault)
            found.notes += _notes(name, vault)
        entries.append(said)
    return found


def _identities(vault: Vault, used: ArmId | None) -> Data:
    """The vault's identities, first the one that its instances use; left out where it has only the system's."""
    spelled = (vault.body.get("identity") or {}).get("userAssignedIdentities") or {}
    users = [*vault.user_identities, *(text for text in map(str, spelled) if ArmId(text).key in vault.user_identities)]
    held = {"system": "system"} if vault.principal_id else {}
    held |= {identity.key: identity.text for identity in map(ArmId, users)}
    first = "system" if used is None else used.key
    if first not in held:
        return {} if used is None else {"identity": used.text}
    named = [held.pop(first), *(held[key] for key in sorted(held))]
    return {} if named == ["system"] else {"identity": named[0] if len(named) == 1 else named}


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
    yield from (f"vault {name}: its {what}, which a manifest can't declare" for what in _undeclarable(vault))
    if tags := sorted(escape.plain(key) for key in vault.tags if lower(key) not in MARKS):
        yield f"vault {name}: its tags {', '.join(tags)}; declare under `tags` those that should stay as they are"


def _undeclarable(vault: Vault) -> Iterator[str]:
    """The stores and blocks of settings that the vault has and that no field is about."""
    properties = vault.body.get("properties")
    for key, value in properties.items() if isinstance(properties, dict) else ():
        if lower(key) == "storagesettings":
            yield from _other_stores(value)
        elif lower(key) not in _READ and lower(key).endswith("settings") and _is_used(value):
            yield escape.plain(key)
        elif lower(key) in _READ and isinstance(value, dict):
            inner = ((one, f"{lower(key)}.{lower(one)}", said) for one, said in value.items())
            yield from (escape.plain(one) for one, path, said in inner if path not in _READ and _is_used(said))


def _other_stores(entries: object) -> Iterator[str]:
    for one in entries if isinstance(entries, list) else ():
        store = one.get("datastoreType") if isinstance(one, dict) else None
        if isinstance(store, str) and lower(store) != "vaultstore":
            yield f"{escape.plain(store)} ({escape.plain(str(one.get('type')))})"


def _is_used(value: object) -> bool:
    """Whether a block says anything but that it is off."""
    if isinstance(value, dict):
        return any(map(_is_used, value.values()))
    return bool(value) and not (isinstance(value, str) and lower(value) in {"disabled", "none"})


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
