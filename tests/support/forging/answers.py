"""Rules for single objects, answers in Azure's place, and moments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from forging.rule import Answer, Asked, Rule, Unanswered, edited, error, reply, rule

HTML = {"Content-Type": "text/html; charset=utf-8"}
PAGE = b"<!DOCTYPE html><html><head><title>Proxy</title></head><body><h1>The page is not here</h1></body></html>"


def edits(where: str, changes: Mapping[str, Any] | Callable[[Any], Any], **said: Any) -> Rule:
    """An object is shown with other values: `{"tags.team": "x", "managedBy": GONE}`, or as a function makes it."""

    def act(asked: Asked, own: Rule) -> Answer:
        answer = asked.forward()
        body = answer.body
        if answer.status >= 300 or body is None:
            return answer
        made = edited(body, changes)
        own.fired += made != body
        return answer.of(made)

    return rule(where, act, "edits", **said)


def answers(
    where: str,
    status: int,
    body: Any = None,
    *,
    headers: Mapping[str, str] | None = None,
    retry_after: int | None = None,
    name: str = "answers",
    **said: Any,
) -> Rule:
    """Azure isn't asked; this comes back: JSON, bytes as they are, or what a function makes of the request."""
    named = {**(headers or {}), **({} if retry_after is None else {"Retry-After": str(retry_after)})}

    def act(asked: Asked, own: Rule) -> Answer:
        own.fired += 1
        return reply(status, body(asked) if callable(body) else body, named)

    return rule(where, act, name, **said)


def unavailable(where: str, status: int = 503, **said: Any) -> Rule:
    """503, or another status, as a service says it that is down."""
    body = {"error": {"code": "ServiceUnavailable", "message": "The service is unavailable. Try again later."}}
    return answers(where, status, body, name="unavailable", **said)


def throttled(where: str, retry_after: int = 7, **said: Any) -> Rule:
    """429 with Retry-After."""
    body = {"error": {"code": "TooManyRequests", "message": "Too many requests."}}
    return answers(where, 429, body, retry_after=retry_after, name="throttled", **said)


def html(where: str, status: int = 404, **said: Any) -> Rule:
    """A page of a proxy that stands in between, which knows nothing of Azure; 404 unless another status is said."""
    return answers(where, status, PAGE, headers=HTML, name="html", **said)


def empty(where: str, status: int = 200, **said: Any) -> Rule:
    """An answer without a body."""
    return answers(where, status, b"", name="empty", **said)


def not_found(where: str, code: str = "ResourceNotFound", **said: Any) -> Rule:
    """Resource Manager's own 404 of what is asked for: ResourceNotFound, ResourceGroupNotFound, SubscriptionNotFound.

    Any other code is somebody else's 404, such as a provider's.
    """

    def act(asked: Asked, own: Rule) -> Answer:
        own.fired += 1
        return no_such(code, asked.path)

    return rule(where, act, "not_found", **said)


def no_such(code: str, path: str) -> Answer:
    """A 404 of that code, in Resource Manager's words where the code is its own."""
    parts = [*path.split("/"), "", "", "", "", ""]
    told = {
        "ResourceNotFound": f"The Resource '{'/'.join(path.split('/')[6:])}' under resource group '{parts[4]}' was not "
        "found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        "ResourceGroupNotFound": f"Resource group '{parts[4]}' could not be found.",
        "SubscriptionNotFound": f"The subscription '{parts[2]}' could not be found.",
    }
    headers = {"x-ms-failure-cause": "gateway"} if code in told else {}
    return error(404, code, told.get(code, "It was not found."), headers)


def forbidden(where: str, **said: Any) -> Rule:
    """403 AuthorizationFailed."""

    def act(asked: Asked, own: Rule) -> Answer:
        own.fired += 1
        scope = f"over scope '{asked.path}' or the scope is invalid"
        return error(403, "AuthorizationFailed", f"The client does not have authorization to perform action {scope}.")

    return rule(where, act, "forbidden", **said)


def cut_short(where: str, **said: Any) -> Rule:
    """Azure's answer, of which the second half is missing: no JSON any more, though the headers say that it is."""

    def act(asked: Asked, own: Rule) -> Answer:
        answer = asked.forward()
        own.fired += bool(answer.content)
        return answer._replace(content=answer.content[: len(answer.content) // 2])

    return rule(where, act, "cut_short", **said)


# Moments


def before(where: str, do: Callable[[Any], Any], **said: Any) -> Rule:
    """Do something with the simulated Azure before a request gets there; once, unless `times` says otherwise."""

    def act(asked: Asked, own: Rule) -> Answer:
        own.fired += 1
        do(asked.azure)
        return asked.forward()

    return rule(where, act, "before", **{"times": 1, **said})


def afterwards(where: str, do: Callable[[Any], Any], **said: Any) -> Rule:
    """Do something with the simulated Azure after it has answered a request; once, unless `times` says otherwise."""

    def act(asked: Asked, own: Rule) -> Answer:
        answer = asked.forward()
        own.fired += 1
        do(asked.azure)
        return answer

    return rule(where, act, "afterwards", **{"times": 1, **said})


def delayed(where: str, seconds: float, **said: Any) -> Rule:
    """An answer comes so many simulated seconds later."""

    def act(asked: Asked, own: Rule) -> Answer:
        answer = asked.forward()
        own.fired += 1
        return answer._replace(seconds=answer.seconds + seconds)

    return rule(where, act, "delayed", **said)


def lost(where: str, *, acted: bool = True, **said: Any) -> Rule:
    """The connection breaks: after Azure has acted on the request, or before."""

    def act(asked: Asked, own: Rule) -> Answer:
        if acted:
            asked.forward()
        own.fired += 1
        raise Unanswered("cut by the test")

    return rule(where, act, "lost", **said)
