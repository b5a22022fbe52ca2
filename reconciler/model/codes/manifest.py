"""The codes of everything that validation may find, each with its meaning and hint."""

from reconciler.model.findings import error, info, table, warning

# The text of a file.
NOT_UTF8 = error("not-utf8", "The file is not UTF-8 text.", "save the file as UTF-8")
CONTROL_CHARACTER = error(
    "control-character", "The file contains a character that YAML forbids.", "remove the character"
)
TOO_LARGE = error("too-large", "The file is larger than 10 MB.", "split the manifest into several files of one folder")
FILE_REFUSED = error(
    "file-refused", "The file is not a regular file, or is outside the folder.",
    "put the file itself into the folder",
)  # fmt: skip
INVALID_YAML = error(
    "invalid-yaml", "The file is not valid YAML.", "check indentation, quotes and colons around this place"
)
EMPTY_FILE = error(
    "empty-file", "The file has no content.", "delete the file, or start it with `apiVersion: reconciler/v1`"
)
SEVERAL_DOCUMENTS = error(
    "several-documents", "The file contains more than one YAML document.", "put each document into a file of its own",
)  # fmt: skip
ALIAS = error("alias", "Anchors and aliases are not allowed.", "write the value out, or put it into `defaults`")
MERGE_KEY = error("merge-key", "Merge keys are not allowed.", "write the keys out, or put them into `defaults`")
TAG = error("tag", "YAML tags are not allowed.", "remove the tag; quote the value if it is meant as text")
DUPLICATE_KEY = error("duplicate-key", "A key appears twice in one mapping.", "keep one of the two")
KEY_NOT_TEXT = error("key-not-text", "A key is not text.", "quote the key")
TOO_DEEP = error(
    "too-deep", "The file nests more than 64 levels.", "a manifest needs no more than 8 levels; check the brackets"
)

# The shape of a file.
NOT_A_MANIFEST = error(
    "not-a-manifest", "A YAML file in the folder is not a manifest.",
    "start it with `apiVersion: reconciler/v1`, or move it elsewhere (hidden files and *.estate.yaml are left out)",
)  # fmt: skip
UNKNOWN_KEY = error("unknown-key", "A manifest has no such key.", "remove it, or check its spelling and indentation")
MISSING_KEY = error("missing-key", "A required key is missing.", "add the key")
EXCLUSIVE_KEYS = error("exclusive-keys", "Exactly one of these keys is required.", "give exactly one of them")
WRONG_TYPE = error("wrong-type", "The value has the wrong type.", "check the value and its indentation")
NOT_TEXT = error("not-text", "The value must be text, but YAML reads it as something else.", "quote it")
UNKNOWN_VALUE = error("unknown-value", "The value is not allowed.", "use one of the values listed")
OUT_OF_RANGE = error("out-of-range", "The number is outside its range.", "use a number within the range")
INVALID_VALUE = error("invalid-value", "The value has the wrong form.", "write it in the form that the message shows")

# Several files.
NO_NAME = error(
    "no-name",
    "No file gives the manifest its name.",
    "add `name: <name>` to one file: it marks what this manifest owns",
)
SEVERAL_FILES = error("several-files", "A key that belongs in exactly one file appears in two.", "keep it in one file")
INCLUDE_REFUSED = error(
    "include-refused", "An include can't be read.", "name a file or folder, relative, inside the git repository",
)  # fmt: skip
INCLUDED_NAME = error(
    "included-name",
    "An included file has `name` or `include`, which is not allowed.",
    "move the key to a file of the manifest itself",
)

# Names and references.
DEFINED_TWICE = error(
    "defined-twice", "A name is defined twice.", "rename or remove one; names are compared without case"
)
SAME_IN_AZURE = error(
    "same-in-azure",
    "Two entries declare the same object in Azure.",
    "remove one of them, or give it its own `azureName`",
)
UNKNOWN_VAULT = error("unknown-vault", "No vault of that name is declared.", "declare it under `vaults`")
UNKNOWN_POLICY = error("unknown-policy", "No policy of that name is declared.", "declare it under `policies`")
UNKNOWN_GROUP = error(
    "unknown-group", "No snapshot resource group of that name is declared.", "declare it under `snapshotResourceGroups`",
)  # fmt: skip
DISK_TWICE = error("disk-twice", "A disk is listed twice.", "keep one of the entries")
RESERVED_TAG = error(
    "reserved-tag",
    "The tag is reserved for the tool.",
    "use another key; keys that start with `reconciler-` are reserved",
)
INVALID_TAG = error(
    "invalid-tag", "Azure does not allow the tag.",
    "use keys of up to 512 characters without <>%&\\?/, values of up to 256, and at most 50 tags on one resource",
)  # fmt: skip
INVALID_ID = error(
    "invalid-id",
    "The id is not a resource id of the expected type.",
    "copy the resource id from Azure (portal: Properties, Resource ID)",
)
INVALID_ADDRESS = error(
    "invalid-address", "The address can't match any object.",
    "write vault/<name>, policy/<vault>/<name>, group/<subscription>/<name>, role/<vault>/<role>@<scope>, disk/<subscription>/<group>/<name>, or an id",
)  # fmt: skip
OWN_NAME = error("own-name", "The manifest names itself in its hand-over.", "list only the names of other manifests")

# Vaults, policies and disks against Azure's rules.
NO_SUBSCRIPTION = error(
    "no-subscription", "The vault has no subscription.", "set `subscription`, here or in `defaults`"
)
NO_LOCATION = error("no-location", "The vault has no location.", "set `location`, here or in `defaults`")
NO_VAULT = error("no-vault", "The disks have no vault.", "set `vault`, here or in `defaults`")
NO_POLICY = error("no-policy", "The disks have no policy.", "set `policy`, here or in `defaults`")
NO_GROUP = error(
    "no-snapshot-group", "The disks have no snapshot resource group.", "set `snapshotResourceGroup`, here or in `defaults`",
)  # fmt: skip
NO_PLACE = error("no-place", "The selector does not say where to look.", "set `subscriptions`, here or in `defaults`")
EXCLUDES_ALL = error(
    "excludes-everything",
    "The exclusion has no condition.",
    "say which disks to exclude, by names, tags or another condition",
)
CROSS_REGION = error(
    "cross-region-restore", "Cross-region restore needs a geo-redundant vault.",
    "set `redundancy: GeoRedundant`, or remove `crossRegionRestore`",
)  # fmt: skip
POLICY_NAME = error(
    "policy-azure-name", "A managed policy's name in Azure is derived from its content.",
    "remove `azureName`, or set `manage: false` if the policy already exists",
)  # fmt: skip
NO_CONTENT = error("no-content", "The policy has no schedule or no retention.", "set both `schedule` and `retention`")
UNKNOWN_ZONE = error(
    "unknown-time-zone", "The time zone is not known.", "use an IANA name such as Europe/Berlin, or UTC"
)
INVALID_DURATION = error(
    "invalid-duration", "The retention is not a number of whole days or months.", "write days, weeks, months or years, such as 7d, 8w, 6M or 1y",
)  # fmt: skip
RETENTION_LONG = error(
    "retention-too-long", "Azure keeps disk snapshots for at most one year.", "keep at most 365d (52w, 11M or 1y)",
)  # fmt: skip
SNAPSHOT_BUDGET = error(
    "snapshot-budget", "One retention rule alone needs more than 450 snapshots of a disk.", "keep them for a shorter time, or back up less often",
)  # fmt: skip
SNAPSHOT_TOTAL = warning(
    "snapshot-total", "All retention rules together may need more than 420 snapshots of a disk.",
    "shorten a rule to be safe: Azure allows 500 of one disk, on-demand ones included",
)  # fmt: skip
RETENTION_SHADOWED = warning(
    "retention-shadowed", "A rule with precedence keeps backups for a shorter time than the rule it overrides.",
    "make weekly at least as long as daily, and daily at least as long as default",
)  # fmt: skip
REGION_MISMATCH = error(
    "region-mismatch", "The vault and the disks are in different regions.", "use a vault in the disks' region",
)  # fmt: skip
REGION_WITHOUT_ENTRY = warning(
    "region-without-entry", "The selector matches disks in a region without an entry.", "add an entry for the region",
)  # fmt: skip
SKU_SCHEDULE = error(
    "sku-schedule", "Premium SSD v2 and Ultra disks can only be backed up every 12 hours or daily.",
    "use a policy with `every: 12h` or `daily`",
)  # fmt: skip
SNAPSHOTS_BESIDE_DISK = warning(
    "snapshots-beside-disk", "The snapshots would be in the disk's own resource group, which Azure advises against.",
    "use a resource group for snapshots only; a disk that is backed up already gets there by another vault and `reconciler move`",
)  # fmt: skip
NO_EFFECT = warning("no-effect", "The setting has no effect.", "remove it, or let the tool manage the object")
ONE_WAY = info(
    "one-way",
    "The setting can't be undone.",
    "pass `--accept-irreversible` to `apply` if the vault doesn't have it yet",
)
NOT_FOR_SNAPSHOTS = info(
    "not-for-snapshots", "The setting does not cover disk snapshots, which never leave the snapshot resource group.",
    "let few people delete in the snapshot resource group, and lock nothing there: a lock keeps Azure Backup from deleting "
    "expired snapshots",
)  # fmt: skip
GONE_FOR = error(
    "gone-for", "An entry's `for` is not a number of whole hours.", "write hours, days or weeks, such as 7d"
)
DRILL_AGE = error(
    "drill-age", "A drill's `maxAge` is not a number of whole hours.", "write hours, days or weeks, such as 30d"
)
DRILL_TARGET = error(
    "drill-target", "A drill would create and delete disks in a resource group that the manifest uses.",
    "use a separate resource group for the drill",
)  # fmt: skip
DRILL_TIMEOUT = error(
    "drill-timeout", "The `timeout` of a drill's `verify` is not a time from 1 second to 24 hours.", "write seconds, minutes or hours, such as 10m",
)  # fmt: skip
VERIFY_ELSEWHERE = error(
    "verify-elsewhere",
    "A drill's `verify`, which names a program to run, is in a subfolder or in an included file.",
    "move the drill to a file directly in the manifest's folder, and protect that file by review; other files may belong to others",
)

CODES = table(globals())
"""Every code of validation, by name."""
