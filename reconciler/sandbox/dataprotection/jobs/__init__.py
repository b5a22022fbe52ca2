"""Backup jobs: their routes, what they look like, and what makes them fail."""
