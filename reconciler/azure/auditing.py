"""Tells a ledger of every write, just before it is sent and when its answer arrives.

It is the last policy of the pipeline, so it sees everything that changes Azure: retries, the second request of a step,
and writes outside any step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy

from reconciler.azure.failures import failure
from reconciler.azure.governor import changes_nothing, content_of
from reconciler.azure.sign_in.signing import claims
from reconciler.model.codes import errors as error_codes
from reconciler.model.results.trial import Trial
from reconciler.model.writes import Answer, Subject, Write

UNKNOWN_CALLER = "unknown"
"""Stands for a caller whose token doesn't tell who it is."""


class Ledger(Protocol):
    """Records writes; an exception from `intent` stops the write, one from `result` fails the write that was sent."""

    def intent(self, write: Write) -> None:
        """A write is about to be sent."""

    def result(self, write: Write, answer: Answer) -> None:
        """A write was answered, or its answer will never come."""

    def trial(self, found: Trial) -> None:
        """A trial restore has its verdict, which is written nowhere yet; an exception keeps it from being a proof."""


_subject: ContextVar[Subject | None] = ContextVar("subject", default=None)


@contextmanager
def about(subject: Subject) -> Iterator[None]:
    """Within this block, writes of this task are about `subject`."""
    token = _subject.set(subject)
    try:
        yield
    finally:
        _subject.reset(token)


class Audited(AsyncHTTPPolicy[Any, Any]):
    """Tells `ledger` (None: nobody) of every write, and `heard` (None: nobody) of every request's method and status."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger: Ledger | None = None
        self.heard: Callable[[str, int | None], None] | None = None
        self._count = 0

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send the request; a write only after the ledger has recorded it."""
        if self.heard is None:
            return await self._sent(request)
        status = None
        try:
            response = await self._sent(request)
            status = response.http_response.status_code
        finally:
            self.heard(request.http_request.method, status)
        return response

    async def _sent(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        ledger = self.ledger
        if ledger is None or changes_nothing(request.http_request):
            return await self.next.send(request)
        self._count += 1
        write = _write(self._count, request.http_request)
        ledger.intent(write)
        try:
            response: PipelineResponse[Any, Any] = await self.next.send(request)
            answer = await _answer(response.http_response, request.http_request.url)
        except (Exception, asyncio.CancelledError):  # whatever cut it off, the write may have arrived
            ledger.result(write, Answer(None, error_codes.NO_ANSWER.code))
            raise
        ledger.result(write, answer)
        return response


def _write(number: int, http: Any) -> Write:
    path = unquote(urlsplit(http.url).path).rstrip("/")
    target = path.rpartition("/")[0] if http.method == "POST" else path
    object_id, app_id = caller(http.headers.get("Authorization") or "")
    subject = _subject.get() or Subject(target, http.method.lower())
    ours = http.headers.get("x-ms-client-request-id") or ""
    return Write(number, subject, http.method, target, object_id, app_id, ours)


async def _answer(answer: Any, url: str) -> Answer:
    headers, code = answer.headers, ""
    if answer.status_code >= HTTPStatus.BAD_REQUEST:
        code = failure(answer.status_code, headers, await content_of(answer), url).code
    ids = headers.get("x-ms-request-id") or "", headers.get("x-ms-correlation-request-id") or ""
    return Answer(answer.status_code, code, *ids)


def caller(authorization: str) -> tuple[str, str]:
    """The object id and application id that a bearer token claims; `unknown` for one that is missing.

    The signature isn't checked: Azure does that, and a token that it refuses writes nothing.
    """
    said = claims(authorization.rpartition(" ")[2])
    return str(said.get("oid") or UNKNOWN_CALLER), str(said.get("appid") or said.get("azp") or UNKNOWN_CALLER)
