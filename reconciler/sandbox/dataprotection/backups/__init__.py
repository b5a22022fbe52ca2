"""Backups of disks: those that somebody asks for, and those that a policy wants."""
