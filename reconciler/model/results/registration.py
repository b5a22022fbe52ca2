"""Providers that subscriptions need and aren't registered for."""

from __future__ import annotations

from typing import NamedTuple


class Registration(NamedTuple):
    """A provider that a subscription needs and isn't registered for; `is_known` False: that could not be read."""

    subscription: str
    namespace: str
    is_known: bool = True
