"""Lists, page by page: each page begins after the last key of the page before, whatever was written in between."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from reconciler.sandbox.arm.messages import ArmError, Request, Response, public
from reconciler.sandbox.tables import Record, Table
from reconciler.sandbox.world import World

DEFAULT_SIZE = 1000
TOKEN = "$skipToken"  # noqa: S105  # a query parameter's name


def page(
    world: World,
    request: Request,
    table: Table,
    scope: str,
    *,
    size: int = DEFAULT_SIZE,
    keep: Callable[[Record], bool] | None = None,
    render: Callable[[Record], Mapping[str, Any]] = public,
) -> Response:
    """A page of the records in or under a lower-cased scope (or index entry), in the order of their ids.

    `keep` filters records before they are counted into pages; `render` makes a record the row to show.
    """
    keys = table.below(scope, after=_after(request))
    rows = (key for key in keys if keep is None or keep(table[key]))
    return _answer(world, request, rows, size, lambda key: render(table[key]))


def page_of(world: World, request: Request, rows: Sequence[Mapping[str, Any]], *, size: int = DEFAULT_SIZE) -> Response:
    """A page of rows that come from no table, in the given order."""
    after = _after(request)
    start = int(after) + 1 if after.isdigit() else 0
    keys = (str(at) for at in range(start, len(rows)))
    return _answer(world, request, keys, size, lambda key: rows[int(key)])


def _answer(world: World, request: Request, keys: Any, size: int, row: Callable[[str], Mapping[str, Any]]) -> Response:
    size = world.switch("page_size") or size
    found = list(islice(keys, size + 1))
    body: dict[str, Any] = {"value": [row(key) for key in found[:size]]}
    if len(found) > size:
        body["nextLink"] = link(request, {TOKEN: base64.urlsafe_b64encode(found[size - 1].encode()).decode()})
    return Response(200, body)


def link(request: Request, changes: Mapping[str, str]) -> str:
    """The address of the same request with other query parameters."""
    query = {**request.query, **{key.lower(): value for key, value in changes.items()}}
    names = {"$skiptoken": TOKEN, "$filter": "$filter"}
    return f"{request.base}{request.path}?{urlencode({names.get(key, key): value for key, value in query.items()})}"


def _after(request: Request) -> str:
    token = request.query.get(TOKEN.lower(), "")
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise ArmError(400, "InvalidSkipToken", f"The skip token '{token}' is invalid.") from None
