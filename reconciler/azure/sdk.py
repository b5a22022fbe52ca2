"""Single requests through the SDK's operations and the ARM client, each ended by its first answer.

Both generations of SDK clients share the connection's pipeline. They are imported and made when something is written.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError as SdkError

from reconciler.azure.connection import Azure, check_shape, read_object
from reconciler.azure.governor import Malformed
from reconciler.azure.pace import asked
from reconciler.azure.receipts import Receipt
from reconciler.base.redaction import redact
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError, NotFound

if TYPE_CHECKING:
    from azure.mgmt.authorization.v2022_04_01.aio import AuthorizationManagementClient
    from azure.mgmt.dataprotection.aio import DataProtectionMgmtClient

Operation = Callable[..., Awaitable[Any]]

_SHOWN = frozenset({"PUT", "PATCH"})
_SHOWING = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})
"""Statuses with which these methods show what they wrote: an empty answer then is a proxy's, not Azure's."""


class Operations:
    """The SDK's operations of each subscription, and how one of them is run up to its first answer."""

    def __init__(self, azure: Azure) -> None:
        self.azure = azure
        self._backup: dict[str, DataProtectionMgmtClient] = {}
        self._rights: dict[str, AuthorizationManagementClient] = {}

    def dataprotection(self, subscription: str) -> DataProtectionMgmtClient:
        """The client of a subscription, at the SDK's own api-version, which the pipeline then rewrites."""
        if subscription not in self._backup:
            from azure.mgmt.dataprotection.aio import DataProtectionMgmtClient

            self._backup[subscription] = DataProtectionMgmtClient(
                _NoCredential(), subscription, self.azure.endpoint, policies=[], pipeline=self.azure.pipeline
            )
        return self._backup[subscription]

    def authorization(self, subscription: str) -> AuthorizationManagementClient:
        """The client of a subscription; its version-pinned module spares 0.2 s of imports."""
        if subscription not in self._rights:
            from azure.mgmt.authorization.v2022_04_01.aio import AuthorizationManagementClient

            self._rights[subscription] = AuthorizationManagementClient(
                _NoCredential(), subscription, self.azure.endpoint, policies=[], pipeline=self.azure.pipeline
            )
        return self._rights[subscription]

    async def run(self, operation: Operation, *arguments: Any) -> Receipt:
        """A synchronous operation."""
        return await self._run(operation, *arguments)

    async def begin(self, operation: Operation, *arguments: Any) -> Receipt:
        """A long-running operation's first answer; its poller is never awaited, since it chokes on an empty 202."""
        return await self._run(operation, *arguments, polling=False)

    async def put(self, path: str, body: Mapping[str, Any]) -> Receipt:
        """A PUT through the ARM client, for providers whose SDK we don't carry."""
        return await self._run(self.azure.send, "PUT", self.azure.url(path), body)

    async def patch(self, path: str, body: Mapping[str, Any]) -> Receipt:
        """A PATCH through the ARM client."""
        return await self._run(self.azure.send, "PATCH", self.azure.url(path), body)

    async def delete(self, path: str) -> Receipt:
        """A DELETE through the ARM client."""
        return await self._run(self.azure.send, "DELETE", self.azure.url(path))

    async def _run(self, operation: Operation, *arguments: Any, **options: Any) -> Receipt:
        kept: list[Receipt] = []

        def accept(answer: Any) -> None:
            kept.append(self._receipt(answer))

        try:
            await operation(*arguments, accept=accept, **options)
        except SdkError as error:
            raise AzureError(
                f"The Azure SDK could not make sense of an answer: {redact(str(error))}",
                code=error_codes.UNEXPECTED_ANSWER,
                hint="Run it again: it goes on from what Azure holds by then.",
            ) from error
        except ValueError:
            if not kept:  # else the answer was accepted, and what the SDK's models make of it doesn't matter
                raise
        return kept[-1]

    def _receipt(self, answer: Any) -> Receipt:
        content: bytes = answer.content if hasattr(answer, "content") else answer.body()
        body = read_object(answer) if content else {}
        check_shape(body, urlsplit(answer.request.url).path)
        if not content and answer.status_code in _SHOWING and answer.request.method in _SHOWN:
            raise Malformed("it is empty where the object that was written is expected")
        return Receipt(
            status=answer.status_code,
            body=body,
            operation=answer.headers.get("Azure-AsyncOperation") or "",
            location=answer.headers.get("Location") or "",
            retry_after=asked(answer.headers, self.azure.clock),
        )


async def satisfied(deletion: Awaitable[Receipt]) -> Receipt:
    """A deletion's receipt; what isn't there counts as deleted."""
    try:
        return await deletion
    except NotFound:
        return Receipt(HTTPStatus.NO_CONTENT)


class _NoCredential:
    """What the SDK's clients ask for and never use: the shared pipeline has the token policy."""

    async def get_token(self, *_scopes: str, **_options: Any) -> Any:
        """Never called."""
        raise NotImplementedError

    async def close(self) -> None:
        """Nothing to close."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_raised: object) -> None:
        """Nothing to close."""
