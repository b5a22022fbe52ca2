"""From the wire to a request and from a response back to the wire: addresses, JSON, callers, headers, latency."""

from __future__ import annotations

import codecs
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from reconciler.sandbox import json_text
from reconciler.sandbox.arm import relaxed_json
from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import ArmError, Caller, Request, Response, invalid_body
from reconciler.sandbox.sign_in import tokens
from reconciler.sandbox.world import PRINCIPALS, World

LARGEST_BODY = 4 * 1024 * 1024
_MEDIANS = {"GET": 0.12, "HEAD": 0.12}
_LIST, _WRITE, _SPREAD = 0.3, 0.5, 0.25
_ALWAYS = {
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Expires": "-1",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "x-reconciler-sandbox": "true",  # not Azure's: clients that know it tell that Azure is simulated
}
_DOTS = 2  # in a JSON web token
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Wire:
    """Parses what arrives and writes what leaves; ids on it are derived from the request's path and how often it came."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: dict[str, int] = {}

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, base: str
    ) -> Request | tuple[Request, Response]:
        """The request; together with the answer when it cannot be understood."""
        address = urlsplit(f"/{url.lstrip('/')}" if url.startswith("/") else url)
        path = unquote(address.path)
        segments = tuple(part for part in path.split("/") if part)
        request = Request(
            method=method.upper(),
            path="".join(f"/{part}" for part in segments),
            segments=segments,
            query={lower(key): value for key, value in parse_qsl(address.query, keep_blank_values=True)},
            headers={lower(key): value for key, value in headers.items()},
            body=None,
            base=base or (f"{address.scheme}://{address.netloc}" if address.netloc else ""),
            caller=Caller("", ""),
        )
        request.caller = self._caller(request.headers.get("authorization", ""))
        try:
            request.body = self._body(request, body)
        except ArmError as error:
            return request, error.response()
        return request

    def _body(self, request: Request, content: bytes | None) -> Any:
        if not content or request.method in {"GET", "HEAD", "DELETE"}:
            return None
        if len(content) > LARGEST_BODY:
            raise ArmError(413, "RequestEntityTooLarge", f"The request body is larger than {LARGEST_BODY} bytes.")
        kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if kind not in {"application/json", "text/json"}:
            raise ArmError(
                415,
                "UnsupportedMediaType",
                f"The content media type '{kind}' is not supported. Only 'application/json' is supported.",
            )
        try:
            return relaxed_json.loads(content)
        except ValueError as error:
            raise invalid_body(str(error)) from error

    def _caller(self, authorization: str) -> Caller:
        token = authorization.partition(" ")[2].strip()
        named = lower(tokens.object_id_of(token)) if token.count(".") == _DOTS else ""
        for known in self._world.callers:
            if known.get("token") == token or (named and lower(known["objectId"]) == named):
                return Caller(known["objectId"], known["appId"], bool(known.get("everywhere")))
        signed_in = self._world.table(PRINCIPALS).get(named) or {}
        return Caller(signed_in["id"], signed_in["_client"]) if "_client" in signed_in else self._default()

    def _default(self) -> Caller:
        for known in self._world.callers:
            if not known.get("token"):
                return Caller(known["objectId"], known["appId"], bool(known.get("everywhere")))
        world = self._world
        return Caller(world.guid("caller", "object"), world.guid("caller", "application"))

    def sent(self, request: Request, response: Response) -> tuple[int, dict[str, str], bytes, float]:
        """Status, headers, content and latency of a response."""
        mark = f"{request.method} {lower(request.path)}"
        number = self._seen[mark] = self._seen.get(mark, 0) + 1
        body = response.body
        content = body if isinstance(body, bytes) else b"" if body is None else self._mark() + json_text.dumps(body)
        headers = self._headers(request, mark, number)
        if body is not None and not isinstance(body, bytes):
            headers["Content-Type"] = "application/json; charset=utf-8"
        headers |= response.headers
        return response.status, headers, content, self._latency(request, response, mark, number)

    def _mark(self) -> bytes:
        return codecs.BOM_UTF8 if self._world.switch("byte_order_mark") else b""

    def _headers(self, request: Request, mark: str, number: int) -> dict[str, str]:
        world, now = self._world, self._world.now
        own = world.guid(mark, f"request {number}")
        correlation = request.headers.get("x-ms-correlation-request-id") or own
        return {
            **_ALWAYS,
            "Date": _http_date(now),
            "x-ms-request-id": own,
            "x-ms-correlation-request-id": correlation,
            "x-ms-routing-request-id": f"SANDBOX:{now:%Y%m%dT%H%M%SZ}:{own}",
        }

    def _latency(self, request: Request, response: Response, mark: str, number: int) -> float:
        """Seconds, spread as a lognormal around what such a request usually takes."""
        if not self._world.switch("latency"):
            return 0.0
        is_list = isinstance(response.body, dict) and isinstance(response.body.get("value"), list)
        median = _LIST if is_list else _MEDIANS.get(request.method, _WRITE)
        return median * math.exp(_SPREAD * self._world.normal(mark, f"latency {number}"))


def _http_date(at: datetime) -> str:
    """A time as HTTP writes it, whatever the locale."""
    return f"{_DAYS[at.weekday()]}, {at:%d} {_MONTHS[at.month - 1]} {at:%Y %H:%M:%S} GMT"
