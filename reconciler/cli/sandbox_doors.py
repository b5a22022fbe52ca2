"""The two ways to a sandbox from outside: the state beside its estate file, or the server that has it open."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import UsageError

if TYPE_CHECKING:
    from reconciler.sandbox.sandbox import Sandbox

_SECONDS = 30


@contextmanager
def opened(estate: str, *, readonly: bool = False) -> Iterator[Sandbox | Remote]:
    """The sandbox of an estate file, or the one that answers at the address of `sandbox serve`."""
    from reconciler.connection.simulated import opened_sandbox  # brings the whole simulated Azure

    if estate.startswith(("http://", "https://")):
        yield Remote(estate)
        return
    with opened_sandbox(Path(estate), readonly=readonly) as sandbox:
        yield sandbox


class Remote:
    """A sandbox that is served on this machine, with the methods of `Sandbox`; UsageError when one fails."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def ids(self, pattern: str) -> list[str]:
        """The ids that match a pattern with `*`."""
        return list(self._asked(f"ids?pattern={_quoted(pattern)}"))

    def get(self, resource_id: str) -> Mapping[str, Any]:
        """The ARM body of a resource."""
        return dict(self._asked(f"get?id={_quoted(resource_id)}"))

    def put(self, resource_id: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Make or replace a resource."""
        return dict(self._asked("put", {"id": resource_id, "body": body}))

    def patch(self, resource_id: str, changes: Mapping[str, Any]) -> object:
        """Merge changes into a resource's body."""
        return self._asked("patch", {"id": resource_id, "body": changes})

    def remove(self, resource_id: str) -> list[str]:
        """Remove a resource and all that lies in it; the ids that are gone."""
        return list(self._asked("remove", {"id": resource_id}))

    def move(self, resource_id: str, group: str) -> Mapping[str, Any]:
        """Move a disk, snapshot or machine into another resource group."""
        return dict(self._asked("move", {"id": resource_id, "group": group}))

    def replace(self, disk: str) -> Mapping[str, Any]:
        """Put another, empty disk in a disk's place."""
        return dict(self._asked("replace", {"id": disk}))

    def advance(self, seconds: float) -> datetime:
        """Let time pass; the new time."""
        return datetime.fromisoformat(self._asked("advance", {"seconds": seconds})["now"])

    def time(self) -> datetime:
        """The sandbox's time."""
        return datetime.fromisoformat(self._asked("now")["now"])

    def switches(self) -> Mapping[str, Any]:
        """The values of all switches."""
        return dict(self._asked("switches"))

    def set_switch(self, name: str, value: str) -> None:
        """Set a switch."""
        self._asked("switch", {"name": name, "value": value})

    def fail(self, disk: str, code: str, times: int) -> None:
        """Make the next `times` backups of a disk fail."""
        self._asked("fail", {"id": disk, "code": code, "times": times})

    def _asked(self, what: str, body: Mapping[str, Any] | None = None) -> Any:
        """The server's answer to a question or, with a body, to a command."""
        content = None if body is None else json.dumps(body).encode()
        request = Request(  # noqa: S310 - http and https only, see `opened`
            f"{self._url}/.sandbox/{what}", data=content, headers={"Content-Type": "application/json"}
        )
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=_SECONDS) as answer:
                return json.loads(answer.read())
        except HTTPError as error:
            raise _refused(error.read()) from error
        except (OSError, ValueError) as error:
            raise UsageError(
                f"no sandbox answers at {self._url}: {getattr(error, 'reason', error)}",
                hint="start one with `reconciler sandbox serve ESTATE.yaml`",
                code=error_codes.SANDBOX,
            ) from error


def _refused(content: bytes) -> UsageError:
    try:
        told = json.loads(content)
        return UsageError(str(told["error"]), hint=str(told.get("hint", "")), code=error_codes.SANDBOX)
    except (ValueError, KeyError, TypeError, AttributeError):
        return UsageError(
            "the server at this address is not a sandbox",
            hint="pass the address that `sandbox serve` prints",
            code=error_codes.SANDBOX,
        )


def _quoted(text: str) -> str:
    return quote(text, safe="")
