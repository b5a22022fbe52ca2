"""Signing in: whom an access token identifies, and why there is none."""

from __future__ import annotations

import asyncio
import json
import re
import time
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from azure.core.credentials import AccessTokenInfo
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy

from reconciler.azure.trust import AUTHORITY, PermanentFailure
from reconciler.base.plurals import counted
from reconciler.base.redaction import redact

PATIENCE_VARIABLE = "RECONCILER_SIGN_IN_TIMEOUT"
"""Seconds that a program such as `az` may take to give a token."""

_REFUSED_SECONDS = 0.5
"""How long a refusal holds: as long as others of the same run may still ask before they hear that it has ended."""

_LINES = 12
_CODE = re.compile(r"\bAADSTS(\d+)")
_LATE = re.compile(r"Timed out waiting for (Azure(?: Developer)? CLI|Azure PowerShell)")
_WAIT_LONGER = f"run `az account get-access-token` to see why it is slow, or set {PATIENCE_VARIABLE} to more seconds to wait longer"
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
    "compare the federated credential of the application with this job: issuer, subject (repository, branch, environment) "
    "and audience must match exactly"
)
_BY_CODE: Mapping[str, str] = {
    "700024": "run it again: the identity token was too old; on a self-hosted runner, check the clock",
    "70021": _SUBJECT,
    "700211": _SUBJECT,
    "700212": _SUBJECT,
    "700213": _SUBJECT,
    "700016": "check AZURE_CLIENT_ID, AZURE_TENANT_ID and `--cloud`: the application is not in this tenant",
    "90002": "check AZURE_TENANT_ID and `--cloud`: the tenant is not in this cloud",
    "900382": "check AZURE_TENANT_ID and `--cloud`: the tenant is in another cloud",
    "7000215": "set AZURE_CLIENT_SECRET to the secret's value, not its id: the client secret is wrong",
    "7000222": "make a new client secret, since this one has expired, or use workload identity federation, which needs none",
    "700027": "upload the certificate to the application, or use another: the application doesn't have this one",
    "53003": "ask an administrator of the tenant: a Conditional Access policy blocks this sign-in",
    "50079": "sign in with `az login` first: the tenant requires multi-factor authentication",
}
_BY_WAY: Mapping[str, str] = {
    "pinned": "provide what the credential named by AZURE_TOKEN_CREDENTIALS needs, or unset that variable",
    "client-secret": "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
    "certificate": "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_CERTIFICATE_PATH",
    "github": "check that the job has `permissions: id-token: write`, and the application a federated credential for it",
    "token-file": "check AZURE_FEDERATED_TOKEN_FILE, and the application's federated credential",
    "token-variable": "check the job's id_tokens (audience included), and the application's federated credential",
    "azure-pipelines": "check that the step maps SYSTEM_ACCESSTOKEN, and that this pipeline may use the service connection",
    "managed-identity": "check that this machine has an identity, and that AZURE_CLIENT_ID names a user-assigned one or is unset",
    "default": "sign in with `az login`, or set up one of the ways in docs/guides/signing-in.md (`reconciler whoami` shows which one is used); `--sandbox` needs none",
}


class NotSignedIn(ClientAuthenticationError):
    """No access token; the message names the way that was tried, `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


_NEVER = ClientAuthenticationError("nobody has signed in yet")


def _no_failure() -> None:
    return None


class SignIn:
    """A credential with a name, whose errors are explained; `barred` gives the last failure that no retry can mend.

    `patience`: the seconds that a program may take to give a token (0: unknown).
    """

    def __init__(
        self,
        name: str,
        shown: str,
        credential: Any,
        barred: Callable[[], PermanentFailure | None] = _no_failure,
        patience: int = 0,
    ) -> None:
        self.name = name
        self._barred = barred
        self._shown = shown
        self._credential = credential
        self._patience = patience
        self._turn = asyncio.Lock()
        self._tries = 0
        self._refused_until = 0.0
        self._asked: Any = None
        self._found: AccessTokenInfo | ClientAuthenticationError = _NEVER

    @property
    def detail(self) -> str:
        """The member of azure-identity's chain that signed in; empty without a chain, or before signing in."""
        return type(getattr(self._credential, "_successful_credential", None)).__name__.replace("NoneType", "")

    async def get_token_info(self, *scopes: str, options: Mapping[str, Any] | None = None) -> AccessTokenInfo:
        """An access token; NotSignedIn, or PermanentFailure, when there is none.

        Requests at the same time sign in once: the first of a run are many, and each would start an `az` of its own.
        """
        asked, tries = (scopes, dict(options or {})), self._tries
        async with self._turn:
            if self._asked != asked or (tries == self._tries and time.monotonic() > self._refused_until):
                self._found = await self._tried(*scopes, options=options)
                self._tries, self._asked = self._tries + 1, asked
                if isinstance(self._found, ClientAuthenticationError):
                    self._refused_until = time.monotonic() + _REFUSED_SECONDS
            if isinstance(self._found, ClientAuthenticationError):
                raise self._found
            return self._found

    async def _tried(
        self, *scopes: str, options: Mapping[str, Any] | None
    ) -> AccessTokenInfo | ClientAuthenticationError:
        """The token, or the error, which those who waited for it share."""
        try:
            return await self._new_token(*scopes, options=options)
        except ClientAuthenticationError as error:
            return error

    async def _new_token(self, *scopes: str, options: Mapping[str, Any] | None) -> AccessTokenInfo:
        before = self._barred()
        try:
            found: AccessTokenInfo = await self._credential.get_token_info(*scopes, options=options)
        except ClientAuthenticationError as error:
            failure = self._barred()
            if failure is None or failure is before:
                raise self._refused(error) from error
            message = f"Could not get an access token with {self._shown}: {failure.message}"
            raise PermanentFailure(failure.error_code, message, failure.hint) from error
        return found

    async def close(self) -> None:
        """Close the connection to the token endpoint."""
        await self._credential.close()

    def _refused(self, error: ClientAuthenticationError) -> NotSignedIn:
        told = [line.strip() for line in redact(str(error)).splitlines() if line.strip()]
        lines = [line for line in told if not line.startswith(_NOISE)][:_LINES] or [type(error).__name__]
        late = _LATE.search(" ".join(told))
        if late:
            is_ours = self._patience and late[1].endswith("CLI")  # azure-identity waits for PowerShell as it likes
            waited = (
                f"did not answer within {counted(self._patience, 'second')}" if is_ours else "did not answer in time"
            )
            return NotSignedIn(f"{self._shown}: {late[1]} {waited}", _WAIT_LONGER)
        if any("certificate verify failed" in line.lower().replace("_", " ") for line in told):
            return NotSignedIn("\n".join([f"{self._shown}: {lines[0]}", *lines[1:]]), AUTHORITY)
        code = _CODE.search(" ".join(lines))
        hint = _BY_CODE.get(code[1] if code else "", "") or _BY_WAY[self.name]
        return NotSignedIn("\n".join([f"{self._shown}: {lines[0]}", *lines[1:]]), hint)


class StaticToken(SansIOHTTPPolicy[Any, Any]):
    """Puts a given token on every request; for loopback only, since azure-core's own policy refuses plain http."""

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
"""No sign-in: a sandbox accepts everybody."""


def claims(token: str) -> Mapping[str, Any]:
    """The claims of a token; empty when it can't be read.

    The signature isn't checked here, but by Azure.
    """
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature
        return {}
    try:
        found = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
