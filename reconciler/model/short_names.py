"""Short names: how addresses and ids are shown to people, and what people may type for them.

The grammar, with what stands between `<` and `>` in Azure's spelling:

- a disk: `<subscription>/<group>/<name>`, and its instance `disk/<subscription>/<group>/<name>`
- a resource group: `<subscription>/<group>`, as an address `group/<subscription>/<group>`
- anything else: `<subscription>/<group>/<type>/<name>`, where the type lacks its provider
- a role assignment: `role/<vault>/<role>@<one of these>`; a vault and a policy as everywhere

A subscription is shown by its name where that is plain and no other has it, else by its id.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.globs import glob, is_pattern
from reconciler.model.ids import ArmId, group_id, is_arm_id, lower

_PLAIN = re.compile(r"[^\W_][\w.-]*")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DISKS = "microsoft.compute/disks"
_VAULTS = "microsoft.dataprotection/backupvaults"
_PROVIDERS = "/providers/"
_SCOPE = re.compile(r"(?:^|[/@])/subscriptions/")
_IN_TEXT = re.compile(
    r"(?<![\w/@.])(?<!GET )(?<!PUT )(?<!POST )(?<!PATCH )(?<!DELETE )(?:(?P<head>(?:disk|drill/[\w.-]+)/|role/[\w-]+/[\w.-]+@)?"
    r"(?P<id>/subscriptions/[\w-]+/resourceGroups/[\w/.()-]*\w)"
    r"|(?P<role>role/[\w-]+/[\w.-]+@)(?P<whole>/subscriptions/[\w-]+)(?![\w/-])"
    r"|group/(?P<subscription>[\w-]{36})/(?P<group>[\w.()-]*\w))",
    re.IGNORECASE,
)
"""An id in a sentence, alone or at the end of an address, or the address of a group, without the punctuation after it.

The path of a request is none: `PUT /subscriptions/…` says what was sent.
"""
_SUBSCRIPTION = re.compile(r"((?:disk|group|drill/[^/]*)/|role/[^@]*@)([^/]+)", re.IGNORECASE)
"""The start of an address in the form that is shown, with the subscription in it."""
_ID_WITHIN = re.compile(rf"(?<![^/@]){_ID.pattern}(?![^/])")
_NO_WIDTH = "\u200b"
"""What stands in Markdown after an `@`, so that nobody is notified, and is copied together with a name."""
BEGINNINGS = frozenset({"group", "vault", "policy", "role", "disk", "move", "restore", "drill"})
"""The words that an address may begin with: every kind of change."""
_NEAR, _LONGEST = 0.7, 200


@dataclass(slots=True)
class ShortNames:
    """`subscriptions`: their names by lower-cased id, if plain and unique; `groups`: as Azure spells them, by id.

    Without `is_known`, what subscriptions are called could not be read, and they are shown by their ids.
    """

    subscriptions: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    is_known: bool = True

    def subscription(self, own: str) -> str:
        """A subscription's name, or its id."""
        return self.subscriptions.get(lower(own), own)

    def tells(self, text: str, ids: Iterable[str]) -> bool:
        """Whether the subscription in an address is one that is known by that name, or by one of these ids."""
        found = _SUBSCRIPTION.match(text)
        if found is None or _ID.fullmatch(found[2]) or found[2] == "*":
            return True
        pattern = glob(lower(found[2]))
        return self.is_known and any(map(pattern.match, map(lower, (*self.subscriptions.values(), *ids))))

    def own_group(self, arm_id: ArmId) -> str:
        """The name of the resource group of an id, as Azure spells it; empty where it has none."""
        found = arm_id.group
        return self.groups.get(f"/subscriptions/{arm_id.subscription}/resourcegroups/{lower(found)}", found)

    def group(self, arm_id: ArmId) -> str:
        """The resource group of an id, with its subscription; the subscription alone where it has none."""
        return "/".join(filter(None, (self.subscription(arm_id.subscription), self.own_group(arm_id))))

    def of(self, arm_id: ArmId) -> str:
        """The short name of a disk, a scope or anything else with an id; the id where that is in no subscription."""
        if not arm_id.subscription:
            return arm_id.text
        own = arm_id.name if arm_id.type == _DISKS else _own(arm_id)
        return "/".join(filter(None, (self.group(arm_id), own)))

    def in_vault(self, instance: ArmId) -> str:
        """An instance with its vault: `NAME in the vault VAULT (subscription SUBSCRIPTION)`; without it where the id has none."""
        vault, subscription = instance.parent, self.subscription(instance.subscription)
        if vault.type != _VAULTS:
            return f"{instance.name} in another vault"
        return f"{instance.name} in the vault {vault.name} (subscription {subscription})"

    def of_text(self, text: str) -> str:
        """The short name of the id that a text is; any other text stays the same."""
        return self.of(ArmId(text)) if is_arm_id(text) else text

    def of_message(self, text: str) -> str:
        """A text with short names for the ids and addresses in it, but between backticks, where all is to be copied."""
        return "`".join(
            part if number % 2 else _IN_TEXT.sub(self._short, part) for number, part in enumerate(text.split("`"))
        )

    def _short(self, found: re.Match[str]) -> str:
        arm_id = found["id"] or found["whole"]
        if arm_id:
            return f"{found['head'] or found['role'] or ''}{self.of(ArmId(arm_id))}"
        return f"group/{self.group(group_id(found['subscription'], found['group']))}"

    def listed(self, ids: Iterable[ArmId]) -> str:
        """The short names of some ids, for a sentence."""
        return ", ".join(map(self.of, ids))

    def shown(self, address: Address) -> str:
        """An address for people; one that was only typed, and so has no parts, as it is."""
        if address.kind == "group" and address.names:
            subscription, name = address.names
            key = f"/subscriptions/{lower(subscription)}/resourcegroups/{lower(name)}"
            return f"group/{self.subscription(subscription)}/{self.groups.get(key, name)}"
        if address.arm_id is None:
            return str(address)
        own = self.of(address.arm_id)
        if not address.kind:
            return own
        return f"{address.head}{'@' if address.kind == 'role' else '/'}{own}"


def apart(names: Mapping[str, str]) -> dict[str, str]:
    """The least end of each short name that no other one has, by the same keys: `sql-003`, or `payments-westus/data`."""
    shared = Counter(end for name in names.values() for end in _endings(lower(name)))
    return {
        key: next((name[-len(end) :] for end in _endings(lower(name)) if shared[end] == 1), name)
        for key, name in names.items()
    }


def named(rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The subscriptions that are shown by name, of their ids and names; none by a name that an address may begin with."""
    found = {lower(own): name for own, name in rows}
    taken = [lower(name) for name in found.values()]
    return {
        own: name
        for own, name in found.items()
        if _PLAIN.fullmatch(name)
        and not _ID.fullmatch(name)
        and taken.count(lower(name)) == 1
        and lower(name) not in BEGINNINGS
    }


def in_any_subscription(text: str) -> str:
    """An address with `*` in place of the name of its subscription; the same where it has none, or an id."""
    found = _SUBSCRIPTION.match(text)
    return f"{found[1]}*{text[found.end() :]}" if found and not _ID.fullmatch(found[2]) else text


class Typed:
    """What somebody typed for an address: a whole one in either form, or the end of a short one, with `*` and `?`."""

    def __init__(self, text: str, names: ShortNames) -> None:
        self.text = text = text.replace(_NO_WIDTH, "")
        self._names, self._is_pattern = names, is_pattern(text)
        said = lower(text.rstrip("/"))
        shown = said if _SCOPE.search(said) else _ID_WITHIN.sub(lambda own: lower(names.subscription(own[0])), said)
        self._said = dict.fromkeys((said, shown))
        self._patterns = [glob(one) for one in self._said]

    def is_address(self, address: Address) -> bool:
        """Whether it is all of the address, in the form that is shown or in the one that documents have."""
        return any(map(self._is, map(lower, (address, self._names.shown(address)))))

    def is_whole(self, address: Address) -> bool:
        """The same, or all of the id of a disk."""
        return self.is_address(address) or bool(address.disk and self._is(address.disk.key))

    def is_end(self, address: Address) -> bool:
        """Whether it is the end of an address of something that has a name of its own."""
        return address.kind in _ENDS and any(map(self._is, _ends(lower(self._names.shown(address)))))

    def chosen(self, known: Iterable[Address]) -> list[Address]:
        """Those that it names: whole ones if there are any, else those that end so."""
        found = list({lower(one): one for one in known}.values())
        return [one for one in found if self.is_whole(one)] or [one for one in found if self.is_end(one)]

    def disks(self, known: Iterable[ArmId]) -> list[ArmId]:
        """The disks that it names, each once; the address of something else that is of one disk names that disk."""
        there = [addresses.disk(one) for one in known]
        return [one.disk for one in self.chosen(there) or self._of_one(there) if one.disk is not None]

    def _of_one(self, known: Iterable[Address]) -> list[Address]:
        found = _OF_A_DISK.fullmatch(lower(self.text))
        own = Typed(f"disk/{found['disk']}", self._names) if found else None
        return [one for one in {lower(one): one for one in known}.values() if own and own.is_address(one)]

    @property
    def of_no_disk(self) -> str:
        """Why it can't name a disk, for a hint: it is the address of something else; empty where it may name one."""
        kind, slash, _ = lower(self.text).partition("/")
        if not slash or kind not in _OTHERS or _OF_A_DISK.fullmatch(lower(self.text)):
            return ""
        return f"this is the address of {_OTHERS[kind]}: name a disk, as `disk/<subscription>/<group>/<name>` or the end of that"

    def near_disks(self, known: Iterable[Address]) -> str:
        """Why it can't name a disk, or which may have been meant, for a hint; empty: nothing comes near."""
        return self.of_no_disk or self.near(known)

    def vaults(self, known: Mapping[ArmId, str]) -> list[ArmId]:
        """The vaults that it names, by id, `vault/<name>` or the end of a short name; `known` says their names in a manifest."""
        told = {
            one: (*_ends(f"/{lower(self._names.of(one))}"), one.key, lower(f"vault/{name}"))
            for one, name in known.items()
        }
        whole = [one for one, (short, *_, key, address) in told.items() if any(map(self._is, (short, key, address)))]
        return whole or [one for one, ends in told.items() if any(map(self._is, (*ends, lower(known[one]))))]

    def near(self, known: Iterable[Address]) -> str:
        """What may have been meant, as a question for a hint; empty: nothing comes near."""
        from difflib import get_close_matches  # only a typing error needs it

        size, ends = self.text.count("/") + 1, dict[str, set[str]]()
        for shown in sorted({self._names.shown(one) for one in known if one.kind in _ENDS}):
            ends.setdefault("/".join(shown.split("/")[-size:]), set()).add(shown)
        spelled = {lower(end): end if len(whole) == 1 else min(whole) for end, whole in ends.items()}
        meant = [spelled[one] for one in get_close_matches(lower(self.text)[:_LONGEST], spelled, n=3, cutoff=_NEAR)]
        return f"did you mean {' or '.join(meant)}?" if meant else ""

    def _is(self, text: str) -> bool:
        return text in self._said or any(pattern.match(text) for pattern in self._patterns)

    def is_ambiguous(self, chosen: Sequence[object]) -> bool:
        """Whether it names several things, and isn't a pattern, which may."""
        return len(chosen) > 1 and not self._is_pattern


_ENDS = frozenset({"disk", "vault", "policy", "group"})
_OF_A_DISK = re.compile(
    r"(?:role/[^/]+/[^/@]+@|drill/[^/]+/)(?P<disk>[^/]+/[^/]+/[^/]+|/subscriptions/.+/microsoft\.compute/disks/[^/]+)"
)
"""The address, in lower case, of a role assignment at a disk, or of a drill of one."""
_OTHERS = {
    "drill": "a drill",
    "gate": "a gate",
    "group": "a resource group",
    "policy": "a policy",
    "role": "a role assignment that isn't at a disk",
    "vault": "a vault",
}


def _ends(text: str) -> Iterator[str]:
    parts = text.split("/")
    return ("/".join(parts[start:]) for start in range(1, len(parts)))


def _endings(text: str) -> Iterator[str]:
    """The ends of a short name, the least first, and all of it."""
    parts = text.split("/")
    return ("/".join(parts[start:]) for start in range(len(parts) - 1, -1, -1))


def _own(arm_id: ArmId) -> str:
    """The types and names of a resource without its provider; empty for groups and subscriptions."""
    provider = arm_id.key.rfind(_PROVIDERS)
    return arm_id.text[provider + len(_PROVIDERS) :].partition("/")[2] if provider >= 0 else ""
