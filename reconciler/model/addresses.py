"""Addresses: how a thing is named in `ignore`, in `--only`, in output and in reports."""

from __future__ import annotations

from typing import Self

from reconciler.model.ids import ArmId

KINDS = ("vault", "policy", "group", "role", "disk")
"""What the addresses of a manifest begin with."""


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
        """The last name in it."""
        return self.rpartition("/")[2]


NOWHERE = Address("")
"""The address of what is about nothing in particular."""


def parse(text: str) -> Address:
    """The address, or the pattern of some, that somebody wrote: of its parts only the kind is known."""
    kind, slash, _ = text.partition("/")
    return Address(text, kind if slash and kind in KINDS else "")


def _of(kind: str, *names: str) -> Address:
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


def drill(*names: str) -> Address:
    """`drill/<name>`, or `drill/<name>/<disk>` of one of its disks."""
    return _of("drill", *names)


def resource(arm_id: ArmId) -> Address:
    """An Azure id: of what the manifest has no name for."""
    return Address(arm_id.text, arm_id=arm_id)
