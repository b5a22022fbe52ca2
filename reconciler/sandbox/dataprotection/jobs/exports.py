"""The export of a vault's jobs: an operation that names two blobs when it is done. Nobody serves those blobs here."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.messages import Request, Response
from reconciler.sandbox.dataprotection import operations
from reconciler.sandbox.dataprotection.namespace import VAULT, provider, the, vault_id
from reconciler.sandbox.world import World

_KIND = "Microsoft.DataProtection/backupVaults"
_RETRY_AFTER = 60
_STORAGE = "https://azureblob.blob.core.windows.net/reportcontainer"


@provider.route("POST", f"{VAULT}/exportBackupJobs", f"{_KIND}/exportBackupJobs/action")
def export(world: World, request: Request, **ids: str) -> Response:
    """Begin an export: 202, told by a Location alone (Microsoft's example)."""
    vault = the(world, vault_id(ids))
    address = vault["id"]
    seconds = operations.between(world, address, f"export {world.count(address, 'export')}", 5.0, 50.0)
    name = operations.begin(
        world, address, operations.at_vault(vault), seconds=seconds, then="jobs_exported", vault=address
    )
    return Response(202, None, _headers(request, address, name))


def _headers(request: Request, vault: str, name: str) -> dict[str, str]:
    place = f"{request.base}{vault}/backupJobs/operations/{name}?api-version={request.api_version}"
    return {"Location": place, "Retry-After": str(_RETRY_AFTER)}


@operations.completion
def jobs_exported(world: World, **data: Any) -> dict[str, Any]:
    """The jobs stand in a blob, as JSON and as a spreadsheet, each with a key to read it."""
    report = f"{_STORAGE}/exportjobsreport{world.guid(data['vault'], 'report')}"
    key = f"sv=2022-11-02&sr=b&sig={world.hex32(data['vault'], 'key')}&sp=r"
    return {
        "blobUrl": report,
        "blobSasKey": key,
        "excelFileBlobUrl": f"{report}_ExcelFile.xlsx",
        "excelFileBlobSasKey": key,
    }


@provider.route("GET", f"{VAULT}/backupJobs/operations/{{operation}}", f"{_KIND}/backupJobs/operationResults/read")
def result(world: World, request: Request, **ids: str) -> Response:
    """What came of an export: 202 until it is done."""
    record = operations.existing(world, ids["operation"])
    if not record["_ended"]:
        return Response(202, None, _headers(request, vault_id(ids), record["name"]))
    return Response(200, record["_properties"])
