"""What clients ask before they speak ARM: the cloud's endpoints, and a token.

The forms are those that Azure answers and that Terraform's provider insists on: tenant `common` and identity provider
`AAD`, else it takes the cloud for an Azure Stack.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

from reconciler.sandbox.world import World

_SINGLE_SINCE = "2022-09-01"
_LIFETIME = 86400


def endpoints(base: str, api_version: str) -> Any:
    """The answer to `GET /metadata/endpoints`: one cloud, in a list before 2022-09-01."""
    cloud = {
        "name": "AzureCloud",
        "portal": "https://portal.azure.com",
        "authentication": {
            "loginEndpoint": f"{base}/",
            "audiences": [f"{base}/", "https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "graphAudience": "https://graph.windows.net/",
        "graph": "https://graph.windows.net/",
        "microsoftGraphResourceId": "https://graph.microsoft.com/",
        "resourceManager": f"{base}/",
        "media": "https://rest.media.azure.net",
        "batch": "https://batch.core.windows.net/",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "gallery": "https://gallery.azure.com/",
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "vmImageAliasDoc": "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/main/arm-compute/quickstart-templates/aliases.json",
        "suffixes": {
            "acrLoginServer": "azurecr.io",
            "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
            "azureFrontDoorEndpointSuffix": "azurefd.net",
            "keyVaultDns": "vault.azure.net",
            "mhsmDns": "managedhsm.azure.net",
            "mariadbServerEndpoint": "mariadb.database.azure.com",
            "mysqlServerEndpoint": "mysql.database.azure.com",
            "postgresqlServerEndpoint": "postgres.database.azure.com",
            "sqlServerHostname": "database.windows.net",
            "storage": "core.windows.net",
            "storageSyncEndpointSuffix": "afs.azure.net",
            "synapseAnalytics": "dev.azuresynapse.net",
        },
    }
    return cloud if api_version >= _SINGLE_SINCE else [cloud]


def token(world: World, issued: int) -> dict[str, Any]:
    """An unsigned token for anybody: it says who the sandbox takes its bearer for, and protects nothing.

    `issued` is the system's time in seconds since 1970: clients compare expiry with their own clock.
    """
    import orjson

    claims = {
        "aud": "https://management.azure.com/",
        "iss": f"https://sts.windows.net/{world.tenant}/",
        "iat": issued,
        "nbf": issued,
        "exp": issued + _LIFETIME,
        "oid": world.guid("caller", "object"),
        "appid": world.guid("caller", "application"),
        "tid": world.tenant,
        "idtyp": "app",
        "ver": "1.0",
    }
    parts = (orjson.dumps({"typ": "JWT", "alg": "none"}), orjson.dumps(claims), b"sandbox")
    signed = ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    return {"token_type": "Bearer", "expires_in": _LIFETIME, "ext_expires_in": _LIFETIME, "access_token": signed}
