"""Manifest and estate to a plan: comparison in normal forms, order, gates, checksum. Pure."""
