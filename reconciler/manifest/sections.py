"""Mappings and lists of a manifest that remember where they, their keys and their values were written."""

from __future__ import annotations

from typing import Any

from reconciler.model.findings import Place

Span = tuple[int, int, int]
"""Line and column from 0, and the column after the text's end (-1: unknown, or on another line)."""


def placed(file: str, span: Span) -> Place:
    """The place of a span: counted from 1."""
    line, column, end = span
    return Place(file, line + 1, column + 1, end + 1)


class Section(dict[str, Any]):
    """A mapping of the manifest; `keys_at` and `values_at` have the span of each key and value."""

    __slots__ = ("file", "keys_at", "span", "values_at")

    def __init__(self, file: str = "", span: Span = (0, 0, -1)) -> None:
        super().__init__()
        self.file = file
        self.span = span
        self.keys_at: dict[str, Span] = {}
        self.values_at: dict[str, Span] = {}

    @property
    def here(self) -> Place:
        """Where the mapping starts."""
        return placed(self.file, self.span)

    def place(self, key: str) -> Place:
        """Where the value of `key` is; where the mapping starts when it has no such key."""
        return placed(self.file, self.values_at.get(key, self.span))

    def key_place(self, key: str) -> Place:
        """Where `key` itself is; where the mapping starts when it has no such key."""
        return placed(self.file, self.keys_at.get(key, self.span))


class Items(list[Any]):
    """A list of the manifest; `values_at` has the span of each item."""

    __slots__ = ("file", "span", "values_at")

    def __init__(self, file: str = "", span: Span = (0, 0, -1)) -> None:
        super().__init__()
        self.file = file
        self.span = span
        self.values_at: list[Span] = []

    @property
    def here(self) -> Place:
        """Where the list starts."""
        return placed(self.file, self.span)

    def place(self, index: int) -> Place:
        """Where the item is; the list's start for an index outside the list."""
        return placed(self.file, self.values_at[index] if 0 <= index < len(self.values_at) else self.span)
