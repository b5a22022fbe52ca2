"""The resource guards of the subscriptions that were read."""

from __future__ import annotations

from reconciler.export.choices import Described, Selected


def described(selected: Selected) -> Described:
    """Those in the default subscription and location, with their tags."""
    return Described(
        [
            {"name": guard.id.name, "resourceGroup": guard.id.group, "tags": dict(guard.tags)}
            for guard in selected.estate.guards.values()
            if (guard.id.subscription, guard.location)
            == (selected.defaults["subscription"], selected.defaults["location"])
        ]
    )
