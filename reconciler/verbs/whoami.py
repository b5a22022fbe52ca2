"""Who signs in, how, which subscriptions are visible, and which permissions the caller has there; nothing is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from reconciler.azure.connection import Azure
from reconciler.azure.fields import Odd, each, id_of, pick, text_at
from reconciler.azure.reads import together
from reconciler.azure.sign_in.signing import claims
from reconciler.base import escape
from reconciler.loading import rights
from reconciler.model.errors import AzureError, ReadIncomplete
from reconciler.model.ids import lower
from reconciler.model.manifest import Manifest
from reconciler.model.results.identity import Bearer, Identity, SubscriptionRights
from reconciler.planning.scope import reach

NOT_VISIBLE = "not visible to this caller: it doesn't exist, is in another tenant, or the caller has no role there"
"""The message for a subscription of the manifest that Azure doesn't show."""


async def identity(azure: Azure, manifest: Manifest | None) -> Identity:
    """The caller, and their permissions in the subscriptions of `manifest` (None: in all visible ones).

    AzureError when the sign-in is refused, or the subscriptions can't be read.
    """
    rows = dict(each(await azure.list("/subscriptions"), _subscription, "A subscription"))
    named = sorted(rows) if manifest is None else reach(manifest).subscriptions
    places = await together(*(_place(azure, rows.get(one), one, manifest) for one in named))
    return Identity(azure.endpoint, _bearer(azure, claims(await azure.signing.token())), tuple(places))


def _bearer(azure: Azure, said: Mapping[str, Any]) -> Bearer:
    kind = {"app": "application", "user": "user"}.get(str(said.get("idtyp")), "user" if said.get("scp") else "")
    expires = said.get("exp")
    return Bearer(
        way=azure.signing.name,
        detail=azure.signing.credential.detail if azure.signing.credential else "",
        kind=kind,
        name=str(said.get("upn") or said.get("unique_name") or said.get("app_displayname") or ""),
        tenant=str(said.get("tid") or ""),
        object_id=str(said.get("oid") or ""),
        client_id=str(said.get("appid") or said.get("azp") or ""),
        expires=datetime.fromtimestamp(expires, UTC).isoformat() if isinstance(expires, int) else "",
    )


async def _place(
    azure: Azure, row: Mapping[str, Any] | None, subscription: str, manifest: Manifest | None
) -> SubscriptionRights:
    if row is None:
        return SubscriptionRights(subscription, problem=NOT_VISIBLE)
    name, state = text_at(row, "displayName"), text_at(row, "state")
    place = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/permissions"
    try:
        held = each(await azure.list(place), _permission, f"A row of {place}")
    except (AzureError, ReadIncomplete) as error:
        return SubscriptionRights(subscription, name, state, problem=error.message)
    vaults, disks = _kinds(manifest)
    return SubscriptionRights(
        subscription,
        name,
        state,
        {
            command: rights.missing(
                rights.needed_at(
                    command,
                    has_vaults=vaults is None or subscription in vaults,
                    has_disks=disks is None or subscription in disks,
                ),
                held,
            )
            for command in rights.COMMANDS
        },
    )


def _subscription(row: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """A row by the lower-cased id of its subscription."""
    return lower(text_at(row, "subscriptionId") or id_of(row).subscription), row


def _permission(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a role allows and excludes; Odd where that isn't text."""
    found = {key: pick(row, key) or [] for key in ("actions", "notActions")}
    for key, actions in found.items():
        if not isinstance(actions, list) or not all(isinstance(one, str) for one in actions):
            raise Odd(f"its {key} are {escape.value(actions)} where a list of actions is expected")
    return found


def _kinds(manifest: Manifest | None) -> tuple[Collection[str] | None, Collection[str] | None]:
    """The subscriptions in which the manifest has vaults, and those in which it has disks; None: any."""
    if manifest is None:
        return None, None
    found = reach(manifest)
    vaults = {lower(vault.subscription) for vault in manifest.vaults.values()}
    return vaults, {*found.disk_subscriptions, *found.role_subscriptions}
