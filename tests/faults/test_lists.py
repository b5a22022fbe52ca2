"""Lists in many pages, cut short, doubled or led astray: all of it or nothing, and a token only for its own host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import APPS, disk, estate, group
from faults import Answer, Asked, Fault, answer, changed, error
from manifests import manifest, selecting
from stories import VAULT_ID, applied, state_of
from trial import Trial

NAMES = ["data-1", "data-2", "data-3", "data-4"]
LISTS = ("disks", "backupVaults", "backupInstances", "backupPolicies", "roleAssignments", "resourcegroups")


@pytest.fixture
def fleet(trials: Callable[..., Trial]) -> Trial:
    """Four disks that a selector finds, all of them protected, and lists in pages of one row."""
    disks = [disk(name, tags={"backup": "gold"}) for name in NAMES]
    trial = trials(estate(group(APPS, "diskrg"), disks, switches={"page_size": 1}), manifest(disks=[selecting()]))
    return applied(trial)


def second_pages(asked: Asked) -> bool:
    return "skiptoken" in asked.url.lower()


def test_f29_every_page_of_every_list_is_read(fleet: Trial) -> None:
    plan = fleet.plan("--detailed-exitcode")
    assert plan.code == 0, plan.text
    pages = [call for call in plan.calls if call.path.endswith("/providers/Microsoft.Compute/disks")]
    assert len(pages) >= 4
    assert len(fleet.instances(VAULT_ID)) == 4


@pytest.mark.parametrize(
    "host", ["evil.example", "management.azure.com.evil.example", "management.azure.com@evil.example"]
)
@pytest.mark.parametrize("kind", LISTS)
def test_f29_a_link_to_another_host_is_refused_before_the_token_leaves(fleet: Trial, kind: str, host: str) -> None:
    def astray(body: Any) -> Any:
        return {**body, "nextLink": f"https://{host}/next"}

    hit = fleet.inject(f"LIST {kind}", changed(astray), times=1000)
    run = fleet.apply("--prune")
    assert (run.code, run.writes, len(hit.hits) > 0) == (1, [], True)
    assert "evil.example" in run.err
    assert "keep the access token safe" in run.err


@pytest.mark.parametrize("header", ["Azure-AsyncOperation", "Location"])
def test_f29_an_operation_on_another_host_is_never_followed(quickstart: Trial, header: str) -> None:
    def astray(asked: Asked) -> Answer:
        status, headers, content, latency = asked.act()
        return status, {**headers, header: "https://evil.example/operation"}, content, latency

    quickstart.inject("PUT backupVaults", astray, times=1000)
    run = quickstart.apply()  # the weather of a trial fails on any request that leaves for another host
    assert run.code == (1 if header == "Azure-AsyncOperation" else 0), run.text


def endless(asked: Asked) -> Answer:
    """Every page links to the first one."""
    body = changed(lambda body: {**body, "nextLink": asked.url})
    return body(asked)


CUT: dict[str, Fault] = {
    "500": answer(500),
    "error": error(500, "InternalServerError", "Sorry."),
    "value: null": changed(lambda body: {**body, "value": None}),
    "no value": changed(lambda body: {"nextLink": body.get("nextLink")}),
    "a list": answer(200, []),
    "null": answer(200, b"null"),
    "html": answer(200, b"<html>login</html>", Content_Type="text/html"),
    "empty": answer(200, b""),
    "403": error(403, "AuthorizationFailed", "No."),
    "404": error(404, "NotFound", "No."),
    "rows that aren't": changed(lambda body: {**body, "value": [None, 1]}),
}


@pytest.mark.parametrize("fault", CUT.values(), ids=CUT.keys())
@pytest.mark.parametrize("kind", ["disks", "backupInstances", "backupPolicies", "roleAssignments"])
def test_f30_a_list_cut_short_is_an_error_and_never_the_rest_is_gone(fleet: Trial, kind: str, fault: Fault) -> None:
    hit = fleet.inject(f"LIST {kind}", fault, times=100_000, where=second_pages)
    if kind == "backupPolicies":  # there is but one, so its first page is the one that is cut
        hit.where = lambda _: True
    run = fleet.apply("--prune", said=manifest(disks=[selecting()]))
    assert hit.hits
    assert (run.code, run.writes) == (1, [])
    assert "to the end" in run.err
    assert "No changes" not in run.text
    assert fleet.drift().code == 1, "couldn't tell is not the same as no drift"
    assert state_of(fleet, "data-4") == "ProtectionConfigured"


def test_f30_a_list_that_never_ends_is_an_error(fleet: Trial) -> None:
    fleet.inject("LIST backupInstances", endless, times=1000)
    run = fleet.apply("--prune")
    assert (run.code, run.writes) == (1, [])
    assert "does not end" in run.err


def test_f30_a_page_that_fails_once_is_read_again(fleet: Trial) -> None:
    fleet.inject("LIST *", answer(500), times=5, where=second_pages)
    plan = fleet.plan("--detailed-exitcode")
    assert plan.code == 0, plan.text


def doubled(body: Any) -> Any:
    """Every row twice, the second time in another case."""
    loud = [{**row, "id": row["id"].upper()} for row in body["value"] if "id" in row]
    quiet = [{**row, "id": row["id"].lower()} for row in body["value"] if "id" in row]
    return {**body, "value": [*quiet, *body["value"], *loud]}


def test_f31_one_id_in_two_spellings_is_one_object(fleet: Trial) -> None:
    hit = fleet.inject("LIST *", changed(doubled), times=100_000)
    plan = fleet.plan("--detailed-exitcode")
    assert plan.code == 0, plan.text
    run = fleet.apply("--prune")
    assert (run.code, run.writes) == (0, [])
    assert hit.hits


def test_f31_from_nothing_with_every_row_doubled(trials: Callable[..., Trial]) -> None:
    trial = trials(estate([disk(name, tags={"backup": "gold"}) for name in NAMES]), manifest(disks=[selecting()]))
    trial.inject("LIST *", changed(doubled), times=100_000)
    run = trial.apply()
    assert run.code == 0, run.text
    written = {call.path.lower() for call in run.writes if call.kind == "PUT backupInstances"}
    assert len(written) == 4  # one object for each disk; a permission that arrives late costs another try
