"""Selectors on the command line: `KEY=VALUE,…`, repeated; only what the id of a disk that is gone still tells."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.manifest.names import region
from reconciler.model.errors import UsageError
from reconciler.model.findings import Place
from reconciler.model.ids import lower
from reconciler.model.selectors import Selector

_KEYS = frozenset({"subscriptions", "resourcegroups", "names", "locations"})


def selector_of(texts: Sequence[str], option: str) -> Selector | None:
    """The selector of these texts: keys are joined by AND, values by OR; None when there is no text."""
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        key, equals, said = text.partition("=")
        values = tuple(dict.fromkeys(filter(None, map(str.strip, said.split(",")))))
        if not (equals and values):
            raise UsageError(f"`{option}` must have the form KEY=VALUE: '{text}'", hint=_HINT)
        name = lower(key.strip())
        if name not in _KEYS:
            raise UsageError(f"`{option}` does not know the key '{key}'", hint=_HINT)
        if name in found:
            raise UsageError(f"`{option}` has the key '{key}' twice", hint="write its values in one, joined by commas")
        found[name] = tuple(map(region if name == "locations" else lower, values))
    if not found:
        return None
    return Selector(
        Place(option, 1, 1),
        subscriptions=found.get("subscriptions"),
        resource_groups=found.get("resourcegroups"),
        names=found.get("names"),
        locations=found.get("locations"),
    )


_HINT = (
    "use subscriptions, resourceGroups, names or locations, as in names=sql-*,web-*; a disk that is gone has no tags"
)
