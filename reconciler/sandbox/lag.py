"""Read-after-write lag: for a while after a write, reads and lists show what was there before."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from reconciler.sandbox.arm import Request, Response, lower, not_found, public, resource_type
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

_WRITES = frozenset({"PUT", "PATCH", "DELETE"})


class Lag:
    """What reads (`read_lag`) and lists (`list_lag`) still show of what was overwritten."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._before: dict[str, tuple[float, float, Record | None]] = {}

    def before_write(self, request: Request) -> Record | None:
        """A copy of what is about to be written, when a lag is on."""
        if request.method not in _WRITES or not self._on():
            return None
        return deepcopy(self._world.find(request.path))

    def after_write(self, request: Request, before: Record | None) -> None:
        """Remember what was there before a write that went well."""
        if request.method not in _WRITES or not self._on():
            return
        world, key = self._world, lower(request.path)
        purpose = f"lag {world.count(key, 'lag')}"
        now = world.timestamp
        until = now + world.span("read_lag", key, purpose), now + world.span("list_lag", key, purpose)
        self._before[key] = (*until, before)

    def shown(self, request: Request, response: Response) -> Response:
        """The response as a caller sees it who meets the lag."""
        if request.method not in {"GET", "HEAD"} or not self._before:
            return response
        body = response.body
        if isinstance(body, dict) and isinstance(body.get("value"), list):
            return self._list(request, response)
        until, _, old = self._before.get(lower(request.path), (0.0, 0.0, None))
        if self._world.timestamp >= until:
            return response
        return not_found(request.path).response() if old is None else Response(200, public(old), response.headers)

    def _list(self, request: Request, response: Response) -> Response:
        now = self._world.timestamp
        waiting = {key: old for key, (_, until, old) in self._before.items() if now < until}
        if not waiting:
            return response
        rows = []
        for row in response.body["value"]:
            key = lower(str(row.get("id", "")))
            if key not in waiting:
                rows.append(row)
            elif waiting[key] is not None:
                rows.append(public(waiting[key] or {}))
        if "nextLink" not in response.body:
            rows += self._gone(request, waiting)
        response.body = {**response.body, "value": rows}
        return response

    def _gone(self, request: Request, waiting: dict[str, Record | None]) -> list[dict[str, Any]]:
        """Rows that were deleted and that the list still shows."""
        scope, _, kind = lower(request.path).rpartition("/")
        place = scope.rpartition("/providers/")[0] if scope.count("/providers/") and scope.endswith(_namespace(scope)) else scope
        return [
            public(old)
            for key, old in sorted(waiting.items())
            if old is not None
            and self._world.find(key) is None
            and key.startswith(place + "/")
            and resource_type(key).endswith("/" + kind)
        ]

    def _on(self) -> bool:
        return bool(self._world.switch("read_lag") != "0" or self._world.switch("list_lag") != "0")


def _namespace(scope: str) -> str:
    return scope.rpartition("/providers/")[2].split("/")[0]
