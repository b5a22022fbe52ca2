"""How the tool signs in: the first way for which the environment has all variables.

azure-identity is imported only for a real cloud: it alone takes a third of a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from reconciler.azure.clouds import Cloud
from reconciler.azure.sign_in import assertions
from reconciler.azure.sign_in.assertions import Network
from reconciler.azure.sign_in.offers import (
    ID_TOKEN_VARIABLE,
    PIPELINE_CLIENT,
    PIPELINE_TENANT,
    SERVICE_CONNECTION,
    Environment,
    lacking,
    value,
)
from reconciler.azure.sign_in.signing import PATIENCE_VARIABLE
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import UsageError

_AUTHORITY_VARIABLE = "AZURE_AUTHORITY_HOST"
_AUTHORITY = re.compile(
    r"[^\s/:@?#\[\]]+(/\S*)?|https://([^\s/:@?#\[\]]+|\[[0-9a-f:.]+\])(:\d+)?(/\S*)?", re.IGNORECASE
)
_PATIENCE = 60
_MOST_PATIENCE = 3600
_APPLICATION = ("AZURE_CLIENT_ID", "AZURE_TENANT_ID")


class Way(NamedTuple):
    """One way to sign in: its name in messages, the variables it needs (any one of each group), and its constructor."""

    shown: str
    needs: tuple[tuple[str, ...], ...]
    make: Callable[[Environment, Cloud, Network], Any]


def choice(environment: Environment) -> str:
    """The name in `WAYS` of the first way for which the environment has all variables; `default` when none has."""
    return next(name for name, way in WAYS.items() if all(value(environment, *group) for group in way.needs))


def credential(environment: Environment, cloud: Cloud, network: Network) -> Any:
    """The asynchronous credential of that way; `network` makes its transports.

    UsageError when the environment offers a way in part, or names something that azure-identity refuses to try.
    """
    way = choice(environment)
    authority = (way != "managed-identity" and _authority(environment)) or cloud.authority
    if way == "default":
        _check_meant(environment)
    try:
        return WAYS[way].make(environment, cloud._replace(authority=authority), network)
    except ValueError as error:
        raise UsageError(
            f"Could not sign in with {WAYS[way].shown}: {error}",
            hint=f"check the environment: {', '.join(' or '.join(group) for group in WAYS[way].needs) or 'AZURE_*'}",
        ) from error


def _authority(environment: Environment) -> str:
    """The sign-in host that the environment names, empty when it names none; UsageError for what can't be one."""
    said = value(environment, _AUTHORITY_VARIABLE)
    if said and not _AUTHORITY.fullmatch(said):
        raise UsageError(
            f"{_AUTHORITY_VARIABLE} is neither a host nor an https URL: '{said}'.",
            hint=f"set {_AUTHORITY_VARIABLE} to a sign-in host such as login.microsoftonline.com, or unset it",
        )
    return said


def _check_meant(environment: Environment) -> None:
    """Raise UsageError instead of taking the default chain where another way was meant."""
    where, missing = lacking(environment)
    if missing:
        raise UsageError(
            f"Could not sign in{where}: {'; '.join(missing)}.",
            hint="set what is missing, or choose another way by AZURE_TOKEN_CREDENTIALS, such as AzureCliCredential "
            "where a step before signed in with `az login`",
            code=error_codes.NO_TOKEN,
        )


def patience(environment: Environment) -> int:
    """How many seconds a program such as `az` may take to give a token; UsageError for what is no such number."""
    text = environment.get(PATIENCE_VARIABLE) or str(_PATIENCE)
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= _MOST_PATIENCE):
        raise UsageError(
            f"{PATIENCE_VARIABLE} is not a number of seconds: '{text}'.",
            hint=f"set {PATIENCE_VARIABLE} to a whole number from 1 to {_MOST_PATIENCE}",
        )
    return int(text)


def _pinned(environment: Environment, cloud: Cloud, network: Network) -> Any:
    return _chain(environment, cloud, network, require_envvar=True)


def _default(environment: Environment, cloud: Cloud, network: Network) -> Any:
    return _chain(environment, cloud, network)


def _chain(environment: Environment, cloud: Cloud, network: Network, **options: Any) -> Any:
    from azure.identity.aio import DefaultAzureCredential

    return DefaultAzureCredential(
        authority=cloud.authority, process_timeout=patience(environment), transport=network(), **options
    )


def _secret(environment: Environment, cloud: Cloud, network: Network) -> Any:
    from azure.identity.aio import ClientSecretCredential

    return ClientSecretCredential(
        value(environment, "AZURE_TENANT_ID"),
        value(environment, "AZURE_CLIENT_ID"),
        value(environment, "AZURE_CLIENT_SECRET"),
        authority=cloud.authority,
        transport=network(),
    )


def _certificate(environment: Environment, cloud: Cloud, network: Network) -> Any:
    from azure.identity.aio import CertificateCredential

    said = environment.get("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", "").lower()
    path = value(environment, "AZURE_CLIENT_CERTIFICATE_PATH")
    try:
        return CertificateCredential(
            value(environment, "AZURE_TENANT_ID"),
            value(environment, "AZURE_CLIENT_ID"),
            path,
            password=environment.get("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
            send_certificate_chain=said in ("1", "true"),
            authority=cloud.authority,
            transport=network(),
        )
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from error


def _github(environment: Environment, cloud: Cloud, network: Network) -> Any:
    return _federated(assertions.github(environment, cloud.audience, network), environment, cloud, network)


def _file(environment: Environment, cloud: Cloud, network: Network) -> Any:
    return _federated(assertions.file(environment), environment, cloud, network)


def _variable(environment: Environment, cloud: Cloud, network: Network) -> Any:
    return _federated(assertions.variable(environment, ID_TOKEN_VARIABLE), environment, cloud, network)


def _azure_pipelines(environment: Environment, cloud: Cloud, network: Network) -> Any:
    ask = assertions.azure_pipelines(
        value(environment, "SYSTEM_OIDCREQUESTURI"),
        value(environment, *SERVICE_CONNECTION),
        value(environment, "SYSTEM_ACCESSTOKEN"),
        network,
    )
    return _federated(ask, environment, cloud, network, tenants=PIPELINE_TENANT, clients=PIPELINE_CLIENT)


def _federated(
    ask: assertions.Assertion,
    environment: Environment,
    cloud: Cloud,
    network: Network,
    *,
    tenants: tuple[str, ...] = ("AZURE_TENANT_ID",),
    clients: tuple[str, ...] = ("AZURE_CLIENT_ID",),
) -> assertions.Federated:
    from azure.identity.aio import ClientAssertionCredential

    tenant, client = value(environment, *tenants), value(environment, *clients)

    def make(newest: Callable[[], str]) -> Any:
        return ClientAssertionCredential(tenant, client, newest, authority=cloud.authority, transport=network())

    return assertions.Federated(ask, make)


def _managed_identity(environment: Environment, _cloud: Cloud, _network: Network) -> Any:
    """The identity of this machine, from an endpoint on it: no proxy leads there, and some need a transport of their own."""
    from azure.identity.aio import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=environment.get("AZURE_CLIENT_ID") or None, use_env_settings=False)


def _all(*names: str) -> tuple[tuple[str, ...], ...]:
    return tuple((name,) for name in names)


WAYS: Mapping[str, Way] = {
    "pinned": Way("AZURE_TOKEN_CREDENTIALS", _all("AZURE_TOKEN_CREDENTIALS"), _pinned),
    "github": Way(
        "GitHub Actions' identity token",
        _all(*_APPLICATION, "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
        _github,
    ),
    "token-file": Way("the identity token in a file", _all(*_APPLICATION, "AZURE_FEDERATED_TOKEN_FILE"), _file),
    "token-variable": Way(
        f"the identity token in {ID_TOKEN_VARIABLE}", _all(*_APPLICATION, ID_TOKEN_VARIABLE), _variable
    ),
    "azure-pipelines": Way(
        "an Azure Pipelines service connection",
        (*_all("SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN"), SERVICE_CONNECTION, PIPELINE_TENANT, PIPELINE_CLIENT),
        _azure_pipelines,
    ),
    "client-secret": Way("a service principal's client secret", _all(*_APPLICATION, "AZURE_CLIENT_SECRET"), _secret),
    "certificate": Way(
        "a service principal's certificate", _all(*_APPLICATION, "AZURE_CLIENT_CERTIFICATE_PATH"), _certificate
    ),
    "managed-identity": Way("a managed identity", (("IDENTITY_ENDPOINT", "MSI_ENDPOINT"),), _managed_identity),
    "default": Way("azure-identity's default chain", (), _default),
}
"""Every way to sign in, in the order in which they are considered.

A pinned chain is explicit, so it is first. Then the ways without a secret: federation, and Azure Pipelines' form of it;
a secret or certificate that is also set stays unused. Secret and certificate come before a managed identity, which would
take AZURE_CLIENT_ID for its own; last is azure-identity's own chain, which ends with the Azure CLI.
"""
