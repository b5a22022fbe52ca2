"""Forged answers: a proxy on loopback between the installed command and a served sandbox.

    def test_a_short_list_is_no_proof(forged):
        with forged(quickstart(), lacks("GET */backupInstances", "*/backupInstances/*")) as azure:
            done = azure.run("drift", "--format", "json")
            assert done.code == 1, done
            assert done.document["summary"] ...
            assert azure.writes == []

`forged` is a fixture (tests/conftest.py). It takes an estate and rules, and gives an `Azure`:

- `azure.run(verb, …)` runs the command in a process of its own, in `azure.folder`, on `azure.manifest` unless another
  path is said (see `run`). The result has `code`, `out`, `err`, `document`; it prints well in an assertion's message.
- `azure.requests` are all requests so far (method, path, query, status, body, answer); `azure.writes` those that may
  change Azure; `azure.calls("GET */disks/*")` those that match; `azure.forget()` counts from here.
- `azure.show(glob)`, `get(id)`, `put(id, body)`, `patch(glob, changes)`, `delete(glob)`, `advance("8h")`,
  `switch(name=value)`, `fail_backups(glob)`: changes behind Azure's back, like those of `reconciler sandbox`; the
  proxy and its rules aren't concerned.
- `azure.rules(…)` replaces the rules from here on; those that were there must have fired.

Rules are in `forging_rules` (all of them can be imported from here); each takes `where` (`"GET */backupInstances"`: a
method or `*`, and a glob of the whole path without case), and `when=` (a function of the request), `after=N` (the first
N matching ones pass), `times=N`, `once=True`, `optional=True`. The first rule is outermost: it sees what those after it
have made. A rule that never forged anything fails the test at the end of the block, unless it is `optional`.

Estates are in `forging_estates`: `quickstart()`, `disks(18)`, `selected(18)`, `two_vaults()`, each applied already
(built once per process, then copied), or any manifest and resources by `applied(…)` and `bare(…)`.

Time: the sandbox's clock stands still between commands. While one runs, sandbox and command share one clock, `scale`
times as fast as ours: waits and retries cost nearly nothing, and both agree on what time it is, whatever is advanced.
At the default, 200, a second of ours is three minutes of theirs. Lower it (`clock="scaled:20"`) where a test depends on
few seconds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from forging_estates import Estate, applied, bare, disks, quickstart, selected, two_vaults
from forging_proxy import Proxy, Request, serving, stands_at
from forging_rules import (
    GONE,
    GRAPH,
    Answer,
    Asked,
    Rule,
    adds,
    afterwards,
    answers,
    before,
    changed_list,
    cut_short,
    delayed,
    duplicates,
    edits,
    edits_graph,
    edits_rows,
    emptied,
    empty,
    endless,
    error,
    fails,
    forbidden,
    html,
    lacks,
    lost,
    not_found,
    null_value,
    pages,
    reply,
    rule,
    throttled,
    unavailable,
)
from installed import environment

from reconciler.cli.spans import seconds_of

__all__ = [
    "GONE", "GRAPH", "Answer", "Asked", "Azure", "Done", "Estate", "Request", "Rule", "adds", "afterwards", "answers",
    "applied", "bare", "before", "changed_list", "cut_short", "delayed", "disks", "duplicates", "edits", "edits_graph",
    "edits_rows", "emptied", "empty", "endless", "error", "fails", "forbidden", "forged_azure", "html", "lacks", "lost",
    "not_found", "null_value", "pages", "quickstart", "reply", "rule", "selected", "throttled", "two_vaults",
    "unavailable",
]  # fmt: skip

COMMAND = """
import datetime as real, sys, time
start, origin, scale = sys.argv[1:4]
del sys.argv[1:4]
import reconciler.clock
class Shared(real.datetime):
    @classmethod
    def now(cls, tz=None):
        passed = (time.monotonic() - float(origin)) * float(scale)
        return (real.datetime.fromisoformat(start) + real.timedelta(seconds=passed)).astimezone(tz)
reconciler.clock.datetime = Shared
from reconciler.__main__ import main
main()
"""
"""The installed command, told what time it is in the sandbox."""

OFFLINE = frozenset({"validate", "schema", "explain", "init", "fmt", "completion", "--version", "--help"})
PATHLESS = frozenset({"whoami", "export", "jobs", "sandbox", *OFFLINE} - {"validate"})


@dataclass
class Done:
    """What a command did: its exit code, what it wrote, and the documents it left."""

    command: str
    code: int
    out: str
    err: str
    document: Any = None
    reports: dict[str, Any] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    @property
    def codes(self) -> list[str]:
        """The codes of the document's findings, sorted, each once."""
        return sorted({row["code"] for row in self.document.get("findings", [])})

    def __str__(self) -> str:
        return f"{self.command}\nexit code {self.code}\n{self.out}\n{self.err}"

    __repr__ = __str__


class Azure:
    """A served sandbox, a proxy before it, and a person with the command."""

    def __init__(self, folder: Path, estate: Estate, rules: tuple[Rule, ...], clock: str, token: str) -> None:
        self.folder = folder
        self.manifest = folder / "backup.yaml"
        self._token = token
        self._scale = float(clock.removeprefix("scaled:")) if clock != "real" else 1.0
        self._stack = ExitStack()
        file = estate.written(folder)
        self.sandbox, self._upstream = self._stack.enter_context(serving(file, self._scale))
        self._proxy = Proxy(self._upstream, list(rules), self)
        self._stack.callback(self._proxy.close)
        self.url = self._proxy.url

    # The command

    def run(self, verb: str, *arguments: str, env: Mapping[str, str] | None = None, timeout: float = 60) -> Done:
        """Run the installed command against the proxy.

        The manifest is put in where the verb takes a path and none of the arguments is one (ends in .yaml, is `.`, or is
        a folder).
        """
        words = self._words(verb, arguments)
        count = len(self.requests)
        now, origin = self.now, time.monotonic()
        said = {"RECONCILER_ARM_ENDPOINT": self.url, "RECONCILER_ARM_TOKEN": self._token, **(env or {})}
        self.sandbox.time.follow(lambda: now + timedelta(seconds=(time.monotonic() - origin) * self._scale))
        try:
            done = subprocess.run(
                [sys.executable, "-c", COMMAND, now.isoformat(), str(origin), str(self._scale), *words],
                cwd=self.folder,
                env=environment(said),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=timeout,
                check=False,
            )
        finally:
            self.sandbox.time.follow(stands_at(self.sandbox.time()))
        assert not self._proxy.problems, f"a rule broke: {self._proxy.problems}"
        return self._done(words, done, self.requests[count:])

    def _words(self, verb: str, arguments: tuple[str, ...]) -> list[str]:
        has_path = any(word == "." or word.endswith(".yaml") or (self.folder / word).is_dir() for word in arguments)
        path = [] if verb in PATHLESS or has_path else [str(self.manifest)]
        clock = [] if verb in OFFLINE else ["--clock", f"scaled:{self._scale:g}"]
        return [verb, *path, *arguments, *clock]

    def _done(self, words: list[str], done: subprocess.CompletedProcess[str], requests: list[Request]) -> Done:
        reports = {
            word: json.loads(text)
            for option, word in pairwise(words)
            if option == "--report" and word.endswith(".json") and (text := _text(self.folder / word))
        }
        try:
            document = json.loads(done.stdout)
        except ValueError:
            document = next(iter(reports.values()), None)
        shown = f"reconciler {' '.join(words)}"
        return Done(shown, done.returncode, done.stdout, done.stderr, document, reports, requests)

    # What was asked

    @property
    def requests(self) -> list[Request]:
        """All requests, in the order in which they were answered."""
        return self._proxy.requests

    @property
    def writes(self) -> list[Request]:
        """Those that may change Azure."""
        return [one for one in self.requests if one.is_write]

    def calls(self, where: str) -> list[Request]:
        """Those that match, as in a rule."""
        method, _, path = where.partition(" ")
        return [
            one for one in self.requests if method in {"*", one.method} and fnmatchcase(one.path.lower(), path.lower())
        ]

    def forget(self) -> None:
        """Count from here."""
        self.requests.clear()

    def rules(self, *rules: Rule) -> None:
        """Other rules from here on; those that were there must have fired."""
        self.check()
        self._proxy.rules[:] = rules

    def check(self) -> None:
        """AssertionError for a rule that never forged anything."""
        idle = [str(one) for one in self._proxy.rules if not one.fired and not one.optional]
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
        """The ids that match, without case."""
        return list(self._admin("GET", f"ids?pattern={quote(glob)}"))

    def show(self, glob: str) -> list[Any]:
        """The bodies of all that matches."""
        return [self.get(one) for one in self.ids(glob)]

    def get(self, address: str) -> Any:
        """The body of one resource."""
        return self._admin("GET", f"get?id={quote(address)}")

    def put(self, address: str, body: Mapping[str, Any]) -> None:
        """Make or replace a resource, without any of Azure's checks."""
        self._admin("POST", "put", {"id": address, "body": body})

    def patch(self, glob: str, changes: Mapping[str, Any]) -> None:
        """Merge changes into all that matches; None takes a key out."""
        for one in self._some(glob):
            self._admin("POST", "patch", {"id": one, "body": changes})

    def delete(self, glob: str) -> None:
        """Remove all that matches, and what lies in it, as if it never was there."""
        for one in self._some(glob):
            if self.ids(one):
                self._admin("POST", "remove", {"id": one})

    def switch(self, **values: Any) -> None:
        """Set switches of the sandbox."""
        for name, value in values.items():
            self._admin("POST", "switch", {"name": name, "value": value})

    def fail_backups(self, glob: str, times: int = 1, code: str = "CloudInternalError") -> None:
        """Let the next backups of these disks fail."""
        for one in self._some(glob):
            self._admin("POST", "fail", {"id": one, "code": code, "times": times})

    def ask(self, method: str, address: str, body: Any = None, version: str = "2025-07-01") -> Any:
        """A request of somebody else, such as the portal, past the proxy; AssertionError unless it is accepted."""
        mark = "&" if "?" in address else "?"
        status, answer = self._asked(method, f"{address}{mark}api-version={version}", body)
        assert status < 300, (status, answer)
        return answer

    def _some(self, glob: str) -> list[str]:
        found = self.ids(glob)
        assert found, f"nothing in the sandbox matches {glob}"
        return found

    def _admin(self, method: str, what: str, body: Any = None) -> Any:
        status, answer = self._asked(method, f"/.sandbox/{what}", body)
        assert status == 200, f"{what} {body}: {answer}"
        return answer

    def _asked(self, method: str, address: str, body: Any) -> tuple[int, Any]:
        line = HTTPConnection(urlsplit(self._upstream).netloc, timeout=30)
        headers = {"Content-Type": "application/json", "Authorization": "Bearer somebody"}
        line.request(method, address, None if body is None else json.dumps(body), headers)
        with line.getresponse() as answer:
            content = answer.read()
        line.close()
        return answer.status, json.loads(content) if content else None

    def close(self) -> None:
        """Serve no more."""
        self._stack.close()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


@contextmanager
def forged_azure(
    folder: Path,
    estate: Estate,
    *rules: Rule,
    clock: str = "scaled:200",
    token: str = "sandbox",  # noqa: S107
) -> Iterator[Azure]:
    """What the fixture `forged` gives: an Azure behind rules, which all must have fired in the end."""
    azure = Azure(folder, estate, rules, clock, token)
    try:
        yield azure
        azure.check()
    finally:
        azure.close()
