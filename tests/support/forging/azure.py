"""The Azure of a test: its sandbox behind rules, and a person with the command."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
from advice import Advice, contradictions
from stage import as_yaml

from forging.estates import MANIFEST, Estate
from forging.rule import Chain, Request, Rule, fits, globbed
from forging.served import Served
from forging.virtual import Virtual
from reconciler.cli.main import root
from reconciler.cli.options import seconds_of

VIRTUAL = "virtual"
PACE = "scaled:200"
SANDBOX = "sandbox"
"""A caller who may do everything."""

INNARDS = re.compile(
    r"\('|',\)|\['|\{'|\bNone\b|\bTrue\b|\bFalse\b|NoneType|\bobject at 0x|datetime\.|\b(?:ArmId|Address|frozenset|set)\("
    r"|invalid literal|isoformat|to unpack|could not convert|not supported between|has no attribute|indices must"
)
"""What Python writes and no message says: its lists, constants and errors (R8)."""

_TOLD = re.compile(r"^(?:error|warning|info)\[([a-z-]+)\]", re.MULTILINE)


def _advice(document: Any) -> Iterator[Advice]:
    """The hints of a document's findings."""
    findings = document.get("findings") if isinstance(document, dict) else None
    for one in findings if isinstance(findings, list) else ():
        yield Advice(str(one.get("address") or ""), str(one.get("hint") or ""))


def parameters(verb: str) -> frozenset[str]:
    """The names of a verb's own parameters; none of a verb that takes a second word."""
    command: click.Command | None = root
    for word in verb.split():
        assert isinstance(command, click.Group), verb
        command = command.get_command(click.Context(command), word)
    assert command is not None, verb
    return frozenset() if isinstance(command, click.Group) else frozenset(str(one.name) for one in command.params)


@dataclass
class Done:
    """What a command did: its exit code, what it wrote, the documents it left (by file name), what it asked."""

    command: str
    code: int
    out: str
    err: str
    document: Any = None
    reports: dict[str, Any] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All that was written."""
        return self.out + self.err

    @property
    def codes(self) -> list[str]:
        """Every code in the document, and every `error[code]` that was told; sorted, each once."""
        return sorted({*_codes(self.document), *_TOLD.findall(self.text)})

    @property
    def writes(self) -> list[Request]:
        """What it asked that may change Azure."""
        return [one for one in self.requests if one.is_write]

    def __str__(self) -> str:
        return f"{self.command}\nexit code {self.code}\n{self.text}"

    __repr__ = __str__


class Azure:
    """A sandbox behind rules, and a person with the command."""

    def __init__(self, folder: Path, estate: Estate, rules: tuple[Rule, ...], clock: str, token: str) -> None:
        self.folder = folder
        self._chain = Chain(list(rules))
        file = estate.written(folder)
        self._door: Served | Virtual = (
            Virtual(file, self._chain, self, token)
            if clock == VIRTUAL
            else Served(file, self._chain, self, clock, token)
        )
        self.url = self._door.url

    # The command

    def run(self, verb: str, *arguments: str, env: Mapping[str, str] | None = None, timeout: float = 60) -> Done:
        """Run the command in `folder`: `run("drift", "--format", "json")`, `run("jobs list")`.

        `backup.yaml` is put in where the verb takes a manifest, unless the first argument is a path that exists.
        """
        words = self._words(verb, arguments)
        count = len(self.requests)
        done = self._door.run(words, env or {}, timeout)
        assert not self._chain.problems, f"a rule broke: {self._chain.problems}"
        for line in (done.stdout + done.stderr).splitlines():
            assert not INNARDS.search(line), f"{words}: {line}"
        reports = {
            word: json.loads((self.folder / word).read_text(encoding="utf-8"))
            for option, word in pairwise(words)
            if option == "--report" and word.endswith(".json") and (self.folder / word).exists()
        }
        document = _json(done.stdout)
        document = next(iter(reports.values()), None) if document is None else document
        assert not contradictions(_advice(document)), document
        shown = f"reconciler {' '.join(words)}"
        return Done(shown, done.returncode, done.stdout, done.stderr, document, reports, self.requests[count:])

    def _words(self, verb: str, arguments: tuple[str, ...]) -> list[str]:
        words, command = verb.split(), parameters(verb)
        if not command:
            words, arguments = [*words, arguments[0]], arguments[1:]
            command = parameters(" ".join(words))
        has_path = bool(arguments) and not arguments[0].startswith("-") and (self.folder / arguments[0]).exists()
        path = [MANIFEST] if "path" in command and not has_path else []
        return [*words, *path, *arguments, *(self._door.clock if "arm_endpoint" in command else ())]

    def declare(self, manifest: Mapping[str, Any] | str, name: str = MANIFEST) -> str:
        """Write another manifest; its path, for `run`."""
        text = manifest if isinstance(manifest, str) else as_yaml(manifest)
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    # What was asked

    @property
    def requests(self) -> list[Request]:
        """All requests, in the order in which they were answered."""
        return self._chain.requests

    @property
    def writes(self) -> list[Request]:
        """Those that may change Azure."""
        return [one for one in self.requests if one.is_write]

    def calls(self, where: str) -> list[Request]:
        """Those that match, as in a rule."""
        return [one for one in self.requests if fits(where, one.method, one.path)]

    def forget(self) -> None:
        """Count from here."""
        self.requests.clear()

    def rules(self, *rules: Rule) -> None:
        """Other rules from here on; those that were there must have fired."""
        self.check()
        self._chain.rules[:] = rules

    def check(self) -> None:
        """AssertionError for a rule that never forged anything."""
        idle = [str(one) for one in self._chain.rules if not one.fired and not one.optional]
        asked = "\n  ".join(dict.fromkeys(f"{one.method} {one.path}" for one in self.requests))
        assert not idle, f"rules that never fired: {idle}; these requests came:\n  {asked}"

    # The simulated Azure itself

    @property
    def now(self) -> datetime:
        """The sandbox's time."""
        return datetime.fromisoformat(self._admin("GET", "now")["now"])

    def advance(self, span: str) -> None:
        """Let time pass: `8h`, `20d`, `1h30m`; what is due happens."""
        seconds = seconds_of(span)
        assert seconds is not None, span
        self._admin("POST", "advance", {"seconds": seconds})

    def ids(self, glob: str) -> list[str]:
        """The ids that match, as in a rule: `*/disks/*` are disks, `*/disks/**` also what lies in them."""
        return [one for one in self._admin("GET", "ids", pattern=glob) if globbed(one, glob)]

    def show(self, glob: str) -> list[Any]:
        """The bodies of all that matches."""
        return [self.get(one) for one in self.ids(glob)]

    def get(self, address: str) -> Any:
        """The body of one resource."""
        return self._admin("GET", "get", id=address)

    def put(self, address: str, body: Mapping[str, Any]) -> None:
        """Make or replace a resource, without any of Azure's checks."""
        self._admin("POST", "put", {"id": address, "body": body})

    def patch(self, glob: str, changes: Mapping[str, Any]) -> None:
        """Merge changes into all that matches; None takes a key out."""
        for one in self._some(glob):
            self._admin("POST", "patch", {"id": one, "body": changes})

    def delete(self, glob: str) -> None:
        """Remove all that matches, and what lies in it, as if it had never been there."""
        gone: set[str] = set()
        for one in self._some(glob):
            if one.lower() not in gone:
                gone.update(self._admin("POST", "remove", {"id": one}))

    def switch(self, **values: Any) -> None:
        """Set switches of the sandbox."""
        for name, value in values.items():
            self._admin("POST", "switch", {"name": name, "value": value})

    def fail_backups(self, glob: str, times: int = 1, code: str = "CloudInternalError") -> None:
        """Let the next backups of these disks fail."""
        for one in self._some(glob):
            self._admin("POST", "fail", {"id": one, "code": code, "times": times})

    def ask(
        self,
        method: str,
        address: str,
        body: Any = None,
        version: str = "2025-07-01",
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """A request of somebody else, such as the portal, past the rules; AssertionError unless it is accepted."""
        mark = "&" if "?" in address else "?"
        status, answer = self._door.ask(method, f"{address}{mark}api-version={version}", body, headers or {})
        assert status < 300, (status, answer)
        return answer

    def _some(self, glob: str) -> list[str]:
        found = self.ids(glob)
        assert found, f"nothing in the sandbox matches {glob}"
        return found

    def _admin(self, method: str, what: str, body: Any = None, **query: str) -> Any:
        return self._door.admin(method, what, query, body)

    def close(self) -> None:
        """Serve no more."""
        self._door.close()


@contextmanager
def forged_azure(
    folder: Path, estate: Estate, *rules: Rule, clock: str = PACE, token: str = SANDBOX
) -> Iterator[Azure]:
    """An Azure behind rules, which all must have fired in the end."""
    azure = Azure(folder, estate, rules, clock, token)
    try:
        yield azure
        azure.check()
    finally:
        azure.close()


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _codes(document: Any) -> Iterator[str]:
    if isinstance(document, Mapping):
        if isinstance(document.get("code"), str):
            yield document["code"]
        for value in document.values():
            yield from _codes(value)
    elif isinstance(document, list):
        for value in document:
            yield from _codes(value)
