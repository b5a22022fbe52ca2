"""Identity tokens that replace a secret, fetched again for every access token.

GitHub's live for five minutes, and a file may be renewed as often, while an apply that waits for role propagation needs
a new access token after an hour: an identity token kept that long would be refused (AADSTS700024).
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from azure.core.credentials import AccessTokenInfo
from azure.core.exceptions import AzureError as SdkError
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline import AsyncPipeline
from azure.core.pipeline.policies import AsyncRetryPolicy
from azure.core.rest import HttpRequest

from reconciler.base.redaction import redact

Assertion = Callable[[], Awaitable[str]]
"""Returns an identity token; ClientAuthenticationError when there is none."""

Network = Callable[[], Any]
"""Makes a transport, which whoever uses it closes."""

_SECONDS = 10.0
_AGAIN_AFTER = 30.0


class Federated:
    """A credential of workload identity federation that fetches its assertion again when needed.

    `make` turns a function that returns the newest assertion into azure-identity's credential. While the current access
    token is valid, a failure to fetch an assertion raises nothing: it is tried again half a minute later.
    """

    def __init__(self, assertion: Assertion, make: Callable[[Callable[[], str]], Any]) -> None:
        self._ask = assertion
        self._newest = ""
        self._credential = make(lambda: self._newest)
        self._kept: AccessTokenInfo | None = None
        self._again_at = 0.0

    async def get_token_info(self, *scopes: str, options: Mapping[str, Any] | None = None) -> AccessTokenInfo:
        """An access token; ClientAuthenticationError when there is none."""
        kept, now = self._kept, time.time()
        good = kept if kept is not None and kept.expires_on > now and not (options or {}).get("claims") else None
        if good is not None and now < self._again_at:
            return good
        self._again_at = now + _AGAIN_AFTER
        try:
            self._newest = await self._ask()
        except ClientAuthenticationError:
            if good is None:
                raise
            return good
        found: AccessTokenInfo = await self._credential.get_token_info(*scopes, options=options)
        self._kept = found
        return found

    async def close(self) -> None:
        """Close the connection to the token endpoint."""
        await self._credential.close()


def github(environment: Mapping[str, str], audience: str, network: Network) -> Assertion:
    """GitHub Actions' identity token for an audience."""
    issuer = _Issuer("GitHub", "ACTIONS_ID_TOKEN_REQUEST_URL", environment["ACTIONS_ID_TOKEN_REQUEST_URL"], "value")
    token = environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
    full = f"{issuer.url}{'&' if '?' in issuer.url else '?'}audience={quote(audience, safe='')}"
    return _asking(issuer, HttpRequest("GET", full, headers=_signed(token)), network)


def azure_pipelines(uri: str, connection: str, token: str, network: Network) -> Assertion:
    """Azure Pipelines' identity token for a service connection, by its id, with the job's own access token."""
    issuer = _Issuer("Azure Pipelines", "SYSTEM_OIDCREQUESTURI", uri, "oidcToken")
    full = f"{uri.rstrip('/')}?api-version=7.1&serviceConnectionId={quote(connection, safe='')}"
    headers = {**_signed(token), "Content-Type": "application/json", "X-TFS-FedAuthRedirect": "Suppress"}
    return _asking(issuer, HttpRequest("POST", full, headers=headers), network)


class _Issuer(NamedTuple):
    """Who issues identity tokens, where, which variable says so, and the key of the token in the answer."""

    shown: str
    variable: str
    url: str
    key: str


def _signed(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def _asking(issuer: _Issuer, request: HttpRequest, network: Network) -> Assertion:
    async def ask() -> str:
        if urlsplit(issuer.url).scheme != "https":
            raise ClientAuthenticationError(f"{issuer.variable} is not an https URL")
        try:
            return await _value(request, issuer.key, network)
        except (SdkError, ValueError, KeyError, TypeError) as error:
            why = redact(str(error)) if isinstance(error, SdkError) else type(error).__name__
            raise ClientAuthenticationError(f"{issuer.shown} returned no identity token ({why})") from error

    return ask


def file(environment: Mapping[str, str]) -> Assertion:
    """The identity token in the file that AZURE_FEDERATED_TOKEN_FILE names, read again each time."""
    path = Path(environment["AZURE_FEDERATED_TOKEN_FILE"])

    async def ask() -> str:
        try:
            text = path.read_text(encoding="ascii").strip()  # noqa: ASYNC240 - a few hundred bytes, now and then
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is not the text of a token"
            raise ClientAuthenticationError(f"AZURE_FEDERATED_TOKEN_FILE {path} can't be read: {why}") from error
        if not text:
            raise ClientAuthenticationError(f"AZURE_FEDERATED_TOKEN_FILE {path} is empty")
        return text

    return ask


def variable(environment: Mapping[str, str], name: str) -> Assertion:
    """The identity token that a CI system put into a variable, such as GitLab's `id_tokens`."""

    async def ask() -> str:
        return environment[name].strip()

    return ask


async def _value(request: HttpRequest, key: str, network: Network) -> str:
    """The token in an issuer's answer; transient errors are retried, briefly, so that a stop isn't held up."""
    retry = AsyncRetryPolicy(retry_total=2, retry_backoff_factor=0.5, retry_backoff_max=2)
    waits = {"connection_timeout": _SECONDS, "read_timeout": _SECONDS}
    async with AsyncPipeline[Any, Any](network(), [retry]) as pipeline:
        answer = (await pipeline.run(request, retry_on_methods=[request.method], **waits)).http_response
        await answer.read()
        if answer.status_code != HTTPStatus.OK:
            raise ClientAuthenticationError(f"HTTP {answer.status_code}")
        return str(answer.json()[key])
