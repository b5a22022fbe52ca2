"""Resource Graph: the queries that are asked, pages, permissions; what isn't understood is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reconciler.sandbox.graph.evaluation import run
from reconciler.sandbox.graph.kql import QueryError, parse

ONE = "11111111-1111-1111-1111-111111111111"
TWO = "22222222-2222-2222-2222-222222222222"
PATH = "/providers/Microsoft.ResourceGraph/resources"
ROWS: list[dict[str, Any]] = [
    {"name": "a", "n": 1, "tags": {"k": "Gold"}, "properties": {"list": [{"x": "one-two"}]}},
    {"name": "B", "n": 20, "tags": None, "properties": {}},
    {"name": "c", "n": None, "tags": {"k": ""}, "properties": {"list": []}},
]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("where name =~ 'b'", ["B"]),
        ("where name == 'b'", []),
        ("where name != 'B' and name !~ 'A'", ["c"]),
        ("where name in~ ('A', \"C\")", ["a", "c"]),
        ("where name in ('A')", []),
        ("where name !in~ ('a')", ["B", "c"]),
        ("where tags['k'] =~ 'gold' or n > 10", ["a", "B"]),
        ("where tags.k == ''", ["B", "c"]),
        ("where isnotempty(tags.k)", ["a"]),
        ("where isnull(tags)", ["B"]),
        ("where not(isempty(tags['k']))", ["a"]),
        ("where properties.list[0].x has 'two'", ["a"]),
        ("where properties.list[0].x has 'tw'", []),
        ("where properties.list[0].x contains 'E-T'", ["a"]),
        ("where properties.list[0].x !contains 'one'", ["B", "c"]),
        ("where name startswith 'B' // a remark", ["B"]),
        ("where n <= 1", ["a"]),
        ("where array_length(properties.list) == 0", ["c"]),
        ("extend m = split(name, 'b')[0] | where tolower(m) == 'a'", ["a"]),
        ("order by n desc", ["B", "a", "c"]),
        ("sort by n asc, name", ["c", "a", "B"]),
        ("order by name asc | take 2", ["B", "a"]),
        ("where (name == 'a' or name == 'c') and n == 1", ["a"]),
        ("where strcat(name, 'x') == @'ax'", ["a"]),
        ("top 2 by n desc", ["B", "a"]),
        ("extend k = case(n > 10, 'big', n > 0, 'small', 'none') | where k in ('big', 'none')", ["B", "c"]),
        ("extend k = iff(tolower(name) startswith 'b' and n == 20, 1, 2) | where k == 1", ["B"]),
        ("extend t = '2026-01-05T08:00:00.1234567Z' | where t > datetime(2026-01-05T08:00:00Z)", ["a", "B", "c"]),
        ("extend t = '2026-01-05T08:00:00.1234567Z' | where t > datetime(2026-01-06)", []),
    ],
)
def test_evaluation(query: str, names: list[str]) -> None:
    assert [row["name"] for row in run(parse(f"resources | {query}"), lambda _: ROWS)] == names


def test_columns() -> None:
    (row,) = run(parse("resources | take 1 | project name, kind = toupper(tags.k), properties.list"), lambda _: ROWS)
    assert row == {"name": "a", "kind": "GOLD", "properties_list": [{"x": "one-two"}]}
    assert run(parse("resources | count"), lambda _: ROWS) == [{"Count": 3}]
    assert run(parse("resources | project-away n, tags, properties"), lambda _: ROWS)[0] == {"name": "a"}
    assert len(run(parse("resources | extend k = 1 | distinct k"), lambda _: ROWS)) == 1


def test_groups() -> None:
    def told(query: str) -> Any:
        return run(parse(f"resources | {query}"), lambda _: [*ROWS, {"name": "a", "n": 5}])

    assert told("summarize count() by name")[0] == {"name": "a", "count_": 2}
    assert told("summarize all = sum(n), max(n), min(n), dcount(name)") == [
        {"all": 26, "max_n": 20, "min_n": 1, "dcount_name": 3}
    ]
    assert told("where n > 99 | summarize count()") == [{"count_": 0}]
    assert told("where n > 99 | summarize max(n) by name") == []
    assert told("summarize most = max(todatetime(name)) by k = isnull(tags)")[0] == {"k": False, "most": "c"}


UNITED = {
    "resources": [{"id": "v", "tags": {}}],
    "resourcecontainers": [{"id": "s", "name": "Payments"}],
}


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (
            "resources | union resourcecontainers",
            [{"id": "v", "tags": {}, "name": None}, {"id": "s", "tags": None, "name": "Payments"}],
        ),
        (
            "resources | project id | union (resourcecontainers | project id) | order by id asc",
            [{"id": "s"}, {"id": "v"}],
        ),
        ("resources | where id == 'x' | union (resourcecontainers | project name)", [{"name": "Payments"}]),
        ("resources | union resources, resources | count", [{"Count": 3}]),
    ],
)
def test_unions(query: str, rows: Any) -> None:
    assert run(parse(query), lambda part: UNITED[part.table]) == rows


@pytest.mark.parametrize(
    "query",
    [
        "resources | union", "resources | union (resourcecontainers", "resources | union (resources | union resources)",
        "resources | union resources, resources, resources, resources", "resources | union recoveryservicesresources",
        "resources | union (authorizationresources | take 1)",
        "", "|", "resources |", "resources | summarize n by name", "resources | summarize count(",
        "resources | where a > datetime(soon)", "resources | top by name", "resources | join (x) on id",
        "resources | where", "resources | where a ==", "resources | where f(x)", "resources | where a in 'x'",
        "resources | extend a", "resources | take x", "resources | where a matches regex 'x'", "resources where x",
        "resources | where a == 'x", "resources | where a # b", "resources | order name", "resources | where split(a)",
        "resources | where (a == 1", "resources | mv-expand a",
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        parse(query)


def query(ask: Any, text: str, *, who: str = "x", subscriptions: list[str] | None = None, **options: Any) -> Any:
    body: dict[str, Any] = {"query": text, "options": options}
    if subscriptions is not None:
        body["subscriptions"] = subscriptions
    return ask("POST", PATH, body, who=who)


def test_tables(ask: Any) -> None:
    disks = query(ask, "Resources | where type =~ 'Microsoft.Compute/disks' | project id, resourceGroup, tags")
    assert disks.body["totalRecords"] == 6
    assert disks.body["data"][0]["resourceGroup"] == "diskrg"
    assert (
        query(ask, "resourcecontainers | where type == 'microsoft.resources/subscriptions/resourcegroups'").body[
            "count"
        ]
        == 3
    )
    assert query(ask, "resourcecontainers | where type =~ 'microsoft.resources/subscriptions'").body["count"] == 2
    assert (
        query(ask, "authorizationresources | where type =~ 'microsoft.authorization/roleassignments'").body["count"]
        == 1
    )
    assert query(ask, "recoveryservicesresources").body["count"] == 0
    assert query(ask, "securityresources").code == "BadRequest"


def test_scope_and_rights(ask: Any) -> None:
    assert query(ask, "resources | count", subscriptions=[ONE]).body["data"] == [{"Count": 0}]
    assert query(ask, "resources | count", subscriptions=[TWO.upper()]).body["data"] == [{"Count": 10}]
    assert query(ask, "resources | count", who="ci").body["data"] == [{"Count": 9}]
    assert query(ask, "resources | count", who="nobody").body["data"] == [{"Count": 0}]
    body = {"query": "resources | count", "managementGroups": ["root"]}
    assert ask("POST", PATH, body).body["data"] == [{"Count": 10}]


def test_pages(ask: Any) -> None:
    first = query(ask, "resources | project name", **{"$top": 6}).body
    assert (first["totalRecords"], first["count"], first["resultTruncated"]) == (10, 6, "false")
    second = query(ask, "resources | project name", **{"$top": 6, "$skipToken": first["$skipToken"]}).body
    assert len(second["data"]) == 4
    assert "$skipToken" not in second
    ask.sandbox.remove(f"/subscriptions/{TWO}/resourceGroups/other")
    again = query(ask, "resources | project name", **{"$top": 6, "$skipToken": first["$skipToken"]}).body
    assert again["totalRecords"] < second["totalRecords"], "what was read to its end is asked anew"
    assert query(ask, "resources", **{"$top": 2000}).status == 400
    assert query(ask, "resources", **{"$skipToken": "?"}).status == 400
    table = query(ask, "resources | project name | take 1", resultFormat="table").body["data"]
    assert table == {"columns": [{"name": "name", "type": "string"}], "rows": [["keys"]]}


def test_an_error_reads_as_azures(ask: Any) -> None:
    error = query(ask, "resources\n| evaluate count()").body["error"]
    assert error["code"] == "BadRequest"
    assert error["message"].startswith("Please provide below info when asking for support: timestamp = ")
    assert error["details"][1] == {
        "code": "ParserFailure", "message": "ParserFailure", "line": 2, "characterPositionInLine": 2, "token": "evaluate",
    }  # fmt: skip
    assert ask("POST", PATH, {}).code == "InvalidRequestContent"


def test_the_graph_lags(ask: Any) -> None:
    ask.sandbox.set_switch("graph_lag", 30)
    disk = f"/subscriptions/{TWO}/resourceGroups/diskrg/providers/Microsoft.Compute/disks/data"
    ask("PATCH", disk, {"tags": {"backup": "silver"}})
    ask("PUT", f"{disk}2", {"location": "westus", "properties": {"creationData": {"createOption": "Empty"}}})
    text = "resources | where tags.backup =~ 'gold' or name =~ 'data2' | project name"
    assert query(ask, text).body["data"] == [{"name": "data"}]
    ask.sandbox.advance(30)
    assert query(ask, text).body["data"] == [{"name": "data2"}]


def test_soft_deleted_instances_are_shown(ask: Any) -> None:
    vault = f"/subscriptions/{ONE}/resourceGroups/vaults/providers/Microsoft.DataProtection/backupVaults/kept"
    ask.sandbox.put(vault, {"location": "westus"})
    info = {"resourceID": f"/subscriptions/{TWO}/resourceGroups/diskrg/providers/Microsoft.Compute/disks/data"}
    ask.sandbox.put(f"{vault}/deletedBackupInstances/data", {"properties": {"dataSourceInfo": info}})
    kind = "microsoft.dataprotection/backupvaults/deletedbackupinstances"
    (row,) = query(ask, f"recoveryservicesresources | where type =~ '{kind}'").body["data"]
    assert (row["name"], row["properties"]["currentProtectionState"]) == ("data", "SoftDeleted")


def test_rows_are_spelled_as_the_graph_spells_them(ask: Any) -> None:
    vault = f"/subscriptions/{ONE}/resourceGroups/vaults/providers/Microsoft.DataProtection/backupVaults/kept"
    ask.sandbox.put(vault, {"location": "westus"})
    ask.sandbox.put(f"{vault}/backupInstances/data", {"properties": {}})
    ask.sandbox.set_switch("case_drift", "on")
    (row,) = query(ask, "resources | where type =~ 'microsoft.dataprotection/backupvaults'").body["data"]
    assert (row["id"], row["type"]) == (
        vault.replace("backupVaults", "BackupVaults"),
        "microsoft.dataprotection/backupvaults",
    )
    assert row["properties"]["secureScore"] == "None", "as a GET tells it"
    (row,) = query(ask, "recoveryservicesresources").body["data"]
    assert row["id"] == f"{vault}/backupInstances/data"
    assert row["properties"]["resourceGuardOperationRequests"] is None
    assert row["properties"]["protectionStatus"] == {"status": "ProtectionConfigured", "errorDetails": None}
    ask.sandbox.set_switch("case_drift", "off")
    (row,) = query(ask, "resources | where type =~ 'microsoft.dataprotection/backupvaults'").body["data"]
    assert row["id"] == vault


def test_jobs_are_forgotten_after_two_weeks(ask: Any) -> None:
    vault = f"/subscriptions/{ONE}/resourceGroups/vaults/providers/Microsoft.DataProtection/backupVaults/v"
    ask.sandbox.put(vault, {"location": "westus"})
    for days in (1, 13, 15, 20):
        started = (ask.sandbox.time() - timedelta(days=days)).isoformat()
        ask.sandbox.put(f"{vault}/backupJobs/{days}", {"properties": {"startTime": started}})
    query = "RecoveryServicesResources | where type =~ 'microsoft.dataprotection/backupvaults/backupjobs'"
    found = ask("POST", PATH, {"query": query}).body["data"]
    assert sorted(row["name"] for row in found) == ["1", "13"]
    assert len(ask("GET", f"{vault}/backupJobs").names) == 4
