"""Resource providers that aren't registered in subscriptions that need them."""

from __future__ import annotations

from typing import NamedTuple


class Registration(NamedTuple):
    """A needed resource provider that isn't registered in a subscription; `is_known` False: that could not be read."""

    subscription: str
    namespace: str
    is_known: bool = True
