"""The connection to Azure Resource Manager: one pipeline, shared by our reads and both generations of SDK clients.

A policy object may be in one pipeline only, and closing any client closes the shared transport, so there is one of each,
closed once. The SDK's own retry and provider-registration policies are left out: the governor retries, and the tool
never registers a provider on its own.
"""

from __future__ import annotations

import codecs
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

import orjson
from azure.core.pipeline import AsyncPipeline
from azure.core.pipeline.policies import ContentDecodePolicy
from azure.core.rest import HttpRequest
from azure.mgmt.core import AsyncARMPipelineClient

from reconciler.azure import absence, versions
from reconciler.azure.auditing import Audited
from reconciler.azure.bodies import encoded
from reconciler.azure.deadlines import looking
from reconciler.azure.governor import Events, Governor, Malformed
from reconciler.azure.pace import asked
from reconciler.azure.pages import Pages
from reconciler.azure.pipeline import SameOrigin, Stamping
from reconciler.azure.settled import Settled
from reconciler.azure.shapes import check_resource, check_rows
from reconciler.azure.sign_in.signing import UNSIGNED, Signing
from reconciler.base import escape
from reconciler.model import api_versions
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import AzureError, NotFound, OutOfReach, ReadIncomplete, Unproven
from reconciler.model.ids import ArmId, lower

if TYPE_CHECKING:
    import random

    from reconciler.base.clock import Clock

logging.getLogger("azure").setLevel(
    logging.CRITICAL + 1
)  # they log tracebacks and headers; we explain errors ourselves

LOOK_SECONDS = 1800.0
"""How long one look at Azure may take."""

_FRESH_SECONDS = 60.0

Query = Mapping[str, str]
Rows = list[dict[str, Any]]


class Followed(NamedTuple):
    """An operation's answer: HTTP status, body (empty when there is none), and the seconds that Azure asks to wait."""

    status: int
    body: dict[str, Any]
    retry_after: float


class Azure:
    """Reads through one ARM client, and the pipeline that the SDK's clients write through; `audited` sees every write.

    `signing` says how requests are signed; `token`, if given, is the policy that signs instead. `events` is told of
    throttling; `credentials` are closed with the connection. A look at Azure takes `look_seconds` at most.
    """

    def __init__(
        self,
        transport: Any,
        *,
        endpoint: str,
        clock: Clock,
        token: Any = None,
        api_version: str = api_versions.DEFAULT,
        chance: random.Random | None = None,
        events: Events | None = None,
        credentials: Sequence[Any] = (),
        signing: Signing = UNSIGNED,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self.signing = signing
        self._look_seconds = look_seconds
        self._credentials = (*credentials, *([signing.credential] if signing.credential else []))
        token = token or signing.policy
        self.endpoint = endpoint.rstrip("/")
        self.clock = clock
        self.governor = Governor(clock, chance=chance, events=events)
        self.audited = Audited()
        self.settled = Settled(clock, self.get)
        self._subscriptions_read: dict[str, float] = {}
        self._stamping = Stamping(events)
        policies = [
            self._stamping,
            ContentDecodePolicy(),
            self.governor,
            SameOrigin(self.endpoint),
            *([token] if token else []),
            versions.ApiVersions(versions.table(api_version)),
            self.audited,
        ]
        self.pipeline: AsyncPipeline[Any, Any] = AsyncPipeline(transport, policies)
        self.client: AsyncARMPipelineClient[Any, Any] = AsyncARMPipelineClient(
            self.endpoint, policies=[], pipeline=self.pipeline
        )

    @property
    def azure_time(self) -> datetime | None:
        """The time of Azure's clock in its newest answer; None: it didn't tell."""
        try:
            told = parsedate_to_datetime(self._stamping.date)
            return told.replace(tzinfo=told.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    def looking(self) -> AbstractContextManager[None]:
        """Within this block all reads share the time limit of one look; in a nested block, that of the outermost."""
        return looking(self.clock.monotonic() + self._look_seconds)

    async def get(self, path: ArmId | str, *, query: Query | None = None) -> dict[str, Any]:
        """The body of one resource; NotFound, OutOfReach or another AzureError."""
        try:
            body = await self._send("GET", self.url(path, query))
        except NotFound as error:
            await self._confirm(str(path), error)
            raise
        check_resource(body, str(path))
        return body

    async def list(self, path: ArmId | str, *, query: Query | None = None) -> Rows:
        """All rows of all pages, never only some; ReadIncomplete when any page can't be read, or a row is no object."""
        rows: Rows = []
        await self.each_page(path, rows.extend, query=query)
        return rows

    async def each_page(
        self, path: ArmId | str, take: Callable[[Rows], None], *, query: Query | None = None, odd: bool = False
    ) -> None:
        """Hand the rows of each page to `take` as it arrives; after ReadIncomplete the rows taken are not the whole list.

        With `odd`, `take` gets rows that are no objects, too, and has to look.
        """
        try:
            await self._pages(self.url(path, query), take if odd else lambda rows: take(check_rows(rows, str(path))))
        except AzureError as error:
            raise incomplete(str(path), error) from error

    async def post(self, path: ArmId | str, body: Mapping[str, Any], *, query: Query | None = None) -> dict[str, Any]:
        """The body of the answer to a POST that only asks."""
        return await self._send("POST", self.url(path, query), body)

    async def follow(self, url: str) -> Followed:
        """An operation's status, from the URL that Azure gave, unchanged; it may be signed, so no message shows it."""
        kept: dict[str, Any] = {}

        def accept(answer: Any) -> None:
            kept.clear()
            if answer.content:
                kept.update(read_object(answer))

        answer = await self.send("GET", urljoin(self.endpoint + "/", url), accept=accept, verbatim=True)
        return Followed(answer.status_code, kept, asked(answer.headers, self.clock))

    async def send(
        self,
        method: str,
        url: str,
        body: Mapping[str, Any] | None = None,
        *,
        accept: Callable[[Any], None],
        verbatim: bool = False,
    ) -> Any:
        """Send one request through the shared pipeline; `accept` is called with a successful response."""
        return await self.client.send_request(
            _request(method, url, body), stream=True, accept=accept, verbatim=verbatim
        )

    def url(self, path: ArmId | str, query: Query | None = None) -> str:
        """The URL of an ARM path (or an absolute URL as it is), with these parameters added."""
        text = path.text if isinstance(path, ArmId) else path
        url = text if "://" in text else self.endpoint + quote(text, safe="/()'!*,;=:@$&+~-._", errors="surrogatepass")
        if not query:
            return url
        pairs = "&".join(
            f"{quote(key, safe='$')}={quote(value, errors='surrogatepass')}" for key, value in query.items()
        )
        return f"{url}{'&' if '?' in url else '?'}{pairs}"

    async def close(self) -> None:
        """Close the transport that all clients share."""
        await self.client.close()
        for credential in self._credentials:
            await credential.close()

    async def _confirm(self, asked: str, error: NotFound) -> None:
        """Raise Unproven unless the enclosing resource, which a 404 called missing, is confirmed to be gone.

        A resource group counts as gone only while its subscription can be read; anything else is read by its own id.
        """
        if error.absent == lower(asked):
            return
        enclosing = ArmId(asked[: len(error.absent)])
        try:
            if not enclosing.type:
                await self._read_subscription(enclosing.subscription)
                return
            await self.get(enclosing)
            why = f"{enclosing} exists."
        except NotFound:
            return
        except AzureError as other:
            why = other.message
        raise Unproven(
            f"{error.message} This can't be confirmed: {why}",
            status=error.status,
            code=error.code,
            target=error.target,
            request_id=error.request_id,
            hint="run it again; if this persists, check that the caller may read the whole subscription",
        ) from error

    async def _read_subscription(self, subscription: str) -> None:
        """Raise AzureError unless the subscription can be read, or was read a moment ago."""
        read = self._subscriptions_read.get(subscription)
        if read is None or self.clock.monotonic() - read > _FRESH_SECONDS:
            await self._send("GET", self.url(f"/subscriptions/{subscription}/resourcegroups", {"$top": "1"}))

    async def _pages(self, url: str, take: Callable[[Rows], None]) -> None:
        pages = Pages(urlsplit(url).path, self.clock, url)
        page = await self._send("GET", url, page=True)
        while True:
            take(page["value"])
            link = page.get("nextLink")
            if not link:
                return
            link = pages.follow(page["value"], link)
            page = await self._send("GET", urljoin(url, link), page=True, verbatim=True)

    async def _send(
        self,
        method: str,
        url: str,
        body: Mapping[str, Any] | None = None,
        *,
        page: bool = False,
        verbatim: bool = False,
    ) -> dict[str, Any]:
        kept: dict[str, Any] = {}

        def accept(answer: Any) -> None:
            kept.clear()
            kept.update(read_object(answer))
            if page:
                check_page(kept)

        await self.send(method, url, body, accept=accept, verbatim=verbatim)
        subscription = absence.subscription_listed(urlsplit(url).path)
        if subscription:
            self._subscriptions_read[subscription] = self.clock.monotonic()
        return kept


def read_object(answer: Any) -> dict[str, Any]:
    """The JSON object in an answer's body; Malformed when it is anything else."""
    content: bytes = answer.content if hasattr(answer, "content") else answer.body()
    if not content and answer.status_code == HTTPStatus.NO_CONTENT:
        return {}
    try:
        body = decoded(content)
    except ValueError as error:
        kind = answer.headers.get("Content-Type") or "no content type"
        raise Malformed(f"it is no JSON ({kind}, {len(content)} bytes)") from error
    if not isinstance(body, dict):
        raise Malformed(f"it is {escape.value(body)} where an object is expected", is_json=True)
    return body


def decoded(content: bytes) -> Any:
    """The JSON in an answer, as the official SDKs read it: behind a byte order mark, and with half a surrogate pair.

    ValueError when it is no JSON.
    """
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        if b"\\ud" not in content.lower():
            raise
        try:
            return json.loads(content, parse_constant=_refused)
        except RecursionError:
            raise error from None


def _refused(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def check_page(page: Mapping[str, Any]) -> None:
    """Raise Malformed unless a page of a list has its rows: a missing or null `value` is not an empty list."""
    if not isinstance(page.get("value"), list):
        raise Malformed("a page of the list has no `value` with its rows", is_json=True)


_NAME_THE_LIST = frozenset({error_codes.ENDLESS_LIST.code, error_codes.LOOK_TIMEOUT.code})
"""The codes of errors whose message names what was read."""


def incomplete(what: str, error: AzureError) -> ReadIncomplete:
    """The error for something that could not be read to the end: it says what, why, and which role is needed."""
    for code in (error_codes.NO_TOKEN, error_codes.UNTRUSTED):
        if error.code == code.code:
            return ReadIncomplete(error.message, hint=error.hint, code=code)
    hint = error.hint
    if isinstance(error, OutOfReach) and error.status == HTTPStatus.FORBIDDEN:
        hint = f"give the caller the role Reader (or one that may read this) at {what.partition('/providers/')[0] or 'the tenant'}"
    elif isinstance(error, NotFound):
        hint = "check the id and the caller's access, then run it again; it may have been deleted or moved meanwhile"
    told = error.message if error.code in _NAME_THE_LIST else f"Could not read {what} to the end: {error.message}"
    return ReadIncomplete(
        f"{told} The part that was read is not used.",
        hint=hint or "run it again",
    )


def _request(method: str, url: str, body: Mapping[str, Any] | None) -> HttpRequest:
    headers = {"Accept": "application/json"}
    if body is None:
        return HttpRequest(method, url, headers=headers)
    return HttpRequest(method, url, headers={**headers, "Content-Type": "application/json"}, content=encoded(body))
