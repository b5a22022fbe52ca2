"""Which proxy a request takes: by the environment's variables alone, and never for this machine or its host.

Not the system's settings, nor `.netrc`: a proxy's credentials stand in its URL, and no file has any for other hosts.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment

from reconciler.model.errors import UsageError

_SCHEMES = ("https", "http")
_ANY = "all"
_PORTS = {"https": 443, "http": 80}


class Proxy(NamedTuple):
    """A proxy's URL without credentials, and those (empty: none)."""

    url: str
    user: str = ""
    password: str = ""


class Proxies:
    """The proxies that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY name, in capitals or not; UsageError for a bad one."""

    def __init__(self) -> None:
        named = getproxies_environment()
        self._exempt = _exempt(named.get("no", ""))
        self._proxies = {
            scheme: _read(f"{kind.upper()}_PROXY", named[kind])
            for scheme in _SCHEMES
            if (kind := next((name for name in (scheme, _ANY) if named.get(name)), ""))
        }

    def of(self, url: str) -> Proxy | None:
        """The proxy for a URL; None: the request goes straight."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        proxy = self._proxies.get(parts.scheme)
        if proxy is None or is_beside(host) or self._is_exempt(host, parts.port or _PORTS[parts.scheme]):
            return None
        return proxy

    def _is_exempt(self, host: str, port: int) -> bool:
        """Whether NO_PROXY lists a host, with or without its port, a domain that it is in, or its network."""
        name = f"[{host}]" if ":" in host else host.removesuffix(".")
        spelled = (host, name, f"{name}:{port}")
        return any(
            one in ("*", *spelled) or any(said.endswith(f".{one}") for said in spelled) or _is_in_network(host, one)
            for one in self._exempt
        )


def _exempt(text: str) -> list[str]:
    """The entries of NO_PROXY, in the forms of curl, Go and others: `*.example.com`, and blanks between entries."""
    entries = text.lower().replace(",", " ").split()
    return [name for one in entries if (name := one.removeprefix("*.").strip("."))]


def _is_in_network(host: str, listed: str) -> bool:
    """Whether an address is the listed one, or in the listed network, such as `10.0.0.0/8`."""
    try:
        return ip_address(host) in ip_network(listed, strict=False)
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_beside(host: str) -> bool:
    """Whether a host is this machine, or the one that gives a virtual machine its identity (169.254.169.254)."""
    try:
        return is_loopback(host) or ip_address(host).is_link_local
    except ValueError:
        return False


def _read(variable: str, text: str) -> Proxy:
    """The proxy in a variable; the message has no part of it that may be a secret."""
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme.lower() not in _SCHEMES:
        kind = f"{parts.scheme} proxies aren't supported" if parts.scheme else "it is no URL"
        raise _bad(variable, kind)
    if not parts.hostname:
        raise _bad(variable, "it has no host")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Proxy(
        f"{parts.scheme.lower()}://{host}{f':{port}' if port else ''}",
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


def _bad(variable: str, why: str) -> UsageError:
    return UsageError(
        f"Could not use the proxy in {variable}: {why}.",
        hint=f"set {variable} to http://HOST:PORT; credentials stand as USER:PASSWORD@ before HOST, with @ in them as %40",
    )
