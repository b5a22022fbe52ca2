"""Backups of disks: those that somebody asks for, and those that a policy wants.

Not here: what jobs and recovery points look like, which is in `jobs` and `recovery_points`.
"""
