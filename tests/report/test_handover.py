"""What only others may do, as a script that a shell takes and as a page."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest

from reconciler.model.addresses import Address
from reconciler.model.changes import UNKNOWN, Action, Change, Kind, Op, Step
from reconciler.model.findings import Finding, Severity
from reconciler.model.ids import ArmId
from reconciler.model.plan import Plan
from reconciler.model.results.outcome import Outcome, Status, result_of
from reconciler.model.results.registration import Registration
from reconciler.report.handover import NOTHING, Ask, ask_for, ask_markdown, ask_script

VAULT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.DataProtection/backupVaults/v"
SCOPE = ArmId("/subscriptions/s/resourceGroups/snaps")
ROLE = Step(
    Op.ROLE_PUT,
    SCOPE,
    {"role": "7efff54f-a5b4-42b5-a1c5-5411624893ce", "principal": UNKNOWN, "identity": "system", "vault": VAULT},
)
LOCKED = Finding(
    "locked", Severity.ERROR, "the lock stay (ReadOnly) on /s forbids it", "ask its owner", Address("vault/v")
)
SCRIPT = f"""\
#!/bin/sh
set -eu
az provider register --namespace Microsoft.DataProtection --subscription s --wait
az role assignment create --role 7efff54f-a5b4-42b5-a1c5-5411624893ce --assignee-object-id \
"$(az resource show --ids {VAULT} --query identity.principalId --output tsv)" \
--assignee-principal-type ServicePrincipal --scope {SCOPE}
# Somebody has to decide about these, so this script doesn't do them:
# - vault/v: the lock stay (ReadOnly) on /s forbids it. ask its owner.
"""
PAGE = f"""\
## Requests of reconciler for team

### Register providers

- `Microsoft.DataProtection` in the subscription `s`

### Assign roles

Azure Backup uses them with the vault's own identity.

- `Disk Snapshot Contributor` on `{SCOPE}`

Commands for someone with the needed permissions:

```sh
{chr(10).join(SCRIPT.splitlines()[:4])}
```

### Decide

- vault/v: the lock stay (ReadOnly) on /s forbids it. ask its owner.
"""


def lacking(**said: object) -> Plan:
    return replace(Plan("team", (), (LOCKED,), (), "sum", missing=(ROLE, ROLE)), **said)  # type: ignore[arg-type]


def test_a_script_and_a_page() -> None:
    ask = ask_for("team", lacking(), None, [Registration("s", "Microsoft.DataProtection")])
    assert ask_script(ask) == SCRIPT
    assert ask_markdown(ask) == PAGE


def test_a_lock_is_asked_for_in_words_and_removed_by_no_command() -> None:
    text = ask_script(ask_for("team", lacking(missing=())))
    assert [line for line in text.splitlines()[2:] if not line.startswith("#")] == []
    assert "the lock stay" in text


def test_what_an_apply_was_refused_is_asked_for() -> None:
    change = Change("role/v/x@/s", Kind.ROLE, Action.ADD, "needed", (ROLE,))
    other = Change("vault/v", Kind.VAULT, Action.ADD, "needed", ())
    plan = lacking(changes=(change, other), missing=(), findings=())
    assert ask_for("team", plan).is_empty, "what is planned may well be allowed"
    denied = {"message": "no.", "code": "AuthorizationFailed"}
    locked = result_of(other, Status.FAILED, message="a lock.", code="ScopeLocked")
    rows = (result_of(change, Status.FAILED, **denied), result_of(other, Status.FAILED, **denied), locked)
    ask = ask_for("team", plan, Outcome(rows))
    assert ask.roles == (ROLE,)
    assert ask.requests == (
        "vault/v: no. The caller needs permission to do this; see samples/roles.",
        "vault/v: a lock. Ask whoever set the lock; reconciler never removes one.",
    )


def test_nothing_to_ask_is_said() -> None:
    assert ask_script(Ask("team")) == f"#!/bin/sh\nset -eu\n# {NOTHING}\n"
    assert NOTHING in ask_markdown(Ask("team"))
    unread = ask_for("team", registrations=[Registration("s", "n", is_known=False)])
    assert (unread.providers, len(unread.requests)) == ((), 1), "what can't be told is never taken for well"
    assert ask_for("team", registrations=[Registration("s", "n")]).providers == (("s", "n"),), (
        "though Azure couldn't be read"
    )


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell is installed")
def test_foreign_text_is_no_command() -> None:
    ask = Ask("team", providers=(("s; touch hit", "$(touch hit)"),), requests=("x\n touch hit #",))
    text = ask_script(ask).replace("az ", "echo ")
    done = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "provider register --namespace $(touch hit) --subscription s; touch hit --wait\n"
    assert "touch hit #" not in [line.strip() for line in text.splitlines()]
