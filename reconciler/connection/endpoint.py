"""Opens the connection, with its endpoint, sign-in and transport."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING, Any, cast

from reconciler.azure.clouds import CLOUDS, Cloud
from reconciler.azure.connection import LOOK_SECONDS, Azure
from reconciler.azure.governor import Events
from reconciler.azure.inprocess import Exchange, InProcessTransport
from reconciler.azure.pipeline import origin
from reconciler.azure.proxies import is_loopback
from reconciler.azure.sign_in.signing import UNSIGNED, SignIn, Signing, StaticToken
from reconciler.base.clock import Clock
from reconciler.model import api_versions
from reconciler.model.errors import UsageError

if TYPE_CHECKING:
    from reconciler.azure.network import Networks

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

    UsageError when the endpoint is no URL, is plain http beyond loopback, the cloud is unknown, or the version no date.
    """
    if api_version and not api_versions.FORM.fullmatch(api_version):
        raise UsageError(
            f"`--api-version` is not a version of an API: {api_version}",
            hint=f"write a date, as in {api_versions.DEFAULT}, or leave it out",
        )
    if cloud not in CLOUDS:
        raise UsageError(f"Unknown cloud: '{cloud}'.", hint=f"choose one of {', '.join(CLOUDS)}")
    chosen = CLOUDS[cloud]
    common: dict[str, Any] = {
        "clock": clock,
        "api_version": api_version or api_versions.DEFAULT,
        "chance": chance,
        "events": events,
        "look_seconds": look_seconds,
    }
    if exchange is not None:
        return Azure(InProcessTransport(exchange), endpoint=chosen.endpoint, **common)
    endpoint = endpoint or environment.get(ENDPOINT_VARIABLE) or chosen.endpoint
    is_local = check_endpoint(endpoint)
    networks = _networks(endpoint, environment, is_local=is_local)
    signing = _signing(endpoint, chosen, environment, networks, is_local=is_local)
    transport = networks(
        connection_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS, connection_data_block_size=_BLOCK
    )
    return Azure(transport, endpoint=endpoint, signing=signing, **common)


def check_endpoint(endpoint: str) -> bool:
    """Whether the endpoint is on loopback; UsageError when no access token may be sent to it."""
    found = origin(endpoint)
    if found is None:
        raise UsageError(
            f"'{endpoint}' is not an endpoint of Azure Resource Manager.",
            hint="give a URL such as https://management.azure.com, without user name or spaces",
        )
    scheme, host, _ = found
    if not is_loopback(host):
        if scheme == "http":
            raise UsageError(
                f"{endpoint} uses plain http to another machine, so the access token would be sent unencrypted.",
                hint="use https, or a tunnel to localhost",
            )
        return False
    return True


def _networks(endpoint: str, environment: Mapping[str, str], *, is_local: bool) -> Networks:
    # a sandbox in this process needs no network
    from reconciler.azure.network import Networks

    return Networks(environment, is_plain=is_local and endpoint.lower().startswith("http:"))


def _signing(
    endpoint: str, cloud: Cloud, environment: Mapping[str, str], networks: Networks, *, is_local: bool
) -> Signing:
    given = environment.get(TOKEN_VARIABLE, "")
    if is_local:
        if given:
            return _given(given)
        if endpoint.lower().startswith("http:"):
            return UNSIGNED
    elif given:
        raise UsageError(
            f"{TOKEN_VARIABLE} is accepted only for endpoints on this machine, and {endpoint} is not one.",
            hint=f"unset {TOKEN_VARIABLE}, and sign in with a credential",
        )
    # a sandbox needs no sign-in
    from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy

    from reconciler.azure.sign_in.credentials import WAYS, choice, credential, patience

    name = choice(environment)
    found = credential(environment, cloud, networks)
    own = SignIn(name, WAYS[name].shown, found, lambda: networks.failure, patience(environment))
    policy = AsyncARMChallengeAuthenticationPolicy(cast("Any", own), cloud.scope)

    async def token() -> str:
        return (await own.get_token_info(cloud.scope)).token

    return Signing(name, policy, own, token)


def _given(text: str) -> Signing:
    async def token() -> str:
        return text

    return Signing("static-token", StaticToken(text), None, token)
