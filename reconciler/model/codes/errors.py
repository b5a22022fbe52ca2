"""The codes of errors that end a run or one of its changes, each with its meaning and hint.

Codes of Azure's own (`UserError…`, `AuthorizationFailed` …) pass through as they are: `codes.azure` is about them.
"""

from __future__ import annotations

from functools import partial

from reconciler.model.findings import error, table

# By where an error arises: the headings of the reference, in their order.
_command_line = partial(error, group="Errors of the command line and of files")
_approval = partial(error, group="Errors of approval and of saved plans")
_connection = partial(error, group="Errors of Azure and of the connection to it")
_applying = partial(error, group="Errors while a plan is applied")
_backups = partial(error, group="Errors of backups, jobs, restores, drills and moves")
_export = partial(error, group="Errors of export and of the operator's condition")
_simulation = partial(error, group="Errors of the sandbox")

ERROR = _command_line("error", "An error without a code of its own.", "read the message")
LAYOUT_REFUSED = _command_line(
    "layout-refused",
    "A manifest can't be formatted without losing a comment or changing its meaning; it was not changed.",
    "simplify unusual comments and line breaks",
)
MANIFEST = _command_line(
    "manifest",
    "The manifest has errors; each is reported as a finding.",
    "fix the findings",
)
NO_MANIFEST = _command_line(
    "no-manifest", "The path contains no manifest.", "pass a file, or a folder with *.yaml files"
)
NO_SUCH_PATH = _command_line("no-such-path", "The path does not exist.", "pass the manifest's file or folder")
UNEXPECTED = _command_line(
    "unexpected",
    "The tool has a bug.",
    "run the command again with `--verbose`, and report the output",
)
UNREADABLE = _command_line("unreadable", "A file or folder cannot be read.", "check its permissions")
UNWRITABLE = _command_line(
    "unwritable", "A file cannot be written.", "check the folder, its permissions and free disk space"
)
USAGE = _command_line("usage", "The command line is not valid.", "run the command with `--help`")

GATE = _approval(
    "gate",
    "A gate refused the plan, and nothing was written.",
    "follow the hint of each gate; `reconciler explain GATE` says what it guards",
)
NO_APPROVAL = _approval(
    "no-approval",
    "Can't ask for approval, because stdin is not a terminal.",
    "pass `--auto-approve`, `--checksum SHA` or a saved plan",
)
NOT_APPROVED = _approval(
    "not-approved",
    "The plan was not approved at the prompt, and nothing was written.",
    "answer `yes` to approve",
)
OTHER_OPTIONS = _approval(
    "other-options",
    "A saved plan was made with options other than those on the command line.",
    "pass the options that the plan was made with, or make and review a new plan",
)
OTHER_TARGET = _approval(
    "other-target",
    "A saved plan was made against another Azure cloud, endpoint or sandbox than the command line selects.",
    "pass the same `--sandbox`, `--arm-endpoint` or `--cloud` as for `plan`, or plan again",
)
REFUSED = _approval("refused", "The tool refused to continue, and nothing was written.", "read the message")
STALE_PLAN = _approval(
    "stale-plan",
    "The approved plan differs from the current plan.",
    "check what changed, then plan and approve again",
)
UNAUDITED = _approval(
    "unaudited",
    "Could not record a write in the audit file, so the write was not sent.",
    "make the file writable, then run the command again",
)

AZURE = _connection(
    "azure",
    "Azure answered with an error that has no code.",
    "read the message, then run the command again",
)
CANCELED = _connection(
    "canceled",
    "A long-running operation in Azure was cancelled.",
    "check the activity log for who cancelled it, then run the command again",
)
ENDLESS_LIST = _connection(
    "endless-list",
    "A list from Azure does not end: its pages repeat, are empty, or are too many.",
    "run the command again; if it fails again, look for a proxy, and contact Azure support with the request id",
)
FOREIGN_HOST = _connection(
    "foreign-host",
    "A link in an answer points to another host; it was not followed, to protect the access token.",
    "check for a proxy, and check `--arm-endpoint`",
)
LISTS_BROKEN = _connection(
    "lists-broken",
    "Lists from Azure lack more than ten objects that exist when read by id, so nothing was concluded from any list.",
    "check for a proxy that rewrites answers, and that the caller can read everything; then run the command again",
)
LOOK_TIMEOUT = _connection(
    "look-timeout",
    "Reading Azure took longer than `--look-timeout` allows.",
    "run the command again, or raise `--look-timeout`",
)
NO_ANSWER = _connection(
    "no-answer",
    "A request got no answer before its deadline.",
    "check the network, the proxy and the endpoint",
)
NO_TOKEN = _connection(
    "no-token",
    "Could not get an access token.",
    "sign in, or check the federated credential of the pipeline",
)
OPERATION_FAILED = _connection(
    "operation-failed", "A long-running operation in Azure failed without a code.", "read the message"
)
READ_INCOMPLETE = _connection(
    "read-incomplete",
    "Azure could not be read completely; nothing was concluded from the part that was read.",
    "grant the permission that the message names, or run the command again",
)
STILL_IN_PROGRESS = _connection(
    "still-in-progress",
    "An operation was still running at the deadline; it continues in Azure.",
    "run the command again later; nothing is started twice",
)
THROTTLED = _connection(
    "throttled",
    "Azure allows no more requests of this kind before the deadline.",
    "run the command again later",
)
UNEXPECTED_ANSWER = _connection(
    "unexpected-answer",
    "Azure answered a write in an undocumented way.",
    "check the object, then plan again",
)
UNREADABLE_ANSWER = _connection(
    "unreadable-answer",
    "An answer can't be understood; usually it is not JSON, and comes from a proxy or a gateway instead of Azure.",
    "check the network, then run the command again",
)
UNTRUSTED = _connection(
    "untrusted",
    "There is no TLS connection, because a certificate is not trusted; this is not retried.",
    "name the authority of a proxy in SSL_CERT_FILE or REQUESTS_CA_BUNDLE",
)

APPLY_FAILED = _applying(
    "apply-failed", "A change was not carried out.", "fix what the message says, then run `apply` again"
)
APPLY_IN_PROGRESS = _applying(
    "apply-in-progress",
    "Azure was still working on a change when the run ended.",
    "run `apply` again in a few minutes",
)
APPLY_SKIPPED = _applying(
    "apply-skipped",
    "A change was skipped because something that it needs failed.",
    "fix that, then run `apply` again",
)
CHANGED_BY_SOMEONE_ELSE = _applying(
    "changed-by-someone-else",
    "An object changed after it was read and before it was written, so the planned change was not made.",
    "plan again, and check who else writes to the object",
)
DIFFERS_STILL = _applying(
    "differs-still",
    "Azure's operations have finished, but a declared disk does not match the manifest.",
    "plan again to see what differs",
)
NO_PRINCIPAL = _applying(
    "no-principal",
    "The vault's identity has no principal, so no role can be assigned to it.",
    "check whether the identity was turned off, then plan again",
)
OVERRIDDEN_BY_AZURE = _applying(
    "overridden-by-azure",
    "A declared value was written, but Azure returned another value.",
    "find the Azure Policy or the person that changes it, or declare the value in Azure",
)
PROVISIONING_FAILED = _applying(
    "provisioning-failed", "The provisioning of a vault failed.", "check the vault in the Azure portal"
)
SOFT_DELETE_OFF = _applying(
    "soft-delete-off",
    "A backup instance was not deleted, because soft delete was turned off in its vault after planning.",
    "turn soft delete on in the vault; or plan again, which then requires `--accept-irreversible`",
)

BACKUP_LIMIT = _backups(
    "backup-limit",
    "The disk already had ten on-demand backups today; Azure allows no more in one day.",
    "try again tomorrow (UTC), or wait for the schedule",
)
JOB_FAILED = _backups("job-failed", "A backup job failed, and Azure gave no code.", "check the job in the vault")
MOVE_REFUSED = _backups(
    "move-refused",
    "Azure refuses to protect the disk in another vault while its old backup instance exists; the message says what happened to it.",
    "pass `--through-soft-delete`, which soft-deletes the old instance and undeletes it afterwards",
)
MOVE_UNREADY = _backups(
    "move-unready",
    "A disk can't be protected in its new vault: role assignments are missing that this manifest does not create.",
    "have the missing roles assigned, then move the disk again",
)
NO_BACKUP_RULE = _backups(
    "no-backup-rule",
    "A disk's policy has no backup rule to use for an on-demand backup.",
    "check the policy; run `reconciler plan` to compare it",
)
NO_SUCH_DISK = _backups(
    "no-such-disk",
    "No disk with this name or id is declared, or protected in a vault of the manifest.",
    "list the disks with `reconciler status PATH`",
)
NO_SUCH_MACHINE = _backups(
    "no-such-machine",
    "No disk that was read is attached to a virtual machine of this name.",
    "write the id of the virtual machine",
)
NO_SUCH_JOB = _backups(
    "no-such-job",
    "No vault of the manifest has a job with this name.",
    "list the jobs with `reconciler jobs list PATH`; Azure forgets old ones",
)
NO_SUCH_RULE = _backups(
    "no-such-rule",
    "A disk's policy has no retention rule with this name.",
    "choose one of the rules that the message lists",
)
NOT_OURS = _backups(
    "not-ours",
    "A disk has the name of a drill's disk, but may not be one, or is in use; it was not touched.",
    "check the disk: detach it, move it, or delete it if nobody needs it",
)
NOT_PROTECTED = _backups(
    "not-protected",
    "A disk can't be backed up, because its protection is not configured.",
    "check `reconciler status PATH`, then run `reconciler apply PATH`",
)
NOTHING_TO_BACK_UP = _backups(
    "nothing-to-back-up",
    "No disk was backed up, because the manifest declares none.",
    "run `reconciler coverage PATH` to see which disks its entries select, or name disks with `--disk`",
)
RESTORED_DIFFERENTLY = _backups(
    "restored-differently",
    "A restored disk differs from its source, or from what was requested.",
    "check the disk before you use it",
)
RESTORED_NOTHING = _backups(
    "restored-nothing",
    "Azure reported success, but the restored disk does not exist.",
    "check the restore job in the vault, then run the command again",
)
VERIFY_FAILED = _backups(
    "verify-failed",
    "The program under a drill's `verify` ended with an exit code other than 0, so the copy is not a proof.",
    "read the end of its output in the JSON report (`--report FILE.json`); `keep: failed` keeps the copy for a closer look",
)
VERIFY_NOT_STARTED = _backups(
    "verify-not-started",
    "The program under a drill's `verify` can't be started, so no copy was checked.",
    "check the name under `command` and the file's permissions; with a slash it is relative to the manifest's folder",
)
VERIFY_UNFINISHED = _backups(
    "verify-unfinished",
    "The program under a drill's `verify` took too long or was killed, so nobody knows whether the copy is good.",
    "find out what it waits for, or raise `timeout` under `verify`, then run the drill again",
)

EXPORT_DIFFERS = _export(
    "export-differs",
    "The exported manifest does not read back as the one that was planned.",
    "use `--format json`, and report this bug",
)
EXPORT_INVALID = _export(
    "export-invalid",
    "What exists in Azure can't be written as a valid manifest.",
    "export the vaults one by one to find the cause",
)
EXPORT_NOT_EMPTY = _export(
    "export-not-empty",
    "The exported manifest would change Azure when applied, and leaving parts out can't prevent it.",
    "first apply the manifest that created the objects, or pass another `--name`",
)
NO_IDENTITY = _export(
    "no-identity",
    "The condition for the operator's role can't be made from the vaults as they are now.",
    "read the message: a vault has no identity yet, or --operator names one of them",
)
NO_VAULT = _export("no-vault", "The scope contains no Backup vault.", "pass another scope")

NOTHING_THERE = _simulation(
    "nothing-there",
    "No resource in the sandbox matches the pattern.",
    "list the resources with `reconciler sandbox show`",
)
SANDBOX = _simulation(
    "sandbox",
    "The simulated Azure rejected its estate file, its saved state or a command.",
    "read the message",
)

CODES = table(globals())
"""By code."""
