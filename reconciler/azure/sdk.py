"""Single requests through the SDK's operations and the ARM client, each up to its first answer.

Both generations of SDK clients share the connection's pipeline. They are imported and made only for a write.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError as SdkError

from reconciler.azure.connection import Azure, read_object
from reconciler.azure.governor import Malformed
from reconciler.azure.pace import asked
from reconciler.azure.receipts import Receipt
from reconciler.azure.shapes import check_shape
from reconciler.base.redaction import redact
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError

if TYPE_CHECKING:
    from azure.mgmt.authorization.v2022_04_01.aio import AuthorizationManagementClient
    from azure.mgmt.dataprotection.aio import DataProtectionMgmtClient

Operation = Callable[..., Awaitable[Any]]

_SHOWN = frozenset({"PUT", "PATCH"})
_SHOWING = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})
"""Statuses with which these methods return what they wrote: an empty answer is then from a proxy, not from Azure."""


class Operations:
    """Runs the SDK's operations of each subscription, each up to its first answer."""

    def __init__(self, azure: Azure) -> None:
        self.azure = azure
        self._backup: dict[str, DataProtectionMgmtClient] = {}
        self._rights: dict[str, AuthorizationManagementClient] = {}

    def dataprotection(self, subscription: str) -> DataProtectionMgmtClient:
        """The client of a subscription, with the SDK's own api-version, which the pipeline rewrites."""
        if subscription not in self._backup:
            from azure.mgmt.dataprotection.aio import DataProtectionMgmtClient

            self._backup[subscription] = DataProtectionMgmtClient(
                _NoCredential(), subscription, self.azure.endpoint, policies=[], pipeline=self.azure.pipeline
            )
        return self._backup[subscription]

    def authorization(self, subscription: str) -> AuthorizationManagementClient:
        """The client of a subscription; its version-pinned module saves 0.2 s of imports."""
        if subscription not in self._rights:
            from azure.mgmt.authorization.v2022_04_01.aio import AuthorizationManagementClient

            self._rights[subscription] = AuthorizationManagementClient(
                _NoCredential(), subscription, self.azure.endpoint, policies=[], pipeline=self.azure.pipeline
            )
        return self._rights[subscription]

    async def run(self, operation: Operation, *arguments: Any) -> Receipt:
        """The answer to a synchronous operation."""
        return await self._run(operation, *arguments)

    async def begin(self, operation: Operation, *arguments: Any) -> Receipt:
        """The first answer to a long-running operation; its poller is never awaited, since it fails on an empty 202."""
        return await self._run(operation, *arguments, polling=False)

    async def put(self, path: str, body: Mapping[str, Any]) -> Receipt:
        """Send a PUT through the ARM client, for providers whose SDK isn't installed."""
        return await self._run(self.azure.send, "PUT", self.azure.url(path), body)

    async def patch(self, path: str, body: Mapping[str, Any]) -> Receipt:
        """Send a PATCH through the ARM client."""
        return await self._run(self.azure.send, "PATCH", self.azure.url(path), body)

    async def delete(self, path: str) -> Receipt:
        """Send a DELETE through the ARM client."""
        return await self._run(self.azure.send, "DELETE", self.azure.url(path))

    async def _run(self, operation: Operation, *arguments: Any, **options: Any) -> Receipt:
        kept: list[Receipt] = []

        def accept(answer: Any) -> None:
            kept.append(self._receipt(answer))

        try:
            await operation(*arguments, accept=accept, **options)
        except SdkError as error:
            raise AzureError(
                f"The Azure SDK could not understand an answer: {redact(str(error)).partition(chr(10))[0]}",
                code=error_codes.UNEXPECTED_ANSWER,
                hint="run it again",
            ) from error
        except ValueError:
            if not kept:  # else the answer was accepted, and errors of the SDK's models don't matter
                raise
        return kept[-1]

    def _receipt(self, answer: Any) -> Receipt:
        content: bytes = answer.content if hasattr(answer, "content") else answer.body()
        body = read_object(answer) if content else {}
        check_shape(body, urlsplit(answer.request.url).path)
        if not content and answer.status_code in _SHOWING and answer.request.method in _SHOWN:
            raise Malformed("it is empty, and should hold the object that was written")
        return Receipt(
            status=answer.status_code,
            body=body,
            operation=answer.headers.get("Azure-AsyncOperation") or "",
            location=answer.headers.get("Location") or "",
            retry_after=asked(answer.headers, self.azure.clock),
        )


class _NoCredential:
    """A credential that the SDK's clients require but never use: the shared pipeline has the token policy."""

    async def get_token(self, *_scopes: str, **_options: Any) -> Any:
        """Never called."""
        raise NotImplementedError

    async def close(self) -> None:
        """Nothing to close."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_raised: object) -> None:
        """Nothing to close."""
