"""What a provider says of its own operations, each once: those that the sandbox answers, by the permissions that they need."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_VERBS = {"read": "Get", "write": "Create or Update", "delete": "Delete"}


def rows(namespace: str, actions: Iterable[str]) -> list[dict[str, Any]]:
    """The rows of `GET /providers/{namespace}/operations`, by name."""
    own = sorted({action for action in actions if action.startswith(f"{namespace}/")})
    return [_row(namespace, action) for action in own]


def _row(namespace: str, action: str) -> dict[str, Any]:
    resource, operation = described(action)
    return {
        "name": action,
        "isDataAction": False,
        "display": {
            "provider": namespace,
            "resource": resource,
            "operation": operation,
            "description": f"{operation}.",
        },
        "origin": "user",
    }


def described(action: str) -> tuple[str, str]:
    """What an action is about and what it does, in words: `…/backupJobs/read` gets backup jobs."""
    *path, verb = action.split("/")[1:]
    done = _VERBS.get(verb)
    if done is None:
        *path, verb = path
        done = _title(verb)
    resource = _title(path[-1]) if path else action.split("/", maxsplit=1)[0]
    return resource, f"{done} {resource}"


def _title(word: str) -> str:
    parts = _WORDS.sub(" ", word).split()
    return " ".join(part[:1].upper() + part[1:] for part in parts)
