"""Shards: the vaults of one manifest, divided among several independent runs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

_FORM = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class Shard:
    """Share `number` (from 1) of `count` equal shares; everything when there is only one."""

    number: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """The shard in a text such as `2/5`; ValueError for any other text."""
        found = _FORM.fullmatch(text.strip())
        number, count = (int(found[1]), int(found[2])) if found else (0, 0)
        if not 1 <= number <= count:
            raise ValueError(f"'{text}' is not a shard: write I/N with I from 1 to N, as in 2/5")
        return cls(number, count)

    @property
    def is_whole(self) -> bool:
        """Whether this is the only shard."""
        return self.count == 1

    def takes(self, key: str) -> bool:
        """Whether an object that belongs to no vault is this shard's, by the hash of its lower-cased id."""
        return (
            self.is_whole
            or int(sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:12], 16) % self.count == self.number - 1
        )

    def dealt(self, bundles: Iterable[Iterable[str]]) -> set[str]:
        """The keys of this shard; bundles, which must stay together, are dealt out in the order of their first keys.

        So the shards differ by at most one bundle, which a hash of few keys would not ensure.
        """
        hands = sorted(sorted(bundle) for bundle in bundles)
        return {key for hand in hands[self.number - 1 :: self.count] for key in hand}

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


WHOLE = Shard()
"""All vaults, in one run."""
