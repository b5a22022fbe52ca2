"""Tables of records by lower-cased id, with an index for each scope, so that lists never scan what lies elsewhere."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from sys import intern
from typing import Any

from reconciler.sandbox.arm import enclosing

Record = dict[str, Any]
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

    def __init__(self, name: str, records: Iterable[tuple[str, Record]] = ()) -> None:
        self.name = name
        self._records: dict[str, Record] = {}
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

    def __getitem__(self, key: str) -> Record:
        return self._records[key]

    def __setitem__(self, key: str, record: Record) -> None:
        index = INDEXES.get(self.name)
        _, *scopes = enclosing(key) if "/" in key else (key,)
        entries = tuple(map(intern, ("", *scopes, *(index(record) if index else ()))))
        old = self._entries.get(key, ())
        if old != entries:
            for entry in old:
                self._below[entry].remove(key)
            for entry in entries:
                self._below.setdefault(entry, _Keys()).add(key)
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
