"""Backup instances: their routes and states, what they require, how protection begins, rests and ends.

Not here: the backups of an instance, which are in `backups`; restores from it, which are in `restores`.
"""
