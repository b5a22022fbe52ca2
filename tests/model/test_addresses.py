"""An address keeps its parts, and is its text wherever a text is wanted."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import MANAGED
from reconciler.model.ids import ArmId, group_id

DISK = ArmId("/subscriptions/S/resourceGroups/RG/providers/Microsoft.Compute/disks/Data")


@pytest.mark.parametrize(
    ("address", "text", "kind", "name", "head"),
    [
        (addresses.vault("v"), "vault/v", "vault", "v", "vault/v"),
        (addresses.policy("v", "p"), "policy/v/p", "policy", "p", "policy/v/p"),
        (addresses.group(group_id("s", "RG")), "group/s/RG", "group", "RG", "group/s/RG"),
        (addresses.disk(DISK), f"disk/{DISK.key}", "disk", "data", "disk"),
        (addresses.role("v", "reader", DISK), f"role/v/reader@{DISK.key}", "role", "data", "role/v/reader"),
        (addresses.drill("d"), "drill/d", "drill", "d", "drill/d"),
        (addresses.drill("d", DISK), f"drill/d/{DISK.key}", "drill", "data", "drill/d"),
        (addresses.gate("empty"), "gate/empty", "gate", "empty", "gate/empty"),
        (addresses.resource(DISK), DISK.text, "", "Data", ""),
    ],
)
def test_an_address_is_its_text_and_knows_its_parts(
    address: Address, text: str, kind: str, name: str, head: str
) -> None:
    assert (address, address.kind, address.name, address.head) == (text, kind, name, head)
    assert json.dumps({address: address}) == json.dumps({text: text})
    assert hash(address) == hash(text)


def test_only_a_disks_address_is_of_a_disk() -> None:
    assert addresses.disk(DISK).disk == DISK
    assert addresses.role("v", "reader", DISK).disk is None
    assert addresses.resource(DISK).disk is None


def test_a_copy_keeps_the_parts() -> None:
    assert deepcopy(addresses.disk(DISK)).disk == DISK


@pytest.mark.parametrize(
    ("text", "kind"),
    [("vault/x", "vault"), ("disk/*", "disk"), ("vault", ""), ("d*/x", ""), ("drill/x", ""), (DISK.text, "")],
)
def test_of_what_somebody_wrote_the_kind_is_known(text: str, kind: str) -> None:
    written = addresses.pattern(text, MANAGED)
    assert (written, written.kind) == (text, kind)
