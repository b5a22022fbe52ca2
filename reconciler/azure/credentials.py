"""How the tool signs in: what the environment offers, federated identities first.

Nothing here is imported unless a real cloud is spoken to: azure-identity alone costs a third of a second.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy

_AUDIENCE = "api://AzureADTokenExchange"
_SECONDS = 10.0
_SERVICE_CONNECTION = ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "AZURE_SERVICE_CONNECTION_ID")
_PIPELINE_TENANT = ("AZURESUBSCRIPTION_TENANT_ID", "AZURE_TENANT_ID")
_PIPELINE_CLIENT = ("AZURESUBSCRIPTION_CLIENT_ID", "AZURE_CLIENT_ID")

Environment = Mapping[str, str]


class StaticToken(SansIOHTTPPolicy[Any, Any]):
    """Puts one given token on every request: on loopback only, where azure-core's own policy refuses plain http."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Sign the request."""
        request.http_request.headers["Authorization"] = f"Bearer {self._token}"


def choice(environment: Environment) -> str:
    """Which way to sign in the environment offers: the first that is complete.

    `github`, `workload-identity`, `azure-pipelines`, `managed-identity`, or `default` (azure-identity's own chain,
    Azure CLI included). `AZURE_TOKEN_CREDENTIALS` and a client secret or certificate leave it to that chain.
    """
    said = environment.get
    if said("AZURE_TOKEN_CREDENTIALS") or said("AZURE_CLIENT_SECRET") or said("AZURE_CLIENT_CERTIFICATE_PATH"):
        return "default"
    application = said("AZURE_CLIENT_ID") and said("AZURE_TENANT_ID")
    if application and said("ACTIONS_ID_TOKEN_REQUEST_URL") and said("ACTIONS_ID_TOKEN_REQUEST_TOKEN"):
        return "github"
    if application and said("AZURE_FEDERATED_TOKEN_FILE"):
        return "workload-identity"
    pipeline = said("SYSTEM_OIDCREQUESTURI") and said("SYSTEM_ACCESSTOKEN")
    if pipeline and all(
        _first(environment, names) for names in (_SERVICE_CONNECTION, _PIPELINE_TENANT, _PIPELINE_CLIENT)
    ):
        return "azure-pipelines"
    return "managed-identity" if said("IDENTITY_ENDPOINT") or said("MSI_ENDPOINT") else "default"


def credential(environment: Environment, *, authority: str) -> Any:
    """The asynchronous credential for that choice; `authority` is the cloud's sign-in host."""
    return _CREDENTIALS[choice(environment)](environment, environment.get("AZURE_AUTHORITY_HOST") or authority)


def github_assertion(environment: Environment) -> Callable[[], str]:
    """A function that asks GitHub for a fresh identity token each time.

    GitHub's token lives five minutes and access tokens an hour, so an apply that waits for role propagation needs
    another one; azure-identity calls this for every new access token.
    """
    url = environment["ACTIONS_ID_TOKEN_REQUEST_URL"]
    token = environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]

    def fetch() -> str:
        from urllib.request import Request, urlopen

        if urlsplit(url).scheme != "https":
            raise ClientAuthenticationError("ACTIONS_ID_TOKEN_REQUEST_URL is not an https URL")
        audience = f"{'&' if '?' in url else '?'}audience={quote(_AUDIENCE, safe='')}"
        asked = Request(url + audience, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - https, see above
        try:
            with urlopen(asked, timeout=_SECONDS) as answer:  # noqa: S310 - https, see above
                return str(json.load(answer)["value"])
        except (OSError, ValueError, KeyError) as error:
            raise ClientAuthenticationError(
                f"GitHub gave no identity token ({type(error).__name__}): does the job have `permissions: id-token: write`?"
            ) from error

    return fetch


def _github(environment: Environment, authority: str) -> Any:
    from azure.identity.aio import ClientAssertionCredential

    return ClientAssertionCredential(
        environment["AZURE_TENANT_ID"],
        environment["AZURE_CLIENT_ID"],
        github_assertion(environment),
        authority=authority,
    )


def _workload_identity(environment: Environment, authority: str) -> Any:
    from azure.identity.aio import WorkloadIdentityCredential

    return WorkloadIdentityCredential(
        tenant_id=environment["AZURE_TENANT_ID"],
        client_id=environment["AZURE_CLIENT_ID"],
        token_file_path=environment["AZURE_FEDERATED_TOKEN_FILE"],
        authority=authority,
    )


def _azure_pipelines(environment: Environment, authority: str) -> Any:
    from azure.identity.aio import AzurePipelinesCredential

    return AzurePipelinesCredential(
        tenant_id=_first(environment, _PIPELINE_TENANT),
        client_id=_first(environment, _PIPELINE_CLIENT),
        service_connection_id=_first(environment, _SERVICE_CONNECTION),
        system_access_token=environment["SYSTEM_ACCESSTOKEN"],
        authority=authority,
    )


def _managed_identity(environment: Environment, _authority: str) -> Any:
    from azure.identity.aio import ManagedIdentityCredential

    client = environment.get("AZURE_CLIENT_ID")
    return ManagedIdentityCredential(client_id=client) if client else ManagedIdentityCredential()


def _default(_environment: Environment, authority: str) -> Any:
    from azure.identity.aio import DefaultAzureCredential

    return DefaultAzureCredential(authority=authority)


def _first(environment: Environment, names: tuple[str, ...]) -> str:
    return next((environment[name] for name in names if environment.get(name)), "")


_CREDENTIALS: Mapping[str, Callable[[Environment, str], Any]] = {
    "github": _github,
    "workload-identity": _workload_identity,
    "azure-pipelines": _azure_pipelines,
    "managed-identity": _managed_identity,
    "default": _default,
}
