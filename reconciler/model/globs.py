"""Patterns with `*` and `?`, compared as Azure compares names."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache

from reconciler.model.ids import lower

_WILD = re.compile(r"[*?\[]")


def is_pattern(text: str) -> bool:
    """Whether it may match several names."""
    return bool(_WILD.search(text))


@lru_cache(maxsize=1024)
def glob(pattern: str) -> re.Pattern[str]:
    """A pattern with `*` and `?` that matches whole lower-cased text."""
    return re.compile(translate(lower(pattern)))
