"""Rules for lists, page by page, and for Resource Graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from forging.answers import edits, no_such
from forging.rule import Answer, Asked, Rule, edited, globbed, reply, rule

GRAPH = "POST */providers/Microsoft.ResourceGraph/resources"
"""Where Resource Graph is asked."""

Rows = str | Callable[[Any], bool]


def matches(row: Any, wanted: Rows) -> bool:
    """Whether a row is meant: by a function, or by a glob (without case) that one of its strings matches whole."""
    if callable(wanted):
        return bool(wanted(row))
    if isinstance(row, Mapping):
        return any(matches(value, wanted) for value in row.values())
    if isinstance(row, list):
        return any(matches(value, wanted) for value in row)
    return isinstance(row, str) and globbed(row, wanted)


def with_rows(answer: Answer, change: Callable[[list[Any]], Any]) -> Answer:
    """A page of a list, or of Resource Graph, with other rows; any other answer as it is."""
    body = answer.body
    key = next((key for key in ("value", "data") if isinstance(body, dict) and isinstance(body.get(key), list)), "")
    if not key:
        return answer
    rows = change(list(body[key]))
    if rows == body[key]:
        return answer
    if key == "data" and rows is not None:
        body["totalRecords"] = int(body.get("totalRecords", 0)) - len(body[key]) + len(rows)
        body["count"] = len(rows)
    return answer.of(body | {key: rows})


def changed_list(where: str, change: Callable[[list[Any]], Any], name: str = "changed_list", **said: Any) -> Rule:
    """Each page of a list has the rows that `change` makes of it; fires where those are others."""

    def act(asked: Asked, own: Rule) -> Answer:
        answer = asked.forward()
        made = with_rows(answer, change)
        own.fired += made is not answer
        return made

    return rule(where, act, name, **said)


def lacks(where: str, rows: Rows, **said: Any) -> Rule:
    """A list, or Resource Graph, lacks these rows, on whichever page they would be."""
    return changed_list(where, lambda found: [row for row in found if not matches(row, rows)], "lacks", **said)


def emptied(where: str, **said: Any) -> Rule:
    """A list has no rows; a link to the next page stays as it is."""
    return changed_list(where, lambda _: [], "emptied", **said)


def null_value(where: str, **said: Any) -> Rule:
    """A list is `{"value": null}`."""
    return changed_list(where, lambda _: None, "null_value", **said)


def adds(where: str, *rows: Any, **said: Any) -> Rule:
    """A list has these rows as well, at the end of each page that the rule meets."""
    return changed_list(where, lambda found: [*found, *rows], "adds", **said)


def duplicates(where: str, rows: Rows = lambda _: True, **said: Any) -> Rule:
    """A list shows these rows twice."""
    return changed_list(
        where, lambda found: [one for row in found for one in [row] * (1 + matches(row, rows))], "duplicates", **said
    )


def edits_rows(where: str, rows: Rows, changes: Mapping[str, Any] | Callable[[Any], Any], **said: Any) -> Rule:
    """A list shows these rows with other values: `{"properties.friendlyName": "x", "tags": GONE}`."""
    return changed_list(
        where,
        lambda found: [edited(row, changes) if matches(row, rows) else row for row in found],
        "edits_rows",
        **said,
    )


def edits_graph(changes: Mapping[str, Any], **said: Any) -> Rule:
    """Resource Graph's answer with other values beside its rows: `{"resultTruncated": "true"}`."""
    return edits(GRAPH, changes, **said)


def hides(glob: str, **said: Any) -> Rule:
    """Azure denies that there are resources of these ids: no list has them, and a GET finds Resource Manager's 404."""

    def is_hidden(row: Any) -> bool:
        return isinstance(row, Mapping) and globbed(str(row.get("id", "")), glob)

    def act(asked: Asked, own: Rule) -> Answer:
        if asked.method == "GET" and globbed(asked.path, glob):
            own.fired += 1
            return no_such("ResourceNotFound", asked.path)
        answer = asked.forward()
        made = with_rows(answer, lambda rows: [row for row in rows if not is_hidden(row)])
        own.fired += made is not answer
        return made

    return rule("* *", act, f"hides {glob}", **said)


# Pages


def pages(where: str, size: int, **said: Any) -> Rule:
    """A list comes in pages of `size` rows, as later rules have made them; earlier rules see the single pages."""

    def act(asked: Asked, own: Rule) -> Answer:
        begin = int(asked.query.pop("$forged", "0"))
        answer, rows = _whole(asked)
        if rows is None:
            return answer
        body: dict[str, Any] = {"value": rows[begin : begin + size]}
        if begin + size < len(rows):
            own.fired += 1
            body["nextLink"] = asked.link(**{"$forged": str(begin + size)})
        return answer.of(body)

    return rule(where, act, "pages", **said)


def endless(where: str, *, rows: bool = False, at_most: int = 3000, **said: Any) -> Rule:
    """Every page of a list links to another one, without end, and is empty; with `rows` the first has all rows.

    A command that reads so many pages of one list fails the test.
    """

    def act(asked: Asked, own: Rule) -> Answer:
        number = int(asked.query.pop("$forged", "0"))
        assert number < at_most, f"the command has read {at_most} pages, and goes on"
        found = (_whole(asked)[1] or []) if rows and not number else []
        own.fired += 1
        return reply(200, {"value": found, "nextLink": asked.link(**{"$forged": str(number + 1)})})

    return rule(where, act, "endless", **said)


def _whole(asked: Asked) -> tuple[Answer, list[Any] | None]:
    """All rows of all true pages of a list; None where it is no list."""
    rows: list[Any] = []
    query = dict(asked.query)
    while True:
        answer = asked.forward(**query)
        body = answer.body
        if not isinstance(body, dict) or not isinstance(body.get("value"), list):
            return answer, None
        rows += body["value"]
        if not body.get("nextLink"):
            return answer, rows
        query = dict(parse_qsl(body["nextLink"].partition("?")[2]))
