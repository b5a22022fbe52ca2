"""No write passes the ledger by, and none is sent that it could not take."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from reconciler.azure.auditing import about, caller
from reconciler.azure.connection import Azure
from reconciler.azure.sign_in.signing import StaticToken
from reconciler.azure.writing import Writer
from reconciler.model.changes import Op, Step
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import ReconcilerError
from reconciler.model.ids import ArmId
from reconciler.model.writes import Answer, Subject, Write

GROUP = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg"
VAULT = f"{GROUP}/providers/Microsoft.DataProtection/backupVaults/v"
INSTANCE = f"{VAULT}/backupInstances/i"
IDS = {"x-ms-request-id": "their-id", "x-ms-correlation-request-id": "correlation"}


@dataclass
class Kept:
    """A ledger in memory; `full` refuses everything."""

    wire: Any
    is_full: bool = False
    rows: list[tuple[str, Write, Answer | None]] = field(default_factory=list)
    sent_before: list[int] = field(default_factory=list)

    def intent(self, write: Write) -> None:
        if self.is_full:
            raise ReconcilerError("the disk is full", code=error_codes.UNAUDITED)
        self.sent_before.append(len(self.wire.calls))
        self.rows.append(("intent", write, None))

    def result(self, write: Write, answer: Answer) -> None:
        self.rows.append(("result", write, answer))

    @property
    def told(self) -> list[tuple[str, int, Any]]:
        return [(kind, write.number, answer and (answer.status, answer.code)) for kind, write, answer in self.rows]


@pytest.fixture
def kept(wire: Any) -> Kept:
    return Kept(wire)


def run(wire: Any, kept: Kept, *steps: Step, **options: Any) -> None:
    async def work(azure: Azure) -> None:
        azure.audited.ledger = kept
        for step in steps:
            with about(Subject("group/rg", step.op, None, {"location": "westus"})):
                await Writer(azure).run(step)

    wire.run(work, **options)


PUT = Step(Op.GROUP_PUT, ArmId(GROUP), {"location": "westus"})


def test_a_write_is_told_before_and_after(wire: Any, kept: Kept) -> None:
    wire.on("PUT", "resourcegroups/rg", (201, {}, IDS))
    run(wire, kept, PUT)
    (_, write, _), (_, same, answer) = kept.rows
    assert write is same
    assert kept.sent_before == [0]
    assert (write.subject.address, write.method, write.target) == ("group/rg", "PUT", GROUP.replace("G", "g", 1))
    assert answer == Answer(201, "", "their-id", "correlation")
    assert write.client_request_id == wire.calls[0].headers["x-ms-client-request-id"]


def test_every_retry_is_a_write_of_its_own(wire: Any, kept: Kept) -> None:
    busy = (503, {"error": {"code": "ServerBusy", "message": "later"}})
    wire.on("PUT", "resourcegroups/rg", busy, ConnectionResetError(), (200, {}))
    run(wire, kept, PUT)
    assert kept.told == [
        ("intent", 1, None), ("result", 1, (503, "ServerBusy")),
        ("intent", 2, None), ("result", 2, (None, "no-answer")),
        ("intent", 3, None), ("result", 3, (200, "")),
    ]  # fmt: skip
    assert len({write.client_request_id for _, write, _ in kept.rows}) == 1


def test_reads_and_questions_are_no_writes(wire: Any, kept: Kept) -> None:
    wire.on("GET", "backupInstances/i", {"id": INSTANCE, "properties": {}})
    wire.on("POST", "validateForBackup", (202, None))
    run(wire, kept, Step(Op.INSTANCE_VALIDATE, ArmId(INSTANCE)))
    assert len(wire.calls) == 2
    assert kept.rows == []


def test_the_second_request_of_a_step_is_told_as_well(wire: Any, kept: Kept) -> None:
    wire.on("POST", "unlockDelete", (200, {}))
    wire.on("DELETE", "backupInstances/i", (202, None))
    guard = f"{GROUP}/providers/Microsoft.DataProtection/resourceGuards/g/requests/default"
    run(wire, kept, Step(Op.INSTANCE_DELETE, ArmId(INSTANCE), guard=(guard,)))
    targets = [(write.method, write.target) for kind, write, _ in kept.rows if kind == "intent"]
    assert targets == [("POST", f"{VAULT}/backupResourceGuardProxies/DppResourceGuardProxy"), ("DELETE", INSTANCE)]


def test_a_write_that_nobody_spoke_of_is_told_by_its_id(wire: Any, kept: Kept) -> None:
    wire.on("PUT", "resourcegroups/rg", (201, {}))

    async def work(azure: Azure) -> None:
        azure.audited.ledger = kept
        await Writer(azure).run(PUT)

    wire.run(work)
    assert kept.rows[0][1].subject == Subject(GROUP.replace("G", "g", 1), "put")


def test_a_write_that_cannot_be_recorded_is_not_sent(wire: Any, kept: Kept) -> None:
    kept.is_full = True
    with pytest.raises(ReconcilerError, match="the disk is full"):
        run(wire, kept, PUT)
    assert wire.calls == []


def test_a_write_that_is_cut_short_is_told_so(wire: Any, kept: Kept) -> None:
    wire.on("PUT", "resourcegroups/rg", asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        run(wire, kept, PUT)
    assert kept.told == [("intent", 1, None), ("result", 1, (None, "no-answer"))]


def token(**claims: str) -> str:
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJub25lIn0.{middle}.c2lnbmF0dXJl"


def test_the_caller_is_whom_the_token_speaks_for(wire: Any, kept: Kept) -> None:
    wire.on("PUT", "resourcegroups/rg", (201, {}))
    run(wire, kept, PUT, token=StaticToken(token(oid="who", appid="what")))
    assert (kept.rows[0][1].object_id, kept.rows[0][1].app_id) == ("who", "what")


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("", ("unknown", "unknown")),
        ("Bearer sandbox", ("unknown", "unknown")),
        ("Bearer a.b.c", ("unknown", "unknown")),
        ("Bearer a.!!!.c", ("unknown", "unknown")),
        (f"Bearer {token(oid='o')}", ("o", "unknown")),
        (f"Bearer {token(oid='o', azp='second version')}", ("o", "second version")),
        (f"Bearer a.{base64.urlsafe_b64encode(b'[1]').decode()}.c", ("unknown", "unknown")),
        (f"Bearer a.{base64.urlsafe_b64encode(b'[' * 90000).decode()}.c", ("unknown", "unknown")),
    ],
)
def test_a_token_that_tells_nothing_is_an_unknown_caller(header: str, told: tuple[str, str]) -> None:
    assert caller(header) == told
