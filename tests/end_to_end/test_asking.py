"""What only others may do is found out with permissions that only read, and told to those who may."""

from __future__ import annotations

from collections.abc import Callable

from arm import APPS, PLATFORM, lock, vault_id
from manifests import manifest
from stage import READER, Stage

from reconciler.model.results.registration import Registration
from reconciler.report.handover import ask_for, ask_markdown, ask_script
from reconciler.verbs.handover import unregistered


def test_providers_that_are_not_registered(fresh: Stage) -> None:
    compiled = fresh.manifest(manifest())
    assert fresh.session.run(lambda azure, _: unregistered(azure, compiled)) == ()
    with fresh._acting_as(READER):
        assert fresh.session.run(lambda azure, _: unregistered(azure, compiled)) == ()
        for subscription, namespace in ((PLATFORM, "Microsoft.DataProtection"), (APPS, "Microsoft.Compute")):
            fresh.ask("POST", f"/subscriptions/{subscription}/providers/{namespace}/unregister", version="2024-07-01")
        found = fresh.session.run(lambda azure, _: unregistered(azure, compiled))
    assert found == (Registration(PLATFORM, "Microsoft.DataProtection"), Registration(APPS, "Microsoft.Compute"))


def test_roles_that_are_left_to_others_are_asked_for_in_either_mode(
    on_stage: Callable[..., Stage], fresh: Stage
) -> None:
    for mode in ("verify", "emit"):
        ask = ask_for("quickstart", fresh.plan(manifest(roleAssignments={"mode": mode})))
        assert len(ask.roles) == 2
        assert ask_script(ask).count("az role assignment create") == 2
    assert ask_for("quickstart", fresh.plan(manifest())).roles == ()


def test_a_lock_is_asked_for_by_its_name(fresh: Stage) -> None:
    assert fresh.apply(manifest()).ok
    fresh.place(lock(vault_id(), name="frozen"))
    plan = fresh.plan(
        manifest(vaults=[{"name": "TestBkpVault", "resourceGroup": "testBkpVaultRG", "tags": {"a": "b"}}])
    )
    assert "frozen" in ask_markdown(ask_for("quickstart", plan))
