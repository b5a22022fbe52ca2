"""Backup vaults: their routes, settings and identities, how they are deleted, and what is kept of them then."""
