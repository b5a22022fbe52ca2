"""The runbook of a machine: how a person brings it back from the copies of its disks, and back again.

The options are those of Azure CLI's `az vm` (`deallocate`, `update`, `disk attach`, `disk detach`, `start`) in its reference:
https://learn.microsoft.com/cli/azure/vm and https://learn.microsoft.com/cli/azure/vm/disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.base.durations import stamp, to_the_second
from reconciler.base.escape import code, fence, markdown
from reconciler.base.plurals import counted
from reconciler.model.ids import ArmId
from reconciler.model.rebuild import Rebuild, Replacement
from reconciler.model.resources import Attachment
from reconciler.report.script import quoted

_CACHING = {"": "unknown", "None": "none", "ReadOnly": "read-only", "ReadWrite": "read-write"}
_RULES = "The machine itself was not changed. Run these commands one after the other, and stop if one of them fails."
_APART = (
    "Azure backs up each disk at its own moment, so the copies may not fit together exactly. "
    "Once the machine runs, check data that spans several disks, such as databases and logical volumes."
)
_AFTERWARDS = (
    "Check what is on the disks. The old ones are detached and still protected; delete them only when you no longer need the "
    "way back. The next `reconciler apply` protects the copies that selectors of the manifest match."
)


def runbook(rebuild: Rebuild) -> str:
    """The runbook as Markdown."""
    machine = rebuild.machine
    there = [(one.old, one.old.name, one.copy) for one in rebuild.replaced]
    back = [(one.old, one.copy.name, one.disk) for one in rebuild.replaced]
    lines = [
        f"## Bring back the virtual machine {code(machine.name)}",
        "",
        f"{_moment(rebuild)} {_RULES}",
        "",
        f"The machine is {code(machine)}.",
        "",
        *_table(rebuild.replaced),
        "",
        *_left(rebuild),
        _APART,
        "",
        "### 1. Check that the machine still has the disks in the table",
        "",
        fence(f"az vm show {_of(machine, '--name')} --query storageProfile", "sh"),
        "### 2. Stop the machine",
        "",
        fence(f"az vm deallocate {_of(machine, '--name')}", "sh"),
        "### 3. Swap the disks",
        "",
        fence("\n".join(_exchanged(machine, there)), "sh"),
        "### 4. Start the machine",
        "",
        fence(f"az vm start {_of(machine, '--name')}", "sh"),
        _AFTERWARDS,
        "",
        "### The way back",
        "",
        "These commands give the machine its old disks back. The copies are then detached, but not deleted.",
        "",
        fence(
            "\n".join(
                [
                    f"az vm deallocate {_of(machine, '--name')}",
                    *_exchanged(machine, back),
                    f"az vm start {_of(machine, '--name')}",
                ]
            ),
            "sh",
        ),
    ]
    return "\n".join(lines).rstrip() + "\n"


def rebuild_document(rebuild: Rebuild) -> dict[str, Any]:
    """The same as data."""
    rows = [(one.old, one.disk, one.copy.text, stamp(one.taken)) for one in rebuild.replaced]
    return {
        "id": rebuild.machine.text,
        "moment": stamp(rebuild.at),
        "spread_seconds": rebuild.spread.total_seconds(),
        "disks": [
            {
                "disk": disk.text,
                "copy": copy,
                "taken": taken,
                "lun": old.lun,
                "caching": _CACHING[old.caching],
                "write_accelerator": old.write_accelerator,
            }
            for old, disk, copy, taken in rows
        ],
        "left": [one.disk.text if one.disk else one.name for one in rebuild.left],
    }


def file_name(rebuild: Rebuild) -> str:
    """The name of the file for a runbook for which no other was requested: `web-r20260105230412.md`."""
    kept = "".join(one for one in rebuild.machine.name if one.isalnum() or one in "_-").lstrip("-")
    return f"{kept or 'machine'}-r{rebuild.at:%Y%m%d%H%M%S}.md"


def _moment(rebuild: Rebuild) -> str:
    """From when the copies are, in a sentence."""
    count, span = len(rebuild.replaced), int(-(-rebuild.spread.total_seconds() // 1))
    apart = f", {counted(span, 'second')} after the first one" if count > 1 else ""
    verb = "is" if count == 1 else "are"
    last = "The last of their recovery points" if count > 1 else "Its recovery point"
    return f"{counted(count, 'copy', 'copies')} of its disks {verb} ready. {last} was taken at {to_the_second(rebuild.at)}{apart}."


def _table(replaced: Sequence[Replacement]) -> Iterator[str]:
    yield "| disk | attached as | caching | write accelerator | copy | taken |"
    yield "|---|---|---|---|---|---|"
    for one in replaced:
        old = one.old
        cells = (
            code(one.disk.name),
            _place(old),
            old.caching or "unknown",
            "on" if old.write_accelerator else "off",
            code(one.copy.name),
            to_the_second(one.taken),
        )
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _left(rebuild: Rebuild) -> list[str]:
    """What is said of disks without a copy."""
    if not rebuild.left:
        return []
    told = ", ".join(f"{markdown(one.name)} ({_place(one)})" for one in rebuild.left)
    return [f"**Without a copy, and so left as they are:** {told}.", ""]


def _place(one: Attachment) -> str:
    return "OS disk" if one.lun is None else f"LUN {one.lun}"


def _exchanged(machine: ArmId, disks: Sequence[tuple[Attachment, str, ArmId]]) -> Iterator[str]:
    """The commands that give a machine other disks: of each how it is attached, what the machine calls it, and its successor."""
    for one, _, new in disks:
        if one.lun is None:
            caching = f" {option('--disk-caching', f'os={one.caching}')}" if one.caching else ""
            accelerated = " --write-accelerator os=true" if one.write_accelerator else ""
            yield f"az vm update {_of(machine, '--name')} {option('--os-disk', new)}{caching}{accelerated}"
    data = [(one, name, new) for one, name, new in disks if one.lun is not None]
    for _, name, _new in data:
        yield f"az vm disk detach {_of(machine, '--vm-name')} {option('--name', name)}"
    for one, _, new in data:
        caching = f" {option('--caching', one.caching)}" if one.caching else ""
        accelerated = " --enable-write-accelerator" if one.write_accelerator else ""
        where = f"{option('--name', new)} {option('--lun', one.lun)}"
        yield f"az vm disk attach {_of(machine, '--vm-name')} {where}{caching}{accelerated}"


def _of(machine: ArmId, name: str) -> str:
    """The options that name a machine."""
    return " ".join(
        (
            option("--subscription", machine.written_subscription),
            option("--resource-group", machine.group),
            option(name, machine.name),
        )
    )


def option(name: str, value: object) -> str:
    """An option with its value as words of a shell; a value is never taken for another option."""
    return quoted(f"{name}={value}") if str(value).startswith("-") else f"{name} {quoted(value)}"
