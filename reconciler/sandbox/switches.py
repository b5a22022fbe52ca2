"""Every behaviour of Azure that no public source confirms, and every fault of the environment, as one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.sandbox.errors import SandboxError


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch: its `values` when it has few, else the `form` that a value takes and some `samples`."""

    name: str
    default: Any
    meaning: str
    values: tuple[Any, ...] = ()
    form: str = ""
    samples: tuple[Any, ...] = ()

    @property
    def choices(self) -> tuple[Any, ...]:
        """Values worth trying, the default among them: all of them when they are few."""
        return self.values or tuple(dict.fromkeys((self.default, *self.samples)))


def span(text: Any) -> tuple[float, float]:
    """The seconds that "60..300" spans; a single number is a span of one. ValueError when it is neither."""
    low, dots, high = str(text).partition("..")
    first = float(low)
    last = float(high) if dots else first
    if not 0 <= first <= last:
        raise ValueError(f"{text!r} is no span of seconds")
    return first, last


def _count(text: Any) -> int:
    number = int(str(text))
    if number < 0:
        raise ValueError(f"{text!r} is negative")
    return number


_FORMS: Mapping[str, Callable[[Any], Any]] = {"seconds": span, "count": _count}

SWITCHES: dict[str, Switch] = {}


def declare(*switches: Switch) -> None:
    """Add switches to the table; each provider declares those of its own behaviour."""
    for switch in switches:
        SWITCHES[switch.name] = switch


def parse(name: str, value: Any) -> Any:
    """The value that `name` may take, from text or YAML; SandboxError when there is no such switch or value."""
    switch = SWITCHES.get(name)
    if switch is None:
        raise SandboxError(f"there is no switch {name!r}", f"switches: {', '.join(sorted(SWITCHES))}")
    if switch.values:
        for allowed in switch.values:
            if _text(allowed) == _text(value):
                return allowed
        raise SandboxError(f"switch {name} cannot be {value!r}", f"values: {', '.join(map(_text, switch.values))}")
    try:
        _FORMS[switch.form](value)
    except ValueError:
        raise SandboxError(
            f"switch {name} cannot be {value!r}",
            "write seconds, as 90 or 60..300" if switch.form == "seconds" else "write a whole number, 0 or more",
        ) from None
    return str(value) if switch.form == "seconds" else _count(value)


def _text(value: Any) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value).lower()


ON_OFF = (True, False)

declare(
    Switch(
        "case_drift",
        True,
        "ids and enum words come back in another case: of what was made elsewhere, or everywhere",
        (True, "everywhere", False),
    ),
    Switch("throttling", "documented", "Resource Manager's token buckets", ("documented", "halved", "off")),
    Switch("authorization_throttling", False, "Microsoft.Authorization takes 120 requests a minute", ON_OFF),
    Switch("latency", True, "answers take time (in-process; over HTTP they take what they take)", ON_OFF),
    Switch("page_size", 0, "rows in a page of every list; 0: each list's own size", form="count", samples=(1, 7)),
    Switch("list_lag", "0", "seconds until lists show what was written", form="seconds", samples=("60",)),
    Switch("read_lag", "0", "seconds until a read shows what was written", form="seconds", samples=("60",)),
    Switch(
        "propagation", "60..300", "seconds until a role assignment takes effect", form="seconds", samples=("0", "1500")
    ),
    Switch(
        "propagation_flap", False, "a new role assignment allows, denies, and allows again before it settles", ON_OFF
    ),
    Switch(
        "principal_replication",
        "0..30",
        "seconds until the directory knows a new identity",
        form="seconds",
        samples=("0", "120"),
    ),
    Switch(
        "principal_type_skips_check",
        True,
        "a role assignment with a principalType is accepted before the directory knows the identity",
        ON_OFF,
    ),
    Switch(
        "role_assignment_repeat",
        "ok",
        "an identical role assignment under its own name: 200, or 409 RoleAssignmentExists",
        ("ok", "conflict"),
    ),
    Switch(
        "permissions_under_condition", True, "a caller's permissions are told though their role has a condition", ON_OFF
    ),
    Switch("role_assignment_limit", 4000, "role assignments that a subscription takes", form="count"),
    Switch("graph_lag", "0", "seconds until Resource Graph shows what was written", form="seconds", samples=("120",)),
)
