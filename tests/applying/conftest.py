"""What the tests of apply share."""

from __future__ import annotations

from scripted import carry_out, scripted

__all__ = ["carry_out", "scripted"]
