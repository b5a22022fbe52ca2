"""Every list ends: on pages that repeat, show nothing, are too many, or take too long."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

import pytest

from reconciler.azure import pages
from reconciler.azure.graph import graph, graph_if_it_answers
from reconciler.azure.reading import descendants
from reconciler.model.errors import AzureError, ReadIncomplete
from reconciler.model.known import Unsure

DISKS = "/subscriptions/s/providers/Microsoft.Compute/disks"


def endless(wire: Any, rows: Any) -> None:
    """A list whose every page links to another one; `rows` makes those of the page with a number."""
    numbers = count(1)

    def page(call: Any) -> Any:
        number = next(numbers)
        return {"value": rows(number), "nextLink": f"{call.url.partition('&page')[0]}&page={number}"}

    wire.on("GET", DISKS, page)


def read(wire: Any, **said: Any) -> str:
    """What is said of a list that doesn't end."""
    with pytest.raises(ReadIncomplete) as raised:
        wire.run(lambda azure: azure.list(DISKS), **said)
    assert DISKS in raised.value.message
    return raised.value.message


def test_empty_pages_without_end(wire: Any) -> None:
    endless(wire, lambda _: [])
    assert "100 pages in a row show nothing new" in read(wire)
    assert len(wire.calls) == pages.MOST_IDLE


def test_the_same_page_without_end(wire: Any) -> None:
    endless(wire, lambda _: [{"id": f"{DISKS}/d"}])
    assert "show nothing new" in read(wire)


def test_new_rows_without_end(wire: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_PAGES", 150)
    endless(wire, lambda number: [{"id": f"{DISKS}/{number}"}])
    assert "more than 150 pages" in read(wire)
    assert len(wire.calls) == 150


def test_pages_that_come_slowly_without_end(wire: Any) -> None:
    numbers = count(1)

    async def page(call: Any) -> Any:
        await asyncio.sleep(100)
        number = next(numbers)
        return {"value": [{"id": f"{DISKS}/{number}"}], "nextLink": f"{call.url}&page={number}"}

    async def look(azure: Any) -> Any:
        with azure.looking():
            return await azure.list(DISKS)

    wire.on("GET", DISKS, page)
    with pytest.raises(ReadIncomplete, match="The time for reading Azure ran out") as raised:
        wire.run(look)
    assert DISKS in raised.value.message
    assert "--look-timeout" in raised.value.hint
    assert len(wire.calls) == 19


def test_empty_pages_before_the_rows_are_followed(wire: Any) -> None:
    numbers = count(1)

    def page(call: Any) -> Any:
        number = next(numbers)
        more = {"nextLink": f"{call.url}&page={number}"} if number < 90 else {}
        return {"value": [] if more else [{"id": "x"}], **more}

    wire.on("GET", DISKS, page)
    assert wire.run(lambda azure: azure.list(DISKS)) == [{"id": "x"}]


def test_what_lies_below_a_management_group_ends(wire: Any) -> None:
    numbers = count(1)
    wire.on("GET", "descendants", lambda call: {"value": [], "nextLink": f"{call.url}&page={next(numbers)}"})
    with pytest.raises(ReadIncomplete, match="managementGroups/everything/descendants"):
        wire.run(lambda azure: descendants(azure, ["everything"]))


def test_an_answer_of_resource_graph_ends(wire: Any) -> None:
    numbers = count(1)
    wire.on("POST", "ResourceGraph", lambda _: {"data": [{"id": "x"}], "$skipToken": str(next(numbers))})
    with pytest.raises(AzureError, match=r"Resource Graph.* does not end"):
        wire.run(lambda azure: graph(azure, "resources | project id"))


@pytest.mark.parametrize(
    "answer",
    [
        {"data": [{"id": "x"}], "totalRecords": 2},
        {"data": [], "totalRecords": 1, "count": 1},
        {"data": [{"id": "x"}], "resultTruncated": "true"},
        {"data": [{"id": "x"}], "$skipToken": 7},
    ],
)
def test_a_part_of_resource_graphs_answer_is_no_answer(wire: Any, answer: Any) -> None:
    wire.on("POST", "ResourceGraph", answer)
    assert isinstance(wire.run(lambda azure: graph_if_it_answers(azure, "resources", dict)), Unsure)


def test_one_look_has_one_deadline(wire: Any) -> None:
    async def twice(azure: Any) -> Any:
        with azure.looking():
            await azure.clock.sleep(1795)
            return await descendants(azure, ["g"])

    wire.on("GET", "descendants", (503, {"error": {"code": "Busy", "message": "m"}}))
    with pytest.raises(ReadIncomplete, match="at the deadline"):
        wire.run(twice)
    assert wire.calls[-1].at <= 1800
