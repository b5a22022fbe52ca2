"""A transport for azure-core over a plain callable: the whole production pipeline without a socket.

`exchange(method, url, headers, body)` answers with status, headers and body. It may raise `ConnectionRefusedError`
(nothing was sent) or any other `OSError` (the other side may have acted), as a network does.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.core.utils import case_insensitive_dict

Exchange = Callable[[str, str, Mapping[str, str], bytes | None], Awaitable[tuple[int, Mapping[str, str], bytes]]]
"""A function that answers one request: `(method, url, headers, body)` to `(status, headers, body)`."""


class InProcessResponse(AsyncHttpResponse):
    """A response whose body is already loaded; serves both generations of SDK clients (`body()` is for the older)."""

    def __init__(self, request: Any, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self._request = request
        self._status = status
        self._headers: MutableMapping[str, str] = case_insensitive_dict(headers)
        self._content = content
        self._encoding: str | None = "utf-8"

    @property
    def request(self) -> HttpRequest:
        """The request that this answers."""
        return self._request  # type: ignore[no-any-return]

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self._status

    @property
    def headers(self) -> MutableMapping[str, str]:
        """The headers, under names in any case."""
        return self._headers

    @property
    def reason(self) -> str:
        """The HTTP phrase for the status."""
        try:
            return HTTPStatus(self._status).phrase
        except ValueError:
            return ""

    @property
    def content_type(self) -> str | None:
        """The Content-Type header."""
        return self._headers.get("Content-Type")

    @property
    def is_closed(self) -> bool:
        """True: nothing is open."""
        return True

    @property
    def is_stream_consumed(self) -> bool:
        """True: there is no stream."""
        return True

    @property
    def encoding(self) -> str | None:
        """The encoding that `text` decodes with."""
        return self._encoding

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        self._encoding = value

    @property
    def url(self) -> str:
        """The requested URL."""
        return str(self._request.url)

    @property
    def content(self) -> bytes:
        """The body."""
        return self._content

    def body(self) -> bytes:
        """The body, for clients of the older generation."""
        return self._content

    def text(self, encoding: str | None = None) -> str:
        """The body as text, with bytes that don't decode replaced, and without a byte order mark."""
        named = encoding or self._encoding or "utf-8"
        return self._content.decode("utf-8-sig" if named.lower() == "utf-8" else named, "replace")

    def json(self) -> Any:
        """The body parsed as JSON; ValueError when it isn't JSON."""
        return json.loads(self._content)

    def raise_for_status(self) -> None:
        """Raise azure-core's error for a status of 400 and above."""
        if self._status >= HTTPStatus.BAD_REQUEST:
            raise HttpResponseError(response=self)

    async def read(self) -> bytes:
        """The body."""
        return self._content

    async def iter_raw(self, **_options: Any) -> AsyncIterator[bytes]:
        """The body in one piece."""
        yield self._content

    async def iter_bytes(self, **_options: Any) -> AsyncIterator[bytes]:
        """The body in one piece."""
        yield self._content

    async def close(self) -> None:
        """Do nothing: nothing is open."""

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Nothing is left open."""


class InProcessTransport(AsyncHttpTransport[Any, Any]):
    """Hands every request to `exchange`, and turns its network errors into those of aiohttp's transport."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def send(self, request: Any, **_options: Any) -> Any:
        """The answer to one request."""
        try:
            status, headers, content = await self._exchange(
                request.method, request.url, dict(request.headers), _body(request)
            )
        except ConnectionRefusedError as error:
            raise ServiceRequestError(str(error) or "connection refused", error=error) from error
        except OSError as error:
            raise ServiceResponseError(str(error) or "connection reset", error=error) from error
        return InProcessResponse(request, status, headers, content)

    async def open(self) -> None:
        """Do nothing: there is nothing to open."""

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Nothing to close."""


def _body(request: Any) -> bytes | None:
    data = request.data
    return data.encode() if isinstance(data, str) else data
