"""Keys to gates: what `--force` may say."""

from __future__ import annotations

import pytest

from reconciler.model.codes.gates import NUMBER, Key
from reconciler.model.errors import UsageError
from reconciler.planning import keys as keys_module
from reconciler.planning.keys import keys

VAULTS = ("v", "w")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ([], set()),
        (["empty", "mass-change"], {"empty", "mass-change"}),
        (["Mass-Change"], {"mass-change"}),
        (["unknown-policy"], {"unknown-policy"}),
        (["unknown-policy=V/Gold"], {"unknown-policy=v/gold"}),
        (["unknown-policy=v/a", "unknown-policy=w/b"], {"unknown-policy=v/a", "unknown-policy=w/b"}),
    ],
)
def test_what_opens_a_gate(said: list[str], found: set[str]) -> None:
    assert set(map(str, keys(said, VAULTS))) == found


@pytest.mark.parametrize(
    "said",
    [
        "",
        "no-gate",
        "mass-change=1",
        "mass-change=",
        "unknown-policy=",
        "unknown-policy=v",
        "unknown-policy=v/",
        "unknown-policy=/a",
        "unknown-policy=v/a/b",
        "unknown-policy=x/a",
        "allow-delete",
        "allow-delete=1",
    ],
)
def test_what_opens_none_is_a_mistake(said: str) -> None:
    with pytest.raises(UsageError) as caught:
        keys([said], VAULTS)
    assert caught.value.hint


def test_a_vault_is_not_looked_up_where_no_manifest_is_known() -> None:
    assert keys(["unknown-policy=x/a"]) == {Key("unknown-policy", ("x", "a"))}


@pytest.mark.parametrize("value", ["", "=", "=x", "=-1", "=1.5", "=٣"])
def test_a_number_must_be_one(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(keys_module.VALUES, "empty", NUMBER)  # type: ignore[arg-type]
    assert keys(["empty=036"]) == {Key("empty", ("36",))}
    with pytest.raises(UsageError, match="needs a number"):
        keys([f"empty{value}"])
    with pytest.raises(UsageError, match="two numbers"):
        keys(["empty=1", "empty=2"])
