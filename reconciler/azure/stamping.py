"""Headers of every request: a request id, which Azure's logs keep, the user agent, and the accepted encodings.

One policy replaces azure-core's three: those use the system's time-based id generator for each request, and each
wraps every call, which together took a fifth of the time of a write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy, UserAgentPolicy

if TYPE_CHECKING:
    from reconciler.azure.governor import Events

SANDBOX = "x-reconciler-sandbox"
"""The header that every answer of a sandbox has."""

REQUEST_ID = "x-ms-client-request-id"
ENCODINGS = "gzip, deflate"
"""The encodings that azure-core decodes."""


class Stamping(AsyncHTTPPolicy[Any, Any]):
    """Adds the common headers to a request, and an id that its retries share.

    `events` is told when a sandbox answers.
    """

    def __init__(self, events: Events | None = None) -> None:
        super().__init__()
        self._events = events
        self._agent = UserAgentPolicy(base_user_agent="reconciler").user_agent

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Stamp the request and send it on."""
        headers = request.http_request.headers
        headers.update({REQUEST_ID: str(uuid4()), "User-Agent": self._agent, "Accept-Encoding": ENCODINGS})
        response = await self.next.send(request)
        if self._events is not None and SANDBOX in response.http_response.headers:
            self._events.simulated()
            self._events = None
        return response
