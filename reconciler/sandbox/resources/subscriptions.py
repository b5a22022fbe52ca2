"""Microsoft.Resources: subscriptions and tenants."""

from __future__ import annotations

from reconciler.sandbox.arm.ids import lower, name_of
from reconciler.sandbox.arm.messages import Request, Response, public
from reconciler.sandbox.arm.paging import page_of
from reconciler.sandbox.arm.routing import Provider
from reconciler.sandbox.authorization.rights import ASSIGNMENTS, chain
from reconciler.sandbox.resources import regions
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import SUBSCRIPTIONS, World, adopted

VERSIONS = (
    "2015-01-01", "2015-11-01", "2016-02-01", "2016-06-01", "2016-09-01", "2017-05-10", "2018-02-01", "2018-05-01",
    "2019-03-01", "2019-05-01", "2019-05-10", "2019-06-01", "2019-07-01", "2019-08-01", "2019-10-01", "2019-11-01",
    "2020-01-01", "2020-06-01", "2020-08-01", "2020-10-01", "2021-01-01", "2021-04-01", "2022-01-01", "2022-09-01",
    "2022-12-01", "2023-07-01", "2024-03-01", "2024-07-01", "2024-11-01", "2025-03-01", "2025-04-01",
)  # fmt: skip

provider = Provider("Microsoft.Resources", VERSIONS)


@adopted(SUBSCRIPTIONS)
def adopt(world: World, address: str, record: Record) -> None:
    """A subscription of an estate file, completed."""
    name = name_of(address)
    record.pop("name", None)
    record.pop("type", None)
    record.setdefault("displayName", name)
    record |= {
        "subscriptionId": name,
        "tenantId": world.tenant,
        "state": record.get("state") or "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "EnterpriseAgreement_2014-09-01",
            "spendingLimit": "Off",
        },
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
    }
    record.setdefault("_providers", {})
    record.setdefault("_managementGroup", "")


def visible(world: World, request: Request) -> list[Record]:
    """The subscriptions in which the caller holds any role, by id."""
    every = [record for _, record in sorted(world.table(SUBSCRIPTIONS).items())]
    caller = request.caller
    if caller.everywhere:
        return every
    table = world.table(ASSIGNMENTS)
    scopes = {
        lower(table[key]["properties"]["scope"]).rstrip("/")
        for key in table.below(f"principal:{lower(caller.object_id)}")
    }
    return [record for record in every if _is_reached(world, lower(record["id"]), scopes)]


def _is_reached(world: World, subscription: str, scopes: set[str]) -> bool:
    inside = f"{subscription}/"
    return bool(scopes.intersection(chain(world, subscription))) or any(scope.startswith(inside) for scope in scopes)


@provider.route("GET", "/subscriptions", collection=False)
def rows(world: World, request: Request) -> Response:
    """Every subscription that the caller can see."""
    found = visible(world, request)
    response = page_of(world, request, [public(record) for record in found])
    response.body["count"] = {"type": "Total", "value": len(found)}
    return response


@provider.route("GET", "/subscriptions/{subscription}", "Microsoft.Resources/subscriptions/read")
def row(world: World, request: Request, **_ids: str) -> Response:
    """One subscription."""
    return Response(200, public(world.table(SUBSCRIPTIONS)[lower(request.path)]))


@provider.route(
    "GET",
    "/subscriptions/{subscription}/locations",
    "Microsoft.Resources/subscriptions/locations/read",
    collection=False,
)
def locations(world: World, request: Request, **ids: str) -> Response:
    """Azure's regions."""
    return page_of(world, request, regions.rows(ids["subscription"]))


@provider.route("GET", "/tenants", collection=False)
def tenants(world: World, _request: Request) -> Response:
    """The one tenant there is."""
    tenant = {
        "id": f"/tenants/{world.tenant}",
        "tenantId": world.tenant,
        "countryCode": "US",
        "displayName": "Sandbox",
        "domains": ["sandbox.onmicrosoft.com"],
        "tenantCategory": "Home",
        "defaultDomain": "sandbox.onmicrosoft.com",
        "tenantType": "AAD",
    }
    return Response(200, {"value": [tenant]})
