"""Breaks, for each row of the faults, the line that guards it, and sees the row's tests fail.

`python -m tests.faults.mutations [F07 D01 …] [--write]`: each mutation is made in a copy of the project, whose tests of
that row must fail then; `--write` puts the table into this folder's README. Rows of the faults have tests here that bear
their names; of the others, such as `D01 who uses it`, each names its files.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path

TOP = Path(__file__).parents[2]
README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- mutations -->\n", "<!-- end of mutations -->"
SECONDS = 240
"""A mutant that hangs is noticed as well."""


@dataclass(frozen=True)
class Mutation:
    """What a mutation does to one line.

    `tests` narrows the row's tests down to quick ones, `files` are where they are: in this folder unless said.
    """

    row: str
    what: str
    file: str
    old: str
    new: str
    tests: str = ""
    files: str = ""


M = Mutation
MUTATIONS = (
    M("F01", "the header that says how long to wait is not read", "azure/governor.py", "pace.asked(answer.headers, self._clock, error.message)", "pace.asked({}, self._clock, error.message)"),
    M("F02", "a delay in the error's text is not read", "azure/governor.py", "pace.asked(answer.headers, self._clock, error.message)", 'pace.asked(answer.headers, self._clock, "")'),
    M("F03", "the call that was given up is not named", "azure/governor.py", 'f"Gave up on {http.method} {path} at the deadline: {why}"', 'f"Gave up on a request at the deadline: {why}"'),
    M("F04", "503 is final", "azure/failures.py", "        HTTPStatus.SERVICE_UNAVAILABLE,\n", ""),
    M("F05", "500 is final", "azure/failures.py", "        HTTPStatus.INTERNAL_SERVER_ERROR,\n", ""),
    M("F06", "a lost answer to a PUT is final", "azure/governor.py", "Setback(_broken(error, http), retry=True", 'Setback(_broken(error, http), retry=http.method != "PUT"'),
    M("F07", "a POST whose answer was lost is sent again at once", "azure/governor.py", 'return http.method == "POST" and not changes_nothing(http)', "return False"),
    M("F08", "a look at an operation that is lost is final", "azure/governor.py", "Setback(_broken(error, http), retry=True", 'Setback(_broken(error, http), retry=http.method != "GET"'),
    M("F09", "an operation that failed is taken to be under way", "azure/operations.py", 'frozenset({"failed", "canceled", "cancelled"})', 'frozenset({"canceled", "cancelled"})'),
    M("F10", "an operation that was cancelled is taken to be under way", "azure/operations.py", 'frozenset({"failed", "canceled", "cancelled"})', 'frozenset({"failed"})'),
    M("F11", "what is under way at the deadline is called failed", "azure/operations.py", "code=error_codes.STILL_IN_PROGRESS,", "code=error_codes.OPERATION_FAILED,"),
    M("F12", "an operation whose URL is gone fails what it was about", "azure/operations.py", "            return {}\n        except Transient", "            raise\n        except Transient"),
    M("F13", "an accepted instance is taken to be protected", "applying/kinds/instances.py", "    await reach(run, task.change.address, task.instance, goal, receipt, deadline)", "    pass"),
    M("F14", "an assignment that exists under another name is an error", "azure/kinds/roles.py", 'if error.code != "RoleAssignmentExists":', 'if error.code != "":'),
    M("F15", "an assignment's name doesn't hold the principal", "model/names.py", "{scope.key}|{lower(role)}|{lower(principal)}", "{scope.key}|{lower(role)}"),
    M("F16", "an unknown principal is final", "applying/kinds/roles.py", '_NO_PRINCIPAL = "principalnotfound"', '_NO_PRINCIPAL = "nothing"'),
    M("F17", "missing permissions are never waited for", "applying/refusals.py", "return is_permission(error) or lower(error.code) in _UNKNOWN_YET", "return lower(error.code) in _UNKNOWN_YET"),
    M("F18", "the command that grants the role is not told", "applying/probing.py", 'hint=f"check for deny assignments, and that these role assignments exist: {wanted}" if wanted else error.hint', "hint=error.hint"),
    M("F19", "a refusal of our own caller is tried again", "azure/failures.py", "        return OutOfReach\n", "        return Transient\n"),
    M("F20", "a conflict is final", "applying/sending.py", "return not is_final_conflict(error)", "return False"),
    M("F21", "an expired token is final", "azure/governor.py", "if not answer.retry or attempt >= answer.most or (expired and renewed):", "if not answer.retry or attempt >= answer.most or expired:"),
    M("F22", "what a killed run left on its way is not waited for", "applying/engine.py", "*(self._wait(wait) for wait in self._plan.waits),", "", "test_f22_killed_before_and_after_every_call and quickstart"),
    M("F23", "a report is written in place", "cli/writing.py", "temporary.replace(path)", "path.write_text(temporary.read_text())", "test_f23_killed_while_the_report"),
    M("F24", "an instance that a rival has just made in our vault is an error", "applying/probing.py", "if is_protected_in(error, step.target.parent) or (exists and is_already_protected(error)):", "if exists and is_already_protected(error):", "test_f24"),
    M("F25", "an instance's policy is right whatever it holds", "planning/policy_book.py", "self.shelf.contents.get(instance.policy.key) != content:", "self.shelf.contents.get(instance.policy.key) is None:", "test_f25_two_commits_of_what"),
    M("F26", "a saved plan is not compared with what would be done now", "cli/approval.py", "        if self.saved and (told :=", "        if False and (told :="),
    M("F27", "a body from before the write is believed", "applying/kinds/vaults.py", "or run.now >= believed):\n            return body", "or True):\n            return body"),
    M("F28", "what a list lacks is taken to be gone", "planning/questions.py", "        match self.presence(subject, address, place):\n", "        match No():\n"),
    M("F29", "links are followed to any host", "azure/connection.py", "            SameOrigin(self.endpoint),\n", ""),
    M("F30", "a page without rows is an empty page", "azure/connection.py", 'raise Malformed("a page of the list has no `value` with its rows")', 'page["value"] = []'),
    M("F31", "two spellings of an id are two objects", "azure/reading.py", "into.setdefault(found.id.key, found)", "into.setdefault(found.id.text, found)"),
    M("F32", "a vault that is being deleted is written to", "planning/kinds/vaults.py", '    if lower(live.provisioning_state) == "deleting":\n', "    if False:\n"),
    M("F33", "a refusal by a lock is not known as one", "applying/refusals.py", '_LOCKED = frozenset({"scopelocked", "resourcelocked"})', "_LOCKED = frozenset()"),
    M("F34", "only ReadOnly locks count", "planning/world.py", 'if deletes or lower(lock.level) == "readonly":', 'if lower(lock.level) == "readonly":'),
    M("F35", "the Azure Policy assignment is not named", "azure/failures.py", 'lines += [text for text in _violations(nodes) if text not in " ".join(lines)]', "pass"),
    M("F36", "a soft-deleted instance is created over", "planning/kinds/instances.py", "        if deleted:\n            self._undelete(wanted, deleted)", "        if False:\n            self._undelete(wanted, deleted)"),
    M("F37", "who holds the disk is not named", "applying/kinds/instances.py", "        if found:\n            error.message", "        if False:\n            error.message"),
    M("F38", "one-way doors are open", "planning/vault_fields.py", "    if row and row.for_good is not None and row.for_good == field.before:\n", "    if False:\n"),
    M("F39", "how to register a provider is not told", "model/codes/azure.py", "register the resource provider: `az provider register --namespace Microsoft.DataProtection` (and `Microsoft.Compute`)", "ask somebody"),
    M("F40", "one change that fails ends the run", "applying/engine.py", "        except Exception as error:  # noqa: BLE001 - one failed change doesn't stop the others\n", "        except ZeroDivisionError as error:\n"),
    M("F41", "ids are compared with their case", "model/ids.py", "self.key = self.text if key == self.text else key", "self.key = self.text"),
    M("F42", "ids are compared as Unicode folds them", "model/ids.py", "return text.lower() if text.isascii() else text.translate(_ASCII_LOWER)", "return text.lower()"),
    M("F43", "anchors are let in", "manifest/reader.py", "        if event.anchor is not None:\n            self.tell", "        if False:\n            self.tell"),
    M("F44", "nesting has no limit", "manifest/reader.py", "if len(self.outer) >= DEEPEST:", "if False:"),
    M("F45", "the last of two keys wins", "manifest/reader.py", "        if text in section:\n", "        if False:\n"),
    M("F46", "every plain scalar is text", "manifest/reader.py", "self.place_value(resolve(text) if is_plain else text, span)", "self.place_value(text, span)"),
    M("F47", "includes may lead anywhere", "loading/files.py", "if not resolved.is_relative_to(boundary):", "if False:"),
    M("F48", "CI commands in foreign text are left as they are", "base/escape.py", "return commands(visible(redact(str(text))))", "return visible(redact(str(text)))"),
    M("F49", "secrets are shown", "base/redaction.py", "    if not _SIGN.search(text.lower()):\n", "    if True:\n"),
    M("F50", "a page has no limit", "report/markdown.py", "return self._used + len(text) <= self._limit", "return True"),
    M("F51", "stdout that breaks is not noticed", "cli/output.py", "self.broken = str(error)", "pass"),
    M("F52", "a signal ends nothing", "cli/signals.py", "loop.call_soon_threadsafe(stop.set)", "None", "test_f52_an_interrupt_inside_a_long_wait"),
    M("F53", "deadlines follow the wall clock", "applying/run.py", "return self.clock.monotonic()", "return self.clock.now().timestamp()"),
    M("F54", "requests are not held to Azure's rate", "azure/governor.py", "while (wait := turn.wait(now())) > 0 and", "while (wait := 0.0) > 0 and", "test_f54_a_large"),
    M("F55", "a vault without a difference is written to", "planning/kinds/vaults.py", "    if not fields and not adopts:\n        return\n", ""),
    M("F56", "the date at which a schedule began is a difference", "model/policy_reading.py", "(start.hour * 60 + start.minute) % (hours * 60)", "start.toordinal() % (hours * 60)"),
    M("F57", "what isn't declared is lost with a write", "azure/bodies.py", "    result = dict(live)\n", "    result = {}\n"),
    M("F58", "an answer that isn't JSON is an empty one", "azure/connection.py", 'raise Malformed(f"it is no JSON ({kind}, {len(content)} bytes)") from error', "return {'value': []}"),
    M("F59", "what may not be read is taken to be gone", "azure/reads.py", "        return unsure(error)\n", "        return NO\n"),
    M("F60", "a vague refusal is believed without a probe", "applying/refusals.py", "        _VAGUE,  # what", "        # what"),
    M("F61", "a soft-deleted vault is created over", "planning/kinds/vaults.py", 'if deleted is not None and not draft.world.forces("deleted-vault"):', "if False:"),
    M("F62", "a value that Azure overrides is called done", "applying/kinds/vaults.py", "        raise overridden(change.address, path, value_at(wanted, path), value_at(body, path))\n    return body", "        break\n    return body"),
    M("F63", "resource guards are not heeded", "planning/instance_bodies.py", "if live and live.guarded and not _GUARDED.isdisjoint(ops) and not requests:", "if False:"),
    M("F64", "AlwaysOn does not satisfy On", "model/vault_fields.py", '        enough=("On", "AlwaysOn"),\n', ""),
    M("F65", "the assignments of the former identity are not told", "planning/capacity.py", "if is_derived(row) and lower(row.principal) not in known and row.scope.key in draft.world.disks:", "if False:"),
    M("F66", "another manifest's mark is not heeded", "planning/holdings.py", '            if owner == "foreign":\n', "            if False:\n"),
)  # fmt: skip

_MAKING, _MOVING = "planning/test_provenance.py", "planning/test_moving.py"
OTHERS = (
    M("D01 who uses it", "a restored disk that a machine uses is written to", "planning/provenance.py", "    for machine in disk.machines:\n", "    for machine in ():\n", files=_MAKING),
    M("D01 its group", "a snapshot of any resource group will do", "planning/provenance.py", "claim.group is not None and not source.is_within(claim.group)", "False", files=_MAKING),
    M("D01 its snapshot", "a snapshot of any disk will do", "planning/provenance.py", "    if snapshot.source is not None and snapshot.source != claim.source:\n", "    if False:\n", files=_MAKING),
    M("D01 its point", "a restore from any recovery point will do", "planning/provenance.py", "(claim.point and points != {lower(claim.point)})", "False", files=_MAKING),
    M("D01 its job", "a disk of that name will do", "planning/provenance.py", "    if not points:\n", "    if False:\n", files=_MAKING),
    M("D01 before a write", "a disk is written to before it is proved", "applying/restoring.py", "        if at_work is None and why:\n", "        if False:\n", "another_disk or by_hand or exchanged or job_that_made", "destruction/test_d01_whose_disk_it_is.py"),
    M("D01 before a deletion", "a disk is deleted before it is proved", "applying/disks.py", "    if why:\n", "    if False:\n", "not_deleted", "destruction/test_d01_whose_disk_it_is.py"),
    M("D05 foreign owner", "another manifest's instance is moved", "planning/moving.py", '    if draft.world.owner(old.tags) == "foreign":\n', "    if False:\n", files=_MOVING),
    M("D05 way back", "a move that fails resumes nothing", "applying/moving.py", "                await self._each(Op.INSTANCE_RESUME)\n", "                pass\n", "calls_failed or not_made", "destruction/test_d05_moves_that_fail.py"),
    M("D05 doubt", "a stop that is called failed is believed", "applying/moving.py", "        if step is None:\n            return\n", "        if True:\n            return\n", "takes_effect_after", "destruction/test_d05_moves_that_fail.py"),
    M("D04 still there", "what a list lacks is called gone", "applying/goal.py", "if row is None and GONE in goal.states:", "if GONE in goal.states:", "still_there", "applying/test_instances.py"),
    M("D04 by its id", "what is read by id is ignored", "applying/goal.py", "word = judgement(row) if row is not None else _ABSENT", "word = _ABSENT", "by_its_id", "applying/test_instances.py"),
    M("D04 weighty", "what destroys goes on freely", "applying/guard.py", "        if is_weighty(planned, step):\n", "        if False:\n", "left_alone", "applying/test_guard.py"),
    M("D04 basis", "a plan that can't be made again is obeyed", "applying/slices.py", "            raise RuntimeError(\"a plan with destructive steps can't be made again, because it has no basis\")\n", "            basis = Basis(Estate(), lambda _: self._run.plan)\n", "cannot_be_made_again", "applying/test_guard.py"),
    M("D04 same", "what comes out otherwise is done", "applying/slices.py", "    return None if is_same(change, step, again) else _refusal(", "    return None if True else _refusal(", "comes_out_otherwise", "applying/test_guard.py"),
    M("D04 mark", "another mark stands in no way", "applying/slices.py", "    if mark not in (mark_of(before, change, step), plan.manifest):\n", "    if False:\n", "another_mark", "applying/test_guard.py"),
    M("D04 gate", "a gate that closes meanwhile is not heeded", "applying/slices.py", "    if gate:\n", "    if False:\n", "a_gate", "applying/test_guard.py"),
    M("D04 softly", "soft delete that is switched off meanwhile is not heeded", "applying/slices.py", "    if is_softly and not (vault and vault.keeps_deleted):\n", "    if False:\n", "softly", "end_to_end/test_leaving.py"),
    M("D04 age", "a look of any age will do", "applying/guard.py", "            if run.now < fresh:\n", "            if True:\n", "half_a_minute", "applying/test_guard.py"),
    M("D04 held back", "a step that Azure holds back is sent whenever it may go", "applying/guard.py", "with requests_until(fresh):", "with requests_until(limit):", "held_back_is_looked", "destruction/test_d04_slices.py"),
    M("D04 unsure", "what can't be read again is as it was", "applying/slices.py", "        if isinstance(answer, Unsure):\n", "        if False:\n", "read_again", "destruction/test_d04_slices.py"),
    M("D04 witness", "one short list is enough to revoke", "applying/slices.py", "    if step.op is Op.ROLE_DELETE and asked.vault in sight.doubtful:\n", "    if False:\n", "second_witness", "destruction/test_d04_absences.py"),
    M("D04 by its name", "an instance that would need a role isn't looked for by id", "planning/weight.py", "        return (step.target, *_held_by(change, step, estate))\n", "        return (step.target,)\n", "lags", "destruction/test_d04_absences.py"),
    M("D04 made", "what is to be made is not looked for first", "applying/guard.py", "        if step.op in _MADE and ", "        if False and step.op in _MADE and ", "later_put", "destruction/test_d04_absences.py"),
    M("D04 listed", "in a new vault nobody looks for what is to be made", "applying/guard.py", "            return await standing.is_listed(self._run, step.target)\n", "            return False\n", "takes_over_no_instance", "destruction/test_d04_absences.py"),
    M("D04 another's", "another manifest's instance is taken for ours", "applying/standing.py", "    if lower(mark) not in run.plan.owners:\n", "    if False:\n", "takes_over_no_instance", "destruction/test_d04_absences.py"),
    M("D04 content", "an instance with another policy is taken for the planned one", "applying/standing.py", '    if health in _DEAD or not bodies.says_already(body, {"properties": {"policyInfo": wanted}}):\n', "    if False:\n", "another_policy", "destruction/test_d04_absences.py"),
    M("D04 policy", "a policy with another content is taken for the planned one", "applying/standing.py", '    if content is None or content != content_of(project_policy({**step.body, "id": own})):\n', "    if False:\n", "takes_over_no_policy", "destruction/test_d04_absences.py"),
    M("D04 broken", "lists that lie in the run are believed on", "applying/guard.py", "        if len(self._contradicted) > MOST_CONTRADICTED:\n", "        if False:\n", "lists_that_lie", "destruction/test_d04_slices.py"),
    M("D04 broken look", "lists that lie in the look are believed on", "planning/questions.py", "        if len(self.unlisted_ids) > MOST_CONTRADICTED:\n", "        if False:\n", "empty_list", "destruction/test_d04_absences.py"),
    M("D04 unasked", "what nobody asked for is taken to be absent", "planning/questions.py", "            return UNASKED\n", "            return None\n", files="planning/test_unlisted.py"),
    M("D04 unasked late", "what nobody asked for is made all the same", "applying/guard.py", "if not change.unasked and looked", "if looked", "nobody_asked", "applying/test_guard.py"),
    M("D04 groups", "a management group's list is believed", "planning/orphans.py", "    if not _has_left_groups(draft, disk, address):\n        return\n", "", "group_s_list_lacks", "destruction/test_d04_absences.py"),
    M("D04 proof", "a disk is written to without a proof", "applying/guard.py", "            if proof is None:\n", "            if False:\n", "proves_nothing", "applying/test_guard.py"),
    M("D04 proved", "a proof is not asked for", "applying/guard.py", "            await proof()\n", "            pass\n", "not_deleted", "destruction/test_d01_whose_disk_it_is.py"),
    M("D04 deadline", "a change begins though the run reached its timeout", "applying/engine.py", "        if self._run.now >= self._run.ends:\n            return result_of(", "        if False:\n            return result_of(", "time_is_over", "applying/test_guard.py"),
    M("T03 unknown", "what could not be told fails no status", "model/results/status.py", "self.count(UNKNOWN) or any(", "any(", "exit_1", "planning/test_status.py"),
    M("T03 silence", "a doubt about jobs is an absence of jobs", "planning/backups.py", "    if isinstance(jobs_of(told, instance), Unsure) and state[0] not in BAD:\n", "    if False:\n", files="planning/test_status.py"),
    M("T09 whose", "a 404 about something else is believed", "azure/absence.py", '    if None in ends or word in _UNSEEN:\n        return ""\n', "    ends = [end or 0 for end in ends]\n", files="azure/test_absence.py"),
    M("T09 proxy", "a page of a proxy is believed", "azure/failures.py", "    if not _is_enveloped(content):\n", "    if not _is_enveloped(content):\n        return NotFound(says.message, **said)\n", files="azure/test_absence.py"),
    M("D10 pages", "empty pages are read without an end", "azure/pages.py", "        if self._idle >= MOST_IDLE:\n", "        if False:\n", "empty_pages_without_end", "azure/test_pages.py"),
    M("T08 proofs", "a proof from the future is believed", "planning/proofs.py", "return found if found and _FIRST <= found <= now + _SLACK else None", "return found", files="planning/test_proofs.py"),
    M("T08 drills", "a drill of nothing is a success", "planning/drilling.py", "    if not chosen and not asked:\n", "    if False:\n", "a_drill", "truth/test_t08_nothing_done.py"),
    M("T16 restored", "a restored disk is never taken by a selector", "planning/desired.py", 'why = "" if disk.id.key in with_instance else why_passed_over(disk)', "why = why_passed_over(disk)", "restored", "truth/test_t16_what_was_done_here.py"),
    M("T16 moved", "what a move has left makes no room", "planning/retained.py", "    return aside(world, others)\n", "    return Aside()\n", "can_change or drilled", "truth/test_t16_what_was_done_here.py"),
)  # fmt: skip
"""Lines that guard what was found by trying, by the row that told of it."""


def main() -> int:
    """0 when every mutation is noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.mutations", description=__doc__)
    parser.add_argument("rows", nargs="*", help="these rows alone: F07 D01")
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    said = parser.parse_args()
    chosen = [one for one in (*MUTATIONS, *OTHERS) if not said.rows or one.row.split()[0] in said.rows]
    noticed: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = _copied(Path(folder) / "project")
        for one in chosen:
            begun = time.monotonic()
            noticed[one.row] = _noticed(one, copy)
            told = f"noticed by {len(noticed[one.row])}" if noticed[one.row] else "NOT NOTICED"
            print(f"{one.row} {one.what}: {told} ({time.monotonic() - begun:.0f} s)", flush=True)
    missed = [row for row, names in noticed.items() if not names]
    print(
        f"{len(noticed)} mutations, {len(noticed) - len(missed)} noticed{', not: ' if missed else ''}{' '.join(missed)}"
    )
    if said.write:
        _write([(one, noticed[one.row]) for one in chosen])
    return 1 if missed else 0


def _copied(to: Path) -> Path:
    left_out = shutil.ignore_patterns(".*", "*.pyc", "__pycache__", "*.egg-info")
    return Path(shutil.copytree(TOP, to, ignore=left_out))


def _noticed(one: Mutation, copy: Path) -> list[str]:
    """The tests of its row that fail under a mutation."""
    file = copy / "reconciler" / one.file
    text = file.read_text(encoding="utf-8")
    if text.count(one.old) != 1:
        raise SystemExit(f"{one.row}: the line stands {text.count(one.old)} times in {one.file}: {one.old}")
    _put(file, text.replace(one.old, one.new))
    try:
        return _failing(one, copy)
    finally:
        _put(file, text)


def _put(file: Path, text: str) -> None:
    """Write it, and take away what was compiled from it, which is known by whole seconds and size alone."""
    file.write_text(text, encoding="utf-8")
    Path(cache_from_source(str(file))).unlink(missing_ok=True)


def _failing(one: Mutation, copy: Path) -> list[str]:
    row = one.row.lower()
    chosen = one.tests or ("" if one.files else f"test_{row}")
    files = [str(copy / "tests" / one.files)] if one.files else _of(row, copy)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        "-k",
        chosen,
        *files,
    ]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return ["(it hangs)"]
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout + done.stderr)
    return sorted(set(re.findall(r"^(?:FAILED|ERROR) \S+::(test_\w+)", done.stdout, re.MULTILINE)))


def _of(row: str, copy: Path) -> list[str]:
    """The files of this folder with tests that bear the name of a row."""
    return [str(path) for path in sorted((copy / "tests/faults").glob("test_*.py")) if f"_{row}_" in path.read_text()]


def _write(rows: list[tuple[Mutation, list[str]]]) -> None:
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    table, _, after = rest.partition(END)
    told = {found[1]: line for line in table.splitlines() if (found := re.match(r"\| ([A-Z]\d\d.*?) \|", line))}
    for one, names in rows:
        noticed = ", ".join(f"`{name}`" for name in names) or "**nothing**"
        told[one.row] = f"| {one.row} | {one.what} | `{one.file}` | {noticed} |"
    lines = ["| row | what is broken | where | noticed by |", "|---|---|---|---|", *(told[row] for row in sorted(told))]
    README.write_text(f"{before}{BEGIN}" + "\n".join(lines) + f"\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
