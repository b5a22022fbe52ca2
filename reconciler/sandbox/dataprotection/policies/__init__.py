"""Backup policies: their routes, what Azure accepts as one, and when one asks for backups.

Not here: the backups themselves, which are in `backups`.
"""
