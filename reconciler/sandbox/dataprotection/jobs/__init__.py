"""Backup jobs: their routes, what they look like, and what makes them fail.

Not here: what begins a job, which is in `backups` and `restores`.
"""
