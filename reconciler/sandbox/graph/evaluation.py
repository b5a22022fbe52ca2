"""Evaluates a parsed query over rows: nulls spread, `=~` and `in~` ignore case, `has` matches whole terms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from reconciler.sandbox import json_text
from reconciler.sandbox.graph.kql import Expression, Query, Step

Row = dict[str, Any]


def run(query: Query, rows_of: Callable[[Query], Iterable[Row]]) -> list[Row]:
    """What a query makes of its table's rows, which `rows_of` tells for it and for each leg of its unions."""
    found = list(rows_of(query))
    for step in query.steps:
        found = _union(step, found, rows_of) if step.operator == "union" else _STEPS[step.operator](step, found)
    return found


def _union(step: Step, rows: list[Row], rows_of: Callable[[Query], Iterable[Row]]) -> list[Row]:
    """The rows of all legs, each with every column that one of them has: null where it has none itself."""
    united = [*rows, *(row for leg in step.legs for row in run(leg, rows_of))]
    columns = dict.fromkeys(name for row in united for name in row)
    return [{name: row.get(name) for name in columns} for row in united]


def _where(step: Step, rows: list[Row]) -> list[Row]:
    condition = step.columns[0][1]
    return [row for row in rows if value(condition, row) is True]


def _extend(step: Step, rows: list[Row]) -> list[Row]:
    extended = []
    for row in rows:
        wider = dict(row)
        for name, expression in step.columns:
            wider[name] = value(expression, wider)
        extended.append(wider)
    return extended


def _project(step: Step, rows: list[Row]) -> list[Row]:
    return [{name: value(expression, row) for name, expression in step.columns} for row in rows]


def _away(step: Step, rows: list[Row]) -> list[Row]:
    gone = {name for name, _ in step.columns}
    return [{key: item for key, item in row.items() if key not in gone} for row in rows]


def _distinct(step: Step, rows: list[Row]) -> list[Row]:
    seen: dict[str, Row] = {}
    for row in _project(step, rows):
        seen.setdefault(repr(row), row)
    return list(seen.values())


def _order(step: Step, rows: list[Row]) -> list[Row]:
    for (_, expression), descends in reversed(list(zip(step.columns, step.descending, strict=True))):
        rows = sorted(rows, key=lambda row: _rank(value(expression, row)), reverse=descends)
    return rows


def _rank(found: Any) -> tuple[int, float, str]:
    if found is None:
        return 0, 0.0, ""
    return (1, float(found), "") if isinstance(found, (int, float)) else (2, 0.0, str(found))


def _limit(step: Step, rows: list[Row]) -> list[Row]:
    return rows[: step.number]


def _summarize(step: Step, rows: list[Row]) -> list[Row]:
    groups: dict[str, tuple[Row, list[Row]]] = {}
    for row in rows:
        shared = {name: value(expression, row) for name, expression in step.by}
        groups.setdefault(repr(shared), (shared, []))[1].append(row)
    if not step.by:
        groups.setdefault("{}", ({}, []))
    return [
        {**shared, **{name: _aggregate(expression, inside) for name, expression in step.columns}}
        for shared, inside in groups.values()
    ]


def _aggregate(expression: Expression, rows: list[Row]) -> Any:
    if expression.value == "count":
        return len(rows)
    found = [item for row in rows if (item := value(expression.parts[0], row)) is not None]
    if expression.value == "dcount":
        return len(set(map(_text, found)))
    if expression.value == "sum":
        return sum(item for item in found if isinstance(item, (int, float)))
    ranked = sorted(found, key=_rank)
    return (ranked[0] if expression.value == "min" else ranked[-1]) if ranked else None


_STEPS: dict[str, Callable[[Step, list[Row]], list[Row]]] = {
    "where": _where,
    "extend": _extend,
    "project": _project,
    "project-away": _away,
    "distinct": _distinct,
    "order": _order,
    "limit": _limit,
    "summarize": _summarize,
    "top": lambda step, rows: _limit(step, _order(step, rows)),
    "count": lambda _, rows: [{"Count": len(rows)}],
}


def value(expression: Expression, row: Row) -> Any:
    """The value of an expression in a row; None where a path leads nowhere."""
    kind = expression.kind
    if kind == "literal":
        return expression.value
    if kind == "column":
        return row.get(expression.value)
    given = [value(part, row) for part in expression.parts]
    if kind == "list":
        return given
    if kind == "call":
        return FUNCTIONS_OF_VALUES[expression.value](*given)
    return _COMBINED[kind](expression.value, *given)


def _index(found: Any, key: Any) -> Any:
    if isinstance(found, dict):
        return found.get(key)
    if isinstance(found, list) and isinstance(key, int):
        return found[key] if -len(found) <= key < len(found) else None
    return None


def _text(found: Any) -> str:
    if found is None:
        return ""
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, (dict, list)):
        return json_text.dumps(found).decode()
    return str(found)


def _compare(operator: str, left: Any, right: Any) -> bool:
    if operator in {"!=", "!~"}:
        return not _compare({"!=": "==", "!~": "=~"}[operator], left, right)
    if operator.startswith("!"):
        return not _compare(operator[1:], left, right)
    if operator in {"in", "in~"}:
        return any(_compare("==" if operator == "in" else "=~", left, item) for item in right)
    if operator in {"<", ">", "<=", ">="}:
        return _ordered(operator, left, right)
    if operator == "==":
        return _equal(left, right)
    return _WORDS[operator](_text(left).lower(), _text(right).lower())


def _equal(left: Any, right: Any) -> bool:
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    return bool(left == right) if numbers else _text(left) == _text(right)


def _has(text: str, term: str) -> bool:
    return re.search(rf"(?<![a-z0-9]){re.escape(term)}(?![a-z0-9])", text) is not None


_WORDS: dict[str, Callable[[str, str], bool]] = {
    "=~": str.__eq__,
    "has": _has,
    "contains": str.__contains__,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


def _ordered(operator: str, left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    one, other = _rank(left), _rank(right)
    return {"<": one < other, ">": one > other, "<=": one <= other, ">=": one >= other}[operator]


_COMBINED: dict[str, Callable[..., Any]] = {
    "and": lambda _, left, right: left is True and right is True,
    "or": lambda _, left, right: left is True or right is True,
    "index": lambda _, found, key: _index(found, key),
    "compare": _compare,
}


def _is_empty(found: Any) -> bool:
    return found is None or found in ("", [], {})


def _case(*given: Any) -> Any:
    """The value after the first condition that holds; the last value when none does."""
    pairs = zip(given[:-1:2], given[1:-1:2], strict=False)
    return next((then for condition, then in pairs if condition is True), given[-1] if given else None)


def _integer(found: Any) -> int | None:
    return int(float(found)) if re.fullmatch(r"-?\d+(\.\d+)?", _text(found)) else None


FUNCTIONS_OF_VALUES: dict[str, Callable[..., Any]] = {
    "case": _case,
    "iff": _case,
    "iif": _case,
    "array_length": lambda found: len(found) if isinstance(found, list) else None,
    "isempty": _is_empty,
    "isnotempty": lambda found: not _is_empty(found),
    "isnotnull": lambda found: found is not None,
    "isnull": lambda found: found is None,
    "not": lambda found: found is not True,
    "split": lambda found, mark: _text(found).split(_text(mark)),
    "strcat": lambda *found: "".join(map(_text, found)),
    "toint": _integer,
    "todatetime": lambda found: found or None,
    "tolower": lambda found: _text(found).lower(),
    "tostring": _text,
    "toupper": lambda found: _text(found).upper(),
}
"""What each function of the language makes of its arguments."""
