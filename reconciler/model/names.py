"""Derived names: the same input gives the same name in every run and version."""

from __future__ import annotations

import hashlib
from uuid import UUID, uuid5

from reconciler.model import canonical
from reconciler.model.ids import ArmId, lower
from reconciler.model.manifest import PolicyContent

NAMESPACE = UUID("5f4c2a0e-7d0b-5b1e-9c39-0d3f6f1c7a52")
"""The root of all uuid5 names; never change it, since that would rename everything that exists."""

_DISK_PART = 50
_DRILL_PART = 30
_POLICY_PART = 150 - 9
_SALTS = 4


def _uuid(text: str) -> UUID:
    """The uuid5 of a text from Azure, which may hold half a surrogate pair."""
    return uuid5(NAMESPACE, text.encode("utf-8", "backslashreplace").decode())


def instance_name(disk: ArmId) -> str:
    """The name of a new backup instance: `<disk>-<disk>-<uuid5 of the disk's id>`, as the portal and the CLI form it."""
    part = disk.name[:_DISK_PART]
    return f"{part}-{part}-{_uuid(disk.key)}"


def drill_mark(manifest: str, drill: str) -> str:
    """The prefix of the tag on a disk that a drill restored; the run follows it."""
    return f"{manifest}/{drill}/"


def drill_disk_name(manifest: str, drill: str, disk: ArmId) -> str:
    """The name of the disk that a drill restores from `disk`: the same in every run, so that leftovers are found."""
    return f"{disk.name[:_DRILL_PART]}-drill-{_uuid(f'{lower(manifest)}|{lower(drill)}|{disk.key}')}"


def role_name(scope: ArmId, role: str, principal: str) -> str:
    """The name of a role assignment; it depends on the principal, since a name can't be reused for another one."""
    return str(_uuid(f"{scope.key}|{lower(role)}|{lower(principal)}"))


def policy_names(name: str, content: PolicyContent) -> tuple[str, ...]:
    """The derived names of a policy, best first: `<name>-<8 hex of its content>`.

    The others are used if somebody wrote other content under the first.
    """
    text = canonical.text(content)
    digests = (hashlib.sha256(f"{text}{salt or ''}".encode()).hexdigest()[:8] for salt in range(_SALTS))
    return tuple(f"{name[:_POLICY_PART]}-{digest}" for digest in digests)


def policy_stem(name: str, content: PolicyContent | None) -> str:
    """What a policy's name was derived from, if it is derived from its own content: then it is ours. Else empty."""
    stem, _, _ = name.rpartition("-")
    return stem if content is not None and lower(name) in map(lower, policy_names(stem, content)) else ""
