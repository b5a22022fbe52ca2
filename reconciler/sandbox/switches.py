"""Every behaviour of Azure that no public source confirms, and every fault of the environment, as one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.sandbox import json_text
from reconciler.sandbox.errors import SandboxError


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch: its `values` when it has few, else the `form` that a value takes and some `samples`.

    `why` says what is known, and so why the default is what it is.
    """

    name: str
    default: Any
    meaning: str
    why: str
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
        raise ValueError(f"'{text}' is no span of seconds")
    return first, last


def _count(text: Any) -> int:
    number = int(str(text))
    if number < 0:
        raise ValueError(f"'{text}' is negative")
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
        raise SandboxError(f"there is no switch '{name}'", f"switches: {', '.join(sorted(SWITCHES))}")
    if switch.values:
        for allowed in switch.values:
            if _text(allowed) == _text(value):
                return allowed
        raise SandboxError(
            f"switch {name} cannot be {json_text.shown(value)}", f"values: {', '.join(map(_text, switch.values))}"
        )
    try:
        _FORMS[switch.form](value)
    except ValueError:
        raise SandboxError(
            f"switch {name} cannot be {json_text.shown(value)}",
            "write seconds, as 90 or 60..300" if switch.form == "seconds" else "write a whole number, 0 or more",
        ) from None
    return str(value) if switch.form == "seconds" else _count(value)


def _text(value: Any) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value).lower()


ON_OFF = (True, False)

declare(
    Switch("case_drift", True,
           "ids and enum words come back in another case: those of what was made outside (on), or all (everywhere)",
           "recorded of what the portal made; what a client wrote came back as written", (True, "everywhere", False)),
    Switch("case_drift_letters", "all",
           "letters that a drifting group name has in capitals; ids are compared without the case of any letter",
           ".NET's invariant capitals change every letter; nothing was recorded beyond ASCII", ("all", "ascii")),
    Switch("throttling", "documented", "Resource Manager's rate limits",
           "the limits are documented; halved is for finding out what a client does then",
           ("documented", "halved", "off")),
    Switch("rate_headers", "subscription",
           "how Microsoft.DataProtection reports the requests that are left: of the subscription's buckets (249, 199), or of its own (1099, 799)",
           "both are recorded, the second in 2026; a client that copes with the smaller buckets copes with the larger ones",
           ("subscription", "resource-requests")),
    Switch("authorization_throttling", False, "Microsoft.Authorization accepts only 120 requests a minute",
           "a field report, not documented", ON_OFF),
    Switch("byte_order_mark", False, "JSON in answers begins with a byte order mark",
           "happened in 2025 and 2026 (Azure/terraform-provider-azapi 1098, Azure/azure-rest-api-specs 42472), not as a rule",
           ON_OFF),
    Switch("latency", True, "answers take as long as Azure's (only in-process, not over HTTP)",
           "as measured of Resource Manager in general", ON_OFF),
    Switch("page_size", 0, "rows in a page of every list; 0: each list's own size",
           "page sizes are not documented", form="count", samples=(1, 7)),
    Switch("list_lag", "0", "seconds until lists show what was written",
           "lists lag at times; how long is not documented", form="seconds", samples=("60",)),
    Switch("read_lag", "0", "seconds until a read shows what was written",
           "a read of what was just written failed in a report (hashicorp/terraform-provider-azurerm 32535), not as a rule",
           form="seconds", samples=("60",)),
    Switch("propagation", "0..10", "seconds until a role assignment takes effect",
           "Azure says minutes; the default lets clients through that don't wait, as Terraform's ordinary configuration",
           form="seconds", samples=("0", "60..300", "1500")),
    Switch("propagation_flap", False, "a new role assignment allows, denies, and allows again before it settles",
           "people report caches that differ; nothing was recorded", ON_OFF),
    Switch("principal_replication", "0..30", "seconds until the directory knows a new identity",
           "documented as a delay without a length", form="seconds", samples=("0", "120")),
    Switch("principal_type_skips_check", True,
           "a role assignment with a principalType is accepted before the directory knows the identity",
           "what Azure's documentation advises principalType for; reports contradict it at times", ON_OFF),
    Switch("role_assignment_repeat", "ok", "an identical role assignment under its own name: 200, or 409 RoleAssignmentExists",
           "Microsoft's example answers 200; Azure/azure-cli 8599 of 2019 met 409", ("ok", "conflict")),
    Switch("permissions_under_condition", True, "a caller's permissions are listed even if their role has a condition",
           "not documented", ON_OFF),
    Switch("role_assignment_limit", 4000, "how many role assignments a subscription may have",
           "documented; 2000 in older subscriptions", form="count"),
    Switch("graph_lag", "0", "seconds until Resource Graph shows what was written",
           "the one comparable recording was not stale; in general it lags", form="seconds", samples=("120",)),
)  # fmt: skip
