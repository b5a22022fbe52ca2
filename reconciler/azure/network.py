"""The transport over the network, for Resource Manager and for signing in: proxies, authorities, and no `.netrc`.

Import it late: aiohttp is needed for a real connection only.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import AioHttpTransport

from reconciler.azure import trust
from reconciler.azure.proxies import Proxies


class Network(AioHttpTransport):  # type: ignore[misc] # azure-core tells its type only at run time
    """azure-core's transport, with proxies and authorities from the environment.

    aiohttp's own way to read the environment (`trust_env`) also sends the credentials of a `.netrc` to Azure's hosts, and
    looks for a proxy in a thread for every request. `tell` hears of failures that no retry can mend.
    """

    def __init__(
        self,
        proxies: Proxies,
        authorities: ssl.SSLContext | None,
        tell: Callable[[trust.PermanentFailure], None],
        **options: Any,
    ) -> None:
        super().__init__(use_env_settings=False, **options)
        self._tell = tell
        self._proxies = proxies
        self._authorities = authorities
        self._is_begun = False

    async def open(self) -> None:
        """Make the session, which needs a running loop."""
        if not self._is_begun:
            self._is_begun = True
            self.session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._authorities or True),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
            )
        await super().open()

    async def send(self, request: Any, **options: Any) -> Any:
        """The response; PermanentFailure where a retry can't help."""
        proxy = self._proxies.of(request.url)
        if proxy is not None:
            options["proxy"] = proxy.url
            if proxy.user:
                options["proxy_auth"] = aiohttp.BasicAuth(proxy.user, proxy.password, "utf-8")
        try:
            return await super().send(request, **options)
        except (ServiceRequestError, ServiceResponseError) as error:
            failure = trust.permanent(error, urlsplit(request.url).hostname or "")
            if failure is None:
                raise
            self._tell(failure)
            raise failure from error


class Networks:
    """Makes transports that share one reading of the environment; UsageError when it names what can't be used.

    `failure`: the last one that no retry can mend, since azure-identity's chain keeps nothing of it but text.
    """

    def __init__(self, environment: Mapping[str, str], *, is_plain: bool = False) -> None:
        self.failure: trust.PermanentFailure | None = None
        self._proxies = Proxies()
        self._authorities = None if is_plain else trust.context(environment)

    def __call__(self, **options: Any) -> Network:
        """A transport of its own, since whoever uses one closes it; `options` are AioHttpTransport's."""
        return Network(self._proxies, self._authorities, self._failed, **options)

    def _failed(self, failure: trust.PermanentFailure) -> None:
        self.failure = failure
