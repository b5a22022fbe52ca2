"""Resource Graph: one query over everything that the caller may read; it lags, so it never proves an absence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from reconciler.azure.connection import Azure, incomplete
from reconciler.azure.deadlines import until
from reconciler.azure.fields import checked, understood
from reconciler.azure.pages import Pages
from reconciler.azure.reads import known
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError
from reconciler.model.ids import lower
from reconciler.model.known import Known

_PATH = "/providers/Microsoft.ResourceGraph/resources"
_SECONDS = 20.0
_ROWS = 1000

_Row = TypeVar("_Row")


async def graph(azure: Azure, query: str) -> list[Any]:
    """All rows of a query; AzureError when it is refused or the answer is cut short."""
    rows: list[Any] = []
    options: dict[str, Any] = {"$top": _ROWS, "resultFormat": "objectArray"}
    pages = Pages(f"of Resource Graph ({query.partition('|')[0].strip()})", azure.clock)
    while True:
        page = await azure.post(_PATH, {"query": query, "options": options})
        data, token = page.get("data"), page.get("$skipToken")
        if not isinstance(data, list):
            raise _cut_short("it has no `data` with its rows")
        rows += data
        if not token and lower(str(page.get("resultTruncated"))) == "true":
            raise _cut_short("it is truncated, without a token for the next page")
        if token:
            options = {**options, "$skipToken": pages.follow(data, token)}
            continue
        total = page.get("totalRecords")
        if isinstance(total, int) and total > len(rows):
            raise _cut_short(f"it has {len(rows)} of {total} rows")
        return rows


def _cut_short(why: str) -> AzureError:
    return AzureError(
        f"Could not read the answer of Resource Graph to the end: {why}.",
        code=error_codes.UNREADABLE_ANSWER,
        target=_PATH,
        hint="run it again; if this persists, report it to Azure support",
    )


async def graph_if_it_answers(
    azure: Azure, query: str, project: Callable[[Mapping[str, Any]], _Row]
) -> Known[tuple[_Row, ...]]:
    """All rows of a query; unsure when it fails, takes longer than 20 seconds, or has a row that makes no sense."""

    async def read() -> tuple[_Row, ...]:
        try:
            with until(azure.clock.monotonic() + _SECONDS):
                rows = await graph(azure, query)
        except AzureError as error:
            raise incomplete(_PATH, error) from error
        with understood("A row of Resource Graph"):
            return tuple(project(checked(row)) for row in rows)

    return await known(read())


def literal(text: str) -> str:
    """The text as a string literal of the query language."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
