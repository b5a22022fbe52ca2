"""What to do about a 401: the access token is of another tenant, has expired, or isn't accepted for another reason."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAMED = re.compile(r"https://[a-z0-9.-]+/(?P<tenant>[0-9a-z][0-9a-z.-]{0,63})(?=[/\"',\s]|$)", re.IGNORECASE)
_ANY_TENANT = frozenset({"common", "organizations", "consumers"})


def tenant(challenge: str) -> str:
    """The tenant in `WWW-Authenticate`'s `authorization_uri`; empty when it names none."""
    said = re.search(r"authorization(?:_uri)?=\"?([^\"\s,]+)", challenge, re.IGNORECASE)
    found = _NAMED.match(said[1]) if said else None
    return found["tenant"] if found and found["tenant"].lower() not in _ANY_TENANT else ""


def hint(code: str, message: str, headers: Mapping[str, str]) -> str:
    """The hint for a 401 with this code and message; it names the tenant that Azure names."""
    own = tenant(headers.get("WWW-Authenticate", ""))
    where = f"AZURE_TENANT_ID to {own}" if own else "AZURE_TENANT_ID to the tenant of the subscription"
    login = f"`az login --tenant {own}`" if own else "`az login`"
    told = f"{code} {message} {headers.get('WWW-Authenticate', '')}".lower().replace(f"/{own}".lower(), "")
    if "expired" in told or "expiry" in told:
        return (
            f"sign in again, for example with {login}, and check this machine's clock: the access token has expired; "
            f"if AZURE_TENANT_ID is set, set {where}"
        )
    if "tenant" in told or "issuer" in told:
        return f"set {where}, or sign in there with {login}: the access token is of another tenant"
    return f"sign in again, for example with {login}, and set {where}: Azure did not accept the access token"
