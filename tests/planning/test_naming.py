"""Frozen names: a new version of the tool must never rename, and so never roll or duplicate, what exists."""

from __future__ import annotations

from typing import Any

import pytest
from plan_builders import CONTRIBUTOR, GOLD, PRINCIPAL, READER, disk_id

from reconciler.model import canonical
from reconciler.model.ids import ArmId
from reconciler.model.manifest import PolicyContent
from reconciler.model.names import NAMESPACE, instance_name, policy_names, policy_stem, role_name
from reconciler.model.tags import APPLIED_TAG, OWNER_TAG, RESTORED_TAG

RICH = PolicyContent(24, 120, "W. Europe Standard Time", 14, 30, 84)


def test_the_namespace_and_the_marks_are_frozen() -> None:
    assert str(NAMESPACE) == "5f4c2a0e-7d0b-5b1e-9c39-0d3f6f1c7a52"
    assert (OWNER_TAG, APPLIED_TAG, RESTORED_TAG) == ("reconciler-owner", "reconciler-applied", "reconciler-restored")


def test_an_instance_is_named_as_ever() -> None:
    assert instance_name(disk_id("PSTestDisk")) == "PSTestDisk-PSTestDisk-f18beda0-00e3-5e87-b78c-9fe0e4c1d34f"


def test_an_instance_name_does_not_depend_on_the_case_of_the_path() -> None:
    other = ArmId(disk_id("PSTestDisk").text.replace("resourceGroups/diskrg", "RESOURCEGROUPS/DiskRG"))
    assert instance_name(other) == instance_name(disk_id("PSTestDisk"))


def test_long_disk_names_are_cut_and_stay_apart() -> None:
    one, two = (instance_name(disk_id("x" * 70 + end)) for end in "ab")
    assert one.startswith("x" * 50 + "-" + "x" * 50 + "-")
    assert len(one) == 50 + 1 + 50 + 1 + 36
    assert one != two


def test_a_role_assignment_is_named_as_ever() -> None:
    assert role_name(disk_id("PSTestDisk"), READER.guid, PRINCIPAL) == "cdd0669c-71ac-5767-8e47-675f62af56e3"


@pytest.mark.parametrize(
    "other",
    [
        (disk_id("PSTestDisk2"), READER.guid, PRINCIPAL),
        (disk_id("PSTestDisk"), CONTRIBUTOR.guid, PRINCIPAL),
        (disk_id("PSTestDisk"), READER.guid, PRINCIPAL[:-1] + "2"),
    ],
)
def test_a_role_assignment_of_another_scope_role_or_principal_has_another_name(other: Any) -> None:
    assert role_name(*other) != role_name(disk_id("PSTestDisk"), READER.guid, PRINCIPAL)


def test_case_does_not_rename_a_role_assignment() -> None:
    upper = ArmId(disk_id("PSTestDisk").text.upper())
    assert role_name(upper, READER.guid.upper(), PRINCIPAL.upper()) == role_name(
        disk_id("PSTestDisk"), READER.guid, PRINCIPAL
    )


@pytest.mark.parametrize(
    ("content", "text", "names"),
    [
        (
            GOLD,
            '{"daily_days":null,"default_days":7,"interval_hours":4,"phase_minutes":0,"time_zone":"UTC","weekly_days":null}',
            ("gold-9b477a8d", "gold-f7c0c7d7", "gold-133a4f08", "gold-c169fad4"),
        ),
        (
            RICH,
            '{"daily_days":30,"default_days":14,"interval_hours":24,"phase_minutes":120,"time_zone":"W. Europe Standard Time","weekly_days":84}',
            ("gold-ae15314f", "gold-4d31d269", "gold-4efb8ad0", "gold-d4bf2a73"),
        ),
    ],
)
def test_a_policy_is_named_by_its_content_as_ever(content: Any, text: str, names: tuple[str, ...]) -> None:
    assert canonical.text(content) == text
    assert policy_names("gold", content) == names


@pytest.mark.parametrize(
    "other",
    [
        PolicyContent(6, 0, "UTC", 7),
        PolicyContent(4, 60, "UTC", 7),
        PolicyContent(4, 0, "W. Europe Standard Time", 7),
        PolicyContent(4, 0, "UTC", 8),
        PolicyContent(4, 0, "UTC", 7, 7),
        PolicyContent(4, 0, "UTC", 7, None, 7),
    ],
)
def test_every_part_of_the_content_is_in_the_name(other: Any) -> None:
    assert policy_names("gold", other)[0] != policy_names("gold", GOLD)[0]


def test_a_policy_name_never_exceeds_azures_150_characters() -> None:
    assert {len(name) for name in policy_names("p" * 150, GOLD)} == {150}


@pytest.mark.parametrize(
    ("name", "content", "is_ours"),
    [
        (policy_names("gold", GOLD)[0], GOLD, True),
        (policy_names("gold", GOLD)[3], GOLD, True),
        (policy_names("gold", GOLD)[0].upper(), GOLD, True),
        (policy_names("gold", GOLD)[0], RICH, False),
        (policy_names("gold", GOLD)[0], None, False),
        ("gold", GOLD, False),
        ("gold-12345678", GOLD, False),
    ],
)
def test_a_policy_is_ours_when_its_name_follows_from_its_content(name: str, content: Any, is_ours: bool) -> None:
    assert bool(policy_stem(name, content)) is is_ours
