"""A stage for whole stories: a sandbox on virtual time, and the production path from manifest to outcome before it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit
from uuid import NAMESPACE_URL, uuid5

from advice import Advice, contradictions
from arm import SLOW

from reconciler.applying.engine import Settings
from reconciler.applying.progress import Progress
from reconciler.azure.auditing import Ledger
from reconciler.azure.virtual import new_loop
from reconciler.base.clock import LoopClock
from reconciler.connection import simulated as inprocess
from reconciler.connection.choice import Connection
from reconciler.connection.session import Session
from reconciler.flow.run import NoSignals, Task, applied, planned
from reconciler.loading.files import load
from reconciler.model.errors import ManifestError
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options, Plan
from reconciler.model.results.drift import Drift
from reconciler.model.results.outcome import Outcome
from reconciler.planning.keys import keys
from reconciler.sandbox.sandbox import Sandbox

HOST = "https://management.azure.com"
READS = frozenset({"GET", "HEAD"})
ASKING = ("/validateforbackup", "/validaterestore", "/providers/microsoft.resourcegraph/resources")


OPERATOR, READER, RESTORER = "operator", "reader", "restorer"
OPERATOR_ID = "5a9f7d3e-4c1b-4f0a-9b7e-2d6c8e1f0a35"
"""The operator's object id, which the shipped condition has in place of OBJECT_ID."""
"""The callers that stages are used by: they hold the roles that the project ships, and nothing else."""

ROLES = Path(__file__).parents[2] / "samples" / "roles"


def with_roles(estate: Mapping[str, Any]) -> dict[str, Any]:
    """The estate with the shipped roles, and with callers who hold them, unless it has callers of its own.

    At the resource groups under `restoreTargets` the operator holds the restorer's role as well.
    """
    estate = dict(estate)
    targets = estate.pop("restoreTargets", ())
    if "callers" in estate:
        return estate
    files = {
        token: json.loads((ROLES / f"reconciler-{token}.json").read_text()) for token in (OPERATOR, READER, RESTORER)
    }
    named = {token: files[token] for token in (OPERATOR, READER)}
    scopes = [f"/subscriptions/{row['id']}" for row in estate.get("subscriptions", ())]
    groups = [row["name"] for row in estate.get("managementGroups", ())]
    scopes += [f"/providers/Microsoft.Management/managementGroups/{name}" for name in groups]
    limits = {
        OPERATOR: {"condition": (ROLES / "condition.txt").read_text().replace("OBJECT_ID", OPERATOR_ID)},
        READER: {},
    }
    callers = [
        {
            "name": token,
            "token": token,
            **({"objectId": OPERATOR_ID} if token == OPERATOR else {}),
            "roles": [{"role": role["Name"], "scope": scope, **limits[token]} for scope in scopes],
        }
        for token, role in named.items()
    ]
    callers[0]["roles"] += [{"role": files[RESTORER]["Name"], "scope": scope} for scope in targets]
    return {**estate, "roleDefinitions": list(files.values()), "callers": callers}


def slowly(estate: Mapping[str, Any]) -> dict[str, Any]:
    """The estate with role assignments that take their time, as in Azure, unless it says otherwise."""
    return {**estate, "switches": {"propagation": SLOW, **(estate.get("switches") or {})}}


@dataclass(frozen=True)
class Call:
    """One request and how it was answered."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    body: Any
    status: int
    at: float

    @property
    def is_write(self) -> bool:
        """Whether it may change Azure: a validation or a query is a POST that doesn't."""
        return self.method not in READS and not self.path.lower().endswith(ASKING)

    @property
    def kind(self) -> str:
        """The method and the type of what it is about, such as `PUT backupInstances`."""
        parts = self.path.strip("/").split("/")
        named = parts[-2] if len(parts) % 2 == 0 else parts[-1]
        return f"{self.method} {named}"


@dataclass
class Recorder:
    """Stands before a sandbox and keeps every request; whoever sends it, it is signed with `token`."""

    sandbox: Sandbox
    calls: list[Call] = field(default_factory=list)
    token: str = OPERATOR

    @property
    def time(self) -> Any:
        return self.sandbox.time

    def handle(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes, float]:
        signed = {**headers, "Authorization": f"Bearer {self.token}"}
        status, answer, content, latency = self.sandbox.handle(method, url, signed, body)
        split = urlsplit(url)
        said = json.loads(body) if body else None
        at = self.sandbox.time().timestamp()
        self.calls.append(Call(method, split.path, parse_qs(split.query), said, status, at))
        return status, answer, content, latency


def carried_out(
    session: Session,
    plan: Plan,
    *,
    settings: Settings | None = None,
    progress: Progress | None = None,
    ledger: Ledger | None = None,
) -> Outcome:
    """What becomes of a plan in a run that no signal interrupts."""
    return applied(
        session,
        plan,
        settings=settings or Settings(),
        progress=progress or Progress(),
        signals=NoSignals(),
        ledger=ledger,
    )


class Stage:
    """A sandbox, a clock that costs nothing, and what a person would do with the tool."""

    def __init__(self, folder: Path, estate: Mapping[str, Any] | Path, *, api_version: str | None = None) -> None:
        self._stack = ExitStack()
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        opened = Sandbox.open(estate) if isinstance(estate, Path) else Sandbox.of(with_roles(slowly(estate)))
        self.sandbox = self._stack.enter_context(opened)
        self.recorder = Recorder(self.sandbox)
        self.api_version = api_version
        self.restart()
        self._number = 0

    def restart(self) -> None:
        """Another process: another loop and another connection; nothing is kept in memory."""
        runner = self.runner = self._stack.enter_context(asyncio.Runner(loop_factory=new_loop()))
        connection = Connection(sandbox="sandbox", api_version=self.api_version)

        def clock() -> LoopClock:
            begin, loop = self.sandbox.time(), runner.get_loop()
            self.sandbox.time.follow(lambda: begin + timedelta(seconds=loop.time()))
            return LoopClock(start=begin)

        self.session = Session(
            runner, lambda clock: inprocess._azure(self.recorder, connection, clock, None), clock, is_virtual=True
        )
        self._stack.callback(self.session.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # What a person does

    def manifest(self, said: Mapping[str, Any] | str | Path | Manifest) -> Manifest:
        """The compiled manifest of data, of text or of a path."""
        if isinstance(said, Manifest):
            return said
        if not isinstance(said, Path):
            said = self._written(said)
        try:
            return load(said)
        except ManifestError as error:
            raise AssertionError([f"{row.place} {row.code}: {row.message}" for row in error.findings]) from None

    def _written(self, said: Mapping[str, Any] | str) -> Path:
        self._number += 1
        path = self.folder / f"manifest-{self._number}.yaml"
        path.write_text(said if isinstance(said, str) else as_yaml(said), encoding="utf-8")
        return path

    def plan(self, said: Mapping[str, Any] | str | Path | Manifest, **options: Any) -> Plan:
        """The plan for a manifest, made by somebody who may only read."""
        with self._acting_as(READER):
            return self._look(said, options)

    def _look(self, said: Mapping[str, Any] | str | Path | Manifest, options: Mapping[str, Any]) -> Plan:
        plan = planned(self.session, Task(self.manifest(said), self._options(options)))
        assert not contradictions(Advice(str(one.address), one.hint) for one in plan.findings)
        return plan

    @contextmanager
    def _acting_as(self, token: str) -> Iterator[None]:
        before, self.recorder.token = self.recorder.token, token
        try:
            yield
        finally:
            self.recorder.token = before

    def apply(
        self, said: Mapping[str, Any] | str | Path | Manifest, *, settings: Settings | None = None, **options: Any
    ) -> Outcome:
        """The outcome of applying a manifest; AssertionError when a gate is closed."""
        plan = self._look(said, options)
        assert not plan.closed_gates, plan.closed_gates
        return self.carry_out(plan, settings=settings)

    def carry_out(self, plan: Plan, *, settings: Settings | None = None) -> Outcome:
        """The outcome of applying a plan, done by somebody who may do what the tool needs and no more."""
        return carried_out(self.session, plan, settings=settings)

    def drift(self, said: Mapping[str, Any] | str | Path | Manifest) -> Drift:
        """What drift would tell."""
        from reconciler.model.results.drift import DEFAULT_FAIL_ON

        return Drift(self.plan(said), DEFAULT_FAIL_ON)

    def _options(self, said: Mapping[str, Any]) -> Options:
        version = {"api_version": self.api_version} if self.api_version else {}
        return replace(Options(tool_version="0", **version), **{**said, "force": keys(said.get("force", ()))})

    # What happens in the simulated Azure

    def wait(self, seconds: float) -> None:
        """Let time pass."""

        async def pause(_azure: object, clock: LoopClock) -> None:
            await clock.sleep(seconds)

        self.session.run(pause)

    def ask(self, method: str, path: str, body: Any = None, *, version: str = "") -> Any:
        """A request of somebody else, such as the portal; AssertionError unless it is accepted."""
        version = version or ("2022-04-01" if "Microsoft.Authorization" in path else "2025-07-01")
        _ = self.session.clock
        content = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Authorization": "Bearer somebody"}
        mark = "&" if "?" in path else "?"
        status, _, answer, _ = self.sandbox.handle(method, f"{HOST}{path}{mark}api-version={version}", headers, content)
        assert status < 300, (status, answer)
        return json.loads(answer) if answer else None

    def place(self, body: Mapping[str, Any]) -> None:
        """A resource that is suddenly there, in a resource group that is made for it."""
        parts = body["id"].split("/")
        if len(parts) == 3:
            self.sandbox.put(body["id"], body)
            self.let_in(body["id"])
            return
        group = "/".join(parts[:5])
        if len(parts) > 5 and group.lower() not in map(str.lower, self.sandbox.ids(group)):
            self.sandbox.put(group, {"location": "westus"})
        self.sandbox.put(body["id"], body)

    def let_in(self, scope: str, role: str = "") -> None:
        """Give the callers their roles at one more scope, or another role (a GUID) there."""
        for row in [
            one for one in map(self.sandbox.get, self.sandbox.ids("*/roleAssignments/*")) if self._is_ours(one)
        ]:
            own = {key: row["properties"][key] for key in ("principalId", "roleDefinitionId", "condition")}
            if role:
                own |= {
                    "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{role}",
                    "condition": None,
                }
            name = uuid5(NAMESPACE_URL, scope + row["name"])
            self.sandbox.put(f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}", {"properties": own})

    def _is_ours(self, row: Mapping[str, Any]) -> bool:
        return row["properties"]["principalId"] in {one["objectId"] for one in self.sandbox.world.callers}

    def get(self, path: str, *, version: str = "") -> Any:
        """What Azure shows of a resource."""
        return self.ask("GET", path, version=version)

    def names(self, collection: str) -> list[str]:
        """The names in a collection of a resource, sorted; as it is, whatever lists show."""
        return sorted(address.rsplit("/", 1)[-1] for address in self.sandbox.ids(f"{collection}/*"))

    def instances(self, vault: str) -> dict[str, Any]:
        """A vault's instances by the lower-cased name of their disk; as they are, whatever lists show."""
        self.sandbox.world.settle()
        rows = [self.sandbox.get(address) for address in self.sandbox.ids(f"{vault}/backupInstances/*")]
        own = [row for row in rows if row["id"].lower().count("/") == vault.count("/") + 2]
        return {row["properties"]["friendlyName"].lower(): row for row in own}

    def switch(self, **values: Any) -> None:
        """Set switches of the sandbox."""
        for name, value in values.items():
            self.sandbox.set_switch(name, value)

    # What was asked of it

    def writes(self) -> list[Call]:
        """Every write so far that the tool sent."""
        return [call for call in self.recorder.calls if call.is_write]

    def forget(self) -> None:
        """Count calls from here."""
        self.recorder.calls.clear()


def as_yaml(data: Any) -> str:
    """Data as JSON that is YAML as well: which takes every escape but pairs of surrogates."""
    text = json.dumps(data, indent=1)
    return re.sub(r"(?:\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})+", lambda pair: json.loads(f'"{pair[0]}"'), text)


def codes(plan: Plan) -> list[str]:
    """The codes of a plan's findings, sorted, each once."""
    return sorted({finding.code for finding in plan.findings})


def actions(plan: Plan) -> dict[str, str]:
    """What a plan does, by address."""
    return {change.address: str(change.action) for change in plan.changes}


def failures(outcome: Outcome) -> list[str]:
    """What did not end well, for the message of an assertion."""
    bad = [f"{row.status} {row.address}: {row.code} {row.message}" for row in outcome.results if row.status != "done"]
    return bad + [f"{finding.code} {finding.address}: {finding.message}" for finding in outcome.errors]
