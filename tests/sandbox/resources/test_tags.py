"""Tags of any resource, and what they may be."""

from __future__ import annotations

from typing import Any

import pytest

TWO = "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{TWO}/resourceGroups/diskrg"
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/data"


@pytest.mark.parametrize(
    ("operation", "sent", "left"),
    [
        ("Merge", {"a": "b"}, {"backup": "gold", "a": "b"}),
        ("Merge", {"Backup": "silver"}, {"Backup": "silver"}),
        ("Replace", {"a": "b"}, {"a": "b"}),
        ("Delete", {"BACKUP": "gold"}, {}),
        ("Delete", {"backup": "other"}, {"backup": "gold"}),
    ],
)
def test_tags(ask: Any, operation: str, sent: dict[str, str], left: dict[str, str]) -> None:
    tags = f"{DISK}/providers/Microsoft.Resources/tags/default"
    answer = ask("PATCH", tags, {"operation": operation, "properties": {"tags": sent}})
    assert answer.body["properties"] == {"tags": left}
    assert ask("GET", tags).body == answer.body
    assert ask("GET", DISK).body["tags"] == left


def test_tags_replaced_and_refused(ask: Any) -> None:
    tags = f"{DISK}/providers/Microsoft.Resources/tags/default"
    assert ask("PUT", tags, {"properties": {"tags": {"x": "y"}}}).status == 200
    assert ask("DELETE", tags).status == 200
    assert ask("GET", tags).body["properties"] == {"tags": {}}
    assert ask("PATCH", tags, {"operation": "Eat", "properties": {"tags": {}}}).code == "InvalidRequestContent"
    assert ask("PUT", f"{DISK}x/providers/Microsoft.Resources/tags/default", {}).code == "ResourceNotFound"


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({f"t{number}": "" for number in range(50)}, ""),
        ({f"t{number}": "" for number in range(51)}, "InvalidTags"),
        ({"n" * 512: "v" * 256, "hidden-link:/a/b": "", "link:/a?b": ""}, ""),
        ({"n" * 513: ""}, "InvalidTagName"),
        ({"": ""}, "InvalidTagName"),
        ({"a": "v" * 257}, "InvalidTagValueLength"),
        ({"a/b": ""}, "InvalidTagNameCharacters"),
        ({"a\n": ""}, "InvalidTagNameCharacters"),
        ({"team": "a", "Team": "b"}, "InvalidRequestContent"),
    ],
)
def test_tags_have_limits(ask: Any, tags: dict[str, str], code: str) -> None:
    for path, body in (
        (f"{TWO}/resourceGroups/tagged", {"location": "westus", "tags": tags}),
        (f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i", {"location": "westus", "tags": tags}),
        (f"{DISK}/providers/Microsoft.Resources/tags/default", {"properties": {"tags": tags}}),
    ):
        answer = ask("PUT", path, body)
        assert answer.code == code if code else answer.status in {200, 201}


def test_tags_are_counted_once_they_are_merged(ask: Any) -> None:
    tags = f"{DISK}/providers/Microsoft.Resources/tags/default"
    sent = {f"t{number}": "" for number in range(50)}
    assert ask("PATCH", tags, {"operation": "Merge", "properties": {"tags": sent}}).code == "InvalidTags"
