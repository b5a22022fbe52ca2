"""Backup vaults: their routes, settings and identities, how they are deleted, and what is kept of them then.

Not here: what is in a vault; its link to a resource guard, which is in `guards`.
"""
