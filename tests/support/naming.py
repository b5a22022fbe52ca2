"""Disks, groups and subscriptions with odd, equal and misleading names, for property tests, and what is known there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hypothesis import strategies as st

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.ids import ArmId, group_id, lower, vault_id
from reconciler.model.short_names import ShortNames, named

KINDS = ["disk", "vault", "policy", "group", "role", "drill", "subscriptions", "providers"]
SUBSCRIPTIONS = [f"{digit * 8}-{digit * 4}-{digit * 4}-{digit * 4}-{digit * 12}" for digit in "123"]
PLAIN = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,7}", fullmatch=True) | st.sampled_from([*KINDS, "a", "A", "b"])
GROUPS = PLAIN.map(lambda text: text.rstrip(".") or "g") | st.sampled_from(
    ["größe", "GRÖSSE", "Größe", "(a)", "-b-", "İ"]
)
TITLES = (
    PLAIN
    | st.text(min_size=1, max_size=8)
    | st.sampled_from([*KINDS, "Prod Sub", "a*", "[a]", "a?", "a/b", *SUBSCRIPTIONS, "payments", "PAYMENTS"])
)


def upper(text: str) -> str:
    """The text as Azure may spell it in capitals: no letter becomes several, or another one."""
    return "".join(raised if lower(raised := letter.upper()) == lower(letter) else letter for letter in text)


class World(NamedTuple):
    """Names as Azure has them, and what is known there."""

    names: ShortNames
    disks: list[ArmId]
    known: list[Address]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Several subscriptions, maybe of equal or odd names, with disks of equal names in groups of equal names."""
    titles: Mapping[str, str] = {own: draw(TITLES) for own in SUBSCRIPTIONS}
    places = draw(st.lists(st.tuples(st.sampled_from(SUBSCRIPTIONS), GROUPS), min_size=1, max_size=4))
    spelled = {lower(group_id(own, name).text): name for own, name in places}
    found = [(*draw(st.sampled_from(places)), draw(PLAIN)) for _ in range(draw(st.integers(1, 6)))]
    disks = {
        one.key: one
        for one in (
            ArmId(f"{group_id(own, group)}/providers/Microsoft.Compute/disks/{name}") for own, group, name in found
        )
    }
    names = ShortNames(named(titles.items()), spelled)
    vault, policy = draw(PLAIN), draw(PLAIN)
    known = [addresses.vault(vault), addresses.policy(vault, policy), addresses.drill(draw(PLAIN))]
    known += [addresses.group(group_id(*place)) for place in places]
    for one in disks.values():
        known += [addresses.disk(one), addresses.role(vault, "disk-backup-reader", one)]
        known += [addresses.drill("weekly", one), addresses.role(vault, "reader", one.group_id)]
    known.append(addresses.resource(vault_id(SUBSCRIPTIONS[0], places[0][1], vault)))
    return World(names, list(disks.values()), list({lower(one): one for one in known}.values()))
