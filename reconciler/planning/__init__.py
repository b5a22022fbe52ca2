"""Manifest and estate to a plan: comparison in normal forms, order, gates, checksum. Pure.

Not here: requests to Azure: a plan that needs to know more has questions, which other code asks.
"""
