"""The sandbox: a world behind Azure's front door, opened from an estate file, with its state kept beside it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson

from reconciler.sandbox import tampering
from reconciler.sandbox.arm.case_drift import drifted
from reconciler.sandbox.arm.door import Door
from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.lag import Lag
from reconciler.sandbox.arm.messages import ArmError, Request, Response, public
from reconciler.sandbox.arm.throttling import Throttle
from reconciler.sandbox.arm.wire import Wire
from reconciler.sandbox.clocks import Time, moment
from reconciler.sandbox.compute import disks
from reconciler.sandbox.dataprotection.jobs import mishaps
from reconciler.sandbox.estate import beginning
from reconciler.sandbox.estate.reader import parse, read
from reconciler.sandbox.providers import PROVIDERS
from reconciler.sandbox.state_file import FORMAT, StateFile, digest
from reconciler.sandbox.switches import SWITCHES
from reconciler.sandbox.tables import Record, Sketch
from reconciler.sandbox.world import Shadow, World, dump

_LOGGED = 200_000


class Hook:
    """Stands in the way of requests, to inject faults; a raised exception reaches the client as a broken connection."""

    def before(self, _request: Request) -> Response | None:
        """Answer in Azure's place; None lets the request through."""
        return None

    def after(self, _request: Request, response: Response) -> Response:
        """Change the answer after Azure has acted."""
        return response


class Entry(NamedTuple):
    """One request in the log."""

    method: str
    path: str
    status: int
    at: datetime


class Sandbox:
    """A simulated Azure; close it, or use it in a `with` statement, to keep its state."""

    def __init__(self, world: World, time: Time, *, estate: str = "", store: StateFile | None = None) -> None:
        self.world = world
        self.time = time
        self.hooks: list[Hook] = []
        self.log: deque[Entry] = deque(maxlen=_LOGGED)
        self._estate = estate
        self._store = store
        self._door = Door(world, PROVIDERS)
        world.ask = self._door.answer
        self._wire = Wire(world)
        self._throttle = Throttle(world)
        self._lag = Lag(world)

    @classmethod
    def open(cls, path: Path, *, now: Callable[[], datetime] | None = None, readonly: bool = False) -> Self:
        """Open the sandbox of an estate file, where it was left; SandboxError when that can't be.

        `now` is a clock to follow; without one time stands still until `advance` or `time.follow`. A read-only
        sandbox takes no lock, and what happens in it is forgotten.
        """
        path = Path(path)
        content, data = read(path)
        store = StateFile(path)
        if not readonly:
            store.hold()
        try:
            state = store.read(content)
            return cls._begun(data, state, now, digest(content), None if readonly else store)
        except BaseException:  # an interrupt, too: the lock must not outlive the attempt
            store.release()
            raise

    @classmethod
    def of(cls, estate: Mapping[str, Any] | bytes, *, now: Callable[[], datetime] | None = None) -> Self:
        """A sandbox of an estate that lies in no file; nothing of it is kept."""
        content = estate if isinstance(estate, bytes) else orjson.dumps(dict(estate))
        return cls._begun(parse(content, "estate"), None, now, digest(content), None)

    @classmethod
    def _begun(
        cls, data: Any, state: Record | None, now: Callable[[], datetime] | None, estate: str, store: StateFile | None
    ) -> Self:
        start = moment(state["clock"]) if state else beginning.start_of(data)
        time = Time(start, now)
        world = beginning.world_of(data, time) if state is None else _restored(data, state, time)
        return cls(world, time, estate=estate, store=store)

    # Requests

    def handle(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, base: str = ""
    ) -> tuple[int, dict[str, str], bytes, float]:
        """Answer a request: status, headers, content, and the seconds that it takes.

        Links in the answer start with `base`, by default with the request's own scheme and host.
        """
        self.world.settle()
        request, response = self._wire.request(method, url, headers, body, base), None
        if isinstance(request, tuple):
            request, response = request
        response = response or self._answered(request)
        self.log.append(Entry(request.method, request.path, response.status, self.world.now))
        return self._wire.sent(request, response)

    def _answered(self, request: Request) -> Response:
        response = next((found for hook in self.hooks if (found := hook.before(request)) is not None), None)
        if response is None:
            response = self._azure(request)
        for hook in self.hooks:
            response = hook.after(request, response)
        return response

    def _azure(self, request: Request) -> Response:
        remaining: dict[str, str] = {}
        try:
            remaining = self._throttle.take(request)
            before = self._lag.before_write(request)
            response = self._door.answer(request)
            self._lag.after_write(request, before)
        except ArmError as error:
            response = error.response()
        response = drifted(self.world, self._lag.shown(request, response))
        response.headers = {**remaining, **response.headers}
        return response

    # Changes behind Azure's back

    def get(self, resource_id: str) -> Record:
        """The ARM body of a resource; SandboxError when there is none."""
        return public(tampering.existing(self.world, resource_id))

    def ids(self, pattern: str = "*") -> list[str]:
        """The ids that match a pattern with `*`, compared without case, sorted."""
        wanted = lower(pattern)
        found = [
            str(table[key].get("id", key))
            for table in self.world.tables.values()
            for key in table
            if key.startswith("/") and fnmatchcase(key, wanted)
        ]
        return sorted(found, key=lower)

    def put(self, resource_id: str, body: Mapping[str, Any]) -> Record:
        """Make or replace a resource, without any of Azure's checks."""
        self.world.settle()
        return public(tampering.put(self.world, resource_id, body))

    def patch(self, resource_id: str, changes: Mapping[str, Any]) -> Record:
        """Merge changes into a resource's body, without any of Azure's checks; null removes a key."""
        self.world.settle()
        changed = public(tampering.patch(self.world, resource_id, changes))
        self.world.scratch.clear()
        self.world.settle()
        return changed

    def remove(self, resource_id: str) -> list[str]:
        """Remove a resource and all that lies in it, without any of Azure's checks; the ids that are gone."""
        self.world.settle()
        return tampering.remove(self.world, resource_id)

    def move(self, resource_id: str, group: str) -> Record:
        """Move a disk, snapshot or machine into another resource group, as it is; its new body."""
        self.world.settle()
        return public(tampering.move(self.world, resource_id, group))

    def replace(self, disk: str) -> Record:
        """Put another, empty disk in a disk's place, under its name; its body."""
        self.world.settle()
        return public(disks.replaced(self.world, disk))

    def switches(self) -> dict[str, Any]:
        """The values of all switches."""
        return {name: self.world.switch(name) for name in SWITCHES}

    def set_switch(self, name: str, value: Any) -> None:
        """Set a switch; SandboxError when there is no such switch or value."""
        self.world.settle()
        self.world.set_switch(name, value)
        self.world.settle()

    def fail(self, disk: str, code: str, times: int) -> None:
        """Let the next so many backups of a disk fail with an error code; none, for zero."""
        self.world.settle()
        mishaps.ask_for(self.world, tampering.existing(self.world, disk)["id"], code, times)

    def advance(self, seconds: float) -> datetime:
        """Let time pass, and what is due happen; the new time."""
        self.time.advance(seconds)
        self.world.settle()
        return self.time()

    # Keeping

    def dump(self, *, comparable: bool = False) -> dict[str, dict[str, Any]]:
        """Every table, in a stable order; `comparable` leaves out times, request and operation ids, and private keys."""
        return dump(self.world, comparable=comparable)

    def save(self) -> None:
        """Write the state; nothing to do for a sandbox that is read-only or of no file."""
        if self._store is not None:
            self._store.write(_state(self.world, self.time, self._estate))

    def close(self, *, save: bool = True) -> None:
        """Save, and let others open the sandbox."""
        if self._store is None:
            return
        try:
            if save:
                self.save()
        finally:
            self._store.release()
            self._store = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def reset(path: Path) -> bool:
    """Forget what happened since the estate file was written; whether there was anything to forget."""
    store = StateFile(Path(path))
    if not store.path.exists():
        return False
    store.hold()
    try:
        return store.forget()
    finally:
        store.release()


def _state(world: World, time: Time, estate: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "estate": estate,
        "clock": time().isoformat(),
        "seed": world.seed,
        "switches": world.settings,
        "generations": world.generations,
        "events": world.events,
        "shadows": world.shadows,
        "tables": {name: table.kept() for name, table in sorted(world.tables.items()) if len(table)},
    }


def _restored(data: Any, state: Record, time: Time) -> World:
    world = beginning.bare_world(data, time)
    world.seed = state["seed"]
    world.settings = state["switches"]
    world.generations = state["generations"]
    world.events = [tuple(entry) for entry in state["events"]]
    world.shadows = {key: Shadow(*entry) for key, entry in state["shadows"].items()}
    _fill(world, state["tables"].items())
    return world


def _fill(world: World, tables: Iterable[tuple[str, Mapping[str, Record | Sketch]]]) -> None:
    for name, records in tables:
        table = world.table(name)
        for key, record in records.items():
            table.keep(key, record)
