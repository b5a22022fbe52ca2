"""Faults between the production pipeline and the simulated Azure, and at which requests they happen.

A fault takes a request on its way (`Asked`) and answers in Azure's place, before or after Azure has acted on it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

SECRET = "pl4nted-Secret-0f-The-Test"  # noqa: S105 - planted so that tests can look for it in what is put out
TOKEN = f"eyJhbGciOiJub25lIn0.{SECRET}.c2lnbmF0dXJl"
LEAKY = f"Authorization: Bearer {TOKEN}, https://store.example/x?sv=1&sig={SECRET}%3D, client_secret={SECRET}"
"""What a careless service or proxy may put into a message."""

Answer = tuple[int, Mapping[str, str], bytes, float]
JSON = {"Content-Type": "application/json"}


class Killed(KeyboardInterrupt):
    """The process is gone: nothing of it runs any more, not even its `except Exception`."""


@dataclass
class Asked:
    """A request on its way; `act` lets Azure answer it."""

    method: str
    url: str
    body: Any
    act: Callable[[], Answer]

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def kind(self) -> str:
        """The method and the type of what it is about: `PUT backupInstances`; reading a collection is `LIST …`."""
        parts = self.path.strip("/").split("/")
        if len(parts) % 2 == 0:
            return f"{self.method} {parts[-2]}"
        return f"{'LIST' if self.method == 'GET' else self.method} {parts[-1]}"

    @property
    def is_write(self) -> bool:
        """Whether it may change Azure."""
        harmless = ("/validateforbackup", "/validaterestore", "/providers/microsoft.resourcegraph/resources")
        return self.method not in ("GET", "HEAD") and not self.path.lower().endswith(harmless)


Fault = Callable[[Asked], Answer]


@dataclass
class Injection:
    """A fault at the requests of some kind (with `*`): the first `skip` of them pass, the next `times` are hit."""

    kind: str
    fault: Fault
    times: float = 1
    skip: int = 0
    where: Callable[[Asked], bool] = lambda _: True
    hits: list[Asked] = field(default_factory=list)
    seen: int = 0

    def meets(self, asked: Asked) -> bool:
        """Whether this request is hit."""
        if not fnmatchcase(asked.kind.lower(), self.kind.lower()) or not self.where(asked):
            return False
        self.seen += 1
        if self.seen <= self.skip or len(self.hits) >= self.times:
            return False
        self.hits.append(asked)
        return True


# Answers in Azure's place


def answer(status: int, body: Any = None, /, **headers: str) -> Fault:
    """Azure isn't asked; this comes back. Bytes are sent as they are; `Retry_After="7"` is a header."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: (status, {**JSON, **named}, content, 0.0)


def error(status: int, code: str, message: str = "It can't be done.", /, *advice: str, **headers: str) -> Fault:
    """An error in DataProtection's envelope, its flags as wrong as in recorded traffic."""
    return answer(status, {"error": user_facing(code, message, *advice)}, **headers)


def user_facing(code: str, message: str, *advice: str) -> dict[str, Any]:
    """The error object itself, as operations and instances carry it as well."""
    info = {"message": message, "recommendedAction": list(advice), "code": code, "isRetryable": False}
    info |= {"isUserError": False, "properties": {"ActivityId": "0"}}
    return {"code": code, "message": message, "additionalInfo": [{"type": "UserFacingError", "info": info}]}


def throttled(seconds: int = 7) -> Fault:
    """429 with Retry-After."""
    return error(429, "SubscriptionRequestsThrottled", "Too many requests.", Retry_After=str(seconds))


def unavailable(status: int = 503) -> Fault:
    """5xx without a readable body."""
    return answer(status, b"<html>try later</html>")


# A network that breaks


def lost_before(_: Asked) -> Answer:
    """The connection breaks before Azure has read the request."""
    raise ConnectionResetError(f"reset by peer {LEAKY}")


def lost_after(asked: Asked) -> Answer:
    """The connection breaks after Azure has acted."""
    asked.act()
    raise ConnectionResetError(f"reset by peer {LEAKY}")


def unreachable(_: Asked) -> Answer:
    """No connection is made: DNS, routing, TLS."""
    raise ConnectionRefusedError("Temporary failure in name resolution")


def killed_before(_: Asked) -> Answer:
    """The process dies before the request leaves."""
    raise Killed


def killed_after(asked: Asked) -> Answer:
    """The process dies when Azure has acted and before the answer is read."""
    asked.act()
    raise Killed


# Azure's own answer, changed


def changed(change: Callable[[Any], Any]) -> Fault:
    """Azure's answer with another body: `change` gets the decoded one."""

    def fault(asked: Asked) -> Answer:
        status, headers, content, latency = asked.act()
        body = change(json.loads(content) if content else None)
        return status, headers, b"" if body is None else json.dumps(body).encode(), latency

    return fault


def cut(asked: Asked) -> Answer:
    """Half of the answer."""
    status, headers, content, latency = asked.act()
    return status, headers, content[: len(content) // 2], latency


def instead(status: str, problem: Mapping[str, Any] | None = None) -> Fault:
    """An operation's status with another word, and an error."""

    def change(body: Any) -> Any:
        return {**body, "status": status, **({"error": problem} if problem else {})}

    return changed(change)


def then(deed: Callable[[], object]) -> Fault:
    """Azure answers as ever, and then somebody does something."""

    def fault(asked: Asked) -> Answer:
        said = asked.act()
        deed()
        return said

    return fault


def first(deed: Callable[[], object]) -> Fault:
    """Somebody does something just before Azure reads the request."""

    def fault(asked: Asked) -> Answer:
        deed()
        return asked.act()

    return fault
