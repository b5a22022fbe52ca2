"""Keys: what `--force GATE` and `--force GATE=VALUE` may say, checked before Azure is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from reconciler.errors import UsageError
from reconciler.ids import lower
from reconciler.planning.gates import NAMES, VALUES


def keys(said: Iterable[str], vaults: Collection[str] | None = None) -> frozenset[str]:
    """The keys, lower-cased; UsageError for a gate that doesn't exist, or a value that it doesn't take.

    `vaults` are the lower-cased names of the manifest's vaults (None: not known yet).
    """
    found = frozenset(_key(text, vaults) for text in said)
    for name, form in VALUES.items():
        given = sorted(key for key in found if form == "N" and key.startswith(f"{name}="))
        if len(given) > 1:
            raise UsageError(f"--force gives {name} two numbers: {' and '.join(given)}", hint="give the exact one")
    return found


def _key(text: str, vaults: Collection[str] | None) -> str:
    name, equals, value = lower(text).partition("=")
    if name not in NAMES:
        raise UsageError(f"--force names no gate: {text!r}", hint=f"gates: {', '.join(NAMES)}")
    form = VALUES.get(name, "")
    if equals and not form:
        raise UsageError(f"--force {name} takes no value, but got {value!r}", hint=f"give --force {name}")
    if form == "N" and not (value.isascii() and value.isdecimal()):
        hint = f"give --force {name}={form}, the exact number that the plan shows"
        raise UsageError(f"--force {name} needs a number, but got {text!r}", hint=hint)
    if form == "VAULT/POLICY" and equals:
        vault, _, policy = value.partition("/")
        if not policy or "/" in policy:
            raise UsageError(f"--force {text!r} is not of the form {name}={form}", hint="copy it from the plan's hint")
        if vaults is not None and vault not in vaults:
            hint = f"vaults: {', '.join(sorted(vaults))}"
            raise UsageError(f"--force {name} names the vault {vault!r}, which the manifest does not have", hint=hint)
    return name if form != "N" else f"{name}={int(value)}" if equals else name
