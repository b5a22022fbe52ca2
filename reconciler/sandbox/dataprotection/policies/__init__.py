"""Backup policies: their routes, what Azure accepts as one, and when one wants backups."""
