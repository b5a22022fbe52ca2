"""Management groups and what lies below them."""

from __future__ import annotations

from typing import Any


def test_management_groups(ask: Any) -> None:
    at = "/providers/Microsoft.Management/managementGroups"
    assert ask("GET", at).names == ["corp", "root"]
    below = ask("GET", f"{at}/root/descendants")
    assert [row["type"] for row in below.body["value"]] == [
        "Microsoft.Management/managementGroups",
        "Microsoft.Management/managementGroups/subscriptions",
    ]
    corp = ask("GET", f"{at}/corp?$expand=children").body["properties"]
    assert corp["details"]["parent"]["name"] == "root"
    assert [child["displayName"] for child in corp["children"]] == ["apps"]
    assert ask("GET", f"{at}/none").code == "NotFound"
    (child,) = ask("GET", f"{at}/root?$expand=children&$recurse=true").body["properties"]["children"]
    assert [below["displayName"] for below in child["children"]] == ["apps"]
    (held,) = (row["name"] for row in corp["children"])
    assert ask("GET", f"{at}/corp/subscriptions/{held}").body["properties"]["displayName"] == "apps"
    assert ask("GET", f"{at}/root/subscriptions/{held}").code == "NotFound"
