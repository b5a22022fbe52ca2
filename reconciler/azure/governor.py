"""Throttling and retries for every request of both SDK generations, in one pipeline policy.

Azure's limits are token buckets per subscription (or tenant), principal and kind of operation: reads 250 with 25 a
second, writes and deletes 200 with 10 a second each (Azure Resource Manager's published limits). A 429 holds back
all requests that share its bucket. Transient errors are retried, with full jitter, until the deadline of the action.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from http import HTTPStatus
from math import inf
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError as SdkError
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy

from reconciler.azure import failures, pace
from reconciler.azure.deadlines import latest
from reconciler.azure.sign_in.signing import NotSignedIn
from reconciler.azure.trust import PermanentFailure
from reconciler.base.redaction import redact
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError, OutOfReach, Transient, Unproven

if TYPE_CHECKING:
    from reconciler.base.clock import Clock

DEFAULT_SECONDS = 300.0
"""How long a request may take, retries and throttling included, when no deadline is set."""

_CAP = 60.0
_MOST_PAGES = 5
"""How often a 404 that isn't Azure's is retried, or JSON of another shape: whatever answers so rarely stops soon."""

_OTHER_SHAPE_HINT = "run it again; if this persists, report it with the path"
_NAME_THE_REQUEST = frozenset({error_codes.NO_ANSWER.code, error_codes.UNREADABLE_ANSWER.code})
"""The codes of errors whose message names the request already."""
_QUIET_ATTEMPTS = 2
_QUIET_SECONDS = 3.0
_READS = ("GET", "HEAD")
_HARMLESS_POSTS = (
    "/providers/microsoft.resourcegraph/resources",
    "/validateforbackup",
    "/validateformodifybackup",
    "/validaterestore",
)


class Events(Protocol):
    """A listener for requests that have to wait: `what` is the provider or subscription, `seconds` the wait."""

    def throttled(self, what: str, seconds: float) -> None:
        """A request waits because Azure throttled it."""

    def held_back(self, what: str, seconds: float) -> None:
        """Requests wait, for more than a moment, to stay within the limit of `what`."""

    def retrying(self, why: str, seconds: float) -> None:
        """A request keeps failing for a reason that may pass, and is retried."""

    def simulated(self) -> None:
        """A sandbox answered, not Azure; called once."""


class Malformed(Exception):
    """A successful answer whose body can't be read, such as a proxy's page or truncated JSON.

    `is_json`: it is JSON of another shape, which hardly comes from a proxy that goes away.
    """

    def __init__(self, message: str, *, is_json: bool = False) -> None:
        super().__init__(message)
        self.is_json = is_json


class Governor(AsyncHTTPPolicy[Any, Any]):
    """Sends requests at the rate that Azure allows, retries transient errors, and raises our errors for the rest.

    The option `accept` of a request is called with the response and raises `Malformed` when it can't be read, which is
    transient. A POST that Azure may have carried out is not sent again: it raises `Transient` with `sent_unknown`.
    """

    def __init__(self, clock: Clock, *, chance: random.Random | None = None, events: Events | None = None) -> None:
        super().__init__()
        self.events = events
        self._clock = clock
        self._chance = chance or random.Random()  # noqa: S311 - jitter, no secret
        self._buckets = pace.Buckets()
        self._told_until: dict[str, float] = {}

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send the request until it succeeds, is refused, or reaches the deadline."""
        accept = request.context.options.pop("accept", None)
        limit = latest(self._clock.monotonic() + DEFAULT_SECONDS)
        attempt = 0
        renewed = False
        while True:
            turn = await self._admitted(request, limit)
            answer = await self._tried(request, accept, turn)
            if not isinstance(answer, Setback):
                return answer
            expired = answer.error.status == HTTPStatus.UNAUTHORIZED
            if not answer.retry or attempt >= answer.most or (expired and renewed):
                raise answer.error
            if expired:
                renewed = True  # the token policy has dropped its token: the next attempt gets a new one
                continue
            await self._wait(request, answer, attempt, limit)
            attempt += 1

    async def _admitted(self, request: PipelineRequest[Any], limit: float) -> pace.Turn:
        """Wait until the request may be sent; its place in line."""
        http, now = request.http_request, self._clock.monotonic
        turn = self._buckets.turn(http.method, http.url, now())
        is_late = False
        try:
            while (wait := turn.wait(now())) > 0 and not (is_late := now() + wait > limit):
                self._tell(turn, wait)
                await self._clock.sleep(wait)
        except BaseException:  # a cancellation, too: a turn that nobody uses would hold up the others
            turn.give_back()
            raise
        if is_late:
            turn.give_back()
            raise self._late(request, None)
        return turn

    def _tell(self, turn: pace.Turn, seconds: float) -> None:
        """Report whose limit requests wait for, once for all that wait at the same time."""
        if seconds < _QUIET_SECONDS or self.events is None:
            return
        now = self._clock.monotonic()
        what = turn.limited_by(now)
        if self._told_until.get(what, now) <= now:
            self._told_until[what] = now + seconds
            self.events.held_back(what, seconds)

    async def _tried(
        self, request: PipelineRequest[Any], accept: Callable[[Any], object] | None, turn: pace.Turn
    ) -> PipelineResponse[Any, Any] | Setback:
        """The answer to one attempt, or what went wrong."""
        http = request.http_request
        try:
            response = await self._sent(request, turn)
            answer = response.http_response
            content = await content_of(answer)
            self._buckets.told(http.method, http.url, answer.headers, self._clock.monotonic())
            if answer.status_code >= HTTPStatus.BAD_REQUEST:
                return self._refused(request, answer, content)
            _check_direct(answer)
            if accept is not None:
                accept(answer)
        except PermanentFailure as error:
            return Setback(_barred(error, http), retry=False)
        except ClientAuthenticationError as error:
            return Setback(_no_token(error, http.url), retry=False)
        except Malformed as error:
            most = _MOST_PAGES if error.is_json else inf
            return Setback(_unread(error, http.url), retry=True, unknown=_is_post(http), most=most)
        except SdkError as error:
            return Setback(_broken(error, http), retry=True, unknown=_is_post(http) and not _never_sent(error))
        return response

    async def _sent(self, request: PipelineRequest[Any], turn: pace.Turn) -> PipelineResponse[Any, Any]:
        """The answer; the options are restored for the next attempt, since policies and the transport remove theirs."""
        options = dict(request.context.options)
        turn.sent()
        try:
            response: PipelineResponse[Any, Any] = await self.next.send(request)
        finally:
            turn.answered()
            request.context.options.update(options)
        return response

    def _refused(self, request: PipelineRequest[Any], answer: Any, content: bytes) -> Setback:
        http = request.http_request
        error = failures.failure(answer.status_code, answer.headers, content, http.url)
        if error.status == HTTPStatus.UNAUTHORIZED:
            return Setback(error, retry=True)
        if isinstance(error, Unproven) and error.is_passing:
            return Setback(error, retry=True, unknown=_is_post(http), most=_MOST_PAGES)
        if not isinstance(error, Transient):
            return Setback(error, retry=False)
        seconds = pace.asked(answer.headers, self._clock, error.message)
        if error.status == HTTPStatus.TOO_MANY_REQUESTS:
            now = self._clock.monotonic()
            self._buckets.pause(http.method, http.url, error.code, seconds or 1.0, now, error.message)
        unacted = error.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
        return Setback(error, retry=True, seconds=seconds, unknown=_is_post(http) and not unacted)

    async def _wait(self, request: PipelineRequest[Any], setback: Setback, attempt: int, limit: float) -> None:
        """Wait before the next attempt; raises the last error when that would end after the deadline."""
        jitter = self._chance.uniform(0, min(_CAP, 2.0 ** min(attempt, 10)))
        seconds = setback.seconds + min(jitter, 1.0) if setback.seconds else jitter
        if self._clock.monotonic() + seconds > limit:
            raise self._late(request, setback.error)
        if setback.error.status == HTTPStatus.TOO_MANY_REQUESTS and self.events is not None:
            self.events.throttled(pace.who(request.http_request.url), setback.seconds or seconds)
        elif attempt >= _QUIET_ATTEMPTS and self.events is not None:
            self.events.retrying(setback.error.message, seconds)
        await self._clock.sleep(seconds)

    def _late(self, request: PipelineRequest[Any], last: AzureError | None) -> AzureError:
        """The error at the deadline; it names the request."""
        http = request.http_request
        path = urlsplit(http.url).path
        why = last.message if last else "Azure's rate limit for requests of this kind is used up for now."
        told = f"Gave up on {http.method} {path} at the deadline: {why}"
        if last and last.code in _NAME_THE_REQUEST:
            told = f"{why.rstrip('.')}. Gave up at the deadline."
        return Transient(
            told,
            status=last.status if last else HTTPStatus.TOO_MANY_REQUESTS,
            code=last.code if last else error_codes.THROTTLED,
            advice=last.advice if last else (),
            target=path,
            request_id=last.request_id if last else "",
            hint=(last.hint if last else "") or "run it again",
        )


class Setback:
    """A failed attempt, and what follows from it.

    `retry`: it may be retried, `most` times; `seconds`: how long Azure asked to wait; `unknown`: the server may have
    done something that must not be done twice, so the caller has to look first.
    """

    __slots__ = ("error", "most", "retry", "seconds")

    def __init__(
        self, error: AzureError, *, retry: bool, seconds: float = 0.0, unknown: bool = False, most: float = inf
    ) -> None:
        self.error = error
        self.retry = retry and not unknown
        self.seconds = seconds
        self.most = most
        error.sent_unknown = unknown


async def content_of(answer: Any) -> bytes:
    """The body of a response, read to its end; the older generation of responses has already loaded it."""
    if not hasattr(answer, "read"):
        return bytes(answer.body())
    content = bytes(answer.content if answer.is_stream_consumed else await answer.read())
    if not content:
        answer.read = (
            _nothing  # azure-core's aiohttp response refuses to read an empty body a second time, which the SDK does
        )
    return content


async def _nothing() -> bytes:
    return b""


def changes_nothing(http: Any) -> bool:
    """Whether a request only reads, by GET or by a POST that only asks."""
    return http.method in _READS or urlsplit(http.url).path.lower().endswith(_HARMLESS_POSTS)


def _check_direct(answer: Any) -> None:
    """Raise Malformed for a redirect: Azure never sends one, so it comes from a proxy or gateway."""
    if answer.status_code >= HTTPStatus.MULTIPLE_CHOICES:
        raise Malformed("it is a redirect")


def _is_post(http: Any) -> bool:
    """Whether sending this request again could do something twice."""
    return http.method == "POST" and not changes_nothing(http)


def _never_sent(error: SdkError) -> bool:
    """Whether the connection was never made; the error's type isn't enough, since aiohttp's covers later resets too."""
    inner = error.inner_exception
    if isinstance(inner, ConnectionRefusedError):
        return True
    names = {kind.__name__ for kind in type(inner).__mro__} if inner is not None else set()
    return isinstance(error, ServiceRequestError) and bool(names & {"ClientConnectorError", "ConnectionTimeoutError"})


def _broken(error: SdkError, http: Any) -> Transient:
    path = urlsplit(http.url).path
    return Transient(
        f"No answer to {http.method} {path}: {redact(str(error)) or type(error).__name__}",
        code=error_codes.NO_ANSWER,
        target=path,
        hint="check the network, the proxy and the endpoint, then run it again",
    )


def _barred(error: PermanentFailure, http: Any) -> AzureError:
    return AzureError(error.message, code=error.error_code, target=urlsplit(http.url).path, hint=error.hint)


def _unread(error: Malformed, url: str) -> Transient:
    path = urlsplit(url).path
    return Transient(
        f"Could not read the answer from {path}: {redact(str(error))}",
        code=error_codes.UNREADABLE_ANSWER,
        target=path,
        hint=_OTHER_SHAPE_HINT if error.is_json else failures.PROXY_HINT,
    )


def _no_token(error: ClientAuthenticationError, url: str) -> OutOfReach:
    told = redact(str(error)) or type(error).__name__
    hint = getattr(error, "hint", "") or "sign in (az login), or check the federated credential of this pipeline"
    return OutOfReach(
        f"Could not get an access token with {told}"
        if isinstance(error, NotSignedIn)
        else f"Could not get an access token: {told}",
        code=error_codes.NO_TOKEN,
        target=urlsplit(url).path,
        hint=f"{hint}; then run it again",
    )
