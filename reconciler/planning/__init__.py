"""Manifest and estate to a plan: comparison in normal forms, order, gates, checksum. Pure.

Not here: requests to Azure: what a plan has to know is a question, which other code asks.
"""
