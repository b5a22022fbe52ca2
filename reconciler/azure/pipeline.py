"""What every request passes on its way: a stamp, and the check that it goes to the endpoint's host and no other.

`nextLink`, `Location` and `Azure-AsyncOperation` are text from an answer: a token sent to another host would leak.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy, UserAgentPolicy

from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError

if TYPE_CHECKING:
    from reconciler.azure.governor import Events

SANDBOX = "x-reconciler-sandbox"
"""The header that every answer of a sandbox has."""

REQUEST_ID = "x-ms-client-request-id"
ENCODINGS = "gzip, deflate"
"""The encodings that azure-core decodes."""
_PORTS = {"http": 80, "https": 443}


class Stamping(AsyncHTTPPolicy[Any, Any]):
    """Adds the common headers to a request, and an id that its retries share.

    One policy in place of azure-core's three: those ask the system's time-based id generator for each request, and each
    wraps every call, which together took a fifth of what a write costs.

    `events` is told when a sandbox answers. `date` is the newest answer's header of that name (empty: it had none).
    """

    def __init__(self, events: Events | None = None) -> None:
        super().__init__()
        self._events = events
        self.date = ""
        self._agent = UserAgentPolicy(base_user_agent="reconciler").user_agent

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Stamp the request and send it on."""
        headers = request.http_request.headers
        headers.update({REQUEST_ID: str(uuid4()), "User-Agent": self._agent, "Accept-Encoding": ENCODINGS})
        response = await self.next.send(request)
        self.date = response.http_response.headers.get("Date") or ""
        if self._events is not None and SANDBOX in response.http_response.headers:
            self._events.simulated()
            self._events = None
        return response


def origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an absolute URL; None when one is missing or the URL is made to look like another."""
    if any(character in url for character in "\\ \t\r\n") or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    return scheme, parts.hostname.lower(), port or _PORTS[scheme]


class SameOrigin(AsyncHTTPPolicy[Any, Any]):
    """Refuses every request whose scheme, host or port is not the endpoint's."""

    def __init__(self, endpoint: str) -> None:
        super().__init__()
        self._home = origin(endpoint)
        self._endpoint = endpoint

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send the request on; for a foreign host raise AzureError `foreign-host` before anything is sent."""
        found = origin(request.http_request.url)
        if found is None or found != self._home:
            host = urlsplit(request.http_request.url.replace("\\", "/")).hostname or "a URL without a host"
            raise AzureError(
                f"An answer from {self._endpoint} links to {host}; nothing was sent there, to keep the access token safe.",
                code=error_codes.FOREIGN_HOST,
                hint="if a proxy rewrites links, let it forward Host, or X-Forwarded-Host and -Proto; else report this",
            )
        return await self.next.send(request)
