"""Addresses: how a thing is named in `ignore`, in `--only`, in output and in reports."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Self

from reconciler.model.ids import ArmId, lower


class Address(str):
    """A text that knows its parts, so that nobody takes it apart: its `kind`, the `names` after it, and the id at its end.

    An Azure id that stands alone has no `kind`; what is about nothing in particular is `NOWHERE`.
    """

    __slots__ = ("arm_id", "kind", "names")

    def __new__(cls, text: str, kind: str = "", names: tuple[str, ...] = (), arm_id: ArmId | None = None) -> Self:
        """The address that reads `text`."""
        address = super().__new__(cls, text)
        address.kind, address.names, address.arm_id = kind, names, arm_id
        return address

    kind: str
    names: tuple[str, ...]
    arm_id: ArmId | None

    @property
    def disk(self) -> ArmId | None:
        """The disk that it is of; None: it is of something else."""
        return self.arm_id if self.kind == "disk" else None

    @property
    def head(self) -> str:
        """What stands before an id: `role/<vault>/<role>`, or all of it."""
        return "/".join((self.kind, *self.names))

    @property
    def name(self) -> str:
        """The last name in it; that of an id in lower case where a kind stands before the id, as in the text."""
        if self.arm_id is not None:
            return lower(self.arm_id.name) if self.kind else self.arm_id.name
        return self.names[-1] if self.names else str(self)


NOWHERE = Address("")
"""The address of what is about nothing in particular."""


class Pattern(str):
    """What somebody wrote for an address, or for some with `*` and `?`: it is of nothing in particular, so it has no parts.

    `head` is what stands before the first slash, `kind` the same if that is a kind.
    """

    __slots__ = ("head", "kind")

    def __new__(cls, text: str, head: str = "", kind: str = "") -> Self:
        """The pattern that reads `text`."""
        pattern = super().__new__(cls, text)
        pattern.head, pattern.kind = head, kind
        return pattern

    head: str
    kind: str


def pattern(text: str, kinds: Collection[str]) -> Pattern:
    """The pattern that somebody wrote, with its kind if that is in `kinds`."""
    head, slash, _ = text.partition("/")
    return Pattern(text, head, lower(head) if slash and lower(head) in kinds else "")


@lru_cache(maxsize=4096)
def _of(kind: str, *names: str) -> Address:
    """One object for each: a plan names a policy once for each of its disks."""
    return Address("/".join((kind, *names)), kind, names)


def group(within: ArmId) -> Address:
    """`group/<subscription>/<name>`: of the resource group that an id names or is in."""
    return _of("group", within.subscription, within.group)


def vault(name: str) -> Address:
    """`vault/<name>`, by the manifest's name."""
    return _of("vault", name)


def policy(vault: str, name: str) -> Address:
    """`policy/<vault>/<name>`."""
    return _of("policy", vault, name)


def role(vault: str, word: str, scope: ArmId) -> Address:
    """`role/<vault>/<role>@<lower-cased scope id>`."""
    return Address(f"role/{vault}/{word}@{scope.key}", "role", (vault, word), scope)


def disk(arm_id: ArmId) -> Address:
    """`disk/<lower-cased disk id>`: the disk's backup instance."""
    return Address(f"disk/{arm_id.key}", "disk", arm_id=arm_id)


def gate(name: str) -> Address:
    """`gate/<name>`."""
    return _of("gate", name)


def drill(name: str, disk: ArmId | None = None) -> Address:
    """`drill/<name>`, or `drill/<name>/<lower-cased disk id>` of one of its disks."""
    return _of("drill", name) if disk is None else Address(f"drill/{name}/{disk.key}", "drill", (name,), disk)


def resource(arm_id: ArmId) -> Address:
    """An Azure id: of what the manifest has no name for."""
    return Address(arm_id.text, arm_id=arm_id)
