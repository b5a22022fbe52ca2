"""What happened since the estate file was written: `<estate>.state.json` beside it, written under a lock."""

from __future__ import annotations

import os
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from reconciler.sandbox import json_text
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.locks import try_lock

FORMAT = 1
_PATIENCE = 5.0


class StateFile:
    """The state of one estate file; `hold` before reading what will be written back."""

    def __init__(self, estate: Path) -> None:
        self.estate = estate
        self.path = estate.with_suffix(".state.json")
        self._lock_path = estate.with_suffix(".state.json.lock")
        self._lock: int | None = None

    def hold(self, patience: float = _PATIENCE) -> None:
        """Take the lock, waiting that many seconds for it; SandboxError when another process keeps it."""
        try:
            self._lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        except OSError as error:
            raise SandboxError(
                f"cannot write beside the estate file: {self._lock_path}: {error.strerror}",
                "copy the estate file to a folder that you may write to",
            ) from error
        deadline = time.monotonic() + patience
        while not try_lock(self._lock):
            if time.monotonic() > deadline:
                os.lseek(self._lock, 0, os.SEEK_SET)
                owner = os.read(self._lock, 32).decode(errors="replace").strip() or "unknown"
                os.close(self._lock)
                self._lock = None
                raise SandboxError(
                    f"another process (id {owner}) uses the sandbox {self.estate}",
                    "wait until it ends; with `sandbox serve` running, connect by --arm-endpoint instead",
                )
            time.sleep(0.02)
        os.ftruncate(self._lock, 0)
        os.lseek(self._lock, 0, os.SEEK_SET)
        os.write(self._lock, str(os.getpid()).encode())

    def release(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def read(self, estate: bytes) -> dict[str, Any] | None:
        """The state, or None when there is none yet; SandboxError when it doesn't belong to that estate file."""
        try:
            found = json_text.loads(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise SandboxError(f"cannot read the sandbox's state {self.path}: {error}", _reset(self.estate)) from error
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise SandboxError(f"{self.path} was written by another version of the sandbox", _reset(self.estate))
        if found.get("estate") != digest(estate):
            raise SandboxError(
                f"{self.estate} was edited after the sandbox had started from it, so that {self.path.name} no longer fits",
                f"{_reset(self.estate)} (what happened in the sandbox is lost), or undo the edit",
            )
        return found

    def write(self, state: dict[str, Any]) -> None:
        """Replace the state in one step."""
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            draft.write_bytes(json_text.dumps(state))
            draft.replace(self.path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise SandboxError(
                f"cannot write the sandbox's state {self.path}: {error.strerror}",
                "make room, or fix the folder's permissions",
            ) from error

    def forget(self) -> bool:
        """Remove the state; whether there was any."""
        found = self.path.exists()
        self.path.unlink(missing_ok=True)
        return found


def digest(estate: bytes) -> str:
    """What an estate file's content is recognised by."""
    return sha256(estate).hexdigest()


def _reset(estate: Path) -> str:
    return f"run `reconciler sandbox reset {estate}` to start again from the estate file"
