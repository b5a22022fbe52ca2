"""Opens the connection, with its endpoint, sign-in and transport."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from random import Random
from typing import Any, cast

from reconciler.azure.clouds import CLOUDS, Cloud
from reconciler.azure.connection import LOOK_SECONDS, Azure
from reconciler.azure.governor import Events
from reconciler.azure.inprocess import Exchange, InProcessTransport
from reconciler.azure.pipeline import origin
from reconciler.azure.sign_in.signing import UNSIGNED, SignIn, Signing, StaticToken
from reconciler.azure.versions import DATA_PROTECTION
from reconciler.base.clock import Clock
from reconciler.model.errors import UsageError

ENDPOINT_VARIABLE = "RECONCILER_ARM_ENDPOINT"
TOKEN_VARIABLE = "RECONCILER_ARM_TOKEN"  # noqa: S105 - a variable's name

_CONNECT_SECONDS = 20
_READ_SECONDS = 120
_BLOCK = 256 * 1024


def open_azure(
    *,
    clock: Clock,
    environment: Mapping[str, str],
    exchange: Exchange | None = None,
    cloud: str = "AzureCloud",
    endpoint: str = "",
    api_version: str | None = None,
    chance: Random | None = None,
    events: Events | None = None,
    look_seconds: float = LOOK_SECONDS,
) -> Azure:
    """A connection: to `exchange` in this process, to `endpoint` (else RECONCILER_ARM_ENDPOINT), or to `cloud`.

    UsageError when the endpoint is no URL, is plain http beyond loopback, or the cloud is unknown.
    """
    if cloud not in CLOUDS:
        raise UsageError(f"Unknown cloud: {cloud!r}.", hint=f"Choose one of {', '.join(CLOUDS)}.")
    chosen = CLOUDS[cloud]
    common: dict[str, Any] = {
        "clock": clock,
        "api_version": api_version or DATA_PROTECTION,
        "chance": chance,
        "events": events,
        "look_seconds": look_seconds,
    }
    if exchange is not None:
        return Azure(InProcessTransport(exchange), endpoint=chosen.endpoint, **common)
    endpoint = endpoint or environment.get(ENDPOINT_VARIABLE) or chosen.endpoint
    signing = _signing(endpoint, chosen, environment)
    return Azure(_network(endpoint), endpoint=endpoint, signing=signing, **common)


def check_endpoint(endpoint: str) -> bool:
    """Whether the endpoint is on loopback; UsageError when no access token may be sent to it."""
    found = origin(endpoint)
    if found is None:
        raise UsageError(
            f"{endpoint!r} is not an endpoint of Azure Resource Manager.",
            hint="Give a URL such as https://management.azure.com, without user name or spaces.",
        )
    scheme, host, _ = found
    if not is_loopback(host):
        if scheme == "http":
            raise UsageError(
                f"{endpoint} uses plain http to another machine, so the access token would be sent unencrypted.",
                hint="Use https, or a tunnel to localhost.",
            )
        return False
    return True


def _signing(endpoint: str, cloud: Cloud, environment: Mapping[str, str]) -> Signing:
    given = environment.get(TOKEN_VARIABLE, "")
    if check_endpoint(endpoint):
        if given:
            return _given(given)
        if endpoint.lower().startswith("http:"):
            return UNSIGNED
    elif given:
        raise UsageError(
            f"{TOKEN_VARIABLE} is accepted only for endpoints on this machine, and {endpoint} is not one.",
            hint=f"Unset {TOKEN_VARIABLE}, and sign in with a credential.",
        )
    # a sandbox needs no sign-in
    from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy

    from reconciler.azure.sign_in.credentials import WAYS, choice, credential

    name = choice(environment)
    own = SignIn(name, WAYS[name].shown, credential(environment, cloud))
    policy = AsyncARMChallengeAuthenticationPolicy(cast("Any", own), cloud.scope)

    async def token() -> str:
        return (await own.get_token_info(cloud.scope)).token

    return Signing(name, policy, own, token)


def _given(text: str) -> Signing:
    async def token() -> str:
        return text

    return Signing("static-token", StaticToken(text), None, token)


def _network(endpoint: str) -> Any:
    """The transport; for loopback without a proxy, which would see the token and have a loopback of its own."""
    # a sandbox in this process needs no network
    from urllib.request import getproxies

    from azure.core.pipeline.transport import AioHttpTransport

    return AioHttpTransport(
        # aiohttp would look for a proxy in a thread, for every request
        use_env_settings=not check_endpoint(endpoint) and bool(getproxies()),
        connection_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        connection_data_block_size=_BLOCK,
    )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
