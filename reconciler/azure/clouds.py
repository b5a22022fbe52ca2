"""The national clouds: the addresses of Resource Manager, of sign-in, and the scope of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Cloud(NamedTuple):
    """A national cloud.

    `endpoint` is Resource Manager's, `scope` that of access tokens for it, `authority` the sign-in host, `audience`
    the audience of an identity token for workload identity federation.
    """

    endpoint: str
    scope: str
    authority: str
    audience: str


CLOUDS: Mapping[str, Cloud] = {
    "AzureCloud": Cloud(
        "https://management.azure.com",
        "https://management.azure.com/.default",
        "login.microsoftonline.com",
        "api://AzureADTokenExchange",
    ),
    "AzureUSGovernment": Cloud(
        "https://management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net/.default",
        "login.microsoftonline.us",
        "api://AzureADTokenExchangeUSGov",
    ),
    "AzureChinaCloud": Cloud(
        "https://management.chinacloudapi.cn",
        "https://management.chinacloudapi.cn/.default",
        "login.chinacloudapi.cn",
        "api://AzureADTokenExchangeChina",
    ),
}
"""The clouds by the names that the Azure CLI gives them.

Endpoints and scopes are those of azure-mgmt-core (`get_arm_endpoints`), authorities those of azure-identity
(`AzureAuthorityHosts`); a test compares them with the installed packages. The audiences are from Microsoft Entra's
documentation, page "Configure an application to trust a managed identity".
"""
