"""The codes of errors that end a run or one of its changes, each with its meaning and the way out.

Codes of Azure's own (`UserError…`, `AuthorizationFailed` …) pass through as they are and are not listed here.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.findings import Code, Severity, table


def _error(code: str, meaning: str, hint: str) -> Code:
    return Code(code, Severity.ERROR, meaning, hint)


APPLYING = "Errors while a plan is applied"
"""The heading of errors that end one change."""

GROUPS: Mapping[str, Mapping[str, Code]] = {
    "Errors of the command line and of files": table(
        _error("error", "Something went wrong that has no code of its own.", "read the message"),
        _error(
            "layout-refused",
            "A manifest can't be laid out without losing a comment or its meaning; it was left as it is.",
            "simplify the text where comments and line breaks are unusual",
        ),
        _error(
            "manifest", "The manifest is wrong; each problem is a finding of its own.", "mend what the findings say"
        ),
        _error("no-manifest", "The path holds no manifest.", "name a folder with *.yaml files, or a file"),
        _error("no-such-path", "The path does not exist.", "name the manifest's file or folder"),
        _error(
            "unexpected",
            "The tool met a case that it doesn't know: a bug.",
            "run it with --verbose, and report what it shows",
        ),
        _error("unreadable", "A file or folder cannot be read.", "check its permissions"),
        _error("unwritable", "A file cannot be written.", "check the folder, its rights and the space on its disk"),
        _error("usage", "The command line asks for something impossible.", "see `--help` of the command"),
    ),
    "Errors of approval and of saved plans": table(
        _error(
            "gate",
            "A gate refuses the plan, and nothing was written.",
            "see each gate; `--force GATE` names what it opens",
        ),
        _error(
            "no-approval",
            "Nobody can be asked: this is no terminal, and approval was not given.",
            "give --auto-approve, --checksum SHA or a saved plan",
        ),
        _error(
            "not-approved", "The plan was not approved at the prompt, and nothing was written.", "answer yes to approve"
        ),
        _error(
            "other-options",
            "A saved plan was made with other options than the command line has.",
            "pass the options that the plan was made with, or make and review a new plan",
        ),
        _error(
            "other-target",
            "A saved plan was made against another Azure than the one that the command line names.",
            "apply it where it was planned, or plan again",
        ),
        _error("refused", "Nothing was written, on purpose.", "the message says why"),
        _error(
            "stale-plan",
            "What was approved is not what would be done now.",
            "see what moved, then plan and approve again",
        ),
        _error(
            "unaudited",
            "A write could not be recorded in the audit file, and was therefore not sent.",
            "make the file writable, then run it again",
        ),
    ),
    "Errors of Azure and of the connection to it": table(
        _error("azure", "Azure answered with an error that has no code.", "read the message; run it again"),
        _error(
            "canceled",
            "A long-running operation of Azure was cancelled.",
            "find out who cancelled it in the activity log, then run it again",
        ),
        _error(
            "endless-list",
            "A list of Azure has no end: its pages repeat, show nothing, or are too many.",
            "run it again; if it stays, look for a proxy, and report it to Azure support with the request id",
        ),
        _error(
            "foreign-host",
            "A link in an answer leads to another host; it is not followed, so that the access token stays here.",
            "look for a proxy or a wrong --arm-endpoint",
        ),
        _error(
            "lists-broken",
            "Lists of Azure lack more than ten objects that are there by their ids, so that nothing follows from any of them.",
            "look for a proxy that rewrites answers, and whether the caller may read all; then run it again",
        ),
        _error(
            "look-timeout",
            "Azure could not be read in the time that a look may take.",
            "run it again, or give it more time with --look-timeout",
        ),
        _error(
            "no-answer", "A request got no answer until its deadline.", "check the network, the proxy and the endpoint"
        ),
        _error(
            "no-token", "No access token could be had.", "sign in, or check the federated credential of the pipeline"
        ),
        _error("operation-failed", "A long-running operation of Azure failed without a code.", "read the message"),
        _error(
            "read-incomplete",
            "Azure could not be read to the end; nothing was concluded from the part.",
            "give the right that the message names, or run it again",
        ),
        _error(
            "still-in-progress",
            "Azure is still at it when the deadline comes; it goes on by itself.",
            "run it again later: nothing is started twice",
        ),
        _error("throttled", "Azure allows no more requests of this kind before the deadline.", "run it again later"),
        _error(
            "unexpected-answer",
            "Azure answered a write in a way that is not documented.",
            "look at the object, plan again",
        ),
        _error(
            "unreadable-answer",
            "An answer makes no sense: mostly it is no JSON, and a proxy or a gateway spoke in Azure's place.",
            "check the network, then run it again",
        ),
    ),
    APPLYING: table(
        _error(
            "changed-by-someone-else",
            "An object changed between the look and the write, so that the change no longer fits.",
            "plan again, and see who else writes to it",
        ),
        _error(
            "differs-still",
            "Azure has settled, and a declared disk is not as declared.",
            "plan again: what differs now is shown there",
        ),
        _error(
            "no-principal",
            "The vault's identity has no principal, so that no role can be assigned to it.",
            "see whether the identity was switched off, then plan again",
        ),
        _error(
            "overridden-by-azure",
            "A declared value was written once, and came back different.",
            "find the Azure Policy or the person that rewrites it, or declare what Azure holds",
        ),
        _error(
            "provisioning-failed", "A vault ended in a failed provisioning state.", "look at the vault in the portal"
        ),
        _error(
            "soft-delete-off",
            "A backup instance was to be deleted softly, and its vault's soft delete has been switched off since: nothing was.",
            "switch soft delete on there, or plan again, which asks for `--accept-irreversible`",
        ),
    ),
    "Errors of backups, jobs, restores, drills and moves": table(
        _error(
            "backup-limit",
            "Azure takes ten on-demand backups of a disk a day, and so many began today.",
            "try again tomorrow (UTC), or wait for the schedule",
        ),
        _error("job-failed", "A job of a vault failed, and Azure gives no code.", "look at the job in the vault"),
        _error(
            "move-refused",
            "Azure protects the disk in no other vault while its old backup instance exists; the message tells what became of it.",
            "pass --through-soft-delete, which deletes the old instance softly and brings it back afterwards",
        ),
        _error(
            "move-unready",
            "A disk can't be protected at its new place: role assignments are missing that are not this manifest's to make.",
            "have the roles assigned that are missing, then move it again",
        ),
        _error(
            "no-backup-rule",
            "A disk's policy shows no backup rule to back it up by.",
            "look at the policy; `reconciler plan` compares it",
        ),
        _error(
            "no-such-disk",
            "No disk of that name or id is declared, or protected in a vault of the manifest.",
            "list the disks with `reconciler status PATH`",
        ),
        _error(
            "no-such-job",
            "There is no job of that name in any vault of the manifest.",
            "list the jobs with `reconciler jobs list PATH`; Azure forgets old ones",
        ),
        _error(
            "no-such-rule",
            "A disk's policy has no retention rule of the name that was asked for.",
            "name one that it has; the message lists them",
        ),
        _error(
            "not-ours",
            "A disk under the name that a drill gives its own isn't known to be one, or somebody uses it: it is left alone.",
            "look at it: detach it, move it away, or delete it if nobody needs it",
        ),
        _error(
            "not-protected",
            "A disk can't be backed up, since its protection isn't configured.",
            "see `reconciler status PATH`, then `reconciler apply PATH`",
        ),
        _error(
            "nothing-to-back-up",
            "No disk was backed up, since the manifest declares none.",
            "see what its entries take with `reconciler coverage PATH`, or name disks with `--disk`",
        ),
        _error(
            "restored-differently",
            "A restored disk isn't as its source was, or as it was asked for.",
            "look at the disk before it is used",
        ),
        _error(
            "restored-nothing",
            "A restore ended well, and its disk isn't there.",
            "look at the restore's job in the vault, then run it again",
        ),
    ),
    "Errors of export and of the operator's condition": table(
        _error(
            "export-differs",
            "The manifest that an export wrote doesn't read as the one that was planned.",
            "use --format json, and report this",
        ),
        _error(
            "export-invalid",
            "What Azure holds makes no valid manifest.",
            "export single vaults to see which it is",
        ),
        _error(
            "export-not-empty",
            "The plan of an export would not be empty, and nothing that could be left out is the cause.",
            "apply the manifest that made it first, or give another `--name`",
        ),
        _error(
            "no-identity",
            "A condition for the operator's role can't be made from what the vaults are now.",
            "read the message: a vault has no identity yet, or --operator names one of them",
        ),
        _error("no-vault", "No Backup vault lies in the scope that was named.", "name another scope"),
    ),
    "Errors of the sandbox": table(
        _error("nothing-there", "Nothing in the sandbox matches the pattern.", "list what exists with `sandbox show`"),
        _error(
            "sandbox", "The simulated Azure refuses its estate file, its state or a command.", "the message says what"
        ),
    ),
}
"""By where they arise: the headings of the reference."""

CODES = table(*(code for group in GROUPS.values() for code in group.values()))
"""By code."""
