"""What is tried: manifests as bytes, text and data, saved plans, estate files, and Azure's answers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import arm
from breeding import TEXTS, bent, bytes_of, odd, written, yaml_text
from manifests import manifest
from stage import HOST, Stage

from reconciler.azure.connection import Azure
from reconciler.azure.inprocess import InProcessTransport
from reconciler.azure.sign_in.signing import StaticToken
from reconciler.azure.virtual import new_loop
from reconciler.base.clock import LoopClock
from reconciler.base.schemas import schema_text
from reconciler.cli import main
from reconciler.cli.planning import recorded
from reconciler.cli.saved import read_saved
from reconciler.connection.choice import Connection
from reconciler.flow.look import estate_for, look
from reconciler.manifest.compiling import compile_manifest
from reconciler.model.errors import ManifestError, ReconcilerError
from reconciler.model.estate import Estate
from reconciler.model.known import NO, Yes
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options, Plan
from reconciler.planning.planner import make
from reconciler.planning.scope import management_groups
from reconciler.report.caret import diagnostics
from reconciler.report.plans.text import plan_text
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.estate import beginning, reader

UNREAD = {
    "not-utf8", "control-character", "too-large", "invalid-yaml", "empty-file", "several-documents", "alias", "merge-key", "tag",
    "duplicate-key", "key-not-text", "too-deep",
}  # fmt: skip
"""The codes of what the YAML parser, or what listens to it, refuses."""
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
_ANSWERS = {"exists": NO, "deleted-vault": NO}
SAID = manifest(
    vaults=[{"name": "TestBkpVault", "resourceGroup": "testBkpVaultRG", "tags": {"env": "prod"}, "softDelete": {"state": "On"}}],
    disks=[
        {"id": arm.disk_id("PSTestDisk"), "vault": "TestBkpVault", "policy": "diskBkpPolicy"},
        {
            "select": {
                "subscriptions": [arm.APPS],
                "tags": {"backup": "gold"},
                "exclude": [{"names": ["scratch-*"], "reason": "rebuilt"}],
            },
            "vault": {"westus": "TestBkpVault"},
            "policy": "diskBkpPolicy",
        },
    ],
    removed=[{"id": arm.disk_id("old"), "data": "retain", "reason": "gone"}],
    excluded=[{"id": arm.disk_id("cache"), "reason": "a cache"}],
    ignore=[{"address": "disk/*/legacy-*", "fields": ["policy"], "reason": "migration", "expires": "2027-03-31"}],
)  # fmt: skip


def estate_of() -> dict[str, Any]:
    """An estate in which something of everything stands already."""
    vault = arm.vault_id()
    disks = [arm.disk(name, tags={"backup": "gold"}) for name in ("PSTestDisk", "data-1", "scratch-1", "old")]
    return arm.estate(
        arm.group(arm.APPS, "diskrg"),
        arm.group(arm.APPS, "snapshotrg"),
        disks,
        arm.vault(vault, tags={"reconciler-owner": "quickstart"}),
        arm.policy(vault, "by-hand"),
        arm.instance(vault, arm.disk_id("data-1"), "by-hand"),
        arm.instance(vault, arm.disk_id("old"), "by-hand"),
        arm.lock(arm.disk_id("scratch-1")),
        *arm.grants(vault, arm.disk_id("data-1")),
    )


class Targets:
    """Everything that can be tried, and the inputs that it begins with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seeds = [written(SAID, Random(0)), *(path.read_bytes() for path in sorted(_SAMPLES.rglob("*.yaml")))]
        self.seeds = [seed for seed in self.seeds if len(seed) < 4000]
        self.words = sorted(set(re.findall(r'"([A-Za-z]{3,})": \{', schema_text("manifest"))))
        self.said = json.dumps(SAID)
        self.all = {
            "bytes": self.bytes,
            "yaml": self.yaml,
            "structure": self.structure,
            "plans": self.plans,
            "estates": self.estates,
            "answers": self.answers,
        }

    # Manifests

    def bytes(self, chance: Random) -> str:
        """A manifest's bytes."""
        return self._planned(bytes_of(self.seeds, chance))

    def yaml(self, chance: Random) -> str:
        """YAML that is made up."""
        return self._planned(yaml_text(self.words, chance))

    def structure(self, chance: Random) -> str:
        """A manifest with odd values in it; of two, one has them only where any text may stand."""
        said = json.loads(self.said)
        said = told_oddly(said, chance) if chance.random() < 0.5 else bent(said, chance, self.words)
        return self._planned(written(said, chance))

    def _planned(self, data: bytes) -> str:
        try:
            compiled = compile_manifest({"backup.yaml": data}, lambda _file, _name: [])
        except ManifestError as error:
            _check_findings(error)
            return "unread" if {row.code for row in error.findings} <= UNREAD else "read"
        self.check(self.plan(compiled))
        return "planned"

    def plan(self, compiled: Manifest) -> Plan:
        """The plan on the estate, its questions answered: nothing else is there."""
        groups = dict.fromkeys(management_groups(compiled), (arm.APPS,))  # resolved before a plan is made
        estate = replace(self.estate, answers={}, management_groups=groups)
        plan = make(compiled, estate, Options(tool_version="0"), NOW)
        while plan.questions:
            estate.answers |= {row: _ANSWERS.get(row.kind, Yes(())) for row in plan.questions}
            plan = make(compiled, estate, Options(tool_version="0"), NOW)
        return plan

    def check(self, plan: Plan) -> None:
        """It can be shown, and nothing in it acts on a terminal."""
        _check_shown(plan_text(plan))

    # Files

    def plans(self, chance: Random) -> str:
        """A saved plan."""
        path = self.folder / "plan.json"
        data = bytes_of([self.saved], chance) if chance.random() < 0.4 else self._bent_plan(chance)
        path.write_bytes(data)
        try:
            saved = read_saved(path)
            saved.check_target(Connection(sandbox=str(self.folder / "x.estate.yaml")))
            saved.check_options(recorded(Options(tool_version="0")))
        except ReconcilerError as error:
            _check_message(error)
            return "unread" if "no saved plan" in error.message else "read"
        return "planned"

    def _bent_plan(self, chance: Random) -> bytes:
        return written(bent(json.loads(self.saved), chance, self.words), chance)

    def estates(self, chance: Random) -> str:
        """An estate file."""
        seeds = [json.dumps(estate_of()).encode(), _ESTATE.read_bytes()]
        pick = chance.random()
        data = (
            bytes_of(seeds, chance) if pick < 0.4 else written(bent(json.loads(seeds[0]), chance, self.words), chance)
        )
        try:
            parsed = reader.parse(data, "azure.estate.yaml")
        except SandboxError:
            return "unread"
        try:
            begin = beginning.start_of(parsed)
            beginning.world_of(parsed, lambda: begin)
        except SandboxError:
            return "read"
        return "planned"

    # Azure's answers

    def answers(self, chance: Random) -> str:
        """What Azure answers to one of the requests that a plan makes."""
        hit, times = chance.randrange(len(self.recorded)), chance.choice((1, 1, 1, 1000))
        asked = 0

        async def exchange(
            method: str, url: str, _headers: Mapping[str, str], _body: bytes | None
        ) -> tuple[int, Mapping[str, str], bytes]:
            nonlocal asked
            assert method == "GET" or urlsplit(url).path.endswith("/resources"), f"a write: {method} {url}"
            assert url.startswith(HOST), f"a token left for {url}"
            row = self.recorded.get((method, url))
            if row is None:
                return 404, {"Content-Type": "application/json"}, b'{"error": {"code": "NotFound", "message": "?"}}'
            if (method, url) == list(self.recorded)[hit] and asked < times:
                asked += 1
                return _spoilt(row, Random(str(chance.random()) if asked == 1 else "again"), self.words)
            return row

        try:
            plan = self.runner.run(self._look(exchange))
        except ReconcilerError as error:
            _check_message(error)
            return "read"
        self.check(plan)
        return "planned"

    async def _look(self, exchange: Any) -> Plan:
        clock = LoopClock(start=NOW)
        azure = Azure(
            InProcessTransport(exchange), endpoint=HOST, clock=clock, token=StaticToken("x" * 40), chance=Random(0)
        )
        try:
            return await look(azure, self.compiled, Options(tool_version="0"), clock)
        finally:
            await azure.close()

    # What all of this begins with

    @cached_property
    def compiled(self) -> Manifest:
        return compile_manifest({"backup.yaml": written(SAID, Random(0))}, lambda _file, _name: [])

    @cached_property
    def runner(self) -> asyncio.Runner:
        return asyncio.Runner(loop_factory=new_loop())

    @cached_property
    def estate(self) -> Estate:
        with Stage(self.folder / "estate", estate_of()) as stage:
            return stage.session.run(lambda azure, _clock: estate_for(azure, self.compiled))

    @cached_property
    def recorded(self) -> dict[tuple[str, str], tuple[int, Mapping[str, str], bytes]]:
        """Every request of a plan with its answer."""
        found: dict[tuple[str, str], tuple[int, Mapping[str, str], bytes]] = {}
        with Stage(self.folder / "answers", estate_of()) as stage:
            handle = stage.recorder.handle

            def kept(method: str, url: str, headers: Mapping[str, str], body: Any) -> Any:
                answer = handle(method, url, headers, body)
                found[method, url] = answer[:3]
                return answer

            stage.recorder.handle = kept  # type: ignore[method-assign]
            stage.session.run(lambda azure, clock: look(azure, self.compiled, Options(tool_version="0"), clock))
        return found

    @cached_property
    def saved(self) -> bytes:
        """A saved plan, as the command writes it."""
        estate, said, out = (self.folder / name for name in ("x.estate.yaml", "backup.yaml", "saved.json"))
        estate.write_text(json.dumps(estate_of()), encoding="utf-8")
        said.write_text(json.dumps(SAID), encoding="utf-8")
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()) as told:
            code = main.run(["plan", str(said), "--sandbox", str(estate), "--out", str(out)])
        assert out.exists(), (code, told.getvalue())
        return out.read_bytes()


_SAMPLES = Path(__file__).parents[2] / "samples"
_ESTATE = _SAMPLES / "quickstart" / "azure.estate.yaml"


def told_oddly(said: dict[str, Any], chance: Random) -> dict[str, Any]:
    """A manifest with odd text in tags, patterns and reasons."""
    vault, policy, (named, chosen) = said["vaults"][0], said["policies"][0], said["disks"]
    selector, removed, excluded, ignored = chosen["select"], said["removed"][0], said["excluded"][0], said["ignore"][0]
    for _ in range(chance.randint(1, 4)):
        word, other = chance.choice(TEXTS), chance.choice(TEXTS)
        holder, key, value = chance.choice(
            (
                (vault["tags"], other, word),
                (selector["tags"], other, word),
                (selector, "names", [word, other]),
                (selector, "exclude", [{"names": [other], "reason": word}]),
                (removed, "reason", word),
                (excluded, "reason", word),
                (ignored, "address", word),
                (ignored, "reason", word),
                (named, "protection", chance.choice(("suspended", "stopped", word))),
                (policy, "retention", {"default": chance.choice(("7d", "400d", "1w", word))}),
                (policy, "timeZone", chance.choice(("Asia/Kathmandu", "W. Europe Standard Time", word))),
                (said, "formerly", [word]),
                (said, "handsOverTo", [other]),
            )
        )
        holder[key] = value
    return said


def _check_findings(error: ManifestError) -> None:
    assert error.findings, "refused without a word"
    assert all(row.code and row.message for row in error.findings)
    assert any(row.place for row in error.findings), "refused without a place"
    _check_shown(diagnostics(error.findings, error.sources))


def _check_message(error: ReconcilerError) -> None:
    assert error.code
    assert error.message


def _check_shown(shown: str) -> None:
    found = _CONTROLS.search(shown)
    assert found is None, f"{found!r} reaches the terminal"


def _spoilt(
    row: tuple[int, Mapping[str, str], bytes], chance: Random, words: list[str]
) -> tuple[int, Mapping[str, str], bytes]:
    """An answer as a proxy, a bug or an attacker would change it."""
    status, headers, body = row
    pick = chance.random()
    if pick < 0.6:
        return status, headers, written(bent(json.loads(body), chance, words, most=4), chance)
    if pick < 0.7:
        return status, headers, bytes_of([body], chance)
    if pick < 0.75:
        return status, headers, body[: chance.randrange(len(body) + 1)]
    if pick < 0.85:
        page = (200, {**headers, "Content-Type": "text/html"}, b"<html><title>Sign in</title></html>")
        return page if pick < 0.8 else (status, headers, written(odd(chance), chance))
    if pick < 0.9:
        links = ("http://10.0.0.1/x", "https://evil.example/?sig=1", "//evil/x", "", "x", 5, None, HOST, HOST + "/x")
        return status, headers, written({**json.loads(body), "nextLink": chance.choice(links)}, chance)
    return _refused(row, chance, words)


def _refused(
    row: tuple[int, Mapping[str, str], bytes], chance: Random, words: list[str]
) -> tuple[int, Mapping[str, str], bytes]:
    failure = {"error": bent({"code": "X", "message": "y", "details": [{"code": "z"}]}, chance, words)}
    status = chance.choice((400, 401, 403, 404, 409, 412, 429, 500, 503, 204, 302, 202, 999))
    after = chance.choice(("7", "0", "-1", "x", "Wed, 21 Oct 2099 07:28:00 GMT", "1e9"))
    return status, {**row[1], "Retry-After": after}, written(failure, chance)
