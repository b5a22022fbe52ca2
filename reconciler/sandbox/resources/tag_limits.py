"""What Resource Manager takes as tags of a resource: 50 at most, names of 512 characters, values of 256.

Limits as Azure documents them, codes as Azure PowerShell shows them. Names are compared without case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import ArmError, invalid_body

MOST = 50
_LONGEST_NAME, _LONGEST_VALUE = 512, 256
_RESERVED = re.compile(r"[<>%&\\?/\x00-\x1f\x7f]")
_FREE = ("hidden-", "link:")


def check(tags: Mapping[str, Any]) -> None:
    """ArmError 400 for tags that no resource can have."""
    for name, value in tags.items():
        if not isinstance(value, str):
            raise invalid_body(f"Error converting value of tag '{name}': text was expected. Path 'tags.{name}'.")
    if len({lower(name) for name in tags}) < len(tags):
        raise invalid_body("An item with the same key has already been added. Path 'tags'.")
    if len(tags) > MOST:
        raise ArmError(
            400,
            "InvalidTags",
            f"Too many tags specified. Requested tag count - '{len(tags)}'. Maximum number of tags allowed - '{MOST}'.",
        )
    reserved = [name for name in tags if _RESERVED.search(name) and not lower(name).startswith(_FREE)]
    if reserved:
        raise ArmError(
            400,
            "InvalidTagNameCharacters",
            f"The tag names '{','.join(reserved)}' have reserved characters '<,>,%,&,\\,?,/' or control characters. These "
            "characters are only allowed for tags that start with the prefix 'hidden-, link:'.",
        )
    for name, value in tags.items():
        if not 0 < len(name) <= _LONGEST_NAME:
            raise _length("InvalidTagName", "name", name, _LONGEST_NAME)
        if len(value) > _LONGEST_VALUE:
            raise _length("InvalidTagValueLength", "value", value, _LONGEST_VALUE)


def _length(code: str, part: str, said: str, most: int) -> ArmError:
    return ArmError(
        400,
        code,
        f"The length of the tag {part} '{said}' is not supported. Maximum allowed length for tag {part} - '{most}' characters.",
    )
