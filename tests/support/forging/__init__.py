"""Forged answers between the installed command and a served sandbox.

    def test_a_short_list_is_no_proof(forged):
        with forged(disks(18), lacks("GET */backupInstances", "*/disks/disk-02")) as azure:
            done = azure.run("drift", "--format", "json")
            assert done.code == 1, done
            assert azure.writes == []

`forged` is a fixture (tests/conftest.py): `forged(estate, *rules, clock="scaled:200", token="sandbox")`.

**Estates** (`estates.py`), applied already, built once per process and then copied: `quickstart()`, `disks(18)`,
`selected(18)`, `two_vaults(4)`, `two_manifests(4)`, or your own by `applied(manifest, *resources)`. Each takes
`fresh=True` (nothing applied yet), `roles=True` (callers with the shipped roles) and keys of the manifest. `.aged("2d")` is
the same two days later, backups and all; `.saying(disks=[…])` the same with another manifest, not applied yet.

**Azure** (`azure.py`):

- `azure.run(verb, *arguments)` → `code`, `out`, `err`, `text`, `document`, `codes`, `reports`, `requests`, `writes`. It runs
  in `azure.folder`, on `backup.yaml` unless the first argument is a path that exists there; the endpoint and the clock
  are put in. `azure.declare({…}, "other.yaml")` writes a manifest.
- `azure.requests` (method, path, query, status, body, answer), `azure.writes`, `azure.calls("GET */disks/*")`,
  `azure.forget()`.
- Behind Azure's back, past the rules: `azure.patch(glob, {…})`, `delete(glob)`, `put(id, body)`, `show(glob)`, `ids(glob)`,
  `get(id)`, `advance("8h")`, `switch(name=value)`, `fail_backups(glob)`, `ask("POST", id, body)`.
- `azure.rules(*rules)`: other rules from here on.

**Rules** meet the requests that `where` matches: a method (or `*`) and a glob of the whole path, without case. The last
segment is one segment: `*/disks/*` are disks, `*/disks/**` also what lies in them. So it is in all globs here, unlike in
`reconciler sandbox patch`, `delete` and their like, where `*` stands for any text, also with a slash. All rules take
`when=` (a function of the request; `about("text", …)`: these stand in its body), `after=N`, `times=N`, `once=True`,
`optional=True`. The first rule is outermost: it sees what those after it have made. A rule that never forged anything
fails the test, unless it is `optional`; a mistake inside a rule fails it too.

- rows (a glob that one of a row's strings matches whole, or a function of the row), on every page and in Graph's answers
  (`GRAPH`): `lacks(where, rows)`, `emptied(where)`, `null_value(where)`, `adds(where, *rows)`, `duplicates(where, rows)`,
  `edits_rows(where, rows, {"dotted.path": value, "tags": GONE})`, `changed_list(where, function)`.
- pages: `pages(where, size)`, `endless(where, rows=False, at_most=3000)`; `edits_graph({"resultTruncated": "true"})`.
- resources: `hides(glob)` (no list has them, a GET by id finds Resource Manager's 404), `edits(where, {…})`.
- other answers: `answers(where, status, body, headers=, retry_after=)`, `unavailable`, `throttled`, `html(where, status=404)`,
  `not_found(where, code="ResourceNotFound")`, `forbidden`, `cut_short`, `empty`.
- operations: `fails(where, code, message, takes_effect=True, polls=0, shows={…})`.
- moments: `before(where, do)` and `afterwards(where, do)` call `do(azure)` once (`after=k-1`: at the k-th request);
  `delayed(where, seconds)`, `lost(where, acted=True)`.
- your own: `rule(where, act)`, where `act(asked, own)` answers by `asked.forward()` or `reply(…)` and counts `own.fired`.

**Time.** The sandbox's clock stands still between commands, at 2026-01-05T08:05 or so in the beginning. While a command
runs, both share one clock: with `scaled:200` a second of ours is 200 of theirs, so that waits and retries cost little. On a
busy machine an answer may then take minutes of theirs. Where a test waits for hours, or depends on seconds, or is one of
many variants, say `clock="virtual"`: the command runs in this process on virtual time, without a socket and without a
process, deterministic and thirty times as fast; all else is the same, but for a command within another one.
"""

from forging.answers import (
    afterwards,
    answers,
    before,
    cut_short,
    delayed,
    edits,
    empty,
    forbidden,
    html,
    lost,
    not_found,
    throttled,
    unavailable,
)
from forging.azure import Azure, Done, forged_azure
from forging.estates import Estate, applied, bare, disks, names, quickstart, selected, two_manifests, two_vaults
from forging.lists import (
    GRAPH,
    adds,
    changed_list,
    duplicates,
    edits_graph,
    edits_rows,
    emptied,
    endless,
    hides,
    lacks,
    null_value,
    pages,
)
from forging.operations import fails
from forging.rule import GONE, Answer, Asked, Request, Rule, about, edited, error, reply, rule

__all__ = [
    "GONE", "GRAPH", "Answer", "Asked", "Azure", "Done", "Estate", "Request", "Rule", "about", "adds", "afterwards",
    "answers", "applied", "bare", "before", "changed_list", "cut_short", "delayed", "disks", "duplicates", "edited", "edits",
    "edits_graph", "edits_rows", "emptied", "empty", "endless", "error", "fails", "forbidden", "forged_azure", "hides",
    "html", "lacks", "lost", "names", "not_found", "null_value", "pages", "quickstart", "reply", "rule", "selected",
    "throttled", "two_manifests", "two_vaults", "unavailable",
]  # fmt: skip
