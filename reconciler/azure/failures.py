"""Azure's error bodies, turned into our errors, with the innermost reason and without secrets.

Only the HTTP status and the prefix of `code` classify an error: recorded traffic has `isRetryable: false` on errors
whose own advice is to retry, and `isUserError: false` on plain user errors.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from itertools import takewhile
from typing import Any
from urllib.parse import unquote, urlsplit

from reconciler.azure import absence, challenges
from reconciler.base.redaction import redact
from reconciler.model.codes import azure as azure_codes
from reconciler.model.codes.azure import Nature
from reconciler.model.errors import AzureError, Blocked, Conflict, NotFound, OutOfReach, Told, Transient, Unproven

PROXY_HINT = "check the network, then run it again: a proxy or a gateway probably answered in Azure's place"
_UNPROVEN_HINT = "check the id, the subscription's tenant, and that the caller has Reader there; then run it again"
_BLOCKED = "CloudDos"
_NESTS = ("innerError", "innererror", "details", "errorDetails", "error")
_UNTELLING = frozenset({"InternalServerError", "NoInnerErrorFrom1PException", "Success"})
"""Codes that Azure nests below an error which already says what is wrong; they say nothing more (recorded traffic)."""
_HEADERS = "Headers:"
"""Where an answer of another service, quoted whole as the reason, goes on to its headers."""
_DEPTH = 12
_LONGEST = 2000
_TRANSIENT = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


def told(error: Any) -> Told:
    """What an ARM error object says (also `protectionErrorDetails`, `errorDetails` and an operation's `error`).

    Text in place of the object is the message; anything else is an empty answer.

    The outermost code is kept; the message is followed by `DetailedNonLocalisedMessage` of the innermost error, which
    is where DataProtection puts the actual reason. Our own advice (`model.codes.azure`) goes before Azure's.
    """
    outermost = {"message": error} if isinstance(error, str) else error
    nodes = list(_nodes(outermost if isinstance(outermost, Mapping) else {}, _DEPTH))
    code = next((text for node in nodes if (text := _text(node, "code", "ErrorCode"))), "")
    telling = [node for node in nodes if _text(node, "code") == code or _text(node, "code") not in _UNTELLING]
    messages = [text for node in telling if (text := _text(node, "message", "Message"))]
    reasons = [text for node in nodes if (text := _reason(node))]
    advice = [action for node in nodes for action in _actions(node)]
    lines = list(dict.fromkeys([*messages[:1], *reasons[:1]])) or messages
    lines += [text for text in _violations(nodes) if text not in " ".join(lines)]
    inner = [other for node in telling if (other := _text(node, "code")) and other != code]
    if inner and not reasons and len(dict.fromkeys(messages)) > 1:
        lines = list(dict.fromkeys([messages[0], f"({inner[0]}) {messages[-1]}"]))
    message = redact(" ".join(" ".join(line.split()) for line in lines))[:_LONGEST]
    return Told(code, message, _advice((code, *inner), message, advice))


def _advice(codes: Sequence[str], message: str, recommended: Sequence[str]) -> tuple[str, ...]:
    """Ours first, then Azure's; ours alone where Azure's would be to remove a lock or a protection."""
    ours = [(one, text) for one in codes if (text := azure_codes.advice(one, message))][:1]
    theirs = tuple(redact(action) for action in dict.fromkeys(recommended))
    if not ours:
        return theirs
    ((code, hint),) = ours
    if not theirs or azure_codes.nature(code) in (Nature.LOCKED, Nature.PROTECTED):
        return (hint,)
    return (f"{hint}.", f"Azure advises: {theirs[0]}", *theirs[1:])


def failure(status: int, headers: Mapping[str, str], content: bytes, url: str) -> AzureError:
    """The error for an answer with status 400 or above; its `target` is the URL's path without the query."""
    says = told(_envelope(content))
    target = urlsplit(url).path
    message = says.message or f"Azure answered {_phrase(status)} without a readable explanation."
    kind = _kind(status, says.code)
    if status == HTTPStatus.NOT_FOUND and kind is not Blocked:
        return _not_found(says, headers, content, target)
    return kind(
        f"{message} ({says.code or f'HTTP {status}'})",
        status=status,
        code=says.code or f"http-{status}",
        advice=says.advice,
        target=target,
        request_id=headers.get("x-ms-request-id", "") or headers.get("x-ms-correlation-request-id", ""),
        hint="" if says.advice else _hint(kind, status, says, headers, target),
    )


def _kind(status: int, code: str) -> type[AzureError]:
    if code.startswith(_BLOCKED):
        return Blocked
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return OutOfReach
    if status in (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED):
        return Conflict
    return Transient if status in _TRANSIENT else AzureError


def _not_found(says: Told, headers: Mapping[str, str], content: bytes, target: str) -> AzureError:
    """The error for a 404: NotFound when it proves an absence, else Unproven."""
    said: dict[str, Any] = {
        "status": HTTPStatus.NOT_FOUND,
        "code": says.code or "http-404",
        "advice": says.advice,
        "target": target,
        "request_id": headers.get("x-ms-request-id", "") or headers.get("x-ms-correlation-request-id", ""),
    }
    if not _is_enveloped(content):
        kind = headers.get("Content-Type") or "no content type"
        message = f"The 404 for {target} has no error of Resource Manager in it ({kind}, {len(content)} bytes)."
        error = Unproven(message, **said, hint=PROXY_HINT)
        error.is_passing = True
        return error
    absent = absence.absent(says.code, says.message, unquote(target))
    if absent:
        return NotFound(f"{says.message} ({says.code})", **said, absent=absent)
    message = f"{says.message} ({says.code}) This doesn't tell whether {target} exists."
    return Unproven(message, **said, hint=_UNPROVEN_HINT)


def _hint(kind: type[AzureError], status: int, says: Told, headers: Mapping[str, str], target: str) -> str:
    if status == HTTPStatus.UNAUTHORIZED:
        return challenges.hint(says.code, says.message, headers)
    if kind is OutOfReach:
        return f"give the caller a role that covers this at {target or 'the scope'}, or sign in as someone who has one"
    if kind is Blocked:
        return "wait some hours, then run it again: Azure blocks this after repeated attempts, and retrying prolongs it"
    return ""


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _is_enveloped(content: bytes) -> bool:
    """Whether a body is an error of Resource Manager or of a provider: JSON with its code."""
    error = _envelope(content)
    return bool(_text(error, "code") and _text(error, "message")) or bool(_text(error, "ErrorCode"))


def _envelope(content: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(content)  # also behind a byte order mark
    except (ValueError, RecursionError):
        return {}
    if not isinstance(body, Mapping):
        return {}
    error = body.get("error")
    return error if isinstance(error, Mapping) else body


def _nodes(error: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    """The error and everything nested in it, outermost first."""
    yield error
    if depth == 0:
        return
    for key in _NESTS:
        yield from _nested(error.get(key), depth)
    extra = error.get("additionalInfo")
    for item in extra if isinstance(extra, Sequence) and not isinstance(extra, str) else ():
        yield from _nested(item.get("info") if isinstance(item, Mapping) else None, depth)


def _nested(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield from _nodes(value, depth - 1)
    elif isinstance(value, list):
        for item in value:
            yield from _nested(item, depth)


def _text(node: Mapping[str, Any], *keys: str) -> str:
    """The text under the first of these keys that has any; it may be inside an older `{"Language", "Value"}` object."""
    for key in keys:
        value = node.get(key)
        if isinstance(value, Mapping):
            value = value.get("Value")
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _reason(node: Mapping[str, Any]) -> str:
    """The actual reason, without the headers of an answer that it quotes."""
    extra = node.get("additionalInfo")
    text = _text(extra, "DetailedNonLocalisedMessage") if isinstance(extra, Mapping) else ""
    return "\n".join(takewhile(lambda line: line.strip() != _HEADERS, text.splitlines()))


def _violations(nodes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A sentence for each Azure Policy assignment that denied it: ARM names them beside the message (`PolicyViolation`)."""
    for node in nodes:
        if address := _text(node, "policyAssignmentId"):
            name = _text(node, "policyAssignmentDisplayName", "policyAssignmentName")
            yield f"Azure Policy assignment {f'{name}: ' if name else ''}{address}."


def _actions(node: Mapping[str, Any]) -> Iterator[str]:
    actions = node.get("recommendedAction")
    for action in [actions] if isinstance(actions, str) else actions if isinstance(actions, list) else ():
        if isinstance(action, str) and action.strip():
            yield action.strip()
