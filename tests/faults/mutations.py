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
    M("F13", "an accepted instance is taken to be protected", "applying/kinds/instances.py", "    await reach(run, task.instance, goal, receipt, deadline)", "    pass"),
    M("F14", "an assignment that exists under another name is an error", "azure/kinds/roles.py", 'if error.code != "RoleAssignmentExists":', 'if error.code != "":'),
    M("F15", "an assignment's name doesn't hold the principal", "model/names.py", "{scope.key}|{lower(role)}|{lower(principal)}", "{scope.key}|{lower(role)}"),
    M("F16", "an unknown principal is final", "applying/kinds/roles.py", '_NO_PRINCIPAL = "principalnotfound"', '_NO_PRINCIPAL = "nothing"'),
    M("F17", "missing permissions are never waited for", "applying/refusals.py", "nature(error.code) in (Nature.PERMISSION, Nature.UNKNOWN_YET)", "nature(error.code) is Nature.UNKNOWN_YET"),
    M("F18", "the command that grants the role is not told", "applying/probing.py", 'hint=f"check for deny assignments, and that these role assignments exist: {wanted}" if wanted else error.hint', "hint=error.hint"),
    M("F19", "a refusal of our own caller is tried again", "azure/failures.py", "        return OutOfReach\n", "        return Transient\n"),
    M("F20", "a conflict is final", "applying/sending.py", "return not is_final_conflict(error)", "return False"),
    M("F21", "an expired token is final", "azure/governor.py", "if not answer.retry or attempt >= answer.most or (expired and renewed):", "if not answer.retry or attempt >= answer.most or expired:"),
    M("F22", "what a killed run left on its way is not waited for", "applying/engine.py", "*(self._wait(wait) for wait in self._plan.waits),", "", "test_f22_killed_before_and_after_every_call and quickstart"),
    M("F23", "a report is written in place", "cli/writing.py", "temporary.replace(path)", "path.write_text(temporary.read_text())", "test_f23_killed_while_the_report"),
    M("F24", "an instance that a rival has just made in our vault is an error", "applying/probing.py", "if is_protected_in(error, step.target.parent) or (exists and is_already_protected(error)):", "if exists and is_already_protected(error):", "test_f24"),
    M("F25", "an instance's policy is right whatever it holds", "planning/policy_book.py", "return content in (self.contents.get(policy.key), self.otherwise.get(policy.key))", "return self.contents.get(policy.key) is not None", "test_f25_two_commits_of_what"),
    M("F26", "a saved plan is not compared with what would be done now", "cli/run.py", "        if self.saved and (told :=", "        if False and (told :="),
    M("F27", "a body from before the write is believed", "applying/kinds/vaults.py", "or run.now >= believed):\n            return body", "or True):\n            return body"),
    M("F28", "what a list lacks is taken to be gone", "planning/questions.py", "        match self.presence(subject, address, place):\n", "        match No():\n"),
    M("F29", "links are followed to any host", "azure/connection.py", "            SameOrigin(self.endpoint),\n", ""),
    M("F30", "a page without rows is an empty page", "azure/connection.py", 'raise Malformed("a page of the list has no `value` with its rows", is_json=True)', 'page["value"] = []'),
    M("F31", "two spellings of an id are two objects", "azure/reading.py", "into.setdefault(found.id.key, found)", "into.setdefault(found.id.text, found)"),
    M("F32", "a vault that is being deleted is written to", "planning/kinds/vaults.py", '    if lower(live.provisioning_state) == "deleting":\n', "    if False:\n"),
    M("F33", "a refusal by a lock is not known as one", "model/codes/azure.py", '"A management lock forbids it.", _UNLOCK, Nature.LOCKED', '"A management lock forbids it.", _UNLOCK, Nature.UNKNOWN'),
    M("F34", "only ReadOnly locks count", "planning/world.py", 'if deletes or lower(lock.level) == "readonly":', 'if lower(lock.level) == "readonly":'),
    M("F35", "the Azure Policy assignment is not named", "azure/failures.py", 'lines += [text for text in _violations(nodes) if text not in " ".join(lines)]', "pass"),
    M("F36", "a soft-deleted instance is created over", "planning/kinds/instances.py", "        if deleted:\n            self._undelete(wanted, deleted)", "        if False:\n            self._undelete(wanted, deleted)"),
    M("F37", "who holds the disk is not named", "applying/kinds/instances.py", "        if found:\n            error.message", "        if False:\n            error.message"),
    M("F38", "one-way doors are open", "planning/vault_fields.py", "    if row and row.for_good is not None and row.for_good == field.before:\n", "    if False:\n"),
    M("F39", "how to register a provider is not told", "model/codes/azure.py", "register the resource provider: `az provider register --namespace Microsoft.DataProtection` (and `Microsoft.Compute`)", "ask somebody"),
    M("F40", "one change that fails ends the run", "applying/engine.py", "        except Exception as error:  # noqa: BLE001 - one failed change doesn't stop the others\n", "        except ZeroDivisionError as error:\n"),
    M("F41", "ids are compared with their case", "model/ids.py", "self.key = self.text if key == self.text else key", "self.key = self.text"),
    M("F42", "ids are compared as Unicode folds them", "model/ids.py", 'return text.lower() if text.isascii() else "".join(map(_folded, text))', "return text.lower()"),
    M("F43", "anchors are let in", "manifest/reader.py", "        if event.anchor is not None:\n            self.tell", "        if False:\n            self.tell"),
    M("F44", "nesting has no limit", "manifest/reader.py", "if len(self.outer) >= DEEPEST:", "if False:"),
    M("F45", "the last of two keys wins", "manifest/reader.py", "        if text in section:\n", "        if False:\n"),
    M("F46", "every plain scalar is text", "manifest/reader.py", "self.place_value(resolve(text) if is_plain else text, span)", "self.place_value(text, span)"),
    M("F47", "includes may lead anywhere", "loading/files.py", "if not resolved.is_relative_to(boundary):", "if False:"),
    M("F48", "CI commands in foreign text are left as they are", "base/escape.py", "return commands(visible(redact(str(text))))", "return visible(redact(str(text)))"),
    M("F49", "secrets are shown", "base/redaction.py", "    if not _SIGN.search(text.lower()):\n", "    if True:\n"),
    M("F50", "a page has no limit", "report/comment.py", "return self._used + size <= self._limit", "return True"),
    M("F51", "stdout that breaks is not noticed", "cli/output.py", "self.broken = str(error)", "pass"),
    M("F52", "a signal ends nothing", "cli/signals.py", "loop.call_soon_threadsafe(stop.set)", "None", "test_f52_an_interrupt_inside_a_long_wait"),
    M("F53", "deadlines follow the wall clock", "applying/run.py", "return self.clock.monotonic()", "return self.clock.now().timestamp()"),
    M("F54", "requests are not held to Azure's rate", "azure/governor.py", "while (wait := turn.wait(now())) > 0 and", "while (wait := 0.0) > 0 and", "test_f54_a_large"),
    M("F55", "a vault without a difference is written to", "planning/kinds/vaults.py", "    if not fields and not adopts:\n        return\n", ""),
    M("F56", "the date at which a schedule began is a difference", "model/policy_reading.py", "(one.hour * 60 + one.minute) % (hours * 60)", "one.toordinal() % (hours * 60)"),
    M("F57", "what isn't declared is lost with a write", "azure/bodies.py", "    result = dict(live)\n", "    result = {}\n"),
    M("F58", "an answer that isn't JSON is an empty one", "azure/connection.py", 'raise Malformed(f"it is no JSON ({kind}, {len(content)} bytes)") from error', "return {'value': []}"),
    M("F59", "what may not be read is taken to be gone", "azure/reads.py", "        return unsure(error)\n", "        return NO\n"),
    M("F60", "a vague refusal is believed without a probe", "applying/refusals.py", "return lower(error.code) == _VAGUE", "return False"),
    M("F61", "a soft-deleted vault is created over", "planning/kinds/vaults.py", 'if deleted is not None and not draft.world.forces("deleted-vault"):', "if False:"),
    M("F62", "a value that Azure overrides is called done", "applying/kinds/vaults.py", "        raise overridden(path, value_at(wanted, path), value_at(body, path))\n    return body", "        break\n    return body"),
    M("F63", "resource guards are not heeded", "planning/instance_bodies.py", "if live and live.guarded and not _GUARDED.isdisjoint(ops) and not requests:", "if False:"),
    M("F64", "AlwaysOn does not satisfy On", "model/vault_fields.py", '        enough=("On", "AlwaysOn"),\n', ""),
    M("F65", "the assignments of the former identity are not told", "planning/capacity.py", "if is_derived(row) and lower(row.principal) not in known and row.scope.key in draft.world.disks:", "if False:"),
    M("F66", "another manifest's mark is not heeded", "planning/holdings.py", '            if owner == "foreign":\n', "            if False:\n"),
)  # fmt: skip

_MAKING, _MOVING = "planning/test_provenance.py", "planning/test_moving.py"
_EXPORTS, _INTO, _ROWS = "real/test_r03_exports.py", "real/test_export_into.py", "real/test_r03_odd_rows.py"
_RETENTION, _SETTINGS = "real/test_r04_retention_of_others.py", "real/test_r04_vault_settings_of_others.py"
_ADVICE, _MESSAGES = "real/test_r07_advice.py", "real/test_r08_messages.py"
_PASSING, _CODES, _STARTS = (
    "real/test_r11_what_may_pass.py",
    "real/test_r12_codes.py",
    "real/test_r14_starts_with_an_offset.py",
)
_ABSENT = "places/test_e09_absent_fields.py"
_REMOVED, _GUARDED = "planning/test_removals.py", "planning/test_removals_guarded.py"
_ADDED, _BESIDE = "planning/test_additions.py", "planning/test_additions_and_others.py"
_ATTACKED, _UNMOVED = "truth/test_additions_attacked.py", "truth/test_unmoved_endings.py"
_VERIFIED, _RECOVERED = "end_to_end/test_verifying.py", "end_to_end/test_recovering.py"
_RESTORED = "end_to_end/test_restoring.py"
_MACHINE, _SETTLED = "end_to_end/test_machine_recovery.py", "azure/test_settled.py"
OTHERS = (
    M("D01 who uses it", "a restored disk that a machine uses is written to", "planning/provenance.py", "    for machine in disk.machines:\n", "    for machine in ():\n", files=_MAKING),
    M("D01 its group", "a snapshot of any resource group will do", "planning/provenance.py", "claim.group is not None and not source.is_within(claim.group)", "False", files=_MAKING),
    M("D01 its snapshot", "a snapshot of any disk will do", "planning/provenance.py", "    if snapshot.source is not None and snapshot.source != claim.source:\n", "    if False:\n", files=_MAKING),
    M("D01 its point", "a restore from any recovery point will do", "planning/provenance.py", "(claim.point and points != {lower(claim.point)})", "False", files=_MAKING),
    M("D01 its job", "a disk of that name will do", "planning/provenance.py", "    if not points:\n", "    if False:\n", files=_MAKING),
    M("D01 before a write", "a disk is written to before it is proved", "applying/restoring.py", "        elif not why:\n", "        elif True:\n", "another_disk or by_hand or exchanged or job_that_made", "destruction/test_d01_whose_disk_it_is.py"),
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
    M("D04 proof", "a disk is written to without a proof", "applying/proving.py", "    if proof is None:\n", "    if False:\n", "proves_nothing", "applying/test_guard.py"),
    M("D04 proved", "a proof is not asked for", "applying/proving.py", "    live = await proof()\n", "    live = None\n", "not_deleted", "destruction/test_d01_whose_disk_it_is.py"),
    M("D04 deadline", "a change begins though the run reached its timeout", "applying/engine.py", "        if self._run.now >= self._run.ends:\n            return result_of(", "        if False:\n            return result_of(", "time_is_over", "applying/test_guard.py"),
    M("T03 unknown", "what could not be told fails no status", "model/results/status.py", "self.count(UNKNOWN) or any(", "any(", "exit_1", "planning/test_status.py"),
    M("T03 silence", "a doubt about jobs is an absence of jobs", "planning/backups.py", "    if isinstance(jobs_of(told, instance), Unsure) and state[0] not in BAD:\n", "    if False:\n", files="planning/test_status.py"),
    M("T09 whose", "a 404 about something else is believed", "azure/absence.py", '    if None in ends or word in _UNSEEN:\n        return ""\n', "    ends = [end or 0 for end in ends]\n", files="azure/test_absence.py"),
    M("T09 proxy", "a page of a proxy is believed", "azure/failures.py", "    if not _is_enveloped(content):\n", "    if not _is_enveloped(content):\n        return NotFound(says.message, **said)\n", files="azure/test_absence.py"),
    M("D10 pages", "empty pages are read without an end", "azure/pages.py", "        if self._idle >= MOST_IDLE:\n", "        if False:\n", "empty_pages_without_end", "azure/test_pages.py"),
    M("T08 proofs", "a proof from the future is believed", "planning/proofs.py", "return found if found and _FIRST <= found <= now + CLOCKS_APART else None", "return found", files="planning/test_proofs.py"),
    M("T08 drills", "a drill of nothing is a success", "planning/drilling.py", "    if not chosen and not asked:\n", "    if False:\n", "a_drill", "truth/test_t08_nothing_done.py"),
    M("T08 verdicts", "a copy that the user's own check rejects is a proof", "applying/verifying.py", "    if ending.code:\n", "    if False:\n", "corruption", "end_to_end/test_verifying.py"),
    M("T16 restored", "a restored disk is never taken by a selector", "planning/desired.py", "why = None if disk.id.key in with_instance else why_passed_over(disk)", "why = why_passed_over(disk)", "restored", "truth/test_t16_what_was_done_here.py"),
    M("T16 moved", "what a move has left makes no room", "planning/retained.py", "    return aside(world, others)\n", "    return Aside()\n", "can_change or drilled", "truth/test_t16_what_was_done_here.py"),
    M("R01 jobs", "jobs of every kind are disks' jobs", "azure/jobs.py", "    return is_disks(one.kind, one.disk)\n", "    return True\n", files="real/test_r01_other_kinds_of_data.py"),
    M("R01 rows", "instances of every kind are disks' instances", "azure/disks.py", "    return (not said or lower(kind) == TYPE) and (own is None or not own.type or own.type == TYPE)\n", "    return True\n", files="real/test_r01_other_kinds_of_data.py"),
    M("R02 letters", "names of groups are ASCII", "manifest/names.py", "category(letter) in _LETTERS", "(letter.isascii() and letter.isalnum())", files="real/test_r02_names_of_groups.py"),
    M("R05 given up", "what Azure gave up is still under way", "model/protection.py", "    if found is Health.TRANSIENT and lower(provisioning_state) in _GIVEN_UP:\n", "    if False:\n", files="real/test_r05_given_up_halfway.py"),
    M("R06 first", "the first entry of the storage settings counts", "azure/kinds/vaults.py", 'if unnamed or lower(str(pick(one, "datastoreType"))) == _VAULT_STORE', "if True", files="real/test_r06_storage_settings.py"),
    M("R09 half a pair", "half a surrogate pair makes an answer unreadable", "azure/connection.py", '        if b"\\\\ud" not in content.lower():\n', "        if True:\n", files="real/test_r09_odd_text.py"),
    M("R09 mark", "a byte order mark makes an answer unreadable", "azure/connection.py", "    content = content.removeprefix(codecs.BOM_UTF8)\n", "", files="real/test_r09_odd_text.py"),
    M("R10 sentinels", "a time that stands for none is a time", "azure/fields.py", "    return found if found and _FIRST_YEAR <= found.year < _LAST_YEAR else None\n", "    return found\n", files="real/test_r10_sentinel_times.py"),
    M("R03 left out", "an instance that can't be declared fails the export", "export/learning.py", "    if disk and disk.key in tried.disks:\n", "    if False:\n", "odd_instance or name_that_no", _EXPORTS),
    M("R03 form", "a name that no manifest takes fails the export", "verbs/export.py", "            if not learn_form(error.findings, description, choices):\n", "            if True:\n", "odd_instance or name_that_no", _EXPORTS),
    M("R03 contents", "a vault that can't be understood fails the export", "verbs/export.py", "    except ReadIncomplete:\n        for key in scope:\n", "    except ReadIncomplete:\n        raise\n        for key in scope:\n", "contents", _EXPORTS),
    M("R03 unread", "a subscription that can't be read fails the export", "verbs/export.py", "    disks = [one for one in disks if one not in unread]\n", "", "subscription_that", _EXPORTS),
    M("R03 scopes", "one scope without a vault fails the export", "verbs/export.py", "    if not scope:\n", "    if empty:\n", "three_scopes", _EXPORTS),
    M("R03 rows", "an odd row of a subscription's list fails the export", "azure/reading.py", "            if skip is None:\n", "            if True:\n", files=_ROWS),
    M("R03 gone", "a disk whose row is odd is called gone", "verbs/export.py", "one.disk.key not in estate.disks and", "False and", "odd_disk", _ROWS),
    M("R03 strict", "every verb leaves odd rows out", "azure/reading.py", "            if skip is None:\n", "            if skip is None:\n                continue\n            if skip is None:\n", files=_ROWS),
    M("R03 into disks", "an export into a manifest repeats its disks", "verbs/export.py", "    declared |= {disk.key for rule in existing.disks for disk, _ in rule.ids}\n", "    declared = set()\n", files=_INTO),
    M("R03 into names", "an export into a manifest takes its names a second time", "export/lacking.py", "    while lower(free) in taken:\n", "    while False:\n", files=_INTO),
    M("R03 into plan", "an export into a manifest declares what that one would change", "export/fitting.py", "            if address in known:\n", "            if True:\n", files=_INTO),
    M("R03 into vaults", "an export into a manifest repeats its vaults", "export/lacking.py", "    by_id = {spec.id.key: spec.name for spec in existing.vaults.values()}\n", "    by_id = dict[str, str]()\n", files=_INTO),
    M("R04 rules", "rules of months and years aren't understood", "model/policy_reading.py", ', "Monthly": "FirstOfMonth", "Yearly": "FirstOfYear"}', "}", "terraform_s or exported", _RETENTION),
    M("R04 names", "rules are told by their names", "model/policy_reading.py", "rule = _DEFAULT if lower(name) == lower(_DEFAULT) else _rule_of(entry)", "rule = next((one for one in (*CRITERIA, _DEFAULT) if lower(one) == lower(name)), None)", "terraform_s or exported", _RETENTION),
    M("R04 months", "months are no duration", "base/durations.py", "    match = _MONTHS.fullmatch(text)\n", "    match = None\n", "months_and_years or terraform_s", _RETENTION),
    M("R04 lengths", "months are as long as in February", "base/durations.py", "_SHORTEST_MONTH, _LONGEST_MONTH = 28, 31", "_SHORTEST_MONTH, _LONGEST_MONTH = 28, 28", "no_longer or counted", _RETENTION),
    M("R04 order", "rules in another order mean the same", "model/policy_reading.py", "        if in_turn != sorted(set(in_turn)):\n", "        if False:\n", "no_manifest", _RETENTION),
    M("R04 costs", "cost management is read at another place", "model/vault_fields.py", '"costManagementSettings.granularityLevel"', '"costManagement.granularityLevel"', "costs", _SETTINGS),
    M("R04 since", "every api-version has cost management", "model/vault_fields.py", "        since=COST_MANAGEMENT,\n", "", "newer_api_version", _SETTINGS),
    M("R04 third word", "disabled for good is disabled", "model/vault_fields.py", 'Switch(third="PermanentlyDisabled")', "Switch()", "never_leave or for_good", _SETTINGS),
    M("R04 third spelled", "disabled for good has one spelling", "model/vault_fields.py", "said.get(lower(taken), taken)", "said.get(taken if lower(taken) == lower(self.third) else lower(taken), taken)", "never_leave", _SETTINGS),
    M("R04 for good", "disabling it for good needs no key", "model/vault_fields.py", '        for_good="PermanentlyDisabled",\n', "", "for_good", _SETTINGS),
    M("R04 spelled", "a word of Azure's has one spelling", "model/vault_fields.py", "if taken is not None and lower(word) == lower(taken)", "if word == taken", "any_spelling", _SETTINGS),
    M("R04 identities", "of declared identities only the first counts", "planning/vault_fields.py", "    declared_users = [identity for identity in spec.identities if isinstance(identity, ArmId)]\n", "    declared_users = [identity for identity in spec.identities[:1] if isinstance(identity, ArmId)]\n", "identit", _SETTINGS),
    M("R04 others", "an identity that isn't declared is removed", "planning/vault_fields.py", "{key: {} for key in (vault.user_identities if vault else ())}", "{}", "identit", _SETTINGS),
    M("R04 system", "a user-assigned identity takes the system's place", "planning/vault_fields.py", "not spec.identities or bool(vault and vault.principal_id)", "not spec.identities", files="planning/test_vaults.py"),
    M("R04 unknown keys", "keys that aren't known are dropped from a block", "applying/kinds/vaults.py", "    body = with_unknown_keys(step.body, live)\n", "    body = step.body\n", "not_declared", _SETTINGS),
    M("R04 versions", "an api-version that isn't known is an error", "model/api_versions.py", "    if version not in VERSIONS:\n", "    if False:\n", files="cli/test_api_version.py"),
    M("R04 doubts", "a version of which no source tells is used in silence", "model/api_versions.py", "    if VERSIONS[version] is None:\n", "    if False:\n", files="cli/test_api_version.py"),
    M("R04 always on", "no version insists on AlwaysOn", "model/api_versions.py", '"2025-09-01": (ALWAYS_ON, ALWAYS_SOFT_DELETES, DELETED_VAULTS)', '"2026-08-31-preview": (ALWAYS_ON, ALWAYS_SOFT_DELETES, DELETED_VAULTS)', "without_always_on", "end_to_end/test_api_versions.py"),
    M("R07 lock", "a group of snapshots is to be locked", "model/codes/manifest.py", "and lock nothing there: a lock", "and protect it with a lock: a lock", files=_ADVICE),
    M("R07 unmanaged", "a setting that is compared has no effect", "manifest/entries.py", 'does = "is only checked" if key in compared else "has no effect"', 'does = "has no effect"', files=_ADVICE),
    M("R07 consent", "consent is asked for what the vault has", "model/codes/manifest.py", "    \"pass `--accept-irreversible` to `apply` if the vault doesn't have it yet\",\n", '    "pass `--accept-irreversible` to `apply`",\n', files=_ADVICE),
    M("R07 versions", "an older api-version is advised beside a newer one", "planning/kinds/vaults.py", 'other = "" if is_too_old else f"', 'other = f"', files=_ADVICE),
    M("R07 back", "a newer api-version is advised that sends one back", "planning/kinds/vaults.py", "is_new and api_versions.has(first, ", "False and api_versions.has(first, ", files=_ADVICE),
    M("R07 ignored", "what is ignored as advised is to be unignored", "model/codes/planning.py", '"do nothing, or remove the `ignore` entry to have it planned"', '"remove the `ignore` entry"', files=_ADVICE),
    M("R07 pairs", "two hints that stand anywhere contradict each other", "model/codes/planning.py", '"fix what it waits for, then run the command again"', '"fix what it waits for, or protect it with a lock"', files="base/test_advice.py"),
    M("R08 advice", "a preflight's message has Azure's advice as Python spells it", "applying/preflight.py", "_finding(change, disk_codes.PREFLIGHT_REFUSED, message, error.hint)", 'disk_codes.PREFLIGHT_REFUSED.at(f"{message} {error.advice}", address=change.address)', "preflight", _MESSAGES),
    M("R08 code", "a preflight's message has the code twice", "applying/preflight.py", "_finding(change, disk_codes.PREFLIGHT_REFUSED, message, error.hint)", '_finding(change, disk_codes.PREFLIGHT_REFUSED, f"{message} ({error.code})", error.hint)', "preflight", _MESSAGES),
    M("R08 zones", "zones are told as a list of Python's", "planning/restored.py", '    return ", ".join(sorted(zones)) or "none"\n', "    return str(list(zones))\n", "zones", _MESSAGES),
    M("R08 switches", "yes and no are told as Python's", "model/vault_fields.py", '    return "not set" if value is None else escape.spelled(value)\n', "    return str(value)\n", "yes_and_no", _MESSAGES),
    M("R08 tags", "a tag that is no text is told as Python's", "model/tags.py", "else spelled(value)", "else str(value)", "tag", _MESSAGES),
    M("R08 typed", "what was typed is told as Python's text", "model/shard.py", "'{text}' is not a shard", "{text!r} is not a shard", "typed", _MESSAGES),
    M("R08 house", "a text has Python's innards", "planning/backups.py", "the unknown status '{status}'", "the unknown status {status!r}", "innards", "base/test_house.py"),
    M("R11 questions", "a question that fails is not asked again", "applying/refusals.py", "AGAIN_SECONDS = (10.0, 30.0, 60.0)", "AGAIN_SECONDS = ()", files=_PASSING),
    M("R11 operations", "a failed operation never passes", "applying/refusals.py", "isinstance(error, OperationFailed) and nature(error.code) is Nature.RETRYABLE", "False", files=_PASSING),
    M("R11 codes", "a code that passes is final", "model/codes/azure.py", '"Azure failed, and asks to be tried again.", _AGAIN, Nature.RETRYABLE)', '"Azure failed, and asks to be tried again.", _AGAIN)', files=_PASSING),
    M("R12 table", "a failed job's code is to be looked up", "azure/jobs.py", "    return says if says.advice else replace(", "    return replace(", files=_CODES),
    M("R12 hint", "a code of Azure's has no hint of ours", "azure/failures.py", "    ours = [(one, text) for one in codes if (text := azure_codes.advice(one, message))][:1]\n", "    ours = list[tuple[str, str]]()\n", files=_CODES),
    M("R13 exports", "jobs can't be exported", "sandbox/dataprotection/jobs/exports.py", 'f"{VAULT}/exportBackupJobs", f"', 'f"{VAULT}/export", f"', files="sandbox/dataprotection/backups/test_exports.py"),
    M("R13 operations", "a provider has no list of operations", "sandbox/arm/routing.py", '        self.route("GET", f"/providers/{namespace}/operations", collection=False)(self._told)\n', "", files="sandbox/arm/test_operation_lists.py"),
    M("R13 deployments", "there are no deployments", "sandbox/resources/deployments/routes.py", '    provider.route("PUT", _one, f"{KIND}/write")(put)\n', "", files="sandbox/resources/test_deployments.py"),
    M("R13 versions", "a new api-version is not known", "sandbox/dataprotection/api_versions.py", '    Version("2026-07-01"),\n', "", files="sandbox/dataprotection/test_api_versions.py"),
    M("R13 rate", "there is one kind of headers about rates", "sandbox/arm/throttling.py", 'and self._world.switch("rate_headers") == "resource-requests":', "and False:", files="sandbox/arm/test_weather.py"),
    M("R13 no group", "without a snapshot group there is no deletion", "sandbox/dataprotection/instances/deletion.py", "    if not group:\n        return None\n", "", files="sandbox/dataprotection/instances/test_deletion.py"),
    M("R13 client", "a token names another client than asked for", "sandbox/sign_in/tokens.py", '"appid": who["appId"]', '"appid": world.guid(client, "app")', files="sandbox/sign_in/test_tokens.py"),
    M("R13 order", "roles are slow by default", "sandbox/switches.py", 'Switch("propagation", "0..10"', 'Switch("propagation", "60..300"', files="sandbox/test_terraform.py"),
    M("R14 offset", "an offset is always clear", "model/policy_reading.py", '    is_clear = start_text.endswith(("Z", "z")) or not _is_of(written, ZoneInfo(iana_zone(windows)))\n', "    is_clear = True\n", files=_STARTS),
    M("R14 rolls", "a policy rolls for a doubt alone", "planning/policy_book.py", "return content in (self.contents.get(policy.key), self.otherwise.get(policy.key))", "return content == self.contents.get(policy.key)", files=_STARTS),
    M("R14 told", "nobody is told of the doubt", "planning/policy_book.py", '    doubt = shelf.doubts.pop(policy.key, "")\n', '    doubt = ""\n', files=_STARTS),
    M("R14 export", "an export is silent about the doubt", "export/kinds/policies.py", "if (doubt := start_doubt(read(policy)))]", 'if (doubt := "")]', files=_STARTS),
    M("R14 sandbox", "the sandbox reads starts in one way", "sandbox/dataprotection/backups/scheduled.py", 'as_written=world.switch("start_offset") == "wall-clock"', "as_written=False", files="sandbox/dataprotection/backups"),
    M("E01 netrc", "credentials of a .netrc are sent", "azure/network.py", "                trust_env=False,\n", "                trust_env=True,\n", files="places/test_e01_proxies.py"),
    M("E02 permanent", "a certificate that is refused may pass", "azure/trust.py", "        if isinstance(one, ssl.SSLCertVerificationError):\n", "        if False:\n", files="places/test_e02_certificates.py"),
    M("E03 patience", "a slow program is given azure-identity's ten seconds", "azure/sign_in/credentials.py", "process_timeout=patience(environment)", "process_timeout=10", files="places/test_e03_slow_programs.py"),
    M("E04 tenant", "the tenant that Azure names is not told", "azure/challenges.py", '    own = tenant(headers.get("WWW-Authenticate", ""))\n', '    own = ""\n', files="places/test_e04_other_tenants.py"),
    M("E05 in part", "a way that is offered in part is passed over", "azure/sign_in/credentials.py", "    if missing:\n", "    if False:\n", files="places/test_e05_ci_systems.py"),
    M("E06 brackets", "an address of IPv6 is no address", "watch/health.py", '(":" in bare and bare == host)', '":" in bare', files="places/test_e06_addresses.py"),
    M("E07 names", "a name that POSIX alone has is used", "base/portable.py", 'getattr(os, "O_NONBLOCK", 0)', "os.O_NONBLOCK", files="places/test_e07_windows.py"),
    M("E08 ends", "line ends become those of POSIX", "manifest/layout.py", "    if is_windows:\n", "    if False:\n", files="places/test_e08_line_ends.py"),
    M("E08 marker", "a marker at the end begins a document", "manifest/layout.py", r'r"^(?:(?:---|\.\.\.)(?=\s|$))?\s*(?:#.*)?$"', r'r"^\s*(?:#.*)?$"', files="places/test_e08_line_ends.py"),
    M("E09 end", "a job without an end is none", "azure/jobs.py", 'ended=moment(pick(properties, "endTime"))', 'ended=moment(properties["endTime"])', "may_lack and jobs", _ABSENT),
    M("E09 rows", "a row that makes no sense is unexpected", "azure/fields.py", "        except NONSENSE:\n            with understood", "        except ZeroDivisionError:\n            with understood", "permissions", _ABSENT),
    M("E09 bodies", "a body that makes no sense is unexpected", "azure/fields.py", "    with understood(quoted(body)):\n", "    if True:\n", "before_they_are_written", _ABSENT),
    M("E09 errors", "an instance's error is an object or nothing", "azure/kinds/instances.py", 'error=_error_of(error or pick(status, "errorDetails")),', 'error=error or pick(status, "errorDetails"),', "in_error", "real/test_r08_messages.py"),
    M("E09 rights", "a permission is what it should be", "verbs/whoami.py", 'held = each(await azure.list(place), _permission, f"A row of {place}")', "held = await azure.list(place)", "permissions", _ABSENT),
    M("X01 named", "a selector of `removed` beats an id in `disks`", "planning/removals.py", "            if key not in named:\n", "            if True:\n", "leaves_alone", _REMOVED),
    M("X01 keeps", "of two selectors the one that deletes wins", "planning/removals.py", '    elif new.entry.data == "retain":\n', "    elif False:\n", "two_selectors", _REMOVED),
    M("X01 twice", "two selectors that delete delete", "planning/removals.py", "        found.twice[key] = (old, new)\n", "        pass\n", "two_selectors", _REMOVED),
    M("X01 gone", "a disk that is gone is taken by whatever may have matched it", "planning/removals.py", "        if one.could_take(disk) and one.is_by_name:\n", "        if one.could_take(disk):\n", "gone", _REMOVED),
    M("X01 hold", "a hold of a disk by id is not heeded", "planning/removals.py", "for own, place in entry.named if entry.hold else ():", "for own, place in ():", "hold", _REMOVED),
    M("X01 hold gone", "a hold by a selector is lost with the disk", "planning/removals.py", "            if one.could_take(disk):\n                doubtful", "            if False:\n                doubtful", "hold", _REMOVED),
    M("X01 unmarked", "a selector of `removed` takes what nobody marked", "planning/removing.py", "        return removal if instance.deleted else None\n", "        return removal\n", "leaves_alone", _REMOVED),
    M("X01 another's", "`removed` acts on what another manifest owns", "planning/removing.py", '        if owner == "foreign":\n', "        if False:\n", "another_manifest", _GUARDED),
    M("X01 held", "what is on hold is deleted", "planning/removing.py", "        elif removal.disk.key not in self._removals.holds and id(entry)", "        elif id(entry)", "a_hold_keeps", _GUARDED),
    M("X01 key", "deletions need no key", "planning/removing.py", "        if draft.world.options.allow_delete is None:\n", "        if False:\n", "key or hold", _REMOVED),
    M("X01 for good", "a deletion that can't be undone needs no key of its own", "planning/removing.py", "        if not softly:\n", "        if False:\n", files="planning/test_orphans.py"),
    M("X01 softly", "a deletion goes on where soft delete was switched off", "planning/removing.py", "body=Deletion(softly=True) if softly else Deletion(),", "body=Deletion(),", "softly", "end_to_end/test_leaving.py"),
    M("X01 at work", "what Azure is working on is stopped or deleted", "planning/removing.py", "        elif health_of(instance) in AT_WORK:\n", "        elif False:\n", files=_REMOVED),
    M("X01 machine", "a machine that can't be read has no tags", "planning/removing.py", 'if owner == "handed" or (addresses.disk(removal.disk) in draft.decisions.refused and self._is_by_machine):', 'if owner == "handed":', "machine", _GUARDED),
    M("X01 shown twice", "an instance that two lists show counts twice", "planning/removing.py", "removal.disk.key not in self._removals.twice and not is_shown_twice:", "removal.disk.key not in self._removals.twice:", "both_lists", _GUARDED),
    M("X02 day", "the day of a deletion has always come", "planning/permission.py", "    if today >= after:\n", "    if True:\n", "day", _REMOVED),
    M("X02 stops first", "what still takes backups is counted and deleted", "planning/permission.py", "    if any(map(is_active, tally.live)):\n", "    if False:\n", "stopped_first", _REMOVED),
    M("X02 selector", "a selector deletes without a confirmation", "planning/permission.py", "    if entry.confirm is None and entry.after is None and entry.select is None:\n", "    if entry.confirm is None and entry.after is None:\n", "selector_never", _REMOVED),
    M("X02 shard", "a shard counts for all", "planning/permission.py", "    elif not draft.world.options.shard.is_whole:\n", "    elif False:\n", "no_shard", _GUARDED),
    M("X02 points", "only the instances are compared with what was confirmed", "planning/permission.py", "    if (live, points) == (confirm.instances, confirm.points):\n", "    if live == confirm.instances:\n", "other_numbers", _REMOVED),
    M("X02 fewer", "fewer points than were confirmed are as good", "planning/permission.py", "    return bool(tally.done) and live + tally.done", "    return live + tally.done", "other_numbers", _REMOVED),
    M("X02 again", "in another look any numbers fit", "planning/permission.py", "        return live + tally.done <= confirm.instances and points <= confirm.points\n", "        return True\n", "another_look", _REMOVED),
    M("X02 held", "what is on hold counts as what is deleted", "planning/permission.py", "        elif is_held:\n", "        elif False:\n", "on_hold_is_not", _GUARDED),
    M("X02 ahead", "a deletion is announced years ahead", "planning/permission.py", "    elif after - today <= ANNOUNCED and (what", "    elif (what", "announced", _REMOVED),
    M("X03 guard", "a resource guard that wants to be asked is not", "planning/ending.py", "    if guard is None:\n        return\n", "    guard = guard or ()\n", "guard", _GUARDED),
    M("X03 weight", "stops and deletions don't count towards the gate", "planning/ending.py", 'weight="stops",', 'weight="",', files="planning/test_gates.py"),
    M("X03 second", "a second instance of a disk takes the first one's address", "planning/ending.py", "if address in decisions.changes or address in decisions.due else address", "if False else address", "address_of_its_own", _GUARDED),
    M("X03 until", "a halt is over on its last day", "planning/halts.py", "today <= rule.until", "today < rule.until", "halt_ends", _GUARDED),
    M("X03 clock", "a halt ends by our clock, not Azure's", "planning/halts.py", "draft.world.today or draft.world.now.date()", "draft.world.now.date()", "halt_ends", _GUARDED),
    M("X03 shards", "every shard tells of each halt", "planning/halts.py", "        if draft.world.options.shard.takes(str(rule.place)):\n", "        if True:\n", "one_shard", _GUARDED),
    M("X04 first", "a disk that has an instance is an addition", "planning/additions.py", "        if self._world.held.get(disk.key) or self._world.deleted.get(disk.key):\n", "        if False:\n", "whatever_else", _BESIDE),
    M("X04 names", "a name that is taken is written over", "planning/additions.py", "        if (step.target.parent.key, lower(step.target.name)) in self._taken_names:\n", "        if False:\n", "name_of_an_instance", _BESIDE),
    M("X04 listed", "a disk that nobody lists is an addition", "planning/additions.py", "        if disk.key not in self._world.disks:\n", "        if False:\n", "no_list", _BESIDE),
    M("X04 heavy", "a change that destroys is an addition", "planning/additions.py", "    return bool(change.danger or change.keeps or any(step.guard for step in change.steps))\n", "    return False\n", "unusual", _ADDED),
    M("X04 error", "any failing state is repaired without a review", "planning/additions.py", "        if not is_in_error(found):\n", "        if False:\n", "only_as_it_was", _ADDED),
    M("X04 owner", "what nobody or another manifest owns is repaired", "planning/additions.py", '        if self._world.owner(found.tags) != "ours":\n', "        if False:\n", "does_not_own", _BESIDE),
    M("X04 whose", "what fails is repaired for another disk of that name", "planning/additions.py", "        is_another = is_unproven(self._draft, self._world.disks.get(disk), found)\n", "        is_another = False\n", "was_backed_up", _BESIDE),
    M("X04 plain", "a repair re-points and adopts", "planning/additions.py", "        if not is_plain or any(_says_something(step.body) for step in change.steps):\n", "        if False:\n", "only_as_it_was", _ADDED),
    M("X04 grants", "a repair assigns roles", "planning/additions.py", '        return "it needs other changes first" if grants or any(one in self._every for one in own.depends) else ""\n', '        return ""\n', "only_as_it_was", _ADDED),
    M("X04 vault", "a disk is added to a vault that changes", "planning/additions.py", "        if vault.key in self._written:\n", "        if False:\n", "its_vault", _BESIDE),
    M("X04 policy", "a disk is added to a policy that is replaced", "planning/additions.py", "        if policy.key in self._written:\n", "        if False:\n", "its_vault", _BESIDE),
    M("X04 ignored", "a disk that `ignore` names is added", "planning/additions.py", "        if any(typed.is_address(change.address) for _, typed in self._world.ignored):\n", "        if False:\n", "waits_for_a_review", _ADDED),
    M("X04 findings", "an error about a disk is no reason to leave it", "planning/additions.py", '        return self._told.get(lower(change.address), "")\n', '        return ""\n', "with_an_error", _BESIDE),
    M("X04 group", "a resource group that instances name is made", "planning/additions.py", "        if target.key in self._world.estate.groups or self._may_use(self._everything, target):\n", "        if False:\n", "not_made", _BESIDE),
    M("X04 shards", "a shard makes resource groups", "planning/additions.py", "        if not self._world.options.shard.is_whole:\n", "        if False:\n", "not_made", _BESIDE),
    M("X04 wide", "a role that covers more than the new disk is assigned", "planning/additions.py", " or not self._is_own(grant, scope, one) for one in", " for one in", "waits_for_a_review", _ADDED),
    M("X04 shared", "a role that existing instances would use is assigned", "planning/additions.py", "        is_used = self._serves(grant, scope, holders)\n", "        is_used = False\n", files=_ADDED),
    M("X04 identity", "an identity that others have gets roles", "planning/additions.py", '        if grant["identity"] != _SYSTEM and grant["role"] != DISK_BACKUP_READER.guid:\n', "        if False:\n", "other_vaults", _BESIDE),
    M("X04 moved", "a disk with backups under another id is new", "planning/moved.py", '        elif disk and disk.unique_id in sources - {""}:\n', "        elif False:\n", "another_id", _ADDED),
    M("X04 unsure", "a disk of which nobody knows whether it is new is new", "planning/moved.py", "        if is_untold or (disk and any", "        if (disk and any", "another_id", _ADDED),
    M("X04 twice", "a disk that lists still show under its old id, too, is new", "planning/moved.py", "sources = backed_up | {", "sources = {", "still_show", _ATTACKED),
    M("X04 traceless", "a disk that moved and left no snapshot is new", "planning/moved.py", " or (disk and any(_may_be(draft, disk, one) for one in traceless))", "", "left_no_snapshot", _ATTACKED),
    M("X04 alone", "an addition goes without what it needs", "planning/additions.py", "        if lacks:\n", "        if False:\n", "waits_for_a_review", _ADDED),
    M("X04 gate", "any number of disks is added", "planning/gates.py", "    if new and count > ADDED_ALWAYS and count", "    if count < 0 and count", "close_the_gate", _ADDED),
    M("X04 rounds", "a watch counts each round alone", "cli/watch.py", "        return frozenset(self._added)\n", "        return frozenset()\n", "many_rounds", _ATTACKED),
    M("X04 parts", "shards add in parts what is refused whole", "flow/look.py", "any(change.weight or options.additions for change", "any(change.weight for change", "no_gate_in_parts", _ATTACKED),
    M("X04 whole", "a shard adds what the whole manifest leaves", "planning/approval.py", "        if options.chosen is not None:\n            outside", "        if False:\n            outside", "whole_manifest", _BESIDE),
    M("X04 rivals", "what a rival has just made is written over", "planning/approval.py", "unasked=one.unasked or _is_made_anew(one)", "unasked=one.unasked", "asked_for_by_id", _BESIDE),
    M("X04 rival's group", "the tags of a group that a rival has just made are written over", "applying/kinds/groups.py", "        if change.unasked and await _is_there(run, planned):\n", "        if False:\n", "keeps_its_tags", _ATTACKED),
    M("X05 digests", "a change that does something else now stands", "planning/approval.py", "        elif known != change_digest(change):\n", "        elif False:\n", "something_else", "truth/test_additions_alone.py"),
    M("X05 new", "a change that nobody reviewed stands", "planning/approval.py", "            because[change.address] = _NEW\n", "            pass\n", "stand_are_applied", "truth/test_additions_alone.py"),
    M("X05 needs", "a change goes without what it needs", "planning/approval.py", '    return f"it needs a change that isn\'t approved: {needed}" if needed else ""\n', '    return ""\n', "whole_manifest", _BESIDE),
    M("X05 later", "another look of the run does what came since", "planning/approval.py", "    if options.chosen is not None:\n        return", "    if False:\n        return", "another_look", _BESIDE),
    M("X05 marks", "a mark that nobody reviewed is written", "planning/planner.py", "return found if reviewed is None else tuple(filter(reviewed.has, found))", "return found", "nobody_reviewed", _UNMOVED),
    M("X05 key", "a plan that its gate refused is applied with a wrong number", "planning/gates.py", 'hint, is_open = f"pass `--allow-delete {right}` to continue", said == right', 'hint, is_open = f"pass `--allow-delete {right}` to continue", world.options.reviewed is not None or said == right', "gate_refused", _UNMOVED),
    M("X05 gates", "reviewed plans of shards pass in parts what is refused whole", "flow/look.py", "everything = replace(options, shard=WHOLE, reviewed=None)", "everything = replace(options, shard=WHOLE)", "reviewed_plans", _ATTACKED),
    M("X05 earlier jobs", "jobs of an earlier instance are recovery points of this one", "planning/backups.py", "if made is None or began >= made - CLOCKS_APART", "if True", files="truth/test_jobs_of_earlier_instances.py"),
    M("X05 future", "a time of creation in the future hides jobs that failed", "planning/backups.py", "return instance.created or (tagged if tagged is not None and tagged <= now + CLOCKS_APART else None)", "return instance.created or tagged", "in_the_future", "truth/test_jobs_of_earlier_instances.py"),
    M("X05 warnings", "a backup that ended with warnings is none", "planning/backups.py", "for status, began in jobs.items() if status in WELL), default=None)", 'for status, began in jobs.items() if status == "completed"), default=None)', "with_warnings", "planning/test_status.py"),
    M("X06 returned", "a disk that came back counts as a copy", "model/tags.py", "    return is_restored(tags) and not any(lower(key) == RETURNED_TAG for key in tags)\n", "    return is_restored(tags)\n", "loses_its_backups", _RECOVERED),
    M("X06 untagged", "a restored disk that lost its tags is pruned", "planning/orphans.py", "    if found is not None and is_left_behind(draft, found):\n", "    if False:\n", "unselected", _RECOVERED),
    M("X06 warned", "nobody is told that a restored disk won't be selected", "planning/restoring.py", "    if disk == source.id:\n        warn_unselected", "    if False:\n        warn_unselected", "unselected", _RECOVERED),
    M("X06 shown", "a list is believed of a restored disk", "applying/restoring.py", "        elif row is None:\n", "        elif True:\n", "decides_nothing", _RECOVERED),
    M("X06 one id", "two disks are restored to one id", "planning/recovering.py", "        if targets[source.id.key].key not in shared\n", "", "one_id", _RECOVERED),
    M("X06 many", "a name of several disks means all of them", "planning/recovering.py", "    if typed.is_ambiguous(found):\n", "    if False:\n", "means_neither", "end_to_end/test_recovering_some.py"),
    M("X06 unread", "a disk whose vault could not be read has no backups", "planning/recovering.py", "    if not is_whole(draft):\n", "    if False:\n", "unknown", "end_to_end/test_recovering_some.py"),
    M("X06 first", "`--first` that takes nothing is passed over", "planning/recovering.py", "    if not early:\n", "    if False:\n", "cannot_be_asked", _RECOVERED),
    M("X06 none", "`--select` that takes nothing is passed over", "planning/recovering.py", "        if not taken and is_whole(draft):\n", "        if False:\n", "cannot_be_asked", _RECOVERED),
    M("X06 prepares", "`--prepare` restores", "planning/recovering.py", "    if asked.prepares:\n", "    if False:\n", "beforehand", _RECOVERED),
    M("X07 key", "a disk with a key of its own goes to another subscription", "planning/restore_limits.py", "    if disk is not None and disk.encryption_set and disk.id.subscription != made.subscription:\n", "    if False:\n", files=_RESTORED),
    M("X07 zone", "any zone can be asked for", "planning/restore_limits.py", "    if zone and (disk is None or list(disk.zones) != [zone]):\n", "    if False:\n", files=_RESTORED),
    M("X07 copied", "Premium v2 and Ultra disks can be changed in place", "planning/restore_limits.py", "{before, lower(sku)} & SLOWLY_COPIED or before", "before", files=_RESTORED),
    M("X07 redundancy", "a disk's redundancy can be changed in place", "planning/restore_limits.py", ' or before.endswith("_zrs") != lower(sku).endswith("_zrs")', "", files=_RESTORED),
    M("X07 eleventh", "an eleventh restore within a day is asked for", "planning/restore_limits.py", "recent >= A_DAY", "recent > A_DAY", files=_RESTORED),
    M("X07 day", "restores count for ever", "planning/restore_limits.py", "job.began is not None and draft.world.now - job.began < timedelta(days=1)", "True", files=_RESTORED),
    M("X08 hangs", "a check that hangs ends like any other", "applying/verifying.py", "    if ending.code is None:\n        limit", "    if False:\n        limit", "hangs", _VERIFIED),
    M("X08 killed", "a check that was killed has found the copy bad", "applying/verifying.py", "    if ending.code < 0:\n", "    if False:\n", "killed", _VERIFIED),
    M("X08 secrets", "a check's output shows secrets", "applying/verifying.py", "                    secrets(os.environ),\n", "                    frozenset(),\n", "secrets", _VERIFIED),
    M("X08 environment", "a check inherits credentials", "applying/verifying.py", "        **{name: around[name] for name in INHERITED if name in around},\n", "        **around,\n", files=_VERIFIED),
    M("X08 started", "disks are restored for a check that can't be started", "applying/verifying.py", '        portable.program(name, folder_of(run), os.environ.get("PATH", os.defpath))\n', "        pass\n", "without_the_program", _VERIFIED),
    M("X09 spread", "disks of a machine may be any time apart", "planning/moments.py", "if one.spread <= longest), None)", "if True), None)", "too_far_apart", _MACHINE),
    M("X09 partly", "a machine comes back without the disks that nobody protects", "planning/machine.py", "    elif lacking and not partly:\n", "    elif False:\n", "unprotected_disk", _MACHINE),
    M("X09 form", "a machine that doesn't tell its disks has none", "planning/machine.py", " if found.attached is not None:\n", " if True:\n", "plainly", _MACHINE),
    M("X09 names", "any name goes into the commands of a runbook", "planning/machine.py", "    return None if _PLAIN.fullmatch(name) else name\n", "    return None\n", "plainly", _MACHINE),
    M("X09 unread", "recovery points that can't be read are none", "planning/machine.py", "    if any(points is None for own in asked.values() for _, points in own):\n", "    if False:\n", "cannot_be_read", _MACHINE),
    M("X09 elsewhere", "copies go to a subscription where they can't be attached", "planning/machine.py", "    if wish.subscription and wish.subscription != machine.id.subscription:\n", "    if False:\n", "another_subscription", _MACHINE),
    M("X10 running", "a job that still runs is read once", "azure/provenance.py", 'lower(text_at(body, "properties", "status")) in ENDED)', "True)", "until_it_has_ended", _SETTLED),
    M("X10 in part", "a row without what tells disks apart is believed", "azure/provenance.py", " for row in rows if _is_told(row)}", " for row in rows}", "in_part_is_read", "azure/test_provenance.py"),
    M("X10 kept in part", "a snapshot that was read in part is kept", "azure/provenance.py", "settled.get(snapshot, _is_told)", "settled.get(snapshot)", "read_again", "azure/test_provenance.py"),
    M("X10 shown", "a list is believed of a disk that is gone again", "azure/provenance.py", "_MANY = 250\n", "_MANY = 20\n", "gone_again", _RECOVERED),
    M("X10 untold", "a restore at work whose job can't be read is begun again", "planning/provenance.py", "            _refuse_untold(draft, disk, claim)\n", "", "begun_again", _RECOVERED),
    M("X10 old", "what was read hours ago is still true", "azure/settled.py", "if kept is not None and self._clock.monotonic() - kept[0] < _SECONDS:", "if kept is not None:", "half_an_hour", _SETTLED),
    M("X10 other point", "a restore of another recovery point is waited for", "planning/provenance.py", "    if at_work and lower(at_work.point) == lower(claim.point):\n", "    if at_work:\n", "still_works_on", _RECOVERED),
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
