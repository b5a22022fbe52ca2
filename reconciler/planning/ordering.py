"""Order, narrowing and checksum of a plan: the same changes always have the same order and checksum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.model.addresses import Address
from reconciler.model.canonical import digest
from reconciler.model.changes import Action, Change, Kind
from reconciler.model.errors import UsageError
from reconciler.model.findings import Finding
from reconciler.model.ids import lower
from reconciler.model.outlines import outline
from reconciler.model.short_names import ShortNames, Typed
from reconciler.planning.world import World

_PHASES = {kind: number for number, kind in enumerate(Kind)}


def ordered(changes: Iterable[Change]) -> list[Change]:
    """The changes in order of phases and addresses, retirements last. `depends` keeps only what is planned."""
    found = list(changes)
    planned = {change.address for change in found}
    narrowed = (replace(change, depends=_planned(change.depends, planned)) for change in found)
    return sorted(narrowed, key=_rank)


def _planned(depends: tuple[Address, ...], planned: set[Address]) -> tuple[Address, ...]:
    return tuple(dict.fromkeys(address for address in depends if address in planned))


def _rank(change: Change) -> tuple[bool, int, str]:
    retires = change.action is Action.DESTROY and change.kind is not Kind.DISK
    return retires, _PHASES[change.kind], lower(change.address)


def finding_rank(finding: Finding) -> tuple[int, str, str, str]:
    """The sort key of a plan's findings: severity, code, address, message."""
    return finding.severity.rank, finding.code, lower(finding.address), finding.message


class Narrowing:
    """What `--only` leaves of a plan; a policy's address includes the disks that use it.

    `used` maps the addresses of disks to those of their policies, `known` are all that can be named. UsageError for a
    text that is no pattern and names several things. `unmatched` is what names nothing, with what may have been meant.
    """

    def __init__(
        self, only: tuple[str, ...], used: Mapping[Address, Address], known: Iterable[Address], names: ShortNames
    ) -> None:
        self._used = used
        self.is_whole = not only
        self.unmatched: dict[str, str] = {}
        self._chosen: set[Address] = set()
        everything = list(dict.fromkeys(known)) if only else []
        for text in only:
            typed = Typed(text, names)
            chosen = typed.chosen(everything)
            if typed.is_ambiguous(chosen):
                raise UsageError(
                    f"--only {text} names {len(chosen)} things: {', '.join(map(names.shown, chosen))}",
                    hint="type more of the name, or a pattern such as `*` for all of them",
                )
            self._chosen.update(chosen)
            if not chosen:
                self.unmatched[text] = typed.near(everything)

    def takes(self, address: Address) -> bool:
        """Whether an address, or the policy of its disk, is named."""
        return self.is_whole or address in self._chosen or self._used.get(address) in self._chosen


def narrowed(changes: Iterable[Change], narrowing: Narrowing) -> list[Change]:
    """The changes that a narrowing takes, and what they depend on.

    A retirement depends on the disks that leave it, so it never goes without them.
    """
    by_address = {change.address: change for change in changes}
    chosen = {address for address in by_address if narrowing.takes(address)}
    waiting = list(chosen)
    while waiting:
        for address in by_address[waiting.pop()].depends:
            if address in by_address and address not in chosen:
                chosen.add(address)
                waiting.append(address)
    return [change for change in by_address.values() if change.address in chosen]


def checksum(world: World, changes: list[Change]) -> str:
    """The checksum of the compiled manifest, the tool's version, and the changes with before and after of owned fields.

    It leaves out findings, health, read-only fields and times: what changes by itself must not make a plan stale.
    """
    data = {"tool": world.options.tool_version, "manifest": world.manifest, "changes": map(outline, changes)}
    return digest(data)
