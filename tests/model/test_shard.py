"""How a manifest's vaults are dealt out to shards."""

from __future__ import annotations

import pytest

from reconciler.model.shard import WHOLE, Shard


@pytest.mark.parametrize("said", ["0/3", "4/3", "1", "1/0", "a/b", "-1/3", "1/3/5", "", "٣/٣٣ "])
def test_what_names_no_shard_is_an_error(said: str) -> None:
    with pytest.raises(ValueError, match="I from 1 to N"):
        Shard.parse(said)


def test_a_shard_is_written_as_it_is_read() -> None:
    assert str(Shard.parse(" 2/5 ")) == "2/5"
    assert Shard.parse("1/1") == WHOLE


@pytest.mark.parametrize("count", range(1, 17))
def test_every_vault_is_in_one_shard_and_shards_differ_by_one_at_most(count: int) -> None:
    vaults = [[f"/vault-{number}"] for number in range(25)]
    hands = [Shard(number, count).dealt(vaults) for number in range(1, count + 1)]
    assert sorted(key for hand in hands for key in hand) == sorted(key for (key,) in vaults)
    assert max(map(len, hands)) - min(map(len, hands)) <= 1
    assert [Shard(number, count).dealt(reversed(vaults)) for number in range(1, count + 1)] == hands


def test_what_must_stay_together_does() -> None:
    hands = [Shard(number, 2).dealt([["/b", "/a"], ["/c"], ["/d"]]) for number in (1, 2)]
    assert hands == [{"/a", "/b", "/d"}, {"/c"}]


def test_what_nobody_declares_is_taken_by_one_shard_wherever_it_is_asked() -> None:
    for key in ("/vault-x", "/vault-y", "/vault-z"):
        assert [Shard(number, 7).takes(key) for number in range(1, 8)].count(True) == 1
        assert WHOLE.takes(key)
