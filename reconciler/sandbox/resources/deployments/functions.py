"""The functions of template expressions that need nothing but their arguments, by lower-cased name."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable
from functools import cmp_to_key
from hashlib import blake2b
from itertools import chain
from typing import Any
from uuid import UUID, uuid5

_GUIDS = UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def resource_id(scope: str, kind: str, *names: str) -> str:
    """The id of a resource below a scope: its type and its names in turn."""
    namespace, *types = kind.rstrip("/").split("/")
    parts = [part for name in names for part in name.split("/")]
    if len(types) != len(parts):
        raise ValueError(f"'{kind}' has {len(types)} names")
    return f"{scope}/providers/{namespace}/{'/'.join(chain(*zip(types, parts, strict=True)))}"


def _concat(*parts: Any) -> Any:
    return (
        list(chain(*parts)) if parts and all(isinstance(part, list) for part in parts) else "".join(map(_string, parts))
    )


def _string(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _format(text: str, *values: Any) -> str:
    return re.sub(r"\{(\d+)\}", lambda found: _string(values[int(found[1])]), text)


def _contains(container: Any, item: Any) -> bool:
    if isinstance(container, dict):
        return any(str(key).lower() == str(item).lower() for key in container)
    return item in container


def _guid(*parts: str) -> str:
    return str(uuid5(_GUIDS, "-".join(parts)))


def _unique(*parts: str) -> str:
    digest = blake2b("-".join(parts).encode(), digest_size=13).digest()
    return "".join(_LETTERS[byte % 32] for byte in digest)


def _union(*parts: Any) -> Any:
    if all(isinstance(part, dict) for part in parts):
        return {key: value for part in parts for key, value in part.items()}
    every = list(chain(*parts))
    return [item for at, item in enumerate(every) if item not in every[:at]]


def _object(*pairs: Any) -> dict[Any, Any]:
    return dict(zip(pairs[::2], pairs[1::2], strict=True))


def _split(text: str, marks: Any) -> list[str]:
    each = [marks] if isinstance(marks, str) else marks
    return re.split("|".join(map(re.escape, each)), text)


def _bool(value: Any) -> bool:
    return value.lower() == "true" if isinstance(value, str) else bool(value)


def _first(value: Any) -> Any:
    return value[0] if value else ""


def _last(value: Any) -> Any:
    return value[-1] if value else ""


def _try_get(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, dict):
            value = next((found for name, found in value.items() if str(name).lower() == str(key).lower()), None)
        elif isinstance(value, (list, str)) and isinstance(key, int) and 0 <= key < len(value):
            value = value[key]
        else:
            return None
    return value


def _fail(message: str) -> None:
    raise ValueError(message)


def _reduce(found: list[Any], start: Any, step: Callable[..., Any]) -> Any:
    for at, item in enumerate(found):
        start = step(start, item, at)
    return start


def _to_object(found: list[Any], key: Callable[..., Any], value: Callable[..., Any] = lambda item, _: item) -> Any:
    return {key(item, at): value(item, at) for at, item in enumerate(found)}


def _sorted(found: list[Any], is_before: Callable[..., Any]) -> list[Any]:
    return sorted(found, key=cmp_to_key(lambda one, other: -1 if is_before(one, other) else 1))


def _position(found: list[Any], item: Any) -> int:
    return found.index(item) if item in found else -1


def _flat(found: list[Any]) -> list[Any]:
    return list(chain.from_iterable(found))


def _common(one: Any, *others: Any) -> Any:
    if isinstance(one, dict):
        return {
            key: value for key, value in one.items() if all(key in other and other[key] == value for other in others)
        }
    return [item for item in one if all(item in other for other in others)]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "array": lambda value: value if isinstance(value, list) else [value],
    "bool": _bool,
    "concat": _concat,
    "contains": _contains,
    "createarray": lambda *values: list(values),
    "createobject": _object,
    "div": operator.floordiv,
    "empty": lambda value: not value,
    "endswith": lambda text, end: text.lower().endswith(end.lower()),
    "equals": lambda one, other: one == other,
    "fail": _fail,
    "false": lambda: False,
    "filter": lambda found, keep: [item for at, item in enumerate(found) if keep(item, at)],
    "first": _first,
    "flatten": _flat,
    "format": _format,
    "greater": operator.gt,
    "greaterorequals": operator.ge,
    "guid": _guid,
    "indexof": lambda found, item: (
        found.lower().find(item.lower()) if isinstance(found, str) else _position(found, item)
    ),
    "int": int,
    "intersection": _common,
    "items": lambda found: [{"key": key, "value": found[key]} for key in sorted(found)],
    "join": lambda parts, mark: mark.join(map(_string, parts)),
    "json": json.loads,
    "last": _last,
    "length": len,
    "map": lambda found, change: [change(item, at) for at, item in enumerate(found)],
    "mapvalues": lambda found, change: {key: change(value) for key, value in found.items()},
    "less": operator.lt,
    "lessorequals": operator.le,
    "max": lambda *values: max(values[0] if isinstance(values[0], list) else values),
    "min": lambda *values: min(values[0] if isinstance(values[0], list) else values),
    "mod": operator.mod,
    "mul": operator.mul,
    "not": operator.not_,
    "null": lambda: None,
    "objectkeys": sorted,
    "padleft": lambda text, width, fill=" ": _string(text).rjust(width, fill),
    "range": lambda start, count: list(range(start, start + count)),
    "reduce": _reduce,
    "replace": lambda text, old, new: text.replace(old, new),
    "skip": lambda value, count: value[count:],
    "sort": _sorted,
    "split": _split,
    "startswith": lambda text, start: text.lower().startswith(start.lower()),
    "string": _string,
    "sub": operator.sub,
    "substring": lambda text, start, length=None: text[start:] if length is None else text[start : start + length],
    "take": lambda value, count: value[:count],
    "tolower": lambda text: text.lower(),
    "toobject": _to_object,
    "toupper": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
    "true": lambda: True,
    "tryget": _try_get,
    "union": _union,
    "uniquestring": _unique,
    "extensionresourceid": resource_id,
}
