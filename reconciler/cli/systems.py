"""The CI systems that `--annotations` names, and which of them a command runs in."""

from __future__ import annotations

from collections.abc import Mapping

GITHUB, AZURE, NO_SYSTEM = "github", "azure", "none"
"""What `--annotations` may name."""


def system_of(said: str, environment: Mapping[str, str]) -> str:
    """The CI system that `--annotations` selects; `auto` recognizes it by its environment variables."""
    if said != "auto":
        return said
    if environment.get("GITHUB_ACTIONS", "").lower() == "true":
        return GITHUB
    return AZURE if environment.get("TF_BUILD", "").lower() == "true" else NO_SYSTEM
