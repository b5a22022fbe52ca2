"""Sends requests to the endpoint's host only: any other host would get the access token.

`nextLink`, `Location` and `Azure-AsyncOperation` are text from an answer; they are followed only to the endpoint.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy

from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError

_PORTS = {"http": 80, "https": 443}


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
                hint="If a proxy rewrites links, let it forward Host, or X-Forwarded-Host and -Proto; else report this.",
            )
        return await self.next.send(request)
