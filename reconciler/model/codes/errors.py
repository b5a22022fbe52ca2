"""The codes of errors that end a run or one of its changes, each with its meaning and the way out.

Codes of Azure's own (`UserError…`, `AuthorizationFailed` …) pass through as they are and are not listed here.
"""

from __future__ import annotations

from reconciler.model.findings import Code, Severity, table

COMMAND_LINE = "Errors of the command line and of files"
APPROVAL = "Errors of approval and of saved plans"
CONNECTION = "Errors of Azure and of the connection to it"
APPLYING = "Errors while a plan is applied"
BACKUPS = "Errors of backups, jobs, restores, drills and moves"
EXPORT = "Errors of export and of the operator's condition"
SIMULATION = "Errors of the sandbox"
"""The headings of the reference, by where an error arises, in their order."""


def _error(group: str, code: str, meaning: str, hint: str) -> Code:
    return Code(code, Severity.ERROR, meaning, hint, group=group)


ERROR = _error(COMMAND_LINE, "error", "Something went wrong that has no code of its own.", "read the message")
LAYOUT_REFUSED = _error(
    COMMAND_LINE,
    "layout-refused",
    "A manifest can't be laid out without losing a comment or its meaning; it was left as it is.",
    "simplify the text where comments and line breaks are unusual",
)
MANIFEST = _error(
    COMMAND_LINE,
    "manifest",
    "The manifest is wrong; each problem is a finding of its own.",
    "mend what the findings say",
)
NO_MANIFEST = _error(
    COMMAND_LINE, "no-manifest", "The path holds no manifest.", "name a folder with *.yaml files, or a file"
)
NO_SUCH_PATH = _error(COMMAND_LINE, "no-such-path", "The path does not exist.", "name the manifest's file or folder")
UNEXPECTED = _error(
    COMMAND_LINE,
    "unexpected",
    "The tool met a case that it doesn't know: a bug.",
    "run it with --verbose, and report what it shows",
)
UNREADABLE = _error(COMMAND_LINE, "unreadable", "A file or folder cannot be read.", "check its permissions")
UNWRITABLE = _error(
    COMMAND_LINE, "unwritable", "A file cannot be written.", "check the folder, its rights and the space on its disk"
)
USAGE = _error(COMMAND_LINE, "usage", "The command line asks for something impossible.", "see `--help` of the command")

GATE = _error(
    APPROVAL,
    "gate",
    "A gate refuses the plan, and nothing was written.",
    "see each gate; `--force GATE` names what it opens",
)
NO_APPROVAL = _error(
    APPROVAL,
    "no-approval",
    "Nobody can be asked: this is no terminal, and approval was not given.",
    "give --auto-approve, --checksum SHA or a saved plan",
)
NOT_APPROVED = _error(
    APPROVAL,
    "not-approved",
    "The plan was not approved at the prompt, and nothing was written.",
    "answer yes to approve",
)
OTHER_OPTIONS = _error(
    APPROVAL,
    "other-options",
    "A saved plan was made with other options than the command line has.",
    "pass the options that the plan was made with, or make and review a new plan",
)
OTHER_TARGET = _error(
    APPROVAL,
    "other-target",
    "A saved plan was made against another Azure than the one that the command line names.",
    "apply it where it was planned, or plan again",
)
REFUSED = _error(APPROVAL, "refused", "Nothing was written, on purpose.", "the message says why")
STALE_PLAN = _error(
    APPROVAL,
    "stale-plan",
    "What was approved is not what would be done now.",
    "see what moved, then plan and approve again",
)
UNAUDITED = _error(
    APPROVAL,
    "unaudited",
    "A write could not be recorded in the audit file, and was therefore not sent.",
    "make the file writable, then run it again",
)

AZURE = _error(CONNECTION, "azure", "Azure answered with an error that has no code.", "read the message; run it again")
CANCELED = _error(
    CONNECTION,
    "canceled",
    "A long-running operation of Azure was cancelled.",
    "find out who cancelled it in the activity log, then run it again",
)
ENDLESS_LIST = _error(
    CONNECTION,
    "endless-list",
    "A list of Azure has no end: its pages repeat, show nothing, or are too many.",
    "run it again; if it stays, look for a proxy, and report it to Azure support with the request id",
)
FOREIGN_HOST = _error(
    CONNECTION,
    "foreign-host",
    "A link in an answer leads to another host; it is not followed, so that the access token stays here.",
    "look for a proxy or a wrong --arm-endpoint",
)
LISTS_BROKEN = _error(
    CONNECTION,
    "lists-broken",
    "Lists of Azure lack more than ten objects that are there by their ids, so that nothing follows from any of them.",
    "look for a proxy that rewrites answers, and whether the caller may read all; then run it again",
)
LOOK_TIMEOUT = _error(
    CONNECTION,
    "look-timeout",
    "Azure could not be read in the time that a look may take.",
    "run it again, or give it more time with --look-timeout",
)
NO_ANSWER = _error(
    CONNECTION,
    "no-answer",
    "A request got no answer until its deadline.",
    "check the network, the proxy and the endpoint",
)
NO_TOKEN = _error(
    CONNECTION,
    "no-token",
    "No access token could be had.",
    "sign in, or check the federated credential of the pipeline",
)
OPERATION_FAILED = _error(
    CONNECTION, "operation-failed", "A long-running operation of Azure failed without a code.", "read the message"
)
READ_INCOMPLETE = _error(
    CONNECTION,
    "read-incomplete",
    "Azure could not be read to the end; nothing was concluded from the part.",
    "give the right that the message names, or run it again",
)
STILL_IN_PROGRESS = _error(
    CONNECTION,
    "still-in-progress",
    "Azure is still at it when the deadline comes; it goes on by itself.",
    "run it again later: nothing is started twice",
)
THROTTLED = _error(
    CONNECTION, "throttled", "Azure allows no more requests of this kind before the deadline.", "run it again later"
)
UNEXPECTED_ANSWER = _error(
    CONNECTION,
    "unexpected-answer",
    "Azure answered a write in a way that is not documented.",
    "look at the object, plan again",
)
UNREADABLE_ANSWER = _error(
    CONNECTION,
    "unreadable-answer",
    "An answer makes no sense: mostly it is no JSON, and a proxy or a gateway spoke in Azure's place.",
    "check the network, then run it again",
)

APPLY_FAILED = _error(
    APPLYING, "apply-failed", "A change was not carried out.", "mend what the message says, then run apply again"
)
APPLY_IN_PROGRESS = _error(
    APPLYING,
    "apply-in-progress",
    "Azure was still at work on a change when the run ended.",
    "look again in some minutes",
)
APPLY_SKIPPED = _error(
    APPLYING,
    "apply-skipped",
    "A change was left out because something that it needs failed.",
    "mend that, then apply again",
)
CHANGED_BY_SOMEONE_ELSE = _error(
    APPLYING,
    "changed-by-someone-else",
    "An object changed between the look and the write, so that the change no longer fits.",
    "plan again, and see who else writes to it",
)
DIFFERS_STILL = _error(
    APPLYING,
    "differs-still",
    "Azure has settled, and a declared disk is not as declared.",
    "plan again: what differs now is shown there",
)
NO_PRINCIPAL = _error(
    APPLYING,
    "no-principal",
    "The vault's identity has no principal, so that no role can be assigned to it.",
    "see whether the identity was switched off, then plan again",
)
OVERRIDDEN_BY_AZURE = _error(
    APPLYING,
    "overridden-by-azure",
    "A declared value was written once, and came back different.",
    "find the Azure Policy or the person that rewrites it, or declare what Azure holds",
)
PROVISIONING_FAILED = _error(
    APPLYING, "provisioning-failed", "A vault ended in a failed provisioning state.", "look at the vault in the portal"
)
SOFT_DELETE_OFF = _error(
    APPLYING,
    "soft-delete-off",
    "A backup instance was to be deleted softly, and its vault's soft delete has been switched off since: nothing was.",
    "switch soft delete on there, or plan again, which asks for `--accept-irreversible`",
)

BACKUP_LIMIT = _error(
    BACKUPS,
    "backup-limit",
    "Azure takes ten on-demand backups of a disk a day, and so many began today.",
    "try again tomorrow (UTC), or wait for the schedule",
)
JOB_FAILED = _error(
    BACKUPS, "job-failed", "A job of a vault failed, and Azure gives no code.", "look at the job in the vault"
)
MOVE_REFUSED = _error(
    BACKUPS,
    "move-refused",
    "Azure protects the disk in no other vault while its old backup instance exists; the message tells what became of it.",
    "pass --through-soft-delete, which deletes the old instance softly and brings it back afterwards",
)
MOVE_UNREADY = _error(
    BACKUPS,
    "move-unready",
    "A disk can't be protected at its new place: role assignments are missing that are not this manifest's to make.",
    "have the roles assigned that are missing, then move it again",
)
NO_BACKUP_RULE = _error(
    BACKUPS,
    "no-backup-rule",
    "A disk's policy shows no backup rule to back it up by.",
    "look at the policy; `reconciler plan` compares it",
)
NO_SUCH_DISK = _error(
    BACKUPS,
    "no-such-disk",
    "No disk of that name or id is declared, or protected in a vault of the manifest.",
    "list the disks with `reconciler status PATH`",
)
NO_SUCH_JOB = _error(
    BACKUPS,
    "no-such-job",
    "There is no job of that name in any vault of the manifest.",
    "list the jobs with `reconciler jobs list PATH`; Azure forgets old ones",
)
NO_SUCH_RULE = _error(
    BACKUPS,
    "no-such-rule",
    "A disk's policy has no retention rule of the name that was asked for.",
    "name one that it has; the message lists them",
)
NOT_OURS = _error(
    BACKUPS,
    "not-ours",
    "A disk under the name that a drill gives its own isn't known to be one, or somebody uses it: it is left alone.",
    "look at it: detach it, move it away, or delete it if nobody needs it",
)
NOT_PROTECTED = _error(
    BACKUPS,
    "not-protected",
    "A disk can't be backed up, since its protection isn't configured.",
    "see `reconciler status PATH`, then `reconciler apply PATH`",
)
NOTHING_TO_BACK_UP = _error(
    BACKUPS,
    "nothing-to-back-up",
    "No disk was backed up, since the manifest declares none.",
    "see what its entries take with `reconciler coverage PATH`, or name disks with `--disk`",
)
RESTORED_DIFFERENTLY = _error(
    BACKUPS,
    "restored-differently",
    "A restored disk isn't as its source was, or as it was asked for.",
    "look at the disk before it is used",
)
RESTORED_NOTHING = _error(
    BACKUPS,
    "restored-nothing",
    "Azure reported success, but the restored disk does not exist.",
    "look at the restore's job in the vault, then run it again",
)

EXPORT_DIFFERS = _error(
    EXPORT,
    "export-differs",
    "The manifest that an export wrote doesn't read as the one that was planned.",
    "use --format json, and report this",
)
EXPORT_INVALID = _error(
    EXPORT,
    "export-invalid",
    "What Azure holds makes no valid manifest.",
    "export single vaults to see which it is",
)
EXPORT_NOT_EMPTY = _error(
    EXPORT,
    "export-not-empty",
    "The plan of an export would not be empty, and nothing that could be left out is the cause.",
    "apply the manifest that made it first, or give another `--name`",
)
NO_IDENTITY = _error(
    EXPORT,
    "no-identity",
    "A condition for the operator's role can't be made from what the vaults are now.",
    "read the message: a vault has no identity yet, or --operator names one of them",
)
NO_VAULT = _error(EXPORT, "no-vault", "No Backup vault lies in the scope that was named.", "name another scope")

NOTHING_THERE = _error(
    SIMULATION, "nothing-there", "Nothing in the sandbox matches the pattern.", "list what exists with `sandbox show`"
)
SANDBOX = _error(
    SIMULATION,
    "sandbox",
    "The simulated Azure refuses its estate file, its state or a command.",
    "the message says what",
)

CODES = table(globals())
"""By code."""
