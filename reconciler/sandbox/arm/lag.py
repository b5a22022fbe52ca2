"""Read-after-write lag: for a while after a write, reads and lists show what was there before."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from reconciler.sandbox.arm.ids import lower, resource_type
from reconciler.sandbox.arm.messages import Request, Response, not_found, public
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import Shadow, World

_WRITES = frozenset({"PUT", "PATCH", "DELETE"})
_SWITCHES = ("read_lag", "list_lag", "graph_lag")


class Lag:
    """What reads (`read_lag`) and lists (`list_lag`) still show of what was overwritten; Resource Graph asks the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def before_write(self, request: Request) -> Record | None:
        """A copy of what is about to be written, when a lag is on."""
        return deepcopy(self._world.find(request.path)) if self._concerns(request) else None

    def after_write(self, request: Request, before: Record | None) -> None:
        """Remember what was there before a write that went well."""
        if not self._concerns(request):
            return
        world, key = self._world, lower(request.path)
        purpose = f"lag {world.count(key, 'lag')}"
        read, listed, graph = (world.timestamp + world.span(name, key, f"{name} {purpose}") for name in _SWITCHES)
        world.shadows[key] = Shadow(resource_type(key), read, listed, graph, before)

    def _concerns(self, request: Request) -> bool:
        return request.method in _WRITES and any(self._world.switch(name) != "0" for name in _SWITCHES)

    def shown(self, request: Request, response: Response) -> Response:
        """The response as a caller sees it who meets the lag."""
        if request.method not in {"GET", "HEAD"} or not self._world.shadows:
            return response
        if isinstance(response.body, dict) and isinstance(response.body.get("value"), list):
            return self._list(request, response)
        shadow = self._world.shadows.get(lower(request.path))
        if shadow is None or self._world.timestamp >= shadow.read_until:
            return response
        if shadow.before is None:
            return not_found(request.path).response()
        return Response(200, public(shadow.before), response.headers)

    def _list(self, request: Request, response: Response) -> Response:
        now = self._world.timestamp
        waiting = {key: shadow for key, shadow in self._world.shadows.items() if now < shadow.list_until}
        rows: list[dict[str, Any]] = []
        for row in response.body["value"]:
            shadow = waiting.get(lower(str(row.get("id", ""))))
            if shadow is None:
                rows.append(row)
            elif shadow.before is not None:
                rows.append(public(shadow.before))
        if waiting and "nextLink" not in response.body:
            rows += self._gone(request, waiting)
        response.body = {**response.body, "value": rows}
        return response

    def _gone(self, request: Request, waiting: dict[str, Shadow]) -> list[dict[str, Any]]:
        """Rows that were deleted and that the list still shows."""
        listed = lower(request.path)
        scope, _, kind = listed.rpartition("/")
        if scope.rpartition("/")[0].endswith("/providers"):
            scope = scope.rpartition("/providers/")[0]
        return [
            public(shadow.before)
            for key, shadow in sorted(waiting.items())
            if shadow.before is not None
            and self._world.find(key) is None
            and key.startswith(scope + "/")
            and shadow.kind.endswith("/" + kind)
        ]
