"""Declarative, GitOps-style reconciler for Azure Disk Backup."""

__version__ = "0.1.0"
