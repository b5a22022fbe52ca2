"""Custom roles of an estate, in the form that `az role definition create` takes, so that a role's file can be pasted."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox import tampering
from reconciler.sandbox.authorization.rights import definition_named
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.estate.reader import Mapped
from reconciler.sandbox.estate.short_form import check_keys, mappings, placed, text
from reconciler.sandbox.world import World

_LISTS = ("Actions", "NotActions", "DataActions", "NotDataActions", "AssignableScopes")
_KEYS = ("Name", "Id", "IsCustom", "Description", *_LISTS)
_IN = "/providers/Microsoft.Authorization/roleDefinitions"


def define(world: World, data: Mapped) -> None:
    """Make the roles that stand under `roleDefinitions`; SandboxError with file and line for what can't be."""
    for row in mappings(data, "roleDefinitions"):
        check_keys(row, _KEYS, "a role definition")
        name = text(row, "Name")
        if definition_named(world, name):
            raise SandboxError(f"{row.where('Name')}: the role {name!r} stands twice", "keep one of them")
        guid = str(row.get("Id") or world.guid(f"role {name}", "definition"))
        with placed(row):
            tampering.put(world, f"{_IN}/{guid}", {"properties": _properties(row, name)})


def _properties(row: Mapped, name: str) -> dict[str, Any]:
    lists = {key: _texts(row, key) for key in _LISTS}
    return {
        "roleName": name,
        "type": "CustomRole",
        "description": str(row.get("Description") or ""),
        "assignableScopes": lists["AssignableScopes"],
        "permissions": [{f"{key[0].lower()}{key[1:]}": lists[key] for key in _LISTS[:-1]}],
    }


def _texts(row: Mapped, key: str) -> list[str]:
    found = row.get(key) or []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise SandboxError(
            f"{row.where(key)}: {key} takes a list of text", "write it as `az role definition list` shows it"
        )
    return found
