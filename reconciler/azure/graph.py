"""Resource Graph: one query over everything that the caller may read; it lags, so no absence follows from it."""

from __future__ import annotations

from typing import Any

from reconciler.azure.connection import Azure
from reconciler.azure.governor import until
from reconciler.errors import ReconcilerError

_PATH = "/providers/Microsoft.ResourceGraph/resources"
_SECONDS = 20.0
_ROWS = 1000


async def graph(azure: Azure, query: str) -> list[Any]:
    """All rows of a query; AzureError when it is refused."""
    rows: list[Any] = []
    options: dict[str, Any] = {"$top": _ROWS, "resultFormat": "objectArray"}
    while True:
        page = await azure.post(_PATH, {"query": query, "options": options})
        data = page.get("data")
        rows += data if isinstance(data, list) else []
        token = page.get("$skipToken")
        if not token or token == options.get("$skipToken"):
            return rows
        options = {**options, "$skipToken": token}


async def graph_if_it_answers(azure: Azure, query: str) -> list[Any] | None:
    """All rows of a query; None when it fails or takes longer than 20 seconds: nothing may hang on it."""
    try:
        with until(azure.clock.monotonic() + _SECONDS):
            return await graph(azure, query)
    except ReconcilerError:
        return None


def literal(text: str) -> str:
    """Text as a literal of the query language."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
