"""What a rule is: which requests it meets, and how the chain of all rules answers one."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

GONE = object()
"""As a value in `edits` and `edits_rows`: the field is taken out."""

EVER = 10**9
JSON = {"Content-Type": "application/json; charset=utf-8"}
ASKING = (
    "/validateforbackup",
    "/validaterestore",
    "/providers/microsoft.resourcegraph/resources",
    "/checknameavailability",
    "/checkfeaturesupport",
    "/findrestorabletimeranges",
)
_COUNTING = threading.Lock()


class Answer(NamedTuple):
    """What goes back to the command, so many simulated seconds later than the request came."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    seconds: float = 0.0

    @property
    def body(self) -> Any:
        """The decoded JSON; None where there is none."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    def of(self, body: Any) -> Answer:
        """The same answer with another body."""
        return self._replace(content=json.dumps(body).encode())


def reply(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer of a JSON body, of bytes as they are, or of nothing."""
    if isinstance(body, bytes):
        return Answer(status, dict(headers or {}), body)
    content = b"" if body is None else json.dumps(body).encode()
    return Answer(status, {**(JSON if content else {}), **(headers or {})}, content)


def error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Resource Manager's envelope of an error."""
    return reply(status, {"error": {"code": code, "message": message}}, headers)


class Unanswered(ConnectionError):
    """The connection is cut in place of an answer."""


@dataclass
class Asked:
    """A request on its way. `forward` asks whoever comes next: the rules after this one, and then the sandbox."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    base: str
    azure: Any = None
    onward: Callable[[Asked], Answer] = field(default=lambda _: reply(502), repr=False)

    def forward(self, **query: str) -> Answer:
        """What the others answer; with other query parameters, if some are said."""
        return self.onward(replace(self, query=query) if query else self)

    def link(self, path: str = "", **query: str) -> str:
        """An address that leads back here: this request's own, with other query parameters."""
        named = {**self.query, **query}
        return f"{self.base}{quote(path or self.path, safe='/:;=')}?{urlencode(named)}"


Act = Callable[[Asked, "Rule"], Answer]


@dataclass
class Rule:
    """What happens to the requests that `where` matches: the first `after` of them pass, the next `times` are met.

    `where`: a method (or `*`) and a glob of the whole path: `GET */backupInstances` (see `globbed`). `when` looks
    further into a request. `fired` counts what was forged; a rule that never fired fails the test, unless `optional`.
    `also` may answer other requests in consequence, or return None.
    """

    where: str
    act: Act
    name: str = ""
    when: Callable[[Asked], bool] = lambda _: True
    after: int = 0
    times: int = EVER
    optional: bool = False
    also: Callable[[Asked], Answer | None] = lambda _: None
    matched: int = 0
    fired: int = 0

    def meets(self, asked: Asked) -> bool:
        """Whether this request is this rule's; counts it."""
        if not fits(self.where, asked.method, asked.path) or not self.when(asked):
            return False
        with _COUNTING:
            self.matched += 1
            return self.after < self.matched <= self.after + self.times

    def __call__(self, asked: Asked) -> Answer:
        """The answer under this rule."""
        found = self.also(asked)
        if found is not None:
            return found
        return self.act(asked, self) if self.meets(asked) else asked.forward()

    def __str__(self) -> str:
        return f"{self.name}({self.where!r}) fired {self.fired} times; requests that matched: {self.matched}"


def rule(where: str, act: Act, name: str = "rule", *, once: bool = False, **said: Any) -> Rule:
    """A rule of one's own; `act` gets the request and the rule, and counts `rule.fired` when it forges."""
    method, _, path = where.partition(" ")
    assert path.startswith(("/", "*")), f"{where!r}: write a method, a space and a glob of the path"
    assert method == method.upper(), f"{where!r}: write the method in capitals"
    if once:
        said["times"] = 1
    return Rule(where, act, name, **said)


def fits(where: str, method: str, path: str) -> bool:
    """Whether a request is meant by `where`."""
    wanted, _, glob = where.partition(" ")
    return wanted in {"*", method} and globbed(path, glob)


def globbed(text: str, glob: str) -> bool:
    """Whether a glob matches the whole text, without case; in its last segment `*` is of one segment, `**` of more."""
    text, glob = text.lower(), glob.lower()
    begin, _, last = glob.rpartition("/")
    if not begin or last == "**":
        return fnmatchcase(text, glob)
    over, _, name = text.rpartition("/")
    return fnmatchcase(over, begin) and fnmatchcase(name, last)


def about(*texts: str) -> Callable[[Asked], bool]:
    """For `when`: the request's body holds all these texts, without case, such as a table's name in a Graph query."""
    return lambda asked: all(text.lower() in json.dumps(asked.body).lower() for text in texts)


def edited(body: Any, changes: Mapping[str, Any] | Callable[[Any], Any]) -> Any:
    """A copy with the fields at these dotted paths set, or taken out by GONE; numbers are places in lists.

    What is null has no fields, as in rows of a union in Resource Graph, and stays so.
    """
    made = json.loads(json.dumps(body))
    if callable(changes):
        return changes(made)
    for path, value in changes.items():
        *steps, last = path.split(".")
        inside = made
        for step in steps:
            inside = inside[int(step)] if isinstance(inside, list) else inside.setdefault(step, {})
            if inside is None:
                break
        key: Any = int(last) if isinstance(inside, list) else last
        if inside is None:
            continue
        if value is not GONE:
            inside[key] = value
        elif isinstance(inside, list) or key in inside:
            del inside[key]
    return made


class Request(NamedTuple):
    """One request that came, and what the command got for it; status 0: the connection was cut."""

    method: str
    path: str
    query: dict[str, str]
    status: int
    body: Any
    answer: Any

    @property
    def is_write(self) -> bool:
        """Whether it may change Azure: a validation or a query is a POST that doesn't."""
        return self.method not in {"GET", "HEAD"} and not self.path.lower().endswith(ASKING)

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


class Chain:
    """All rules in their order, the first one outermost, and a record of what came."""

    def __init__(self, rules: list[Rule]) -> None:
        self.rules = rules
        self.requests: list[Request] = []
        self.problems: list[str] = []

    def answer(self, asked: Asked, sandbox: Callable[[Asked], Answer]) -> Answer:
        """The answer to a request; Unanswered where the connection is to be cut."""
        query, status, body = dict(asked.query), 0, None
        try:
            answer = self._from(0, sandbox)(asked)
            status, body = answer.status, answer.body
        except Unanswered:
            raise
        except Exception as problem:  # noqa: BLE001 - a mistake in a rule is the test's, and must not look like Azure's
            self.problems.append(f"{asked.method} {asked.path}: {type(problem).__name__}: {problem}")
            return reply(418)
        finally:
            self.requests.append(Request(asked.method, asked.path, query, status, asked.body, body))
        return answer

    def _from(self, number: int, sandbox: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
        if number == len(self.rules):
            return sandbox
        return lambda asked: self.rules[number](replace(asked, onward=self._from(number + 1, sandbox)))
