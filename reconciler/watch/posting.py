"""Sends news to webhooks, over https or, on loopback, http; their addresses are secrets, and never shown."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from http.client import HTTPException
from ssl import SSLError
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPRedirectHandler,
    HTTPSHandler,
    ProxyHandler,
    Request,
    build_opener,
    getproxies_environment,
)

from reconciler.azure import trust
from reconciler.azure.proxies import is_loopback
from reconciler.model.errors import UsageError
from reconciler.watch.news import KINDS

SECONDS = 10.0
"""How long a webhook may take to answer."""


class Webhook(NamedTuple):
    """A webhook's kind and its address."""

    kind: str
    url: str


def webhook(text: str) -> Webhook:
    """The webhook that `KIND=URL` names; UsageError, without the address, when it is no such text."""
    kind, _, url = text.partition("=")
    host = _host(url)
    if kind not in KINDS or not host:
        raise UsageError("`--notify` must be KIND=URL", hint=f"choose a kind from {', '.join(KINDS)}")
    scheme = urlsplit(url).scheme
    if scheme != "https" and not (scheme == "http" and is_loopback(host)):
        raise UsageError("`--notify` needs an https address (http on loopback only)", hint="use https")
    return Webhook(kind, url)


def _host(url: str) -> str:
    """The host of a URL, as requests name it; empty when it isn't a URL."""
    try:
        parts = urlsplit(url)
        is_url = parts.port is None or parts.port > 0
    except ValueError:
        return ""
    return (parts.hostname or "") if is_url and url.isascii() and url.isprintable() and " " not in url else ""


class _Straight(HTTPRedirectHandler):
    """Follows no redirects, so that a message goes only to the given address."""

    def redirect_request(self, *_: Any) -> None:
        """Return None, which makes a redirect an error."""


def post(to: Webhook, body: Mapping[str, Any]) -> str:
    """Send the body; returns why it didn't arrive, or an empty text."""
    request = Request(  # noqa: S310 - the scheme was checked
        to.url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}, method="POST"
    )
    # through a proxy, loopback would be another machine
    proxies = {} if is_loopback(_host(to.url)) else getproxies_environment()
    try:
        trusting = HTTPSHandler(context=trust.context(os.environ))
        with build_opener(_Straight, trusting, ProxyHandler(proxies)).open(request, timeout=SECONDS):
            return ""
    except UsageError as error:
        return f"the {to.kind} webhook was not called: {error.message}"
    except URLError as error:
        why = getattr(error, "code", "") or type(error.reason).__name__
        advice = f" (see {' and '.join(trust.VARIABLES)})" if isinstance(error.reason, SSLError) else ""
        return f"the {to.kind} webhook did not accept it: {why}{advice}"
    except (OSError, HTTPException) as error:
        return f"the {to.kind} webhook did not accept it: {type(error).__name__}"
