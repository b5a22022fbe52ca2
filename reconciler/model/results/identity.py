"""Who signs in, and what they may do in each subscription."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who an access token belongs to, according to its claims; what they don't tell is empty.

    `way` is one of `azure.sign_in.credentials.WAYS`, `static-token` or `none`; `kind` is `application` or `user`; `expires` is
    in ISO 8601.
    """

    way: str
    detail: str = ""
    kind: str = ""
    name: str = ""
    tenant: str = ""
    object_id: str = ""
    client_id: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True)
class SubscriptionRights:
    """A subscription, and the permissions missing there, by command; `problem` when that could not be told."""

    subscription: str
    name: str = ""
    state: str = ""
    missing: Mapping[str, tuple[str, ...]] | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is signed in at an endpoint, and every subscription that was checked."""

    endpoint: str
    bearer: Bearer
    places: tuple[SubscriptionRights, ...]

    def lacks(self, command: str) -> bool:
        """Whether a permission for that command is missing or could not be told, or there is no subscription."""
        return not self.places or any(place.problem or (place.missing or {}).get(command) for place in self.places)
