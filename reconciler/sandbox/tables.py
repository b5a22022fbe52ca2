"""Tables of records by lower-cased id, with an index for each scope, so that lists never scan what lies elsewhere.

What there are very many of, all alike, is kept as sketches: short lists of values, each made into a whole record
whenever it is read. Changing such a record changes nothing; one that is stored takes the sketch's place.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from functools import lru_cache
from sys import intern
from typing import Any

from reconciler.sandbox.arm.ids import enclosing

Record = dict[str, Any]
Sketch = list[Any]
Index = Callable[[Record], Iterable[str]]

INDEXES: dict[str, Index] = {}


def indexed(table: str) -> Callable[[Index], Index]:
    """Register what else the records of `table` are found by, besides the scopes that enclose them.

    A record that changed in place must be stored again (`table[key] = record`) for its index to follow.
    """

    def register(index: Index) -> Index:
        INDEXES[table] = index
        return index

    return register


@lru_cache(maxsize=65536)
def _scopes(collection: str) -> tuple[str, ...]:
    """What the records are found by whose ids are one segment longer: everything, and the scopes that enclose them."""
    _, *scopes = enclosing(f"{collection}/_")
    return tuple(map(intern, ("", *scopes)))


class _Keys:
    """Keys under one index entry, sorted when they are asked for."""

    __slots__ = ("keys", "ordered")

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.ordered: list[str] | None = []

    def add(self, key: str) -> None:
        if key not in self.keys:
            self.keys.add(key)
            self.ordered = None

    def remove(self, key: str) -> None:
        self.keys.discard(key)
        self.ordered = None

    def sorted(self) -> list[str]:
        if self.ordered is None:
            self.ordered = sorted(self.keys)
        return self.ordered


class Table(MutableMapping[str, Record]):
    """Records by lower-cased id."""

    def __init__(
        self,
        name: str,
        records: Iterable[tuple[str, Record]] = (),
        *,
        drawn: Callable[[str, Sketch], Record] | None = None,
    ) -> None:
        self.name = name
        self._drawn = drawn
        self._records: dict[str, Record | Sketch] = {}
        self._below: dict[str, _Keys] = {}
        self._entries: dict[str, tuple[str, ...]] = {}
        for key, record in records:
            self[key] = record

    def below(self, scope: str, *, after: str = "") -> list[str]:
        """Keys inside a lower-cased scope (or an index entry), sorted; those past `after` only."""
        found = self._below.get(scope.rstrip("/"))
        ordered = found.sorted() if found else []
        return ordered[bisect_right(ordered, after) :] if after else ordered

    def count(self, scope: str) -> int:
        """How many records lie inside a lower-cased scope (or have that index entry)."""
        found = self._below.get(scope.rstrip("/"))
        return len(found.keys) if found else 0

    def kept(self) -> dict[str, Record | Sketch]:
        """What is kept by key: records, and sketches as they are."""
        return self._records

    def keep(self, key: str, kept: Record | Sketch) -> None:
        """Keep a record or a sketch; a sketch is found by the scopes that enclose it only."""
        self._place(key, kept)

    def __getitem__(self, key: str) -> Record:
        found = self._records[key]
        if isinstance(found, dict):
            return found
        if self._drawn is None:
            raise TypeError(f"nobody knows what the sketches of {self.name} mean")
        return self._drawn(key, found)

    def __setitem__(self, key: str, record: Record) -> None:
        self._place(key, record)

    def _place(self, key: str, record: Record | Sketch) -> None:
        index = INDEXES.get(self.name)
        entries = _scopes(key.rpartition("/")[0]) if "/" in key else ("",)
        if index and isinstance(record, dict):
            entries = (*entries, *map(intern, index(record)))
        old = self._entries.get(key, ())
        if old != entries:
            for entry in old:
                self._below[entry].remove(key)
            for entry in entries:
                below = self._below.get(entry)
                if below is None:
                    below = self._below[entry] = _Keys()
                below.add(key)
            self._entries[key] = entries
        self._records[key] = record

    def __delitem__(self, key: str) -> None:
        del self._records[key]
        for entry in self._entries.pop(key):
            self._below[entry].remove(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, key: object) -> bool:
        return key in self._records
