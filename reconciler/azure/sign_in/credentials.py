"""How the tool signs in: the first way for which the environment has all variables.

azure-identity is imported only for a real cloud: it alone takes a third of a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from reconciler.azure.clouds import Cloud
from reconciler.azure.sign_in import assertions
from reconciler.model.errors import UsageError

ID_TOKEN_VARIABLE = "AZURE_ID_TOKEN"  # noqa: S105 - a variable's name

_SERVICE_CONNECTION = ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "AZURE_SERVICE_CONNECTION_ID")
_PIPELINE_TENANT = ("AZURESUBSCRIPTION_TENANT_ID", "AZURE_TENANT_ID")
_PIPELINE_CLIENT = ("AZURESUBSCRIPTION_CLIENT_ID", "AZURE_CLIENT_ID")
_APPLICATION = ("AZURE_CLIENT_ID", "AZURE_TENANT_ID")

Environment = Mapping[str, str]


class Way(NamedTuple):
    """One way to sign in: its name in messages, the variables it needs (any one of each group), and its constructor."""

    shown: str
    needs: tuple[tuple[str, ...], ...]
    make: Callable[[Environment, Cloud, Mapping[str, Any]], Any]


def choice(environment: Environment) -> str:
    """The name in `WAYS` of the first way for which the environment has all variables; `default` when none has."""
    return next(
        name
        for name, way in WAYS.items()
        if all(any(environment.get(variable) for variable in group) for group in way.needs)
    )


def credential(environment: Environment, cloud: Cloud, **options: Any) -> Any:
    """The asynchronous credential of that way; `options` go to azure-identity (`transport`).

    UsageError when the environment names something that azure-identity refuses to try.
    """
    authority = environment.get("AZURE_AUTHORITY_HOST") or cloud.authority
    way = choice(environment)
    try:
        return WAYS[way].make(environment, cloud._replace(authority=authority), options)
    except ValueError as error:
        raise UsageError(
            f"Could not sign in with {WAYS[way].shown}: {error}",
            hint=f"Check the environment: {', '.join(' or '.join(group) for group in WAYS[way].needs) or 'AZURE_*'}.",
        ) from error


def _pinned(_environment: Environment, cloud: Cloud, options: Mapping[str, Any]) -> Any:
    from azure.identity.aio import DefaultAzureCredential

    return DefaultAzureCredential(authority=cloud.authority, require_envvar=True, **options)


def _secret(environment: Environment, cloud: Cloud, options: Mapping[str, Any]) -> Any:
    from azure.identity.aio import ClientSecretCredential

    return ClientSecretCredential(
        environment["AZURE_TENANT_ID"],
        environment["AZURE_CLIENT_ID"],
        environment["AZURE_CLIENT_SECRET"],
        authority=cloud.authority,
        **options,
    )


def _certificate(environment: Environment, cloud: Cloud, options: Mapping[str, Any]) -> Any:
    from azure.identity.aio import CertificateCredential

    said = environment.get("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", "").lower()
    path = environment["AZURE_CLIENT_CERTIFICATE_PATH"]
    try:
        return CertificateCredential(
            environment["AZURE_TENANT_ID"],
            environment["AZURE_CLIENT_ID"],
            path,
            password=environment.get("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
            send_certificate_chain=said in ("1", "true"),
            authority=cloud.authority,
            **options,
        )
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from error


def _github(environment: Environment, cloud: Cloud, options: Mapping[str, Any]) -> Any:
    ask = assertions.github(environment, cloud.audience, options.get("transport"))
    return _federated(ask, environment, cloud, options)


def _file(environment: Environment, cloud: Cloud, options: Mapping[str, Any]) -> Any:
    return _federated(assertions.file(environment), environment, cloud, options)


def _variable(environment: Environment, cloud: Cloud, options: Mapping[str, Any]) -> Any:
    return _federated(assertions.variable(environment, ID_TOKEN_VARIABLE), environment, cloud, options)


def _federated(
    ask: assertions.Assertion, environment: Environment, cloud: Cloud, options: Mapping[str, Any]
) -> assertions.Federated:
    from azure.identity.aio import ClientAssertionCredential

    tenant, client = environment["AZURE_TENANT_ID"], environment["AZURE_CLIENT_ID"]

    def make(newest: Callable[[], str]) -> Any:
        return ClientAssertionCredential(tenant, client, newest, authority=cloud.authority, **options)

    return assertions.Federated(ask, make)


def _azure_pipelines(environment: Environment, cloud: Cloud, options: Mapping[str, Any]) -> Any:
    from azure.identity.aio import AzurePipelinesCredential

    return AzurePipelinesCredential(
        tenant_id=_first(environment, _PIPELINE_TENANT),
        client_id=_first(environment, _PIPELINE_CLIENT),
        service_connection_id=_first(environment, _SERVICE_CONNECTION),
        system_access_token=environment["SYSTEM_ACCESSTOKEN"],
        authority=cloud.authority,
        **options,
    )


def _managed_identity(environment: Environment, _cloud: Cloud, options: Mapping[str, Any]) -> Any:
    from azure.identity.aio import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=environment.get("AZURE_CLIENT_ID") or None, **options)


def _default(_environment: Environment, cloud: Cloud, options: Mapping[str, Any]) -> Any:
    from azure.identity.aio import DefaultAzureCredential

    return DefaultAzureCredential(authority=cloud.authority, **options)


def _first(environment: Environment, names: tuple[str, ...]) -> str:
    return next((environment[name] for name in names if environment.get(name)), "")


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
        (*_all("SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN"), _SERVICE_CONNECTION, _PIPELINE_TENANT, _PIPELINE_CLIENT),
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
