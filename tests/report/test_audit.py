"""One record on one line, whatever is in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema

from reconciler.model.changes import UNKNOWN, Op
from reconciler.model.writes import Answer, Subject, Write
from reconciler.report.audit import RunOrigin, intent_line, result_line

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "audit.schema.json").read_text(encoding="utf-8"))
AT = datetime(2026, 1, 5, 8, 0, 1, 265000, tzinfo=UTC)
ORIGIN = RunOrigin("run", "walkthrough", None)


def written(**values: object) -> Write:
    subject = Subject("vault/v", Op.VAULT_PATCH, None, dict(values))
    return Write(1, subject, "PATCH", "/subscriptions/s/x", "unknown", "unknown", "ours")


def test_both_records_fit_the_schema_which_tells_them_apart() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    intent = json.loads(intent_line(ORIGIN, written(principal=UNKNOWN), AT))
    result = json.loads(result_line(ORIGIN, written(), Answer(None, "no-answer"), AT))
    for record in (intent, result):
        jsonschema.validate(record, SCHEMA)
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid({**intent, "status": 200})
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid({**result, "before": None})
    assert intent["time"] == "2026-01-05T08:00:01.265Z"


def test_every_property_of_the_schema_is_described() -> None:
    properties = {**SCHEMA["properties"], **SCHEMA["properties"]["caller"]["properties"]}
    assert all(row["description"].endswith(".") for row in properties.values())


def test_hostile_text_stays_within_its_line_and_is_obeyed_by_nobody() -> None:
    line = intent_line(ORIGIN, written(a="x\n::error::y", b="##vso[task.complete]", c="\x1b[2J\u202e\x9b", d="é"), AT)
    assert line.isascii()
    assert line.count("\n") == 1
    assert "##" not in line
    assert "\x1b" not in line
    assert json.loads(line)["after"]["b"] == "##vso[task.complete]"


def test_secrets_are_taken_out() -> None:
    line = intent_line(ORIGIN, written(tag="https://x.example/?sv=1&sig=pl4ntedSecret"), AT)
    assert "pl4nted" not in line
