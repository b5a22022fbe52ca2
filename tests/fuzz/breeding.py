"""Hostile input, always the same for a chance: bytes that are bent, YAML that is made up, data with odd values in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

TOKENS = (
    "- ", ": ", "? ", "&a ", "*a", "<<: *a", "!!python/object:os.system ", "!tag ", "|", ">-", "|+9", "---\n", "...\n", "%YAML 1.1\n",
    "{", "}", "[", "]", ",", '"', "'", "#", "@", "`", "\t", "\n", "\n  ", "\n    ", "\r\n", "\x00", "\x85", "\u2028", "\ufeff",
    "~", "null", "yes", "0x1F", "0o17", "017", ".nan", "-.inf", "1e999", "12:30:00", "2027-03-31", "=", "9" * 30,
)  # fmt: skip
TEXTS = (
    "", " ", "a", "A" * 300, "A" * 20_000, "-", "*", "**", "?", "[", "..", "../../etc/passwd", "/etc/passwd", "/dev/zero", "file:///x",
    "https://example.org/", "/subscriptions/", "/subscriptions//resourceGroups//", "/subscriptions/x/providers/y",
    "/SUBSCRIPTIONS/22222222-2222-2222-2222-222222222222/resourcegroups/DISKRG/providers/microsoft.compute/DISKS/pstestdisk/",
    "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/diskrg/providers/Microsoft.Compute/disks/" + "d" * 90,
    "11111111-1111-1111-1111-111111111111", "{11111111-1111-1111-1111-111111111111}", "\u212a", "\u0130", "\u202eevil", "\u200b", "e\u0301",
    "\U0001f4a9", "\x1b[31m", "::error::x", "##vso[task.complete]", "`x`", "</details>", "=1+1", "@team", "a\nb", "a\x00b", "\ud800",
    "PT4H", "PT0S", "P1Y", "P99999999D", "PT99999999999999999999H", "P", "-PT1H", "4h", "0h", "1.5h", "99999999999w", "24:00", "25:61",
    "13:00", "UTC", "Europe/Berlin", "../UTC", "Europe", "W. Europe Standard Time", "2027-03-31", "0000-00-00", "9999-12-31",
    "true", "null", "~", "0", "1e999", "reconciler/v1", "reconciler/v2", "protected", "AlwaysOn", "Locked", "westus", "delete",
    "2026-01-05T08:00:00Z", "2026-13-45T99:99:99Z", "R/2020-01-01T00:00:00+00:00/PT4H", "R/x/y", "Succeeded", "ProtectionConfigured",
)  # fmt: skip
NUMBERS = (0, 1, -1, 14, 14.0, 0.5, 2**31, 2**63, 2**64, -(2**63), 10**30, 10**400, 1e308, 1e999, float("nan"))


def odd(chance: Random, depth: int = 0) -> Any:
    """A value that nobody asked for."""
    pick = chance.random()
    if pick < 0.5 or depth > 2:
        return chance.choice(TEXTS)
    if pick < 0.65:
        return chance.choice(NUMBERS)
    if pick < 0.8:
        return chance.choice((None, True, False, [], {}, [[]], [None], {"": None}))
    if pick < 0.9:
        return [odd(chance, depth + 1) for _ in range(chance.choice((1, 2, 5)))]
    if pick < 0.99:
        return {chance.choice(TEXTS): odd(chance, depth + 1) for _ in range(chance.choice((1, 2, 4)))}
    nested: Any = []
    for _ in range(chance.choice((60, 100, 2000)) if depth == 0 else 5):
        nested = [nested]
    return nested


def bent(data: Any, chance: Random, words: Sequence[str], *, most: int = 3) -> Any:
    """Data (which is changed) with a few of its places changed: odd values, missing, extra, doubled and moved ones."""
    for _ in range(chance.randint(1, most)):
        places = list(_places(data))
        if not places:
            return odd(chance)
        holder, key = chance.choice(places)
        other, there = chance.choice(places)
        pick = chance.random()
        if pick < 0.45:
            holder[key] = odd(chance)
        elif pick < 0.6:
            del holder[key]
        elif pick < 0.75:
            holder[key] = json.loads(_text(other[there])) if other is not holder else odd(chance)
        elif isinstance(holder, dict):
            value = holder.pop(key) if pick < 0.85 else odd(chance)
            holder[chance.choice(words) if chance.random() < 0.8 else chance.choice(TEXTS)] = value
        else:
            holder.insert(key, json.loads(_text(holder[key])))
    return data


def _places(data: Any) -> Any:
    keys = list(data) if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for key in keys:
        yield data, key
    for key in keys:
        if isinstance(data[key], (dict, list)) and data[key]:
            yield from _places(data[key]) if not _is_deep(data[key]) else ()


def _is_deep(data: Any) -> bool:
    """Whether it is one of the nests that `odd` makes, into which nothing is worth changing."""
    levels = 0
    while isinstance(data, list) and len(data) == 1:
        data, levels = data[0], levels + 1
    return levels > 20


def _text(data: Any) -> str:
    try:
        return json.dumps(data)
    except RecursionError:
        return "[]"


def written(data: Any, chance: Random) -> bytes:
    """Data as JSON, which is YAML too; one in two with its characters as they are."""
    try:
        text = json.dumps(data, ensure_ascii=chance.random() < 0.5)
    except RecursionError:
        text = "[" * 3000 + "]" * 3000
    return text.encode("utf-8", "surrogatepass")


def bytes_of(seeds: Sequence[bytes], chance: Random) -> bytes:
    """A file with a few bytes flipped, cut out, put in, doubled, or swapped with another file's."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at, size = chance.randrange(len(data) + 1), chance.choice((1, 1, 2, 8, 40))
        pick = chance.random()
        if pick < 0.2 and data:
            data[min(at, len(data) - 1)] = chance.randrange(256)
        elif pick < 0.4:
            del data[at : at + size]
        elif pick < 0.6:
            data[at:at] = chance.choice(TOKENS).encode()
        elif pick < 0.75:
            data[at:at] = data[at : at + size * 4]
        elif pick < 0.85:
            data[at : at + size] = chance.randbytes(size)
        elif pick < 0.97:
            other = chance.choice(seeds)
            start = chance.randrange(len(other))
            data[at : at + size] = other[start : start + size * 3]
        else:
            data = data[:at] if chance.random() < 0.7 else bytearray(data.decode("utf-8", "replace").encode("utf-16"))
    return bytes(data)


def yaml_text(words: Sequence[str], chance: Random) -> bytes:
    """YAML that is made up line by line from a manifest's own words, odd texts and the tokens of YAML."""
    lines = ["apiVersion: reconciler/v1", "name: made-up"] if chance.random() < 0.7 else []
    indent = 0
    for _ in range(chance.randint(1, 14)):
        key = chance.choice(words)
        pick = chance.random()
        value = (
            json.dumps(chance.choice(TEXTS)) if pick < 0.6 else str(chance.choice(NUMBERS[:9])) if pick < 0.8 else ""
        )
        if chance.random() < 0.06:
            value = chance.choice(TOKENS) + value
        dash = "- " if chance.random() < 0.25 else ""
        lines.append(f"{' ' * indent}{dash}{key}: {value}")
        indent = max(0, (indent + 2 + len(dash)) if not value else indent - chance.choice((0, 0, 2, 4)))
    return "\n".join(lines).encode("utf-8", "surrogatepass")
