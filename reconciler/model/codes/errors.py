"""The codes of errors that end a run or one of its changes, each with its meaning and hint.

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


ERROR = _error(COMMAND_LINE, "error", "An error without a code of its own.", "read the message")
LAYOUT_REFUSED = _error(
    COMMAND_LINE,
    "layout-refused",
    "A manifest can't be formatted without losing a comment or changing its meaning; it was not changed.",
    "simplify unusual comments and line breaks",
)
MANIFEST = _error(
    COMMAND_LINE,
    "manifest",
    "The manifest has errors; each is reported as a finding.",
    "fix the findings",
)
NO_MANIFEST = _error(
    COMMAND_LINE, "no-manifest", "The path contains no manifest.", "pass a file, or a folder with *.yaml files"
)
NO_SUCH_PATH = _error(COMMAND_LINE, "no-such-path", "The path does not exist.", "pass the manifest's file or folder")
UNEXPECTED = _error(
    COMMAND_LINE,
    "unexpected",
    "The tool has a bug.",
    "run the command again with `--verbose`, and report the output",
)
UNREADABLE = _error(COMMAND_LINE, "unreadable", "A file or folder cannot be read.", "check its permissions")
UNWRITABLE = _error(
    COMMAND_LINE, "unwritable", "A file cannot be written.", "check the folder, its permissions and free disk space"
)
USAGE = _error(COMMAND_LINE, "usage", "The command line is not valid.", "run the command with `--help`")

GATE = _error(
    APPROVAL,
    "gate",
    "A gate refused the plan, and nothing was written.",
    "follow the hint of each gate; `reconciler explain GATE` says what it guards",
)
NO_APPROVAL = _error(
    APPROVAL,
    "no-approval",
    "Can't ask for approval, because stdin is not a terminal.",
    "pass `--auto-approve`, `--checksum SHA` or a saved plan",
)
NOT_APPROVED = _error(
    APPROVAL,
    "not-approved",
    "The plan was not approved at the prompt, and nothing was written.",
    "answer `yes` to approve",
)
OTHER_OPTIONS = _error(
    APPROVAL,
    "other-options",
    "A saved plan was made with options other than those on the command line.",
    "pass the options that the plan was made with, or make and review a new plan",
)
OTHER_TARGET = _error(
    APPROVAL,
    "other-target",
    "A saved plan was made against another Azure cloud, endpoint or sandbox than the command line selects.",
    "pass the same `--sandbox`, `--arm-endpoint` or `--cloud` as for `plan`, or plan again",
)
REFUSED = _error(APPROVAL, "refused", "The tool refused to continue, and nothing was written.", "read the message")
STALE_PLAN = _error(
    APPROVAL,
    "stale-plan",
    "The approved plan differs from the current plan.",
    "check what changed, then plan and approve again",
)
UNAUDITED = _error(
    APPROVAL,
    "unaudited",
    "Could not record a write in the audit file, so the write was not sent.",
    "make the file writable, then run the command again",
)

AZURE = _error(
    CONNECTION,
    "azure",
    "Azure answered with an error that has no code.",
    "read the message, then run the command again",
)
CANCELED = _error(
    CONNECTION,
    "canceled",
    "A long-running operation in Azure was cancelled.",
    "check the activity log for who cancelled it, then run the command again",
)
ENDLESS_LIST = _error(
    CONNECTION,
    "endless-list",
    "A list from Azure does not end: its pages repeat, are empty, or are too many.",
    "run the command again; if it fails again, look for a proxy, and contact Azure support with the request id",
)
FOREIGN_HOST = _error(
    CONNECTION,
    "foreign-host",
    "A link in an answer points to another host; it was not followed, to protect the access token.",
    "check for a proxy, and check `--arm-endpoint`",
)
LISTS_BROKEN = _error(
    CONNECTION,
    "lists-broken",
    "Lists from Azure lack more than ten objects that exist when read by id, so nothing was concluded from any list.",
    "check for a proxy that rewrites answers, and that the caller can read everything; then run the command again",
)
LOOK_TIMEOUT = _error(
    CONNECTION,
    "look-timeout",
    "Reading Azure took longer than `--look-timeout` allows.",
    "run the command again, or raise `--look-timeout`",
)
NO_ANSWER = _error(
    CONNECTION,
    "no-answer",
    "A request got no answer before its deadline.",
    "check the network, the proxy and the endpoint",
)
NO_TOKEN = _error(
    CONNECTION,
    "no-token",
    "Could not get an access token.",
    "sign in, or check the federated credential of the pipeline",
)
OPERATION_FAILED = _error(
    CONNECTION, "operation-failed", "A long-running operation in Azure failed without a code.", "read the message"
)
READ_INCOMPLETE = _error(
    CONNECTION,
    "read-incomplete",
    "Azure could not be read completely; nothing was concluded from the part that was read.",
    "grant the permission that the message names, or run the command again",
)
STILL_IN_PROGRESS = _error(
    CONNECTION,
    "still-in-progress",
    "An operation was still running at the deadline; it continues in Azure.",
    "run the command again later; nothing is started twice",
)
THROTTLED = _error(
    CONNECTION,
    "throttled",
    "Azure allows no more requests of this kind before the deadline.",
    "run the command again later",
)
UNEXPECTED_ANSWER = _error(
    CONNECTION,
    "unexpected-answer",
    "Azure answered a write in an undocumented way.",
    "check the object, then plan again",
)
UNREADABLE_ANSWER = _error(
    CONNECTION,
    "unreadable-answer",
    "An answer can't be understood; usually it is not JSON, and comes from a proxy or a gateway instead of Azure.",
    "check the network, then run the command again",
)

APPLY_FAILED = _error(
    APPLYING, "apply-failed", "A change was not carried out.", "fix what the message says, then run `apply` again"
)
APPLY_IN_PROGRESS = _error(
    APPLYING,
    "apply-in-progress",
    "Azure was still working on a change when the run ended.",
    "run `apply` again in a few minutes",
)
APPLY_SKIPPED = _error(
    APPLYING,
    "apply-skipped",
    "A change was skipped because something that it needs failed.",
    "fix that, then run `apply` again",
)
CHANGED_BY_SOMEONE_ELSE = _error(
    APPLYING,
    "changed-by-someone-else",
    "An object changed after it was read and before it was written, so the planned change was not made.",
    "plan again, and check who else writes to the object",
)
DIFFERS_STILL = _error(
    APPLYING,
    "differs-still",
    "Azure's operations have finished, but a declared disk does not match the manifest.",
    "plan again to see what differs",
)
NO_PRINCIPAL = _error(
    APPLYING,
    "no-principal",
    "The vault's identity has no principal, so no role can be assigned to it.",
    "check whether the identity was turned off, then plan again",
)
OVERRIDDEN_BY_AZURE = _error(
    APPLYING,
    "overridden-by-azure",
    "A declared value was written, but Azure returned another value.",
    "find the Azure Policy or the person that changes it, or declare the value in Azure",
)
PROVISIONING_FAILED = _error(
    APPLYING, "provisioning-failed", "The provisioning of a vault failed.", "check the vault in the Azure portal"
)
SOFT_DELETE_OFF = _error(
    APPLYING,
    "soft-delete-off",
    "A backup instance was not deleted, because soft delete was turned off in its vault after planning.",
    "turn soft delete on in the vault; or plan again, which then requires `--accept-irreversible`",
)

BACKUP_LIMIT = _error(
    BACKUPS,
    "backup-limit",
    "The disk already had ten on-demand backups today; Azure allows no more in one day.",
    "try again tomorrow (UTC), or wait for the schedule",
)
JOB_FAILED = _error(BACKUPS, "job-failed", "A backup job failed, and Azure gave no code.", "check the job in the vault")
MOVE_REFUSED = _error(
    BACKUPS,
    "move-refused",
    "Azure refuses to protect the disk in another vault while its old backup instance exists; the message says what happened to it.",
    "pass `--through-soft-delete`, which soft-deletes the old instance and restores it afterwards",
)
MOVE_UNREADY = _error(
    BACKUPS,
    "move-unready",
    "A disk can't be protected in its new vault: role assignments are missing that this manifest does not create.",
    "have the missing roles assigned, then move the disk again",
)
NO_BACKUP_RULE = _error(
    BACKUPS,
    "no-backup-rule",
    "A disk's policy has no backup rule to use for an on-demand backup.",
    "check the policy; run `reconciler plan` to compare it",
)
NO_SUCH_DISK = _error(
    BACKUPS,
    "no-such-disk",
    "No disk with this name or id is declared, or protected in a vault of the manifest.",
    "list the disks with `reconciler status PATH`",
)
NO_SUCH_JOB = _error(
    BACKUPS,
    "no-such-job",
    "No vault of the manifest has a job with this name.",
    "list the jobs with `reconciler jobs list PATH`; Azure forgets old ones",
)
NO_SUCH_RULE = _error(
    BACKUPS,
    "no-such-rule",
    "A disk's policy has no retention rule with this name.",
    "choose one of the rules that the message lists",
)
NOT_OURS = _error(
    BACKUPS,
    "not-ours",
    "A disk has the name of a drill's disk, but may not be one, or is in use; it was not touched.",
    "check the disk: detach it, move it, or delete it if nobody needs it",
)
NOT_PROTECTED = _error(
    BACKUPS,
    "not-protected",
    "A disk can't be backed up, because its protection is not configured.",
    "check `reconciler status PATH`, then run `reconciler apply PATH`",
)
NOTHING_TO_BACK_UP = _error(
    BACKUPS,
    "nothing-to-back-up",
    "No disk was backed up, because the manifest declares none.",
    "run `reconciler coverage PATH` to see which disks its entries select, or name disks with `--disk`",
)
RESTORED_DIFFERENTLY = _error(
    BACKUPS,
    "restored-differently",
    "A restored disk differs from its source, or from what was requested.",
    "check the disk before you use it",
)
RESTORED_NOTHING = _error(
    BACKUPS,
    "restored-nothing",
    "Azure reported success, but the restored disk does not exist.",
    "check the restore job in the vault, then run the command again",
)

EXPORT_DIFFERS = _error(
    EXPORT,
    "export-differs",
    "The exported manifest does not read back as the one that was planned.",
    "use `--format json`, and report this bug",
)
EXPORT_INVALID = _error(
    EXPORT,
    "export-invalid",
    "What exists in Azure can't be written as a valid manifest.",
    "export the vaults one by one to find the cause",
)
EXPORT_NOT_EMPTY = _error(
    EXPORT,
    "export-not-empty",
    "The exported manifest would change Azure when applied, and leaving parts out can't prevent it.",
    "first apply the manifest that created the objects, or pass another `--name`",
)
NO_IDENTITY = _error(
    EXPORT,
    "no-identity",
    "The condition for the operator's role can't be made from the vaults as they are now.",
    "read the message: a vault has no identity yet, or --operator names one of them",
)
NO_VAULT = _error(EXPORT, "no-vault", "The scope contains no Backup vault.", "pass another scope")

NOTHING_THERE = _error(
    SIMULATION,
    "nothing-there",
    "No resource in the sandbox matches the pattern.",
    "list the resources with `reconciler sandbox show`",
)
SANDBOX = _error(
    SIMULATION,
    "sandbox",
    "The simulated Azure rejected its estate file, its saved state or a command.",
    "read the message",
)

CODES = table(globals())
"""By code."""
