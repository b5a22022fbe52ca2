"""The schemas of manifests and of estate files in a real editor's back end: yaml-language-server (npm) over stdio."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest
from externals import of_npm

from reconciler.base.schemas import schema_text
from reconciler.manifest.starter import starter

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"

pytestmark = pytest.mark.external


class Editor:
    """A language client that knows one file beside its schema, as `init` leaves them."""

    def __init__(self, folder: Path, schema: str = "manifest", file: str = "backup.yaml") -> None:
        (folder / f"{schema}.schema.json").write_text(schema_text(schema))
        self._file = folder / file
        self._number = 0
        self._got: Queue[dict[str, Any]] = Queue()
        self._process = subprocess.Popen(
            [str(of_npm("yaml-language-server", "bin", "yaml-language-server")), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": {}})
        self._send({"method": "initialized", "params": {}})

    def open(self, text: str) -> list[dict[str, Any]]:
        """Open the file with this text; what is underlined."""
        self._file.write_text(text)
        document = {"uri": self._file.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        while True:
            message = self._next()
            if message.get("method") == "textDocument/publishDiagnostics":
                found: list[dict[str, Any]] = message["params"]["diagnostics"]
                return found

    def at(self, what: str, line: int, character: int) -> Any:
        """`hover` or `completion` at a place (from 0)."""
        place = {"line": line, "character": character}
        return self.ask(f"textDocument/{what}", {"textDocument": {"uri": self._file.as_uri()}, "position": place})

    def ask(self, method: str, params: Any) -> Any:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == self._number and "method" not in message:
                return message["result"]

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _send(self, message: dict[str, Any]) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(content), content))
        self._process.stdin.flush()

    def _next(self) -> dict[str, Any]:
        try:
            message = self._got.get(timeout=300)
        except Empty:
            raise AssertionError("the language server says nothing") from None
        if message.get("method") == "workspace/configuration":
            self._send({"id": message["id"], "result": [{}] * len(message["params"]["items"])})
        elif "id" in message and "method" in message:
            self._send({"id": message["id"], "result": None})
        return message

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while line := stream.readline():
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])
                while stream.readline().strip():
                    pass
                content = stream.read(size)
                if len(content) == size:  # else it was killed in the middle of a message
                    self._got.put(json.loads(content))


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    one = Editor(tmp_path)
    yield one
    one.close()


TEXT = starter("first", SUBSCRIPTION, "westeurope")


def where(text: str, what: str) -> tuple[int, int]:
    """Line and character of some text, from 0."""
    before = text[: text.index(what)]
    return before.count("\n"), len(before) - (before.rfind("\n") + 1)


def test_the_starter_is_not_underlined(editor: Editor) -> None:
    assert editor.open(TEXT) == []


def test_completion_offers_the_fields_of_a_policy(editor: Editor) -> None:
    text = TEXT.replace("    timeZone: UTC\n", "    \n", 1)
    editor.open(text)
    line = text.split("\n").index("    ")
    found = editor.at("completion", line, 4)
    labels = {item["label"] for item in found["items"]}
    assert {"timeZone", "azureName", "manage"} <= labels
    assert "name" not in labels
    told = next(item for item in found["items"] if item["label"] == "timeZone")
    assert "IANA name" in json.dumps(told["documentation"])


def test_hover_shows_the_description(editor: Editor) -> None:
    editor.open(TEXT)
    line, character = where(TEXT, "retention:")
    shown = json.dumps(editor.at("hover", line, character + 2)["contents"])
    assert "For how long backups are kept." in shown


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("LocallyRedundant", "LocalyRedundant", "LocallyRedundant"),
        ("    timeZone: UTC", "    timeZoned: UTC", "timeZoned"),
        ("retentionDays: 14", "retentionDays: 5", "14"),
    ],
)
def test_what_is_wrong_is_underlined(editor: Editor, right: str, wrong: str, said: str) -> None:
    text = TEXT.replace(right, wrong)
    (found,) = editor.open(text)
    assert (
        found["range"]["start"]["line"] == where(text, wrong.rsplit(": ", maxsplit=1)[-1] if ":" in wrong else wrong)[0]
    )
    assert said in found["message"]


ESTATE = """# yaml-language-server: $schema=estate.schema.json
seed: 1
clock: 2026-01-05T08:00:00Z
switches: {propagation: "60..300", case_drift: everywhere, latency: off, page_size: 7, throttling: halved}
subscriptions:
  - id: 22222222-2222-2222-2222-222222222222
    resourceGroups:
      - name: diskrg
        location: westus
        tags: {team: payments, cost: 7}
        disks:
          - {name: data, sku: Premium_LRS, sizeGB: 128, zones: ["1"]}
resources:
  - id: /subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/diskrg/providers/x.y/z/w
    location: westus
"""


@pytest.fixture
def estate_editor(tmp_path: Path) -> Iterator[Editor]:
    one = Editor(tmp_path, "estate", "azure.estate.yaml")
    yield one
    one.close()


def test_an_estate_is_not_underlined_and_a_switch_is_completed_and_explained(estate_editor: Editor) -> None:
    assert estate_editor.open(ESTATE) == []
    line, character = where(ESTATE, "propagation")
    shown = json.dumps(estate_editor.at("hover", line, character + 2)["contents"])
    assert "role assignment" in shown
    text = ESTATE.replace("        tags: {team: payments, cost: 7}\n", "        \n")
    estate_editor.open(text)
    found = estate_editor.at("completion", text.split("\n").index("        "), 8)
    assert {"locks", "identities", "snapshots"} <= {item["label"] for item in found["items"]}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("sizeGB", "sizeMB"), ("everywhere", "elsewhere"), ("page_size: 7", "page_size: -1"), ("seed: 1", "seed: one")],
)
def test_what_is_wrong_in_an_estate_is_underlined(estate_editor: Editor, right: str, wrong: str) -> None:
    text = ESTATE.replace(right, wrong)
    (found,) = estate_editor.open(text)
    assert found["range"]["start"]["line"] == where(text, wrong)[0]
