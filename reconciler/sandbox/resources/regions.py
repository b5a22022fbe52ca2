"""Azure's public regions: name, what people call it, its geography group, and the region that it is paired with."""

from __future__ import annotations

from typing import Any

_ROWS = (
    "eastus|East US|US|westus", "eastus2|East US 2|US|centralus", "westus|West US|US|eastus",
    "westus2|West US 2|US|westcentralus", "westus3|West US 3|US|eastus", "centralus|Central US|US|eastus2",
    "northcentralus|North Central US|US|southcentralus", "southcentralus|South Central US|US|northcentralus",
    "westcentralus|West Central US|US|westus2", "canadacentral|Canada Central|Canada|canadaeast",
    "canadaeast|Canada East|Canada|canadacentral", "brazilsouth|Brazil South|South America|southcentralus",
    "brazilsoutheast|Brazil Southeast|South America|brazilsouth", "mexicocentral|Mexico Central|Mexico|",
    "northeurope|North Europe|Europe|westeurope", "westeurope|West Europe|Europe|northeurope",
    "uksouth|UK South|UK|ukwest", "ukwest|UK West|UK|uksouth", "francecentral|France Central|Europe|francesouth",
    "francesouth|France South|Europe|francecentral", "germanywestcentral|Germany West Central|Europe|germanynorth",
    "germanynorth|Germany North|Europe|germanywestcentral", "italynorth|Italy North|Europe|",
    "norwayeast|Norway East|Europe|norwaywest", "norwaywest|Norway West|Europe|norwayeast",
    "polandcentral|Poland Central|Europe|", "spaincentral|Spain Central|Europe|",
    "swedencentral|Sweden Central|Europe|swedensouth", "switzerlandnorth|Switzerland North|Europe|switzerlandwest",
    "switzerlandwest|Switzerland West|Europe|switzerlandnorth", "austriaeast|Austria East|Europe|",
    "eastasia|East Asia|Asia Pacific|southeastasia", "southeastasia|Southeast Asia|Asia Pacific|eastasia",
    "australiaeast|Australia East|Asia Pacific|australiasoutheast",
    "australiasoutheast|Australia Southeast|Asia Pacific|australiaeast",
    "australiacentral|Australia Central|Asia Pacific|australiacentral2",
    "australiacentral2|Australia Central 2|Asia Pacific|australiacentral",
    "centralindia|Central India|Asia Pacific|southindia", "southindia|South India|Asia Pacific|centralindia",
    "westindia|West India|Asia Pacific|southindia", "japaneast|Japan East|Asia Pacific|japanwest",
    "japanwest|Japan West|Asia Pacific|japaneast", "koreacentral|Korea Central|Asia Pacific|koreasouth",
    "koreasouth|Korea South|Asia Pacific|koreacentral", "indonesiacentral|Indonesia Central|Asia Pacific|",
    "malaysiawest|Malaysia West|Asia Pacific|", "newzealandnorth|New Zealand North|Asia Pacific|",
    "israelcentral|Israel Central|Middle East|", "qatarcentral|Qatar Central|Middle East|",
    "uaenorth|UAE North|Middle East|uaecentral", "uaecentral|UAE Central|Middle East|uaenorth",
    "southafricanorth|South Africa North|Africa|southafricawest",
    "southafricawest|South Africa West|Africa|southafricanorth",
    "centraluseuap|Central US EUAP|US|eastus2euap", "eastus2euap|East US 2 EUAP|US|centraluseuap",
)  # fmt: skip
_PARTS = tuple(row.split("|") for row in _ROWS)
NAMES = {name: shown for name, shown, _, _ in _PARTS}
"""What people call each region, by its name."""
PAIRS = {name: pair for name, _, _, pair in _PARTS if pair}
"""The region that each is paired with, for those that have one."""
_ZONAL = """
eastus eastus2 westus2 westus3 centralus southcentralus canadacentral brazilsouth mexicocentral northeurope westeurope uksouth
francecentral germanywestcentral italynorth norwayeast polandcentral spaincentral swedencentral switzerlandnorth austriaeast
eastasia southeastasia australiaeast centralindia japaneast japanwest koreacentral indonesiacentral malaysiawest
newzealandnorth israelcentral qatarcentral uaenorth southafricanorth centraluseuap eastus2euap
"""
ZONAL = frozenset(_ZONAL.split())
"""The regions that have availability zones."""


def rows(subscription: str) -> list[dict[str, Any]]:
    """The regions as `GET /subscriptions/{id}/locations` tells them."""
    scope = f"/subscriptions/{subscription}/locations"
    return [_row(scope, *parts) for parts in _PARTS]


def _row(scope: str, name: str, shown: str, group: str, pair: str) -> dict[str, Any]:
    return {
        "id": f"{scope}/{name}",
        "name": name,
        "type": "Region",
        "displayName": shown,
        "regionalDisplayName": f"({group}) {shown}",
        "metadata": {
            "regionType": "Physical",
            "regionCategory": "Recommended" if pair else "Other",
            "geographyGroup": group,
            "pairedRegion": [{"name": pair, "id": f"{scope}/{pair}"}] if pair else [],
        },
    }
