"""Recovery points: their routes, and what they and their snapshots look like.

Not here: how they are made and expire, which is in `backups`; snapshots, which are in `sandbox.compute`.
"""
