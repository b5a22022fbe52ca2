"""The page on names, whose examples the code makes itself; `docs/generate.py` writes it."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.ids import ArmId, group_id, vault_id
from reconciler.model.short_names import ShortNames

_PAYMENTS, _PLATFORM = "22222222-2222-2222-2222-222222222222", "11111111-1111-1111-1111-111111111111"
_NAMES = ShortNames({_PAYMENTS: "payments", _PLATFORM: "platform"})
_DISK = ArmId(f"{group_id(_PAYMENTS, 'payments-westus')}/providers/Microsoft.Compute/disks/sql-003")
_KEYS = ArmId(f"{group_id(_PAYMENTS, 'payments-westus')}/providers/Microsoft.Compute/diskEncryptionSets/keys")
_SNAPSHOTS = group_id(_PAYMENTS, "snapshots-westus")
_VAULT = vault_id(_PLATFORM, "backup-westus-rg", "backup-westus")

_GRAMMAR = """# Names

How the tool's output names disks and everything else, and what you can type for them.
Azure's ids are long and look alike, so people see and type short names; programs get both.

## What is shown

| what | form | for example |
|---|---|---|
"""
_REST = """
- `<subscription>` is the subscription's name, if it begins with a letter or digit, contains only letters, digits, `.`, `_` and `-`, no other subscription that the caller sees has the same name, and it is no word that an address begins with, such as `disk`; otherwise it is the id. If the names can't be read, all are ids.
- `<vault>`, `<policy>` and `<drill>` are names in the manifest; groups, disks and everything else have the names that they have in Azure.
- Names are shown in the case that Azure returns, and compared without case.

In JSON, `address` and `disk` keep the form with the whole id in lower case (`disk//subscriptions/…`), because checksums, saved plans, fingerprints and audit files depend on it; `name` beside it is the short name.

## What you can type

For a disk (`--disk`, the disk of `restore` and `move`) and for any object (`--only`, `explain`):

- the name as it is shown, with or without the kind: `disk/payments/payments-westus/sql-003`, `payments/payments-westus/sql-003`
- any end of that name that fits only one object: `payments-westus/sql-003`, `sql-003`. With `--only` and `explain`, this also works for a vault, a policy or a group (`westus/gold`); a role assignment needs its whole name
- the address from a JSON document, or an Azure id: `disk//subscriptions/…`, `/subscriptions/…`
- any of these with the subscription's id in place of its name
- where a disk is meant, also the address of a role assignment at that disk, or of a drill of it: `role/backup-westus/disk-backup-reader@payments/payments-westus/sql-003`
- a pattern of any of these, with `*`, `?` and `[abc]`, which may match several objects: `sql-*`, `payments/*`

`--vault` takes a vault by its name, as `vault/<vault>`, by its id, or as `<subscription>/<group>/backupVaults/<name>`.

A whole name takes precedence over the end of another name: `vault/gold` is the vault, even if a resource group is called `vault`.
A name that fits several objects is an error that lists them; for a name that fits none, the error suggests similar names.

## In a manifest

`ignore` takes whole names, or whole addresses from a JSON document, with or without `*`: `disk/payments/payments-westus/sql-003`, `disk/*/sql-003`.
The end of a name isn't enough there, because somebody may create another disk of that name tomorrow.
Names of subscriptions are looked up in Azure; an entry that matches nothing is reported (`ignores-nothing`).
Anybody may rename a subscription. An entry with a name that no subscription has, or that can't be looked up, is therefore an error, and what it may name is left alone in every subscription.
Disks are named by their ids in `disks`, `excluded` and `removed`.
"""


def page() -> str:
    """The text of the page."""
    return _GRAMMAR + "\n".join(_rows()) + "\n" + _REST


def _rows() -> Iterator[str]:
    told: list[tuple[str, str, Address]] = [
        ("a disk, and its backup instance", "disk/<subscription>/<group>/<name>", addresses.disk(_DISK)),
        ("a vault", "vault/<vault>", addresses.vault("backup-westus")),
        ("a policy", "policy/<vault>/<policy>", addresses.policy("backup-westus", "gold")),
        ("a resource group", "group/<subscription>/<group>", addresses.group(_SNAPSHOTS)),
        (
            "a role assignment",
            "role/<vault>/<role>@<where>",
            addresses.role("backup-westus", "disk-backup-reader", _DISK),
        ),
        ("the same on a group", "", addresses.role("backup-westus", "disk-snapshot-contributor", _SNAPSHOTS)),
        ("the same on an encryption set", "", addresses.role("backup-westus", "reader", _KEYS)),
        ("a drill", "drill/<drill>", addresses.drill("monthly")),
        ("a drill of one disk", "drill/<drill>/<subscription>/<group>/<name>", addresses.drill("monthly", _DISK)),
        ("anything else", "<subscription>/<group>/<type>/<name>", addresses.resource(_VAULT)),
    ]
    for what, form, address in told:
        yield f"| {what} | {f'`{form}`' if form else ''} | `{_NAMES.shown(address)}` |"
