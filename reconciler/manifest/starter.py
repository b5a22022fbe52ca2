"""The first manifest of a new user: valid as it is, and explained line by line."""

from __future__ import annotations

import json
import re

_TEXT = """\
# yaml-language-server: $schema=manifest.schema.json
apiVersion: reconciler/v1
name: {name}  # the tag in Azure on what this manifest owns

defaults:
  subscription: {subscription}
  location: {location}
  snapshotResourceGroup: backup-snapshots

vaults:
  - name: disk-backup
    resourceGroup: disk-backup  # created if it is missing
    redundancy: LocallyRedundant
    softDelete: {{state: AlwaysOn, retentionDays: 14}}  # can't be undone: the first apply needs --accept-irreversible
    alertsForAllJobFailures: true

policies:
  - name: daily-month
    schedule: {{daily: "02:00"}}
    timeZone: UTC
    retention: {{default: 30d}}

snapshotResourceGroups:
  - name: backup-snapshots  # one in the subscription of each disk, for its snapshots

disks:
  # Every disk with the tag backup=daily; to list single disks, write `- id: /subscriptions/...` instead.
  - select:
      subscriptions: [{subscription}]
      tags: {{backup: daily}}
    vault: disk-backup
    policy: daily-month
"""


def starter(name: str, subscription: str, location: str) -> str:
    """The text of a first manifest; arguments are quoted if YAML would not read them as text."""
    return _TEXT.format(name=_scalar(name), subscription=_scalar(subscription), location=_scalar(location))


def _scalar(text: str) -> str:
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]*|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text)
    return text if plain and text.lower() not in {"true", "false", "null"} else json.dumps(text)


def usable_name(text: str) -> str:
    """A manifest's name made from any text: lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "backup"
