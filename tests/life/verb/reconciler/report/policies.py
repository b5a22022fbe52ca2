"""Policies as a listing and data: by vault, in the order of their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.base.plurals import counted
from reconciler.model.ids import ArmId
from reconciler.model.resources import Policy
from reconciler.report.columns import Heading, cells
from reconciler.report.documents import Document, head
from reconciler.report.listing import Listing, Table

Found = Mapping[ArmId, Sequence[Policy]]
"""The policies of each vault."""


def policies_listing(found: Found) -> Listing:
    """A table for each vault."""
    count = counted(sum(map(len, found.values())), "policy", "policies")
    return Listing("Policies", f"{count} in {counted(len(found), 'vault')}.", tuple(map(_table, found.items())))


def _table(vault: tuple[ArmId, Sequence[Policy]]) -> Table:
    own, policies = vault
    rows = tuple(cells(policy.id.name, "yes" if policy.is_disk else "no") for policy in policies)
    return Table(own.text, (Heading("policy"), Heading("for disks")), rows, "" if rows else "no policies")


def policies_document(found: Found, *, manifest: str) -> Document:
    """Every vault with its policies as data."""
    return {
        **head(manifest),
        "vaults": [
            {
                "vault": vault.text,
                "policies": [{"id": policy.id.text, "for_disks": policy.is_disk} for policy in policies],
            }
            for vault, policies in found.items()
        ],
    }
