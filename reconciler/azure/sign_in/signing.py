"""Signing in, and what is told of it: who an access token speaks for, and why there is none."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from azure.core.credentials import AccessTokenInfo
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy

from reconciler.base.redaction import redact

_LINES = 12
_CODE = re.compile(r"\bAADSTS(\d+)")
_NOISE = (
    "To mitigate this issue",
    "Troubleshooting",
    "Visit https://aka.ms",
    "Content: ",
    "Trace ID",
    "Correlation ID",
    "Timestamp",
)

_SUBJECT = (
    "Compare the federated credential of the application with this job: issuer, subject (repository, branch, environment) "
    "and audience must be equal to the letter."
)
_BY_CODE: Mapping[str, str] = {
    "700024": "The identity token was too old. Run it again; on a self-hosted runner check the clock.",
    "70021": _SUBJECT,
    "700211": _SUBJECT,
    "700212": _SUBJECT,
    "700213": _SUBJECT,
    "700016": "AZURE_CLIENT_ID is no application of this tenant: check it, AZURE_TENANT_ID, and --cloud.",
    "90002": "AZURE_TENANT_ID is no tenant of this cloud: check it, and --cloud.",
    "900382": "AZURE_TENANT_ID lies in another cloud: check it, and --cloud.",
    "7000215": "The client secret is wrong: AZURE_CLIENT_SECRET takes the secret's value, not its id.",
    "7000222": "The client secret has expired: make a new one, or use workload identity federation, which needs none.",
    "700027": "The certificate is not one of the application's: upload it there, or sign with another.",
    "53003": "A Conditional Access policy forbids this sign-in: ask who looks after it in the tenant.",
    "50079": "The tenant asks for multi-factor authentication: sign in with az login first.",
}
_BY_WAY: Mapping[str, str] = {
    "pinned": "AZURE_TOKEN_CREDENTIALS pins how to sign in: give that what it needs, or unset it.",
    "client-secret": "Check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.",
    "certificate": "Check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_CERTIFICATE_PATH.",
    "github": "Does the job have `permissions: id-token: write`, and the application a federated credential for it?",
    "token-file": "Check AZURE_FEDERATED_TOKEN_FILE, and the application's federated credential.",
    "token-variable": "Check the job's id_tokens (audience included), and the application's federated credential.",
    "azure-pipelines": "Does the step map SYSTEM_ACCESSTOKEN, and may this pipeline use the service connection?",
    "managed-identity": "Is an identity assigned to this machine, and AZURE_CLIENT_ID that of a user-assigned one (or unset)?",
    "default": "Sign in with `az login`, or set up one of the ways in docs/guides/signing-in.md (`reconciler whoami` shows which one is used); `--sandbox` needs none.",
}


class NotSignedIn(ClientAuthenticationError):
    """No access token: the message names the way that was tried, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class SignIn:
    """A credential with a name; its refusals are explained."""

    def __init__(self, name: str, shown: str, credential: Any) -> None:
        self.name = name
        self._shown = shown
        self._credential = credential

    @property
    def detail(self) -> str:
        """Which member of azure-identity's chain signed in; empty where there is no chain, or before it did."""
        return type(getattr(self._credential, "_successful_credential", None)).__name__.replace("NoneType", "")

    async def get_token_info(self, *scopes: str, options: Mapping[str, Any] | None = None) -> AccessTokenInfo:
        """An access token; NotSignedIn when there is none."""
        try:
            found: AccessTokenInfo = await self._credential.get_token_info(*scopes, options=options)
        except ClientAuthenticationError as error:
            raise self._refused(error) from error
        return found

    async def close(self) -> None:
        """Close the connection to the token endpoint."""
        await self._credential.close()

    def _refused(self, error: ClientAuthenticationError) -> NotSignedIn:
        told = [line.strip() for line in redact(str(error)).splitlines() if line.strip()]
        lines = [line for line in told if not line.startswith(_NOISE)][:_LINES] or [type(error).__name__]
        code = _CODE.search(" ".join(lines))
        hint = _BY_CODE.get(code[1] if code else "", "") or _BY_WAY[self.name]
        return NotSignedIn("\n".join([f"{self._shown}: {lines[0]}", *lines[1:]]), hint)


class StaticToken(SansIOHTTPPolicy[Any, Any]):
    """Puts one given token on every request: on loopback only, where azure-core's own policy refuses plain http."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Sign the request."""
        request.http_request.headers["Authorization"] = f"Bearer {self._token}"


async def _no_token() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Signing:
    """How a connection signs its requests.

    `name` is one of `credentials.WAYS`, or `static-token`, or `none`; `policy` puts the token on requests (None: there
    is no token); `credential` is closed with the connection; `token` gives the access token in use.
    """

    name: str
    policy: Any = None
    credential: SignIn | None = None
    token: Callable[[], Awaitable[str]] = _no_token


UNSIGNED = Signing("none")
"""No sign-in at all: a sandbox takes anybody."""


def claims(token: str) -> Mapping[str, Any]:
    """What a token says of its bearer; empty when it can't be read.

    The signature isn't checked: Azure does that, and refuses what doesn't hold.
    """
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature
        return {}
    try:
        found = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
