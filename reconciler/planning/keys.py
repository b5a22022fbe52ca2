"""Keys: what `--force GATE` and `--force GATE=VALUE` may say, checked before Azure is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from reconciler.model.codes.gates import ANY, NAMES, NUMBER, VALUES, Key
from reconciler.model.errors import UsageError
from reconciler.model.ids import lower

Vaults = Collection[str] | None


def keys(said: Iterable[str], vaults: Vaults = None) -> frozenset[Key]:
    """The keys, lower-cased; UsageError for a gate that doesn't exist, or a value that it doesn't take.

    `vaults` are the lower-cased names of the manifest's vaults (None: not known yet).
    """
    found = frozenset(_key(text, vaults) for text in said)
    for name in (name for name, form in VALUES.items() if form == NUMBER):
        given = sorted(str(key) for key in found if key.gate == name)
        if len(given) > 1:
            raise UsageError(f"--force gives {name} two numbers: {' and '.join(given)}", hint="give the exact one")
    return found


def widened(force: frozenset[Key]) -> frozenset[Key]:
    """The keys for another look in the same run, in which a number that was right isn't checked again."""
    return force | {Key(key.gate, (ANY,)) for key in force if VALUES.get(key.gate) == NUMBER}


def _key(text: str, vaults: Vaults) -> Key:
    name, equals, value = lower(text).partition("=")
    if name not in NAMES:
        raise UsageError(f"--force names an unknown gate: '{text}'", hint=f"gates: {', '.join(NAMES)}")
    form = VALUES.get(name)
    if form == NUMBER:
        return Key(name, (str(_number(name, value)),))
    if not equals:
        return Key(name)
    if form is None:
        raise UsageError(f"--force {name} takes no value, but got '{value}'", hint=f"give --force {name}")
    return Key(name, _vault_and_policy(name, value, vaults))


def _number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdecimal()):
        hint = f"give --force {name}=N, the exact number that the plan shows"
        raise UsageError(f"--force {name} needs a number, but got '{value}'", hint=hint)
    return int(value)


def _vault_and_policy(name: str, value: str, vaults: Vaults) -> tuple[str, str]:
    vault, _, policy = value.partition("/")
    if not (vault and policy) or "/" in policy:
        hint = "copy it from the plan's hint"
        raise UsageError(f"--force {name}={value} is not of the form {name}={VALUES[name]}", hint=hint)
    if vaults is not None and vault not in vaults:
        hint = f"vaults: {', '.join(sorted(vaults))}"
        raise UsageError(f"--force {name} names the vault '{vault}', which the manifest does not have", hint=hint)
    return vault, policy
