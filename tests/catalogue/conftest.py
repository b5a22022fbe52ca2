"""Lets the catalogue import its scenes, and the builders of the tests of planning."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "planning")]
