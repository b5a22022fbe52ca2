"""What the sandbox itself refuses, as opposed to what the simulated Azure answers."""

from __future__ import annotations


class SandboxError(Exception):
    """The sandbox cannot work as asked: `message` says what and where (file:line), `hint` what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
