"""From an estate to the manifest that describes it; pure.

Not here: reading the estate, which is in `azure`; writing YAML, which is in `report`.
"""
