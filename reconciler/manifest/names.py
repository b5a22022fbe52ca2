"""Ids, regions and tags of the manifest, checked against Azure's rules and converted to normal form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from unicodedata import category

from reconciler.base.escape import shortened
from reconciler.manifest.notes import Notes
from reconciler.manifest.sections import Items, Section
from reconciler.model.codes import manifest as codes
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId, lower

DISK = "microsoft.compute/disks"
IDENTITY = "microsoft.managedidentity/userassignedidentities"
GUARD = "microsoft.dataprotection/resourceguards"
_WHAT = {DISK: "a managed disk", IDENTITY: "a user-assigned identity", GUARD: "a resource guard"}
_LAST = {
    DISK: "/providers/Microsoft.Compute/disks/<name>",
    IDENTITY: "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/<name>",
    GUARD: "/providers/Microsoft.DataProtection/resourceGuards/<name>",
}
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A subscription's id, lower-cased."""
_LONGEST_GROUP = 90
_IN_GROUP = frozenset("_-.()")
_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Nd"})
"""Unicode's categories of letters, their accents, and digits."""

_RESOURCE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_OUR_TAGS = "reconciler-"
LONGEST_VALUE = 256
"""Characters in a tag's value, at most."""
_TAG_KEY = re.compile(r"[^<>%&\\?/\x00-\x1f\x7f]{1,512}")
_MOST_TAGS = 50
_OUR_MARKS = 2


def region(text: str) -> str:
    """A location in Azure's short form: `West US` is `westus`."""
    return lower(text.replace(" ", ""))


def is_group_name(text: str) -> bool:
    """Whether Azure allows a resource group of that name: letters and digits of any script, and `_-.()`."""
    return 0 < len(text) <= _LONGEST_GROUP and not text.endswith(".") and all(map(is_in_group_names, text))


def is_in_group_names(letter: str) -> bool:
    """Whether Azure allows a character in the name of a resource group."""
    return letter in _IN_GROUP or category(letter) in _LETTERS


def is_tag_key(text: str) -> bool:
    """Whether Azure allows a tag of that name."""
    return _TAG_KEY.fullmatch(text) is not None


def arm_id(text: str, kind: str, place: Place, notes: Notes) -> ArmId | None:
    """The id of a resource of `kind` (a lower-cased type); None, with a finding, when the text isn't one."""
    problem = ""
    try:
        parsed = ArmId.parse(text)
    except ValueError:
        problem = "it is not a resource id"
    else:
        problem = _problem(parsed, kind)
        if not problem:
            return parsed
    hint = f"write /subscriptions/<subscription>/resourceGroups/<group>{_LAST[kind]}"
    notes.add(codes.INVALID_ID, f"this is not the id of {_WHAT[kind]}: {problem}", place, hint=hint)
    return None


def _problem(parsed: ArmId, kind: str) -> str:
    """Why the id cannot be that of a resource of `kind`; empty when it can."""
    if parsed.type != kind:
        return f"it is the id of a {shortened(parsed.type)}" if parsed.type else "it names no resource"
    if not GUID.fullmatch(parsed.subscription):
        return "its subscription is not a GUID"
    if not is_group_name(parsed.group):
        return "Azure does not allow its resource group's name"
    return "" if _RESOURCE.fullmatch(parsed.name) else "Azure does not allow its name"


def tags(section: Section, key: str, notes: Notes) -> Mapping[str, Any]:
    """The tags under `key`; findings for those that Azure, or this tool, does not allow."""
    found = section.get(key) or Section()
    seen: dict[str, str] = {}
    for name, value in found.items():
        place, shown = found.key_place(name), shortened(name)
        if lower(name) in seen:
            notes.add(
                codes.DUPLICATE_KEY,
                f"the tag `{shown}` is the same as `{shortened(seen[lower(name)])}`: Azure ignores case",
                place,
            )
        seen[lower(name)] = name
        if lower(name).startswith(_OUR_TAGS):
            notes.add(codes.RESERVED_TAG, f"the tag `{shown}` is reserved for this tool", place)
        elif not is_tag_key(name):
            notes.add(codes.INVALID_TAG, "Azure does not allow this tag's key", place)
        elif value is not None and len(value) > LONGEST_VALUE:
            notes.add(
                codes.INVALID_TAG, f"the tag `{shown}` has more than {LONGEST_VALUE} characters", found.place(name)
            )
    if len(found) > _MOST_TAGS - _OUR_MARKS:
        notes.add(
            codes.INVALID_TAG,
            f"{len(found)} tags are more than Azure allows besides this tool's two",
            section.key_place(key),
        )
    return dict(found)


def disk_ids(section: Section, notes: Notes) -> tuple[tuple[ArmId, Place], ...]:
    """The disks under `id`, which is one id or a list, each with its place."""
    value = section.get("id")
    if value is None:
        return ()
    if isinstance(value, Items):
        written = [(text, value.place(index)) for index, text in enumerate(value)]
    else:
        written = [(value, section.place("id"))]
    found = ((arm_id(text, DISK, place, notes), place) for text, place in written)
    return tuple((parsed, place) for parsed, place in found if parsed)
