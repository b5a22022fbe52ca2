"""Lets the tests of planning import their builders, which are shared by them alone."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
