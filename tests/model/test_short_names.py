"""Short names: what is shown can be typed, and any end of it that names one thing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import Kind
from reconciler.model.ids import ArmId, group_id, subscription_id
from reconciler.model.short_names import BEGINNINGS, ShortNames, Typed, named

PAYMENTS, OTHER = "22222222-2222-2222-2222-222222222222", "33333333-3333-3333-3333-333333333333"
NAMES = ShortNames(
    {PAYMENTS: "payments"}, {f"/subscriptions/{PAYMENTS}/resourcegroups/payments-westus": "Payments-WestUS"}
)


def disk_of(name: str, group: str = "PAYMENTS-WESTUS", subscription: str = PAYMENTS) -> ArmId:
    """A disk's id, its group spelled as lists may."""
    return ArmId(f"{group_id(subscription, group)}/providers/Microsoft.Compute/disks/{name}")


DISK = disk_of("SQL-003")
KEYS = ArmId(f"{group_id(PAYMENTS, 'rg')}/providers/Microsoft.Compute/diskEncryptionSets/keys")
INSTANCE = ArmId(f"{group_id(OTHER, 'rg')}/providers/Microsoft.DataProtection/backupVaults/Vault/backupInstances/sql")
NOWHERE_NEAR = ArmId("/providers/Microsoft.Management/managementGroups/corp")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (addresses.disk(DISK), "disk/payments/Payments-WestUS/SQL-003"),
        (addresses.disk(disk_of("a", "Rg", OTHER)), f"disk/{OTHER}/Rg/a"),
        (addresses.role("v", "disk-backup-reader", DISK), "role/v/disk-backup-reader@payments/Payments-WestUS/SQL-003"),
        (addresses.role("v", "w", group_id(PAYMENTS, "rg")), "role/v/w@payments/rg"),
        (addresses.role("v", "w", subscription_id(PAYMENTS)), "role/v/w@payments"),
        (addresses.role("v", "w", KEYS), "role/v/w@payments/rg/diskEncryptionSets/keys"),
        (addresses.role("v", "w", NOWHERE_NEAR), f"role/v/w@{NOWHERE_NEAR}"),
        (addresses.group(group_id(PAYMENTS.upper(), "payments-WESTUS")), "group/payments/Payments-WestUS"),
        (addresses.group(group_id(OTHER, "rg")), f"group/{OTHER}/rg"),
        (addresses.vault("v"), "vault/v"),
        (addresses.policy("v", "p"), "policy/v/p"),
        (addresses.drill("d"), "drill/d"),
        (addresses.drill("d", DISK), "drill/d/payments/Payments-WestUS/SQL-003"),
        (addresses.resource(INSTANCE), f"{OTHER}/rg/backupVaults/Vault/backupInstances/sql"),
        (addresses.resource(DISK), "payments/Payments-WestUS/SQL-003"),
        (Address("the line of a gate"), "the line of a gate"),
    ],
)
def test_what_is_shown_is_short_and_can_be_typed(address: Address, shown: str) -> None:
    assert NAMES.shown(address) == shown
    for typed in (shown, shown.upper(), str(address)):
        assert Typed(typed, NAMES).is_whole(address)


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([("a", "Payments")], {"a": "Payments"}),
        ([("a", "Payments"), ("b", "payments")], {}),
        ([("a", "Pay / Roll"), ("b", "Ops (old)"), ("c", " lead"), ("d", "")], {}),
        ([("a", OTHER)], {}),
        ([("A", "Größe-1_x.y")], {"a": "Größe-1_x.y"}),
        ([("a", "disk*"), ("b", "?")], {}),
        ([("a", "Policy"), ("b", "drill"), ("c", "disks")], {"c": "disks"}),
    ],
    ids=["plain", "two of one name", "not plain", "looks like an id", "letters of any script", "patterns", "kinds"],
)
def test_a_subscription_goes_by_its_name_where_that_is_plain_and_its_own(
    rows: list[tuple[str, str]], shown: dict[str, str]
) -> None:
    assert named(rows) == shown


def test_no_kind_is_missing_from_the_words_that_addresses_begin_with() -> None:
    assert {kind.value for kind in Kind} == BEGINNINGS


SQL = [addresses.disk(disk_of(f"sql-{number}")) for number in range(3)]
KNOWN = [
    *SQL,
    addresses.disk(disk_of("sql-1", "other")),
    addresses.disk(disk_of("gold", "vault")),
    addresses.vault("gold"),
    addresses.policy("gold", "daily"),
    addresses.policy("silver", "daily"),
    addresses.role("gold", "reader", disk_of("sql-2")),
]


@pytest.mark.parametrize(
    ("typed", "chosen", "is_ambiguous"),
    [
        ("sql-0", SQL[:1], False),
        ("payments-westus/sql-1", SQL[1:2], False),
        ("payments/payments-westus/sql-1/", SQL[1:2], False),
        ("sql-1", [SQL[1], KNOWN[3]], True),
        ("sql-*", [*SQL, KNOWN[3]], False),
        ("payments-westus/*", SQL, False),
        (SQL[2].disk.text if SQL[2].disk else "", [SQL[2]], False),
        (str(SQL[2]), [SQL[2]], False),
        ("vault/gold", [KNOWN[5]], False),
        ("gold", [KNOWN[4], KNOWN[5]], True),
        ("daily", [KNOWN[6], KNOWN[7]], True),
        ("silver/daily", [KNOWN[7]], False),
        ("role/gold/reader@payments/payments-westus/sql-2", [KNOWN[8]], False),
        ("ql-0", [], False),
        ("", [], False),
        ("westus/sql-1", [], False),
    ],
)
def test_the_end_of_a_name_is_enough_where_it_names_one_thing(
    typed: str, chosen: list[Address], is_ambiguous: bool
) -> None:
    wanted = Typed(typed, NAMES)
    assert wanted.chosen(KNOWN) == chosen
    assert wanted.is_ambiguous(chosen) == is_ambiguous


WORDS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}", fullmatch=True)


@given(name=WORDS, group=WORDS, subscription=st.sampled_from([PAYMENTS, OTHER]), parts=st.integers(1, 4))
def test_every_end_of_what_is_shown_of_a_disk_names_it(name: str, group: str, subscription: str, parts: int) -> None:
    address = addresses.disk(disk_of(name, group, subscription))
    end = "/".join(NAMES.shown(address).split("/")[-parts:])
    assert Typed(end, NAMES).chosen([addresses.vault("another/one"), address]) == [address]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{disk} is gone", "s/g/d is gone"),
        ("it is {disk}.", "it is s/g/d."),
        ("held ({disk}), and {disk}: no", "held (s/g/d), and s/g/d: no"),
        ("`{disk}`; '{disk}'", "`{disk}`; 's/g/d'"),
        ("/subscriptions/s/resourceGroups/g(1) is gone", "s/g(1) is gone"),
        ("nothing at https://management.azure.com{disk}", "nothing at https://management.azure.com{disk}"),
        ("/subscriptions/s is read only", "/subscriptions/s is read only"),
        ("disk/{disk} failed: no", "disk/s/g/d failed: no"),
        ("(drill/weekly/{disk})", "(drill/weekly/s/g/d)"),
        ("role/v/disk-backup-reader@{disk} failed", "role/v/disk-backup-reader@s/g/d failed"),
        ("role/v/reader@/subscriptions/s.", "role/v/reader@s."),
        ("x/disk/{disk}", "x/disk/{disk}"),
    ],
)
def test_ids_in_a_sentence_are_short(text: str, told: str) -> None:
    disk = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d"
    assert ShortNames().of_message(text.replace("{disk}", disk)) == told.replace("{disk}", disk)


def test_addresses_in_a_sentence_have_the_names_of_their_subscriptions() -> None:
    group, reader = addresses.group(group_id(PAYMENTS, "rg")), addresses.role("v", "w", subscription_id(PAYMENTS))
    said = f"{group} failed; role missing: {reader}, {addresses.disk(DISK)}"
    assert NAMES.of_message(said) == (
        "group/payments/rg failed; role missing: role/v/w@payments, disk/payments/Payments-WestUS/sql-003"
    )
