"""Whether a vault's name is free: checkNameAvailability."""

from __future__ import annotations

from reconciler.sandbox.arm import Request, Response
from reconciler.sandbox.dataprotection.errors import invalid
from reconciler.sandbox.dataprotection.namespace import IN_GROUP, VAULT, provider
from reconciler.sandbox.dataprotection.vaults import NAME
from reconciler.sandbox.dataprotection.wording import canonical, text
from reconciler.sandbox.world import World


@provider.route(
    "POST",
    f"{IN_GROUP}/locations/{{location}}/checkNameAvailability",
    "Microsoft.DataProtection/locations/checkNameAvailability/action",
)
def check(world: World, request: Request, **ids: str) -> Response:
    """Say whether a vault of that name could be made in the resource group."""
    name = text(canonical(request.body), "name")
    if not name:
        raise invalid("name is missing.")
    if not NAME.fullmatch(name):
        reason, message = "Invalid", "The name has 2 to 50 letters, digits and hyphens, and starts with a letter."
    elif world.resource_exists(VAULT.format(**ids, vault=name)):
        reason, message = "AlreadyExists", f"A vault named {name} already exists in resource group {ids['group']}."
    else:
        return Response(200, {"nameAvailable": True})
    return Response(200, {"nameAvailable": False, "reason": reason, "message": message})
