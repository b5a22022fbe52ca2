"""The api-version of every request: one table, applied by one pipeline policy.

The SDK's own default for DataProtection (2026-06-01) refuses vaults whose soft delete isn't AlwaysOn, and pinning an
older one in the SDK makes two of its operations raise; rewriting the query avoids both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy

from reconciler.model import api_versions

_RESOURCES = "microsoft.resources"
_TABLE: Mapping[str, str] = {
    "microsoft.authorization/locks": "2020-05-01",
    "microsoft.authorization/permissions": "2022-04-01",
    "microsoft.authorization/roleassignments": "2022-04-01",
    "microsoft.authorization/roledefinitions": "2022-04-01",
    "microsoft.compute/diskencryptionsets": "2024-03-02",
    "microsoft.compute/disks": "2024-03-02",
    "microsoft.compute/snapshots": "2024-03-02",
    "microsoft.compute/virtualmachines": "2024-07-01",
    "microsoft.dataprotection/locations/deletedvaults": "2025-09-01",
    "microsoft.managedidentity": "2023-01-31",
    "microsoft.management": "2021-04-01",
    "microsoft.resourcegraph": "2021-03-01",
    _RESOURCES: "2024-07-01",
}


def table(data_protection: str = api_versions.DEFAULT) -> dict[str, str]:
    """The whole table: lower-cased resource types (or namespaces) to api-versions."""
    return {**_TABLE, "microsoft.dataprotection": data_protection}


def resource_type(path: str) -> str:
    """The lower-cased type of the last provider in an ARM path; `microsoft.resources` when there is none or no type."""
    _, found, rest = path.lower().rpartition("/providers/")
    parts = rest.strip("/").split("/")
    if not found or len(parts) == 1:  # Resource Manager itself answers about a provider
        return _RESOURCES
    return "/".join([parts[0], *parts[1::2]])


def version_for(path: str, versions: Mapping[str, str]) -> str | None:
    """The api-version for an ARM path, from the longest entry that its type begins with; None when none fits."""
    kind = resource_type(path)
    while kind:
        if kind in versions:
            return versions[kind]
        kind = kind.rpartition("/")[0]
    return None


def with_version(url: str, version: str) -> str:
    """The URL with exactly this api-version; the other parameters stay unchanged."""
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if pair and pair.partition("=")[0].lower() != "api-version"]
    return urlunsplit(parts._replace(query="&".join([*kept, f"api-version={quote(version)}"])))


class ApiVersions(AsyncHTTPPolicy[Any, Any]):
    """Rewrites `api-version` on every request; links that Azure returned (option `verbatim`) stay unchanged."""

    def __init__(self, versions: Mapping[str, str]) -> None:
        super().__init__()
        self._versions = versions

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send the request with the table's version; a path that no entry fits keeps its own."""
        http = request.http_request
        if not request.context.options.pop("verbatim", False):
            version = version_for(urlsplit(http.url).path, self._versions)
            if version:
                http.url = with_version(http.url, version)
        return await self.next.send(request)
