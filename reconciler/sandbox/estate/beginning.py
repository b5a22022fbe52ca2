"""An estate file as a world: what exists before anything happens.

```yaml
seed: 1                                # chance; default 0
clock: 2026-01-05T08:00:00Z            # where a virtual clock starts
tenant: <guid>
switches: {propagation: "60..300"}     # see switches.py
callers:                               # who sends requests; the one without a token is everybody else
  - {name: ci, objectId: <guid>, token: ci-token, roles: [{role: Reader, scope: /subscriptions/…, condition: …}]}
roleDefinitions: []                    # custom roles, in the form that `az role definition create` takes
principals: [{objectId: <guid>, name: somebody}]
managementGroups: [{name: corp, parent: root, subscriptions: [<guid>]}]
subscriptions: […]                     # see short_form.py
resources: [{id: /subscriptions/…, …}] # any ARM body, as Azure's REST API answers it, in any order
roleAssignments: [{role: Reader, principal: <guid, or the id of a vault or identity>, scope: /subscriptions/…}]
```
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from reconciler.sandbox import json_text, tampering
from reconciler.sandbox.arm.ids import lower, resource_type
from reconciler.sandbox.authorization.rights import ASSIGNMENTS, definition_named
from reconciler.sandbox.clocks import START, moment
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.estate import form, short_form
from reconciler.sandbox.estate.reader import Mapped, plain
from reconciler.sandbox.estate.short_form import check_keys, mappings, placed, text
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import GROUPS, PRINCIPALS, SUBSCRIPTIONS, World

_ROLE_LISTS = ("Actions", "NotActions", "DataActions", "NotDataActions", "AssignableScopes")
_DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"
_FIRST = (SUBSCRIPTIONS, GROUPS)
_LAST = ("microsoft.compute/virtualmachines", ASSIGNMENTS)


def start_of(data: Mapped) -> datetime:
    """The time at which an estate begins."""
    text = data.get("clock")
    if text is None:
        return START
    try:
        return moment(str(text))
    except ValueError:
        raise SandboxError(
            f"{data.where('clock')}: clock: '{text}' is no time", "write it as 2026-01-05T08:00:00Z"
        ) from None


def bare_world(data: Mapped, clock: Callable[[], datetime]) -> World:
    """A world with an estate's seed, tenant and callers, in which nothing exists yet."""
    short_form.check_keys(data, form.ESTATE)
    seed = data.get("seed", 0)
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise SandboxError(
            f"{data.where('seed')}: seed: {json_text.shown(seed)} is no whole number", "write a number, such as 1"
        )
    world = World(seed, clock, tenant=str(data.get("tenant") or ""))
    for caller in short_form.mappings(data, "callers"):
        short_form.check_keys(caller, form.CALLER)
        world.callers.append(_caller(world, caller))
    return world


def _caller(world: World, caller: Mapped) -> Record:
    name = str(caller.get("name") or caller.get("token") or "caller")
    return {
        "name": name,
        "objectId": str(caller.get("objectId") or world.guid(f"caller {name}", "object")),
        "appId": str(caller.get("appId") or world.guid(f"caller {name}", "application")),
        "token": str(caller.get("token") or ""),
        "everywhere": "roles" not in caller,
    }


def world_of(data: Mapped, clock: Callable[[], datetime]) -> World:
    """The world that an estate describes; SandboxError with file and line for what can't be."""
    world = bare_world(data, clock)
    for name, value in (data.get("switches") or {}).items():
        with short_form.placed(data["switches"], name):
            world.set_switch(name, value)
    for principal in short_form.mappings(data, "principals"):
        key = short_form.text(principal, "objectId")
        world.table(PRINCIPALS)[lower(key)] = {"id": key, "_known": 0.0, "_name": str(principal.get("name", ""))}
    define_roles(world, data)
    bodies = [*short_form.bodies(world, data), *_raw(data)]
    seen: set[str] = set()
    for place, body in sorted(bodies, key=_order):
        key = lower(str(body["id"])).rstrip("/")
        if key in seen:
            raise SandboxError(f"{place.where('id')}: {body['id']} stands twice in the estate", "keep one of them")
        seen.add(key)
        with short_form.placed(place, "id"):
            tampering.put(world, body["id"], {key: value for key, value in body.items() if key != "id"})
    short_form.assign(world, data)
    short_form.assign_callers(world, data)
    world.generations.clear()
    return world


def _raw(data: Mapped) -> list[tuple[Mapped, Record]]:
    found = short_form.mappings(data, "resources")
    return [(body, plain(body) | {"id": short_form.text(body, "id")}) for body in found]


def _order(entry: tuple[Mapped, Record]) -> tuple[int, int, int]:
    """Subscriptions and groups first, then by depth, machines and role assignments last.

    What contains comes before what lies in it, and what is named before what names it.
    """
    resource_id = str(entry[1]["id"])
    kind: Any = resource_type(resource_id)
    rank = _FIRST.index(kind) if kind in _FIRST else 2
    return rank, _LAST.index(kind) + 1 if kind in _LAST else 0, resource_id.count("/")


def define_roles(world: World, data: Mapped) -> None:
    """Make the roles that stand under `roleDefinitions`; SandboxError with file and line for what can't be."""
    for row in mappings(data, "roleDefinitions"):
        check_keys(row, form.ROLE_DEFINITION)
        name = text(row, "Name")
        if definition_named(world, name):
            raise SandboxError(f"{row.where('Name')}: the role '{name}' stands twice", "keep one of them")
        guid = str(row.get("Id") or world.guid(f"role {name}", "definition"))
        with placed(row):
            tampering.put(world, f"{_DEFINITIONS}/{guid}", {"properties": _properties(row, name)})


def _properties(row: Mapped, name: str) -> dict[str, Any]:
    lists = {key: _texts(row, key) for key in _ROLE_LISTS}
    return {
        "roleName": name,
        "type": "CustomRole",
        "description": str(row.get("Description") or ""),
        "assignableScopes": lists["AssignableScopes"],
        "permissions": [{f"{key[0].lower()}{key[1:]}": lists[key] for key in _ROLE_LISTS[:-1]}],
    }


def _texts(row: Mapped, key: str) -> list[str]:
    found = row.get(key) or []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise SandboxError(
            f"{row.where(key)}: {key} takes a list of text", "write it as `az role definition list` shows it"
        )
    return found
