"""Who signs in, and what is missing: told by the shipped roles, by built-in ones, and by none."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from arm import APPS, PLATFORM, disk, estate, group
from manifests import manifest
from stage import OPERATOR, READER, ROLES, Stage, with_roles

from reconciler.azure.sign_in.credentials import WAYS
from reconciler.cli.main import COMMANDS
from reconciler.loading import rights
from reconciler.model.results.identity import Bearer, Identity, SubscriptionRights
from reconciler.report.listing import listing_markdown, listing_text
from reconciler.report.whoami import identity_document, identity_listing
from reconciler.verbs.whoami import identity

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "whoami.schema.json").read_text(encoding="utf-8"))
NOBODY = "nobody"
GRANT = "Microsoft.Authorization/roleAssignments/write"
SHOWN = {name: way.shown for name, way in WAYS.items()}


def found(stage: Stage, said: Any = None, *, token: str = OPERATOR) -> Identity:
    compiled = stage.manifest(said) if said else None
    with stage._acting_as(token):
        told = stage.session.run(lambda azure, _clock: identity(azure, compiled))
    assert not stage.writes()
    return told


@pytest.fixture
def stage(tmp_path: Path) -> Any:
    with Stage(tmp_path / "stage", estate(group(APPS, "diskrg"), disk("PSTestDisk"))) as opened:
        yield opened


def lacking(told: Identity) -> dict[str, set[str]]:
    return {
        command: {action for place in told.places for action in (place.missing or {})[command]}
        for command in rights.COMMANDS
    }


def test_the_operator_may_all_that_its_role_holds(stage: Stage) -> None:
    told = found(stage)
    assert [place.subscription for place in told.places] == [PLATFORM, APPS]
    assert not any(lacking(told)[command] for command in ("validate", "plan", "drift", "apply"))
    assert not told.lacks("apply")


def test_the_reader_may_plan_and_lacks_what_apply_writes(stage: Stage) -> None:
    told = lacking(found(stage, token=READER))
    assert not (told["plan"] | told["drift"])
    assert GRANT in told["apply"]
    assert GRANT in told["restore"]
    assert not [action for action in told["apply"] if action.endswith("/read") and action in rights.needed("plan")]


def test_a_manifest_narrows_it_to_its_subscriptions_and_to_what_lies_there(stage: Stage) -> None:
    stage.recorder.token = READER
    platform, apps = found(stage, manifest(), token=READER).places
    assert platform.subscription == PLATFORM
    vault, disks = (set((place.missing or {})["apply"]) for place in (platform, apps))
    assert "Microsoft.DataProtection/backupVaults/write" in vault - disks
    assert not [action for action in disks if action.startswith("Microsoft.DataProtection/")]


def test_what_is_not_visible_is_no_right_and_no_error(stage: Stage) -> None:
    far = "99999999-9999-9999-9999-999999999999"
    told = found(
        stage,
        manifest(disks=[{"select": {"subscriptions": [far]}, "vault": "TestBkpVault", "policy": "diskBkpPolicy"}]),
    )
    (place,) = [place for place in told.places if place.subscription == far]
    assert "not visible" in place.problem
    assert place.missing is None
    assert told.lacks("plan")


@pytest.mark.parametrize("shown", [True, False])
def test_rights_under_a_condition_may_be_left_out_by_azure_and_that_is_said(stage: Stage, shown: bool) -> None:
    stage.switch(permissions_under_condition=shown)
    told = found(stage)
    assert told.lacks("apply") is not shown
    assert shown or "under a condition" in listing_text(identity_listing(told, ways=SHOWN))


def test_nobody_has_no_subscription(tmp_path: Path) -> None:
    said = with_roles(estate(group(APPS, "diskrg")))
    said["callers"].append({"name": "nobody", "token": NOBODY, "roles": []})
    with Stage(tmp_path / "stage", said) as stage:
        told = found(stage, token=NOBODY)
    assert told.places == ()
    assert told.lacks("plan")


def test_what_one_role_takes_out_another_may_still_allow() -> None:
    contributor = {"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Write"]}
    assert rights.missing([GRANT, "A/b/read"], [contributor]) == (GRANT,)
    assert rights.missing([GRANT], [contributor, {"actions": ["microsoft.authorization/roleassignments/*"]}]) == ()
    assert rights.missing([GRANT], []) == (GRANT,)


def test_the_lists_are_those_of_the_shipped_roles() -> None:
    operator = set(json.loads((ROLES / "reconciler-operator.json").read_text())["Actions"])
    assert rights.needed("plan") == set(json.loads((ROLES / "reconciler-reader.json").read_text())["Actions"])
    assert rights.needed("apply") <= operator
    for command in {"backup", "restore"} & set(COMMANDS):
        assert rights.needed(command) <= operator
    assert set(rights.COMMANDS) <= set(COMMANDS)


def test_the_document_fits_its_schema_and_the_text_tells_no_markup() -> None:
    bearer = Bearer("github", "", "application", "<b>::error::", "t", "o", "c", "2026-01-01T00:00:00+00:00")
    places = (
        SubscriptionRights("s", "[x](http://y)", "Warned", dict.fromkeys(rights.COMMANDS, ())),
        SubscriptionRights("t", problem="gone"),
    )
    told = Identity("https://management.azure.com", bearer, places)
    jsonschema.validate(identity_document(told), SCHEMA)
    listing = identity_listing(told, ways=SHOWN)
    text, page = listing_text(listing), listing_markdown(listing)
    assert text.startswith("Signed in to https://management.azure.com with GitHub Actions' identity token\n\n")
    assert "1 of 2 subscriptions visible." in text
    assert "<b>" not in page
    assert "[x](http" not in page


def test_claims_are_told_and_the_token_is_not(stage: Stage) -> None:
    from base64 import urlsafe_b64encode

    from reconciler.azure.sign_in.signing import Signing

    said = {"oid": "object", "appid": "client", "tid": "tenant", "idtyp": "app", "exp": 1767225600}
    token = ".".join(urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in ("{}", json.dumps(said), "s"))

    async def given() -> str:
        return token

    async def work(azure: Any, _clock: Any) -> Identity:
        azure.signing = Signing("token-file", token=given)
        await asyncio.sleep(0)
        return await identity(azure, None)

    told = stage.session.run(work)
    assert told.bearer == Bearer(
        "token-file", "", "application", "", "tenant", "object", "client", "2026-01-01T00:00:00+00:00"
    )
    assert token not in json.dumps(identity_document(told)) + listing_text(identity_listing(told, ways=SHOWN))
