"""Writes as a ledger records them: what each is about, who sends it, and its first answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Subject:
    """What a write is about, in the plan's words: address, operation, and the owned fields before and after it."""

    address: str
    operation: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """One request that may change Azure.

    `number` counts the writes of a connection, retries included; `target` is the id that the path names; `object_id`
    and `app_id` say whose access token it is; `client_request_id` is the same for all retries of a request.
    """

    number: int
    subject: Subject
    method: str
    target: str
    object_id: str
    app_id: str
    client_request_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The first answer to a write: HTTP's status (None: there was no answer), Azure's error code, Azure's ids for it."""

    status: int | None
    code: str = ""
    request_id: str = ""
    correlation_id: str = ""
