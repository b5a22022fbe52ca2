"""Rules by which a proxy forges Azure's answers; `forging` tells how they are used."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

GRAPH = "POST */providers/Microsoft.ResourceGraph/resources"
"""Where Resource Graph is asked."""

GONE = object()
"""As a value in `edits` and `edits_rows`: the field is taken out."""

EVER = 10**9
JSON = {"Content-Type": "application/json; charset=utf-8"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
PAGE = b"<!DOCTYPE html><html><head><title>Proxy</title></head><body><h1>The page is not here</h1></body></html>"


class Answer(NamedTuple):
    """What goes back to the command."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        """The decoded JSON; None where there is none."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    def of(self, body: Any) -> Answer:
        """The same answer with another body."""
        return Answer(self.status, self.headers, json.dumps(body).encode())


def reply(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer of a JSON body, of bytes as they are, or of nothing."""
    if isinstance(body, bytes):
        return Answer(status, dict(headers or {}), body)
    content = b"" if body is None else json.dumps(body).encode()
    return Answer(status, {**(JSON if content else {}), **(headers or {})}, content)


def error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Resource Manager's envelope of an error."""
    return reply(status, {"error": {"code": code, "message": message}}, headers)


class Unanswered(Exception):
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
    forward: Callable[[Asked], Answer] = field(default=lambda _: reply(502), repr=False)

    def link(self, path: str = "", **query: str) -> str:
        """An address that leads back to the proxy: this request's own, with other query parameters."""
        named = {**self.query, **query}
        return f"{self.base}{quote(path or self.path, safe='/:;=')}?{urlencode(named)}"


Act = Callable[[Asked, "Rule"], Answer]
Rows = str | Callable[[Any], bool]


@dataclass
class Rule:
    """What happens to the requests that `where` matches: the first `after` of them pass, the next `times` are met.

    `where`: a method (or `*`) and a glob of the whole path, both without case: `GET */backupInstances`. `when` looks
    further into a request. `fired` counts what was forged; a rule that never fired fails the test, unless `optional`.
    """

    where: str
    act: Act
    name: str = ""
    when: Callable[[Asked], bool] = lambda _: True
    after: int = 0
    times: int = EVER
    optional: bool = False
    matched: int = 0
    fired: int = 0
    also: Callable[[Asked], Answer | None] = lambda _: None

    def meets(self, asked: Asked) -> bool:
        """Whether this request is this rule's; counts it."""
        method, _, path = self.where.partition(" ")
        if method not in {"*", asked.method} or not fnmatchcase(asked.path.lower(), path.lower()):
            return False
        if not self.when(asked):
            return False
        self.matched += 1
        return self.after < self.matched <= self.after + self.times

    def __call__(self, asked: Asked) -> Answer:
        """The answer under this rule."""
        found = self.also(asked)
        if found is not None:
            return found
        return self.act(asked, self) if self.meets(asked) else asked.forward(asked)

    def __str__(self) -> str:
        return f"{self.name}({self.where!r}) fired {self.fired} times; requests that matched: {self.matched}"


def rule(where: str, act: Act, name: str, *, once: bool = False, **said: Any) -> Rule:
    """A rule of one's own; `act` gets the request and the rule, and counts `rule.fired` when it forges."""
    method, _, path = where.partition(" ")
    assert path.startswith(("/", "*")), f"{where!r}: write a method, a space and a glob of the path"
    assert method == method.upper(), f"{where!r}: write the method in capitals"
    if once:
        said["times"] = 1
    return Rule(where, act, name, **said)


# Lists


def matches(row: Any, wanted: Rows) -> bool:
    """Whether a row is meant: by a function, or by a glob (without case) that one of its strings matches whole."""
    if callable(wanted):
        return bool(wanted(row))
    if isinstance(row, Mapping):
        return any(matches(value, wanted) for value in row.values())
    if isinstance(row, list):
        return any(matches(value, wanted) for value in row)
    return isinstance(row, str) and fnmatchcase(row.lower(), wanted.lower())


def changed_list(where: str, change: Callable[[list[Any]], Any], name: str, **said: Any) -> Rule:
    """A rule on the rows of each page of a list (or of Resource Graph); it fires where `change` changes them."""

    def act(asked: Asked, own: Rule) -> Answer:
        answer = asked.forward(asked)
        body = answer.body
        key = next((key for key in ("value", "data") if isinstance(body, dict) and isinstance(body.get(key), list)), "")
        if not key:
            return answer
        rows = change(list(body[key]))
        if rows == body[key]:
            return answer
        own.fired += 1
        body[key] = rows
        if key == "data":
            lost = int(body.get("count", 0)) - len(rows)
            body |= {"count": len(rows), "totalRecords": int(body.get("totalRecords", 0)) - lost}
        return answer.of(body)

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


def duplicates(where: str, rows: Rows = "*", **said: Any) -> Rule:
    """A list shows these rows twice."""
    return changed_list(
        where, lambda found: [one for row in found for one in [row] * (1 + matches(row, rows))], "duplicates", **said
    )


def edits_rows(where: str, rows: Rows, changes: Mapping[str, Any], **said: Any) -> Rule:
    """A list shows these rows with other values: `{"properties.friendlyName": "x", "tags": GONE}`."""
    return changed_list(
        where,
        lambda found: [edited(row, changes) if matches(row, rows) else row for row in found],
        "edits_rows",
        **said,
    )


def pages(where: str, size: int, **said: Any) -> Rule:
    """A list comes in pages of `size` rows; put it before the rules that change rows."""

    def act(asked: Asked, own: Rule) -> Answer:
        begin = int(asked.query.pop("$forged", "0"))
        answer, rows = _whole(asked)
        if rows is None:
            return answer
        body = {"value": rows[begin : begin + size]}
        if begin + size < len(rows):
            own.fired += 1
            body["nextLink"] = asked.link(**{"$forged": str(begin + size)})
        return answer.of(body)

    return rule(where, act, "pages", **said)


def _whole(asked: Asked) -> tuple[Answer, list[Any] | None]:
    """All rows of all true pages of a list; None where it is no list."""
    rows: list[Any] = []
    query = dict(asked.query)
    while True:
        answer = asked.forward(Asked(**{**asked.__dict__, "query": query}))
        body = answer.body
        if not isinstance(body, dict) or not isinstance(body.get("value"), list):
            return answer, None
        rows += body["value"]
        if not body.get("nextLink"):
            return answer, rows
        query = dict(parse_qsl(body["nextLink"].partition("?")[2]))


def endless(where: str, rows: int = 0, **said: Any) -> Rule:
    """Every page of a list links to another one, without end; the first keeps its rows if `rows`, the rest are empty."""

    def act(asked: Asked, own: Rule) -> Answer:
        number = int(asked.query.pop("$forged", "0"))
        found = (_whole(asked)[1] or []) if rows and not number else []
        own.fired += 1
        return reply(200, {"value": found, "nextLink": asked.link(**{"$forged": str(number + 1)})})

    return rule(where, act, "endless", **said)


# Single objects


def edited(body: Any, changes: Mapping[str, Any]) -> Any:
    """A copy with the fields at these dotted paths set, or taken out by GONE; numbers are places in lists."""
    made = json.loads(json.dumps(body))
    for path, value in changes.items():
        *steps, last = path.split(".")
        inside = made
        for step in steps:
            inside = inside[int(step)] if isinstance(inside, list) else inside.setdefault(step, {})
        key: Any = int(last) if isinstance(inside, list) else last
        if value is not GONE:
            inside[key] = value
        elif isinstance(inside, list) or key in inside:
            del inside[key]
    return made


def edits(where: str, changes: Mapping[str, Any] | Callable[[Any], Any], **said: Any) -> Rule:
    """An object is shown with other values: `{"tags.team": "x", "managedBy": GONE}`, or as a function makes it."""

    def act(asked: Asked, own: Rule) -> Answer:
        answer = asked.forward(asked)
        body = answer.body
        if answer.status >= 300 or body is None:
            return answer
        made = changes(json.loads(answer.content)) if callable(changes) else edited(body, changes)
        own.fired += made != body
        return answer.of(made)

    return rule(where, act, "edits", **said)


def edits_graph(changes: Mapping[str, Any], **said: Any) -> Rule:
    """Resource Graph's answer with other values beside its rows: `{"resultTruncated": "true"}`."""
    return edits(GRAPH, changes, **said)


# Answers in Azure's place


def answers(
    where: str,
    status: int,
    body: Any = None,
    *,
    headers: Mapping[str, str] | None = None,
    retry_after: int | None = None,
    **said: Any,
) -> Rule:
    """Azure isn't asked; this comes back: JSON, or bytes as they are."""
    named = {**(headers or {}), **({} if retry_after is None else {"Retry-After": str(retry_after)})}

    def act(_: Asked, own: Rule) -> Answer:
        own.fired += 1
        return reply(status, body, named)

    return rule(where, act, said.pop("name", f"answers {status}"), **said)


def unavailable(where: str, status: int = 503, **said: Any) -> Rule:
    """503, or another status, as a service says it that is down."""
    body = {"error": {"code": "ServiceUnavailable", "message": "The service is unavailable. Try again later."}}
    return answers(where, status, body, **said)


def throttled(where: str, retry_after: int = 7, **said: Any) -> Rule:
    """429 with Retry-After."""
    body = {"error": {"code": "TooManyRequests", "message": "Too many requests."}}
    return answers(where, 429, body, retry_after=retry_after, **said)


def html(where: str, status: int = 404, **said: Any) -> Rule:
    """A page of a proxy that stands in between, which knows nothing of Azure; 404 unless another status is said."""
    return answers(where, status, PAGE, headers=HTML, **said)


def not_found(where: str, code: str = "ResourceNotFound", **said: Any) -> Rule:
    """Resource Manager's own 404 of what is asked for: ResourceNotFound, ResourceGroupNotFound, SubscriptionNotFound …

    Any other code is somebody else's 404, such as a provider's.
    """

    def act(asked: Asked, own: Rule) -> Answer:
        own.fired += 1
        parts = [*asked.path.split("/"), "", "", "", ""]
        messages = {
            "ResourceNotFound": f"The Resource '{'/'.join(asked.path.split('/')[6:])}' under resource group "
            f"'{parts[4]}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
            "ResourceGroupNotFound": f"Resource group '{parts[4]}' could not be found.",
            "SubscriptionNotFound": f"The subscription '{parts[2]}' could not be found.",
        }
        headers = {"x-ms-failure-cause": "gateway"} if code in messages else {}
        return error(404, code, messages.get(code, "It was not found."), headers)

    return rule(where, act, "not_found", **said)


def forbidden(where: str, **said: Any) -> Rule:
    """403 AuthorizationFailed."""

    def act(asked: Asked, own: Rule) -> Answer:
        own.fired += 1
        message = f"The client does not have authorization to perform action over scope '{asked.path}' or the scope is invalid."
        return error(403, "AuthorizationFailed", message)

    return rule(where, act, "forbidden", **said)


def cut_short(where: str, **said: Any) -> Rule:
    """Azure's answer, of which the second half is missing: no JSON any more, though the headers say that it is."""

    def act(asked: Asked, own: Rule) -> Answer:
        answer = asked.forward(asked)
        own.fired += bool(answer.content)
        return answer._replace(content=answer.content[: len(answer.content) // 2])

    return rule(where, act, "cut_short", **said)


def empty(where: str, status: int = 200, **said: Any) -> Rule:
    """An answer without a body."""
    return answers(where, status, b"", name="empty", **said)


# Operations


def fails(
    where: str,
    code: str,
    message: str = "The operation failed.",
    *,
    takes_effect: bool = True,
    polls: int = 0,
    **said: Any,
) -> Rule:
    """The operation that a write begins ends `Failed`: after `polls` looks that find it running.

    With `takes_effect` the sandbox does what was asked; else the write never reaches it. It fires where the command
    asks after the operation: of an instance's PUT it may look at the instance alone.
    """
    seen: dict[str, int] = {}

    def act(asked: Asked, own: Rule) -> Answer:
        answer = asked.forward(asked) if takes_effect else _accepted(asked)
        if answer.status >= 300:
            return answer
        for name, value in answer.headers.items():
            if name.lower() in {"azure-asyncoperation", "location"}:
                seen[_path(value)] = 0
        return answer

    def also(asked: Asked) -> Answer | None:
        if asked.method != "GET" or asked.path.lower() not in seen:
            return None
        seen[asked.path.lower()] += 1
        made.fired += 1
        return _operation(asked, code, message, running=seen[asked.path.lower()] <= polls)

    made = rule(where, act, "fails", **said)
    made.also = also
    return made


def _path(url: str) -> str:
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(url).path).lower()


def _accepted(asked: Asked) -> Answer:
    """What a provider says that has accepted a write, though none has got it."""
    parts = asked.path.split("/")
    place = (
        f"/subscriptions/{parts[2]}/providers/{parts[6]}/locations/westus/operationStatus/forged-{time.monotonic_ns()}"
    )
    headers = {"Azure-AsyncOperation": asked.link(place), "Retry-After": "10"}
    if asked.method != "PUT":
        return reply(202, None, headers)
    body = {**(asked.body or {}), "id": asked.path, "name": parts[-1]}
    body["properties"] = {**body.get("properties", {}), "provisioningState": "Provisioning"}
    return reply(201, body, headers)


def _operation(asked: Asked, code: str, message: str, *, running: bool) -> Answer:
    name, begun = asked.path.rsplit("/", 1)[-1], "2026-01-05T08:00:00.0000000Z"
    info = {"code": code, "message": message, "recommendedAction": [], "isRetryable": False, "isUserError": False}
    failure = {
        "code": code,
        "message": message,
        "additionalInfo": [{"type": "UserFacingError", "info": {**info, "properties": {"ActivityId": "0"}}}],
    }
    if "/operationresults/" in asked.path.lower():
        here = {"Location": asked.link(), "Retry-After": "10"}
        return reply(202, None, here) if running else reply(400, {"error": failure})
    body: dict[str, Any] = {"id": asked.path, "name": name, "startTime": begun}
    if running:
        return reply(200, {**body, "status": "Inprogress", "endTime": "0001-01-01T00:00:00Z"}, {"Retry-After": "10"})
    return reply(200, {**body, "status": "Failed", "endTime": "2026-01-05T08:00:30Z", "error": failure})


# Moments


def before(where: str, do: Callable[[Any], Any], **said: Any) -> Rule:
    """Do something with the simulated Azure before a request gets there; once, unless `times` says otherwise."""

    def act(asked: Asked, own: Rule) -> Answer:
        own.fired += 1
        do(asked.azure)
        return asked.forward(asked)

    return rule(where, act, "before", **{"times": 1, **said})


def afterwards(where: str, do: Callable[[Any], Any], **said: Any) -> Rule:
    """Do something with the simulated Azure after it has answered a request; once, unless `times` says otherwise."""

    def act(asked: Asked, own: Rule) -> Answer:
        answer = asked.forward(asked)
        own.fired += 1
        do(asked.azure)
        return answer

    return rule(where, act, "afterwards", **{"times": 1, **said})


def delayed(where: str, seconds: float, **said: Any) -> Rule:
    """An answer comes so many real seconds later."""

    def act(asked: Asked, own: Rule) -> Answer:
        own.fired += 1
        time.sleep(seconds)
        return asked.forward(asked)

    return rule(where, act, "delayed", **said)


def lost(where: str, *, acted: bool = True, **said: Any) -> Rule:
    """The connection breaks: after Azure has acted on the request, or before."""

    def act(asked: Asked, own: Rule) -> Answer:
        if acted:
            asked.forward(asked)
        own.fired += 1
        raise Unanswered

    return rule(where, act, "lost", **said)
