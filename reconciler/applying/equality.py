"""Compares what Azure returns with what was written, leaf by leaf; spellings that mean the same to Azure are equal.

Only written fields are compared. In recorded traffic enums and ids come back in another case, empty values are absent,
and numbers come back as floats. Tag values compare exactly, case included. A written setting comes back, off or on; if
it is absent, its value is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.base.durations import seconds
from reconciler.model.ids import lower
from reconciler.model.vault_fields import FIELDS

_OFF = frozenset({"", "disabled", "off", "none"})
_NOT_ECHOED = frozenset({"resourceguardoperationrequests", "validationtype", "objecttype", "resourceuri"})
_NEVER_SHOWN = frozenset(lower(row.block.rpartition(".")[2]) for row in FIELDS if row.needs)
"""Settings that Azure shows only where another one, such as the vault's redundancy, allows them to be on."""
_ENOUGH = (row.enough for row in FIELDS if row.enough)
_STRONGER = {lower(less): lower(str(more)) for less, more in _ENOUGH if isinstance(less, str)}


def differing(wanted: Any, live: Any) -> list[str]:
    """The dotted paths of the leaves of `wanted` that differ in `live`; None in `wanted` means absent."""
    return list(_differing(wanted, live, ""))


def value_at(body: Any, path: str) -> Any:
    """The value in `body` at a path from `differing`; None when there is none."""
    for part in path.split("."):
        body = _parts(body).get(lower(part))
    return body


def _differing(wanted: Any, live: Any, path: str) -> Iterator[str]:
    if isinstance(wanted, Mapping | list | tuple):
        there = _parts(live)
        for key, value in _parts(wanted, fold=False).items():
            if lower(key) not in _NOT_ECHOED:
                yield from _differing(value, there.get(lower(key)), f"{path}.{key}" if path else key)
    elif not (
        wanted == live if path.startswith("tags.") else _same(wanted, live) and not _is_untold(wanted, live, path)
    ):
        yield path


def _parts(body: Any, *, fold: bool = True) -> dict[str, Any]:
    if isinstance(body, Mapping):
        return {lower(key) if fold else key: value for key, value in body.items()}
    if isinstance(body, Sequence) and not isinstance(body, str):
        return {str(index): value for index, value in enumerate(body)}
    return {}


def _same(wanted: Any, live: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(live, bool):
        return bool(wanted) is bool(live)
    if isinstance(wanted, int | float) and isinstance(live, int | float):
        return float(wanted) == float(live)
    if isinstance(wanted, str) and isinstance(live, str):
        return _same_text(wanted, live)
    return _is_off(wanted) and _is_off(live)


def _is_untold(wanted: Any, live: Any, path: str) -> bool:
    """Whether a setting was explicitly written as off, and the answer doesn't show it."""
    return bool(wanted) and isinstance(wanted, str) and live is None and _NEVER_SHOWN.isdisjoint(lower(path).split("."))


def _is_off(value: Any) -> bool:
    """Whether a value is absent, off or empty, which mean the same to Azure."""
    return not value or (isinstance(value, str) and lower(value) in _OFF)


def _same_text(wanted: str, live: str) -> bool:
    left, right = _plain(wanted), _plain(live)
    return left == right or _STRONGER.get(left) == right or _includes(right, left) or _same_length(wanted, live)


def _plain(text: str) -> str:
    return lower(text).rstrip("/").replace(" ", "")


def _includes(live: str, wanted: str) -> bool:
    """Whether all wanted identity types are live; they are lists in one text, such as `SystemAssigned,UserAssigned`."""
    return wanted.endswith("assigned") and set(wanted.split(",")) <= set(live.split(","))


def _same_length(wanted: str, live: str) -> bool:
    """Whether two ISO 8601 durations are equal: `P12W` is `P84D`."""
    if not (wanted.startswith("P") and live.startswith("P")):
        return False
    length = seconds(wanted)
    return length is not None and length == seconds(live)
