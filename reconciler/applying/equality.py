"""Whether what Azure answers is what was written: leaf by leaf, in the spellings that mean the same to Azure.

Only what was written is compared. Seen in recorded traffic: enums and ids come back in other case, what is off is
absent, numbers come back as floats. The values of tags mean what they say, case included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.base.durations import seconds
from reconciler.model.ids import lower

_OFF = frozenset({"", "disabled", "off", "none"})
_NOT_ECHOED = frozenset({"resourceguardoperationrequests", "validationtype", "objecttype", "resourceuri"})
_STRONGER = {"on": "alwayson", "unlocked": "locked"}


def differing(wanted: Any, live: Any) -> list[str]:
    """The dotted paths of `wanted`'s leaves that `live` has otherwise; None wants absence."""
    return list(_differing(wanted, live, ""))


def value_at(body: Any, path: str) -> Any:
    """What `body` has at a path of `differing`; None where it has nothing."""
    for part in path.split("."):
        body = _parts(body).get(lower(part))
    return body


def _differing(wanted: Any, live: Any, path: str) -> Iterator[str]:
    if isinstance(wanted, Mapping | list | tuple):
        there = _parts(live)
        for key, value in _parts(wanted, fold=False).items():
            if lower(key) not in _NOT_ECHOED:
                yield from _differing(value, there.get(lower(key)), f"{path}.{key}" if path else key)
    elif not (wanted == live if path.startswith("tags.") else _same(wanted, live)):
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


def _is_off(value: Any) -> bool:
    """Absent, off and empty are one to Azure: a block that was never set isn't shown."""
    return not value or (isinstance(value, str) and lower(value) in _OFF)


def _same_text(wanted: str, live: str) -> bool:
    left, right = _plain(wanted), _plain(live)
    return left == right or _STRONGER.get(left) == right or _includes(right, left) or _same_length(wanted, live)


def _plain(text: str) -> str:
    return lower(text).rstrip("/").replace(" ", "")


def _includes(live: str, wanted: str) -> bool:
    """Identity types are lists in one word: `SystemAssigned,UserAssigned` has what `SystemAssigned` asks for."""
    return wanted.endswith("assigned") and set(wanted.split(",")) <= set(live.split(","))


def _same_length(wanted: str, live: str) -> bool:
    """`P12W` is `P84D`."""
    if not (wanted.startswith("P") and live.startswith("P")):
        return False
    length = seconds(wanted)
    return length is not None and length == seconds(live)
