"""The part of Kusto's query language that is asked of Resource Graph here, parsed; anything else is an error, never ignored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<string>@?'(?:[^'\\]|\\.)*'|@?"(?:[^"\\]|\\.)*")
    |(?P<date>datetime\s*\([^)]*\))
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<word>!(?:in~|in|has|contains|startswith|endswith)(?![\w])|in~|project-away|[A-Za-z_$][\w$]*)
    |(?P<sign>=~|!~|==|!=|<=|>=|[|()\[\],.=<>])""",
    re.VERBOSE,
)
COMPARISONS = frozenset({
    "==", "!=", "=~", "!~", "<", ">", "<=", ">=", "in", "in~", "!in", "!in~", "has", "!has", "contains", "!contains",
    "startswith", "!startswith", "endswith", "!endswith",
})  # fmt: skip
FUNCTIONS = {
    "tolower": 1, "toupper": 1, "tostring": 1, "toint": 1, "isnotempty": 1, "isempty": 1, "isnull": 1, "isnotnull": 1,
    "not": 1, "split": 2, "strcat": -1, "array_length": 1, "todatetime": 1, "case": -1, "iff": 3, "iif": 3,
}  # fmt: skip
AGGREGATES = {"count": 0, "sum": 1, "min": 1, "max": 1, "dcount": 1}
OPERATORS = frozenset({
    "where", "extend", "project", "project-away", "order", "sort", "limit", "take", "count", "distinct", "summarize",
    "top", "union",
})  # fmt: skip
_MOST_LEGS = 3
_UNITED = frozenset({"resources", "resourcecontainers"})
"""The tables that may be in a union with each other; another one may be only with itself."""


class QueryError(Exception):
    """The query cannot be parsed: where, and the word that is in the way."""

    def __init__(self, text: str, position: int, token: str) -> None:
        super().__init__(f"unexpected '{token}'")
        self.line = text.count("\n", 0, position) + 1
        self.column = position - (text.rfind("\n", 0, position) + 1)
        self.token = token


@dataclass(frozen=True, slots=True)
class Expression:
    """One node: `kind` is literal, column, index, call, aggregate, compare, and, or, list; `value` its name or constant."""

    kind: str
    value: Any = None
    parts: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One operator after a pipe: named expressions (name "" where it has none), for order which descend, for summarize `by`.

    For a union, `legs` are the queries whose rows follow.
    """

    operator: str
    columns: tuple[tuple[str, Expression], ...] = ()
    descending: tuple[bool, ...] = ()
    number: int = 0
    by: tuple[tuple[str, Expression], ...] = ()
    legs: tuple[Query, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A table's lower-cased name and what is done with its rows."""

    table: str
    steps: tuple[Step, ...]

    def kind(self) -> str:
        """The lower-cased type that the first condition names, so that rows of others need not be made; empty: none."""
        first = self.steps[0] if self.steps else Step("")
        condition = first.columns[0][1] if first.operator == "where" else Expression("")
        if condition.kind != "compare" or condition.value not in {"=~", "=="}:
            return ""
        column, named = condition.parts
        is_type = (column.kind, column.value, named.kind) == ("column", "type", "literal")
        return str(named.value).lower() if is_type else ""

    def tables(self) -> set[str]:
        """The lower-cased names of its own table and of those in its unions."""
        return {self.table}.union(*(leg.tables() for step in self.steps for leg in step.legs))


def parse(text: str) -> Query:
    """The query that a text spells; QueryError otherwise."""
    return _Parser(text).query()


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise QueryError(text, position, text[position])
        if match.lastgroup != "space":
            yield str(match.lastgroup), match[0], position
        position = match.end()
    yield "end", "<EOF>", position


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0

    @property
    def _kind(self) -> str:
        return self._tokens[self._at][0]

    @property
    def _word(self) -> str:
        return self._tokens[self._at][1]

    def _error(self) -> QueryError:
        _, token, position = self._tokens[self._at]
        return QueryError(self._text, position, token)

    def _take(self, *words: str) -> bool:
        if self._kind in {"word", "sign"} and self._word.lower() in words:
            self._at += 1
            return True
        return False

    def _need(self, *words: str) -> None:
        if not self._take(*words):
            raise self._error()

    def _name(self) -> str:
        if self._kind != "word":
            raise self._error()
        self._at += 1
        return self._tokens[self._at - 1][1]

    def query(self) -> Query:
        table = self._name().lower()
        steps = []
        if table in OPERATORS:
            table, self._at = "resources", 0
            steps.append(self._step())
        found = self._piped(table, steps)
        if self._kind != "end":
            raise self._error()
        tables = found.tables()
        if len(tables) > 1 and not tables <= _UNITED:
            raise self._error()
        return found

    def _piped(self, table: str, steps: list[Step]) -> Query:
        while self._take("|"):
            steps.append(self._step())
        if sum(len(step.legs) for step in steps) > _MOST_LEGS:
            raise self._error()
        return Query(table, tuple(steps))

    def _union(self) -> Step:
        """Each leg is a table, or a query in brackets without a union of its own, as Resource Graph has it."""
        legs = []
        while True:
            bracketed = self._take("(")
            table = self._name().lower()
            legs.append(self._piped(table, []) if bracketed else Query(table, ()))
            if any(step.legs for step in legs[-1].steps):
                raise self._error()
            if bracketed:
                self._need(")")
            if not self._take(","):
                return Step("union", legs=tuple(legs))

    def _step(self) -> Step:
        operator = self._word.lower()
        if operator not in OPERATORS:
            raise self._error()
        self._at += 1
        if operator in {"limit", "take", "count"}:
            return Step("count") if operator == "count" else Step("limit", number=int(self._literal("number")))
        if operator in {"top", "order", "sort"}:
            return self._top() if operator == "top" else self._order()
        if operator in {"summarize", "union"}:
            return self._summarize() if operator == "summarize" else self._union()
        if operator == "where":
            return Step("where", (("", self._either()),))
        return Step(operator, tuple(self._columns(needs_value=operator == "extend")))

    def _columns(self, *, needs_value: bool) -> Iterator[tuple[str, Expression]]:
        while True:
            following = self._tokens[self._at + 1][1] if self._kind == "word" else ""
            if following == "=":
                name = self._name()
                self._need("=")
                yield name, self._either()
            elif needs_value:
                raise self._error()
            else:
                start = self._tokens[self._at][1]
                expression = self._either()
                yield (start if expression.kind == "column" else _last(expression)), expression
            if not self._take(","):
                return

    def _summarize(self) -> Step:
        columns = [] if self._word.lower() == "by" else list(self._columns(needs_value=False))
        if any(expression.kind != "aggregate" for _, expression in columns):
            raise self._error()
        by = tuple(self._columns(needs_value=False)) if self._take("by") else ()
        return Step("summarize", tuple(columns), by=by)

    def _top(self) -> Step:
        return self._order("top", int(self._literal("number")))

    def _order(self, operator: str = "order", number: int = 0) -> Step:
        self._need("by")
        columns, descending = [], []
        while True:
            columns.append(("", self._either()))
            descending.append(not self._take("asc"))
            if descending[-1]:
                self._take("desc")
            if not self._take(","):
                return Step(operator, tuple(columns), tuple(descending), number)

    def _either(self) -> Expression:
        found = self._both()
        while self._take("or"):
            found = Expression("or", parts=(found, self._both()))
        return found

    def _both(self) -> Expression:
        found = self._comparison()
        while self._take("and"):
            found = Expression("and", parts=(found, self._comparison()))
        return found

    def _comparison(self) -> Expression:
        left = self._postfix()
        if self._kind not in {"word", "sign"} or self._word.lower() not in COMPARISONS:
            return left
        operator = self._word.lower()
        self._at += 1
        right = self._list() if operator.strip("!~") == "in" else self._postfix()
        return Expression("compare", operator, (left, right))

    def _list(self) -> Expression:
        self._need("(")
        found = [self._postfix()]
        while self._take(","):
            found.append(self._postfix())
        self._need(")")
        return Expression("list", parts=tuple(found))

    def _postfix(self) -> Expression:
        found = self._primary()
        while True:
            if self._take("."):
                found = Expression("index", parts=(found, Expression("literal", self._name())))
            elif self._take("["):
                found = Expression("index", parts=(found, self._either()))
                self._need("]")
            else:
                return found

    def _primary(self) -> Expression:
        if self._take("("):
            found = self._either()
            self._need(")")
            return found
        if self._kind in {"string", "number", "date"}:
            return Expression("literal", self._literal(self._kind))
        word = self._name()
        if word.lower() in {"true", "false", "null"}:
            return Expression("literal", {"true": True, "false": False}.get(word.lower()))
        if self._word == "(":
            return self._call(word.lower())
        return Expression("column", word)

    def _call(self, name: str) -> Expression:
        wanted = AGGREGATES.get(name, FUNCTIONS.get(name))
        if wanted is None:
            self._at -= 1
            raise self._error()
        parts = self._arguments()
        if wanted not in {-1, len(parts)}:
            raise self._error()
        return Expression("aggregate" if name in AGGREGATES else "call", name, parts)

    def _arguments(self) -> tuple[Expression, ...]:
        self._need("(")
        found: list[Expression] = []
        while not self._take(")"):
            if found:
                self._need(",")
            found.append(self._either())
        return tuple(found)

    def _literal(self, kind: str) -> Any:
        if self._kind != kind:
            raise self._error()
        self._at += 1
        text = self._tokens[self._at - 1][1]
        if kind == "date":
            return self._date(text.partition("(")[2].strip(" )'\""))
        if kind == "number":
            return float(text) if "." in text else int(text)
        if text[0] == "@":
            return text[2:-1]
        return re.sub(r"\\(.)", r"\1", text[1:-1])

    def _date(self, text: str) -> str:
        """A time as Resource Graph's rows have it, so that comparing texts compares times."""
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            self._at -= 1
            raise self._error() from None
        utc = found.astimezone(UTC) if found.tzinfo else found
        return f"{utc:%Y-%m-%dT%H:%M:%S.%f}0Z"


def _last(expression: Expression) -> str:
    """The name of a column that is projected by path: `properties.status` becomes `properties_status`."""
    if expression.kind == "index" and expression.parts[1].kind == "literal":
        before, after = _last(expression.parts[0]), expression.parts[1].value
        return f"{before}_{after}" if before else str(after)
    if expression.kind == "aggregate":
        return f"{expression.value}_{_last(expression.parts[0]) if expression.parts else ''}"
    return str(expression.value) if expression.kind == "column" else "Column1"
