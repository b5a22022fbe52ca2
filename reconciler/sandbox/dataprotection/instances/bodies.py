"""The body of an instance, as sent and as kept: nulls dropped, all else echoed as it was written (recorded traffic).

How to validate, and the empty properties that Azure PowerShell gives every data source, don't come back either. An
instance without a friendly name is called as its data source is, after the set that this belongs to.
"""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.ids import lower, name_of
from reconciler.sandbox.arm.messages import Request
from reconciler.sandbox.dataprotection.errors import invalid
from reconciler.sandbox.dataprotection.instances import states
from reconciler.sandbox.dataprotection.spelling import at, canonical, same, text
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

_NOT_KEPT = ("resourceGuardOperationRequests", "deletionInfo", "validationType")
_KIND = "BackupInstance"
_SOURCES = ("dataSourceInfo", "dataSourceSetInfo")
_NO_PROPERTIES = {"objectType": "DefaultResourceProperties"}


def parsed(world: World, request: Request, live: Record | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The properties to keep of a PUT, and `{"tags": …}` when there are tags."""
    body = canonical(request.body)
    properties = checked(body.get("properties") if isinstance(body, dict) else None)
    name = text(properties, "friendlyName") or text(live, "properties", "friendlyName") or _friendly_name(properties)
    properties = {**properties, "friendlyName": name}
    tags = at(body, "tags")
    if tags is None and world.switch("omitted_tags") == "kept":
        tags = at(live, "tags")
    if tags is not None and not isinstance(tags, dict):
        raise invalid("tags has to be an object.")
    return properties, {"tags": tags} if tags else {}


def checked(properties: Any) -> dict[str, Any]:
    """The properties of an instance without what only the service writes; ArmError when parts are missing.

    Terraform's provider sends an empty objectType, and is served.
    """
    if not isinstance(properties, dict):
        raise invalid("properties is missing.")
    for path in (("dataSourceInfo", "resourceID"), ("policyInfo", "policyId")):
        if not text(properties, *path):
            raise invalid(f"{'.'.join(path)} is missing.")
    if not same(text(properties, "objectType") or _KIND, _KIND):
        raise invalid("objectType has to be BackupInstance.")
    kept = {key: value for key, value in states.without_state(properties).items() if key not in _NOT_KEPT}
    info = {key: value for key, value in properties["policyInfo"].items() if key != "policyVersion"}
    sources = {key: _source(kept[key]) for key in _SOURCES if key in kept}
    return {**kept, **sources, "objectType": text(properties, "objectType") or _KIND, "policyInfo": info}


def _friendly_name(properties: dict[str, Any]) -> str:
    own, within = (text(properties, key, "resourceName") for key in _SOURCES)
    own = own or name_of(text(properties, "dataSourceInfo", "resourceID").rstrip("/"))
    return f"{within}\\{own}" if within and not same(within, own) else own


def _source(info: Any) -> Any:
    if at(info, "resourceProperties") != _NO_PROPERTIES:
        return info
    return {key: value for key, value in info.items() if key != "resourceProperties"}


def differs(live: Record, wanted: Record) -> bool:
    """Whether a PUT would change anything of an instance; ids compare without case."""
    return bool(_content(live) != _content(wanted))


def _content(instance: Record) -> Any:
    return [_folded(states.without_state(instance["properties"])), instance.get("tags") or {}]


def _folded(value: Any) -> Any:
    if isinstance(value, str):
        return lower(value) if value.startswith("/") else value
    if isinstance(value, dict):
        return {key: _folded(item) for key, item in value.items() if item not in (None, [], "")}
    if isinstance(value, list):
        return [_folded(item) for item in value]
    return value
