from __future__ import annotations

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from reconciler.model.addresses import Address, disk
from reconciler.model.changes import Action, Change, FieldChange, Kind
from reconciler.model.findings import Finding, Severity
from reconciler.model.ids import ArmId
from reconciler.model.plan import Plan, PolicyUse
from reconciler.model.results.drift import Drift
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.report.comment import Making
from reconciler.report.markdown import drift_markdown, outcome_markdown, plan_markdown, validate_markdown

RUN = Making("beef", "backup plan", "https://ci.example/17", "report.json")
PAGE = "[backup plan](https://ci.example/17)"


def numbered(number: int) -> Address:
    group = "/subscriptions/s2/resourceGroups/diskrg/providers/Microsoft.Compute/disks"
    return disk(ArmId(f"{group}/disk-{number:04}"))


def test_a_plan_begins_with_verdict_table_and_what_needs_a_person(plan: Plan) -> None:
    uses = (PolicyUse("TestBkpVault", "gold", 48, 0, 1, 47), PolicyUse("TestBkpVault", "by-hand", 0, 1, 0, None))
    text = plan_markdown(replace(plan, uses=uses), making=RUN)
    assert text.startswith(
        """<!-- reconciler:plan:walkthrough -->
## Plan of walkthrough: refused

**Refused by 1 closed gate; nothing will be written.**

| vault/policy | + | \\~ | \\- | disks after |
| --- | --: | --: | --: | --: |
| TestBkpVault/gold | 48 | 0 | 1 | 47 |
| TestBkpVault/by-hand | 0 | 1 | 0 | - |

### Look closely: 1 change that deletes

- `-` **`policy/TestBkpVault/diskBkpPolicy-11111111`** (nothing uses it)↵
  interval: 4h

### Refused (1 closed gate)

- **`gate[empty]`**: no disk is left↵
  vault/TestBkpVault↵
  hint: is the manifest complete?; if this is intended, pass `--force empty`

### Warnings (1)

- `orphaned` `disk/old`: no longer named by the manifest↵
  hint: apply --prune

<details><summary>Changes (2): <code>+</code> add, <code>~</code> change, <code>-</code> destroy</summary>

- `+` `vault/TestBkpVault`↵
  location: westus; identity: {principalId: (known after apply)}; tags: {cost-centre: 4711} · `backup.yaml:11:5`
- `~` `disk/s2/diskrg/pstestdisk` (the policy differs)↵
  `~ policy: "diskBkpPolicy-11111111" -> "diskBkpPolicy-22222222"`↵
  chosen by disks\\[0\\] · `backup.yaml:33:5`

</details>
""".replace("↵", "  ")
    )
    assert '!     policy: "diskBkpPolicy-11111111" -> "diskBkpPolicy-22222222"' in text
    assert text.endswith(
        f"\n**Plan: 1 to add, 1 to change, 1 to destroy.** Checksum `0123abcd`\n\n<sub>commit `beef` · {PAGE}</sub>\n"
    )


def test_no_changes_says_so(clean: Plan) -> None:
    text = plan_markdown(clean)
    assert "## Plan of walkthrough: no changes" in text
    assert text.endswith("**No changes. Azure matches the manifest.**\n\n\nChecksum `0123abcd`\n")


@pytest.mark.parametrize("limit", [3_000, 10_000, 65_000])
def test_long_reports_are_cut_between_items(plan: Plan, change: Change, orphan: Finding, limit: int) -> None:
    changes = tuple(replace(change, address=numbered(number), reason=f"because {number}") for number in range(2_000))
    findings = tuple(
        replace(orphan, address=one.address, message=f"{number} days", hint=f"{number}")
        for number, one in enumerate(changes)
    )
    uses = tuple(PolicyUse(f"vault-{number}", "gold", 1) for number in range(2_000))
    long = replace(plan, changes=changes, findings=findings, uses=uses)
    results = tuple(Result(one.address, Kind.DISK, Action.ADD, Status.FAILED, one.reason) for one in changes)
    for text in (
        plan_markdown(long, limit=limit, making=RUN),
        drift_markdown(Drift(long), limit=limit, making=RUN),
        outcome_markdown(Outcome(results), long, limit=limit, making=RUN),
        validate_markdown(findings, name="x", limit=limit, making=RUN),
    ):
        assert len(text) <= limit
        assert f" more, see `report.json` of {PAGE}\n" in text
        assert text.endswith(f"\n<sub>commit `beef` · {PAGE}</sub>\n")
        assert text.count("```") % 2 == 0
        assert text.count("<details>") == text.count("</details>")


@pytest.mark.parametrize(
    ("making", "said"),
    [
        (Making(), "… and 7 more; `--format json` has all"),
        (Making(whole="plan.json"), "… and 7 more, see `plan.json`"),
        (Making(run="ci", url="https://ci.example/1"), "… and 7 more; `--format json` has all"),
        (
            Making("", "ci", "https://ci.example/1", "a.json"),
            "… and 7 more, see `a.json` of [ci](https://ci.example/1)",
        ),
    ],
)
def test_what_is_left_out_is_where_the_text_says(making: Making, said: str) -> None:
    assert making.more(7) == said


def test_what_differs_only_by_its_disk_is_told_once(change: Change, clean: Plan) -> None:
    changes = tuple(replace(change, address=numbered(number)) for number in range(48))
    text = plan_markdown(replace(clean, changes=changes))
    assert "- `~` 48 disks in s2/diskrg: disk-0000, disk-0001, disk-0002 … and 45 more (the policy differs)" in text
    failed = tuple(Result(one.address, Kind.DISK, one.action, Status.FAILED, "no", "Busy", "wait") for one in changes)
    told = outcome_markdown(Outcome(failed), replace(clean, changes=changes))
    assert (
        "- **`disk/s2/diskrg/disk-0000`**: `Busy` no  \n  the same of 47 more: disk/s2/diskrg/disk-0001, "
        "disk/s2/diskrg/disk-0002, disk/s2/diskrg/disk-0003 … and 44 more  \n  hint: wait\n"
    ) in told
    assert told.count("Busy") == 1
    done = tuple(Result(one.address, Kind.DISK, one.action, Status.DONE) for one in changes)
    assert "48 disks in s2/diskrg" in outcome_markdown(Outcome(done), replace(clean, changes=changes))


def test_drift_names_the_command_that_mends_it(plan: Plan, clean: Plan, orphan: Finding) -> None:
    mend = "reconciler apply backup --checksum 0123abcd"
    text = drift_markdown(Drift(replace(plan, gates=())), mend=mend)
    assert f"\n```sh\n{mend}\n```\n" in text
    assert "If Azure is right, change the manifest instead." in text
    assert "A closed gate refuses it as it is:\n\n- **`gate[empty]`**" in drift_markdown(Drift(plan), mend=mend)
    for nothing in (clean, replace(clean, findings=(orphan,))):
        assert "```sh" not in drift_markdown(Drift(nothing), mend=mend)


def test_hostile_text_stays_text(change: Change, clean: Plan) -> None:
    evil = "</details> ``` @team <img src=x>\n# owned"
    hostile = replace(change, address=Address(evil), reason=evil, fields=(FieldChange(evil, evil, evil),))
    finding = Finding("x", Severity.ERROR, evil, evil, Address(evil))
    plan = replace(clean, changes=(hostile, replace(hostile, weight="stops")), findings=(finding,))
    failed = Outcome((Result(Address(evil), Kind.DISK, None, Status.FAILED, evil),), errors=(finding,))
    for text in (plan_markdown(plan), drift_markdown(Drift(plan)), outcome_markdown(failed, clean)):
        tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
        inner = [one for token in tokens for one in token.children or [token]]
        assert not any("@team" in one.content for one in inner if one.type == "text")
        html = [one.content for one in inner if one.type.startswith("html")]
        assert not any("<img" in one for one in html)
        assert sum(one.count("<details>") for one in html) == sum(one.count("</details>") for one in html)
        assert "\n# owned" not in text
        assert "@team" in text, "it is shown"


def test_drift_and_outcome_name_their_status(plan: Plan, clean: Plan) -> None:
    assert "## Drift of walkthrough: found" in drift_markdown(Drift(plan))
    assert "### changed-outside (1)" in drift_markdown(Drift(plan))
    assert "## Drift of walkthrough: none" in drift_markdown(Drift(clean))
    assert "## Apply of walkthrough: complete" in outcome_markdown(Outcome(()), clean)
    skipped = Result(Address("disk/x"), Kind.DISK, None, Status.SKIPPED, because="the vault failed")
    assert "skipped (because the vault failed)" in outcome_markdown(Outcome((skipped,)), plan)
