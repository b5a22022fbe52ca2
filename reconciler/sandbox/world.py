"""The world: tables of records, time, chance, and what is going to happen.

Nothing is drawn in call order: chance comes from hashing the seed, an address, a purpose and a generation, so that the
same requests in another order have the same effects.
"""

from __future__ import annotations

import heapq
import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

from reconciler.sandbox import switches
from reconciler.sandbox.arm.ids import lower, resource_type
from reconciler.sandbox.arm.messages import Request, Response
from reconciler.sandbox.tables import Record, Sketch, Table

GROUPS = "microsoft.resources/resourcegroups"
SUBSCRIPTIONS = "microsoft.resources/subscriptions"
PRINCIPALS = "principals"
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")
_LEFT_OUT = re.compile(r"operation|ledger")
_CHANCE = frozenset({"ActivityId", "activityID", "deleteActivityID", "correlationId"})


class EventFunction(Protocol):
    """What happens when an event is due."""

    def __call__(self, world: World, **data: Any) -> None:
        """Happen."""


class Shadow(NamedTuple):
    """What was in a resource's place before a write (None: nothing), and until when reads, lists and the graph show it."""

    kind: str
    read_until: float
    list_until: float
    graph_until: float
    before: Record | None


Adopter = Callable[["World", str, Record], None]
Drawing = Callable[["World", str, Sketch], Record]
Departure = Callable[["World", Record], None]
Routine = Callable[["World"], None]

EVENTS: dict[str, EventFunction] = {}
ADOPTERS: dict[str, Adopter] = {}
DRAWINGS: dict[str, Drawing] = {}
DEPARTURES: dict[str, Departure] = {}
ROUTINES: list[Routine] = []


def event(name: str) -> Callable[[EventFunction], EventFunction]:
    """Register the function that an event calls with the world and its data."""

    def register(function: EventFunction) -> EventFunction:
        EVENTS[name] = function
        return function

    return register


def adopted(kind: str) -> Callable[[Adopter], Adopter]:
    """Register what completes a record of the lower-cased type `kind` that came from an estate file or by hand.

    The function gets the world, the id and the record, and may change the record; it is stored afterwards.
    """

    def register(function: Adopter) -> Adopter:
        ADOPTERS[kind] = function
        return function

    return register


def draws(kind: str) -> Callable[[Drawing], Drawing]:
    """Register what makes a record of a sketch in the table of the lower-cased type `kind`."""

    def register(function: Drawing) -> Drawing:
        DRAWINGS[kind] = function
        return function

    return register


def departs(kind: str) -> Callable[[Departure], Departure]:
    """Register what deletes a record of the lower-cased type `kind` along with its resource group.

    It raises an ArmError when the record can't go: then the group can't either.
    """

    def register(function: Departure) -> Departure:
        DEPARTURES[kind] = function
        return function

    return register


def routine(function: Routine) -> Routine:
    """Register what happens over and over: called before anything else happens, it makes up for the time since it last was.

    Between two calls nothing in the world has changed but the time.
    """
    ROUTINES.append(function)
    return function


def _unasked(request: Request) -> Response:
    raise RuntimeError(f"no front door to ask for {request.path}")


class World:
    """Everything that exists in the simulated Azure.

    `asked` are the object ids of callers with the actions that they needed permission for, since it was opened;
    `scratch` holds what can be worked out anew from the rest, and is never saved. `ask` sends a request through Resource
    Manager's front door, for what one resource has others do.
    """

    def __init__(self, seed: int, clock: Callable[[], datetime], *, tenant: str = "") -> None:
        self.seed = seed
        self.clock = clock
        self.tables: dict[str, Table] = {}
        self.settings: dict[str, Any] = {}
        self.callers: list[Record] = []
        self.asked: set[tuple[str, str]] = set()
        self.generations: dict[str, int] = {}
        self.shadows: dict[str, Shadow] = {}
        self.events: list[tuple[float, str, str]] = []
        self.scratch: dict[str, Any] = {}
        self.ask: Callable[[Request], Response] = _unasked
        self._moment: datetime | None = None
        self.tenant = tenant or self.guid("tenant", "id")

    @property
    def now(self) -> datetime:
        """The time of this world, in UTC; within an event, when that event was due."""
        return self._moment or self.clock()

    @property
    def timestamp(self) -> float:
        """`now` as seconds since 1970."""
        return self.now.timestamp()

    def stamp(self, at: datetime | None = None) -> str:
        """A time (default: now) as Azure writes it, with seven digits of a second."""
        return f"{(at or self.now).isoformat(timespec='microseconds')[:26]}0Z"

    def table(self, name: str) -> Table:
        """A table by lower-cased resource type, made when it is first asked for."""
        found = self.tables.get(name)
        if found is None:
            drawing = DRAWINGS.get(name)
            found = self.tables[name] = Table(name, drawn=partial(drawing, self) if drawing else None)
        return found

    def find(self, resource_id: str) -> Record | None:
        """The record of any resource, or None."""
        table = self.tables.get(resource_type(resource_id))
        return table.get(lower(resource_id).rstrip("/")) if table is not None else None

    def store(self, resource_id: str, record: Record) -> Record:
        """Store a resource's record in its table; a new one starts a new generation of its id."""
        key, table = lower(resource_id).rstrip("/"), self.table(resource_type(resource_id))
        if key not in table:
            self.generations[key] = self.generations.get(key, 0) + 1
        table[key] = record
        return record

    def remove(self, resource_id: str) -> Record | None:
        """Remove a resource's record and return it; None when there was none.

        What is made under that id later is another generation, also where the estate file holds the first.
        """
        key, table = lower(resource_id).rstrip("/"), self.tables.get(resource_type(resource_id))
        found = table.pop(key, None) if table is not None else None
        if found is not None:
            self.generations[key] = self.generations.get(key, 0) + 1
        return found

    def resource_exists(self, resource_id: str) -> bool:
        """Whether a resource, resource group or subscription exists."""
        return self.find(resource_id) is not None

    # Switches

    def switch(self, name: str) -> Any:
        """The value of a switch."""
        return self.settings.get(name, switches.SWITCHES[name].default)

    def set_switch(self, name: str, value: Any) -> None:
        """Set a switch; SandboxError when there is no such switch or value."""
        self.settings[name] = switches.parse(name, value)
        self.scratch.clear()

    def span(self, name: str, address: str, purpose: str = "") -> float:
        """Seconds drawn from the span that a switch holds."""
        low, high = switches.span(self.switch(name))
        return low + (high - low) * self.draw(address, purpose or name)

    # Chance

    def generation(self, address: str) -> int:
        """How often the address has been created."""
        return self.generations.get(lower(address).rstrip("/"), 0)

    def count(self, address: str, purpose: str) -> int:
        """Count one more of that purpose at that address, from 1: for ids of repeated operations."""
        key = f"{lower(address).rstrip('/')}#{purpose}"
        self.generations[key] = self.generations.get(key, 0) + 1
        return self.generations[key]

    def digest(self, address: str, purpose: str) -> bytes:
        """Sixteen bytes that depend on seed, address, its generation, and purpose only."""
        key = lower(address).rstrip("/")
        text = f"{self.seed}\0{key}\0{purpose}\0{self.generations.get(key, 0)}"
        return blake2b(text.encode(), digest_size=16).digest()

    def draw(self, address: str, purpose: str) -> float:
        """A number in [0, 1)."""
        return int.from_bytes(self.digest(address, purpose)[:6], "big") / (1 << 48)

    def normal(self, address: str, purpose: str) -> float:
        """A number of the standard normal distribution."""
        digest = self.digest(address, purpose)
        first, second = (int.from_bytes(part, "big") / (1 << 48) for part in (digest[:6], digest[6:12]))
        return math.sqrt(-2.0 * math.log(1.0 - first)) * math.cos(2.0 * math.pi * second)

    def guid(self, address: str, purpose: str) -> str:
        """A GUID, as text."""
        digest = bytearray(self.digest(address, purpose))
        digest[6], digest[8] = digest[6] & 0x0F | 0x40, digest[8] & 0x3F | 0x80  # version 4, without an object for each
        text = digest.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def hex32(self, address: str, purpose: str) -> str:
        """Thirty-two hexadecimal digits."""
        return self.digest(address, purpose).hex()

    # What is going to happen

    def after(self, seconds: float, name: str, **data: Any) -> None:
        """Let an event happen in that many seconds; its data must be JSON-able."""
        due = self.timestamp + seconds
        heapq.heappush(self.events, (due, name, json.dumps(data, sort_keys=True)))

    def settle(self) -> None:
        """Let everything happen that is due, in the order of time (then of name and data)."""
        until = self.clock().timestamp()
        while self.events and self.events[0][0] <= until:
            self._catch_up(self.events[0][0])
            due, name, data = heapq.heappop(self.events)
            with self.at(due):
                EVENTS[name](self, **json.loads(data))
        self._catch_up(until)

    def _catch_up(self, moment: float) -> None:
        with self.at(moment):
            for function in ROUTINES:
                function(self)

    @contextmanager
    def at(self, moment: float) -> Iterator[None]:
        """Let it be that many seconds after 1970 for a while."""
        before, self._moment = self._moment, datetime.fromtimestamp(moment, UTC)
        try:
            yield
        finally:
            self._moment = before


def later(world: World, seconds: float) -> datetime:
    """The time in that many seconds."""
    return world.now + timedelta(seconds=seconds)


def dump(world: World, *, comparable: bool) -> dict[str, dict[str, Any]]:
    """Every table by name, every record by key; `comparable` leaves out what depends on when and how often one asked."""
    return {
        name: {key: _compared(table[key]) if comparable else table[key] for key in sorted(keys)}
        for name, table in sorted(world.tables.items())
        if (keys := _keys(table, comparable=comparable)) and not (comparable and _LEFT_OUT.search(name))
    }


def _keys(table: Table, *, comparable: bool) -> list[str]:
    """The keys to dump; what happens by routine depends on when one asks, so that it cannot be compared."""
    return [key for key, kept in table.kept().items() if isinstance(kept, dict) or not comparable]


def _compared(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _compared(item)
            for key, item in sorted(value.items())
            if key[:1] != "_" and key not in _CHANCE and not (isinstance(item, str) and _TIME.fullmatch(item))
        }
    return [_compared(item) for item in value] if isinstance(value, list) else value
