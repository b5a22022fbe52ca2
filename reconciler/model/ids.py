"""Azure resource ids: parsed once, compared without case, printed as they were written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Self

_ARM_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)"
    r"(?:/resourceGroups/(?P<group>[^/]+))?"
    r"(?:/providers/(?P<provider>[^/]+)/(?P<rest>[^/]+/[^/]+(?:/[^/]+/[^/]+)*))?",
    re.IGNORECASE,
)


def lower(text: str) -> str:
    """The text as Azure compares it, letter by letter: `Ä` is `ä`, but `ß` is not `ss`, and `K` (Kelvin) is not `k`.

    Names of resource groups have letters of any script, and lists may spell them in capitals. Like .NET, this turns no
    letter into several, and none into one of ASCII.
    """
    return text.lower() if text.isascii() else "".join(map(_folded, text))


@cache
def _folded(letter: str) -> str:
    if letter.isascii():
        return letter.lower()
    upper = letter.upper()
    lowered = (upper if len(upper) == 1 and not upper.isascii() else letter).lower()
    return lowered if len(lowered) == 1 and not lowered.isascii() else letter


def is_arm_id(text: str) -> bool:
    """Whether a text has the form of an Azure resource id."""
    return text.startswith("/") and bool(_ARM_ID.fullmatch(text.rstrip("/")))


class ArmId:
    """The id of a subscription, a resource group or a resource.

    `text` is the id as written, without a trailing slash; `key` is what it is compared and hashed by.
    """

    __slots__ = ("key", "text")

    def __init__(self, text: str) -> None:
        self.text = text.rstrip("/")
        key = lower(self.text)
        self.key = self.text if key == self.text else key

    @classmethod
    def parse(cls, text: str) -> Self:
        """The id in `text`; ValueError when it doesn't have the form of an Azure resource id."""
        arm_id = cls(text)
        if not _ARM_ID.fullmatch(arm_id.text):
            raise ValueError(f"not an Azure resource id: '{text}'")
        return arm_id

    def sharing(self, same: ArmId) -> ArmId:
        """The same id, as written, that keeps what it can of an equal one: where ids are many, half of their memory."""
        if self.text == same.text:
            return same
        self.key = same.key
        return self

    @property
    def subscription(self) -> str:
        """The subscription's id, lower-cased; empty for ids outside any subscription."""
        parts = self.key.split("/", 3)
        return parts[2] if len(parts) > 2 and parts[1] == "subscriptions" else ""  # noqa: PLR2004

    @property
    def written_subscription(self) -> str:
        """The same as written."""
        return self.text.split("/", 3)[2] if self.subscription else ""

    @property
    def group(self) -> str:
        """The resource group's name as written; empty when the id has none."""
        match = _ARM_ID.match(self.text)
        return (match["group"] or "") if match else ""

    @property
    def group_id(self) -> ArmId:
        """The id of the resource's group."""
        return shared("/".join(self.text.split("/", 5)[:5]))

    @property
    def name(self) -> str:
        """The last segment, as written."""
        return self.text.rsplit("/", 1)[-1]

    @property
    def type(self) -> str:
        """The resource type, lower-cased: `microsoft.compute/disks`; empty for groups and subscriptions."""
        before, found, after = self.key.rpartition("/providers/")
        return "/".join([after.split("/")[0], *after.split("/")[1::2]]) if found and before else ""

    @property
    def parent(self) -> ArmId:
        """The id that this one is nested under: a policy's vault, a vault's own group's provider path."""
        return shared(self.text.rsplit("/", 2)[0])

    def child(self, kind: str, name: str) -> ArmId:
        """The id of `name` of the type segment `kind` below this id."""
        return ArmId(f"{self.text}/{kind}/{name}")

    def is_within(self, scope: ArmId | str) -> bool:
        """Whether `scope` is this id itself or encloses it."""
        key = scope.key if isinstance(scope, ArmId) else lower(scope).rstrip("/")
        return self.key == key or self.key.startswith(key + "/")

    def enclosing(self) -> Iterator[str]:
        """Its own key and the key of everything that encloses it up to its subscription, nearest first."""
        parts = self.key.split("/")
        return ("/".join(parts[:end]) for end in range(len(parts), 2, -1))

    def __eq__(self, other: object) -> bool:
        return self.key == other.key if isinstance(other, ArmId) else NotImplemented

    def __lt__(self, other: ArmId) -> bool:
        return self.key < other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"ArmId({self.text!r})"


shared = lru_cache(maxsize=4096)(ArmId)
"""Ids that many objects name, such as a policy's: one object for each spelling, to save room and time."""


def subscription_id(subscription: str) -> ArmId:
    """The id of a subscription."""
    return ArmId(f"/subscriptions/{subscription}")


@lru_cache(maxsize=4096)
def group_id(subscription: str, name: str) -> ArmId:
    """The id of a resource group."""
    return ArmId(f"/subscriptions/{subscription}/resourceGroups/{name}")


@lru_cache(maxsize=4096)
def vault_id(subscription: str, group: str, name: str) -> ArmId:
    """The id of a Backup vault."""
    return ArmId(f"{group_id(subscription, group)}/providers/Microsoft.DataProtection/backupVaults/{name}")
