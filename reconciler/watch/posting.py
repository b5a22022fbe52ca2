"""Webhooks: where notices go, over https, or http on loopback; their addresses are secrets, and never shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from reconciler.errors import UsageError
from reconciler.watch.notices import KINDS

SECONDS = 10.0
"""How long a webhook may take."""


class Webhook(NamedTuple):
    """A webhook's kind and its address."""

    kind: str
    url: str


def webhook(text: str) -> Webhook:
    """What `KIND=URL` names; UsageError, which does not show the address, when it names none."""
    kind, _, url = text.partition("=")
    parts = urlsplit(url)
    if kind not in KINDS or not parts.hostname:
        raise UsageError("--notify takes KIND=URL", hint=f"kinds: {', '.join(KINDS)}")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise UsageError("--notify takes an https address (http on loopback only)", hint="use https")
    return Webhook(kind, url)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class _Straight(HTTPRedirectHandler):
    """Follows no redirect: a message goes where it was meant to go, or nowhere."""

    def redirect_request(self, *_: Any) -> None:
        """Nothing."""


def post(to: Webhook, body: Mapping[str, Any]) -> str:
    """Send the body; why it didn't arrive, empty when it did."""
    request = Request(  # noqa: S310 - the scheme was checked
        to.url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}, method="POST"
    )
    try:
        with build_opener(_Straight).open(request, timeout=SECONDS):
            return ""
    except URLError as error:
        return f"the {to.kind} webhook did not take it: {getattr(error, 'code', '') or type(error.reason).__name__}"
    except (OSError, HTTPException) as error:
        return f"the {to.kind} webhook did not take it: {type(error).__name__}"
