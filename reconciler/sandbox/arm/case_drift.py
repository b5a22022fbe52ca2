"""The case drift of real answers: ids and enum words that come back in another case than they were sent in.

Recorded traffic has `/resourcegroups/`, `/BackupVaults/` and the soft-delete states `ON` and `OFF`, all of them in what the
portal made; what a client wrote comes back as it was written. Compute is known for group names in capitals. So, as a switch
says, either only what the estate file holds or somebody made by hand drifts, or everything. What drifts how depends only on
a resource's address.
"""

from __future__ import annotations

import re
from typing import Any

from reconciler.sandbox.arm.ids import lower, upper
from reconciler.sandbox.arm.messages import Response
from reconciler.sandbox.world import World

_GROUP = re.compile(r"(/subscriptions/[^/]+)/resourceGroups/([^/]+)", re.IGNORECASE)
_VAULTS = re.compile(r"/backupVaults/", re.IGNORECASE)
_SMALL, _VAULT, _CAPITALS = 0.3, 0.45, 0.6
MARK = "_elsewhere"
"""The private key of a record that no client of the sandbox wrote."""

_VERBATIM = frozenset({"tags", "nextLink"})


def drifted(world: World, response: Response) -> Response:
    """The response with every resource in it drifted as its address says."""
    body = response.body
    if not isinstance(body, dict) or not world.switch("case_drift"):
        return response
    if isinstance(body.get("value"), list):
        response.body = {**body, "value": [_row(world, row) for row in body["value"]]}
    else:
        response.body = _row(world, body)
    return response


def _row(world: World, row: Any) -> Any:
    if not isinstance(row, dict) or not str(row.get("id", "")).startswith("/"):
        return row
    resource_id = str(row["id"])
    if world.switch("case_drift") != "everywhere" and not (world.find(resource_id) or {}).get(MARK):
        return row
    draw = world.draw(resource_id, "case")
    if draw < _CAPITALS:
        row = _walk(row, draw, beyond_ascii=world.switch("case_drift_letters") == "all")
    kind = lower(str(row.get("type", "")))
    if kind == "microsoft.dataprotection/backupvaults" and world.draw(resource_id, "enum case") < 0.5:  # noqa: PLR2004
        row = _state(row)
    return row


def _walk(value: Any, draw: float, *, beyond_ascii: bool) -> Any:
    if isinstance(value, str):
        return _id(value, draw, beyond_ascii=beyond_ascii) if value.startswith("/subscriptions/") else value
    if isinstance(value, dict):
        return {
            key: item if key in _VERBATIM else _walk(item, draw, beyond_ascii=beyond_ascii)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_walk(item, draw, beyond_ascii=beyond_ascii) for item in value]
    return value


def _id(text: str, draw: float, *, beyond_ascii: bool) -> str:
    if draw < _SMALL:
        return _GROUP.sub(r"\1/resourcegroups/\2", text)
    if draw < _VAULT:
        return _VAULTS.sub("/BackupVaults/", text)
    if "/microsoft.compute/" in lower(text):
        return _GROUP.sub(lambda match: f"{match[1]}/resourceGroups/{upper(match[2], beyond_ascii=beyond_ascii)}", text)
    return text


def _state(row: dict[str, Any]) -> dict[str, Any]:
    properties = row.get("properties") or {}
    security = properties.get("securitySettings") or {}
    soft = security.get("softDeleteSettings") or {}
    if lower(str(soft.get("state", ""))) not in {"on", "off"}:
        return row
    changed = {**security, "softDeleteSettings": {**soft, "state": soft["state"].upper()}}
    return {**row, "properties": {**properties, "securitySettings": changed}}
