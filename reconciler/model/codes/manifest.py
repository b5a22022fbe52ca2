"""The codes of everything that validation may find, each with its meaning and hint."""

from __future__ import annotations

from reconciler.model.findings import Code, Severity, table

_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

# The text of a file.
NOT_UTF8 = Code("not-utf8", _E, "The file is not UTF-8 text.", "save the file as UTF-8")
CONTROL_CHARACTER = Code(
    "control-character", _E, "The file contains a character that YAML forbids.", "remove the character"
)
TOO_LARGE = Code(
    "too-large", _E, "The file is larger than 10 MB.", "split the manifest into several files of one folder"
)
FILE_REFUSED = Code(
    "file-refused", _E, "The file is not a regular file, or is outside the folder.",
    "put the file itself into the folder",
)  # fmt: skip
INVALID_YAML = Code(
    "invalid-yaml", _E, "The file is not valid YAML.", "check indentation, quotes and colons around this place"
)
EMPTY_FILE = Code(
    "empty-file", _E, "The file has no content.", "delete the file, or start it with `apiVersion: reconciler/v1`"
)
SEVERAL_DOCUMENTS = Code(
    "several-documents", _E, "The file contains more than one YAML document.", "put each document into a file of its own",
)  # fmt: skip
ALIAS = Code("alias", _E, "Anchors and aliases are not allowed.", "write the value out, or put it into `defaults`")
MERGE_KEY = Code("merge-key", _E, "Merge keys are not allowed.", "write the keys out, or put them into `defaults`")
TAG = Code("tag", _E, "YAML tags are not allowed.", "remove the tag; quote the value if it is meant as text")
DUPLICATE_KEY = Code("duplicate-key", _E, "A key appears twice in one mapping.", "keep one of the two")
KEY_NOT_TEXT = Code("key-not-text", _E, "A key is not text.", "quote the key")
TOO_DEEP = Code(
    "too-deep", _E, "The file nests more than 64 levels.", "a manifest needs no more than 8 levels; check the brackets"
)

# The shape of a file.
NOT_A_MANIFEST = Code(
    "not-a-manifest", _E, "A YAML file in the folder is not a manifest.",
    "start it with `apiVersion: reconciler/v1`, or move it elsewhere (hidden files and *.estate.yaml are left out)",
)  # fmt: skip
UNKNOWN_KEY = Code("unknown-key", _E, "A manifest has no such key.", "remove it, or check its spelling and indentation")
MISSING_KEY = Code("missing-key", _E, "A required key is missing.", "add the key")
EXCLUSIVE_KEYS = Code("exclusive-keys", _E, "Exactly one of these keys is required.", "give exactly one of them")
WRONG_TYPE = Code("wrong-type", _E, "The value has the wrong type.", "check the value and its indentation")
NOT_TEXT = Code("not-text", _E, "The value must be text, but YAML reads it as something else.", "quote it")
UNKNOWN_VALUE = Code("unknown-value", _E, "The value is not allowed.", "use one of the values listed")
OUT_OF_RANGE = Code("out-of-range", _E, "The number is outside its range.", "use a number within the range")
INVALID_VALUE = Code(
    "invalid-value", _E, "The value has the wrong form.", "write it in the form that the message shows"
)

# Several files.
NO_NAME = Code(
    "no-name",
    _E,
    "No file gives the manifest its name.",
    "add `name: <name>` to one file: it marks what this manifest owns",
)
SEVERAL_FILES = Code(
    "several-files", _E, "A key that belongs in exactly one file appears in two.", "keep it in one file"
)
INCLUDE_REFUSED = Code(
    "include-refused", _E, "An include can't be read.", "name a file or folder, relative, inside the git repository",
)  # fmt: skip
INCLUDED_NAME = Code(
    "included-name",
    _E,
    "An included file has `name` or `include`, which is not allowed.",
    "move the key to a file of the manifest itself",
)

# Names and references.
DEFINED_TWICE = Code(
    "defined-twice", _E, "A name is defined twice.", "rename or remove one; names are compared without case"
)
SAME_IN_AZURE = Code(
    "same-in-azure",
    _E,
    "Two entries declare the same object in Azure.",
    "remove one of them, or give it its own `azureName`",
)
UNKNOWN_VAULT = Code("unknown-vault", _E, "No vault of that name is declared.", "declare it under `vaults`")
UNKNOWN_POLICY = Code("unknown-policy", _E, "No policy of that name is declared.", "declare it under `policies`")
UNKNOWN_GROUP = Code(
    "unknown-group", _E, "No snapshot resource group of that name is declared.", "declare it under `snapshotResourceGroups`",
)  # fmt: skip
DISK_TWICE = Code("disk-twice", _E, "A disk is listed twice.", "keep one of the entries")
RESERVED_TAG = Code(
    "reserved-tag",
    _E,
    "The tag is reserved for the tool.",
    "use another key; keys that start with `reconciler-` are reserved",
)
INVALID_TAG = Code(
    "invalid-tag", _E, "Azure does not allow the tag.",
    "use keys of up to 512 characters without <>%&\\?/, values of up to 256, and at most 50 tags on one resource",
)  # fmt: skip
INVALID_ID = Code(
    "invalid-id",
    _E,
    "The id is not a resource id of the expected type.",
    "copy the resource id from Azure (portal: Properties, Resource ID)",
)
INVALID_ADDRESS = Code(
    "invalid-address", _E, "The address can't match any object.",
    "write vault/<name>, policy/<vault>/<name>, group/<subscription>/<name>, role/<vault>/<role>@<scope>, disk/<disk id>, or an id",
)  # fmt: skip
OWN_NAME = Code("own-name", _E, "The manifest names itself in its hand-over.", "list only the names of other manifests")

# Vaults, policies and disks against Azure's rules.
NO_SUBSCRIPTION = Code(
    "no-subscription", _E, "The vault has no subscription.", "set `subscription`, here or in `defaults`"
)
NO_LOCATION = Code("no-location", _E, "The vault has no location.", "set `location`, here or in `defaults`")
NO_VAULT = Code("no-vault", _E, "The disks have no vault.", "set `vault`, here or in `defaults`")
NO_POLICY = Code("no-policy", _E, "The disks have no policy.", "set `policy`, here or in `defaults`")
NO_GROUP = Code(
    "no-snapshot-group", _E, "The disks have no snapshot resource group.", "set `snapshotResourceGroup`, here or in `defaults`",
)  # fmt: skip
NO_PLACE = Code(
    "no-place", _E, "The selector does not say where to look.", "set `subscriptions`, here or in `defaults`"
)
EXCLUDES_ALL = Code(
    "excludes-everything",
    _E,
    "The exclusion has no condition.",
    "say which disks to exclude, by names, tags or another condition",
)
CROSS_REGION = Code(
    "cross-region-restore", _E, "Cross-region restore needs a geo-redundant vault.",
    "set `redundancy: GeoRedundant`, or remove `crossRegionRestore`",
)  # fmt: skip
POLICY_NAME = Code(
    "policy-azure-name", _E, "A managed policy's name in Azure is derived from its content.",
    "remove `azureName`, or set `manage: false` if the policy already exists",
)  # fmt: skip
NO_CONTENT = Code(
    "no-content", _E, "The policy has no schedule or no retention.", "set both `schedule` and `retention`"
)
UNKNOWN_ZONE = Code(
    "unknown-time-zone", _E, "The time zone is not known.", "use an IANA name such as Europe/Berlin, or UTC"
)
INVALID_DURATION = Code(
    "invalid-duration", _E, "The retention is not a number of whole days.", "write days or weeks, such as 7d or 8w",
)  # fmt: skip
RETENTION_LONG = Code(
    "retention-too-long", _E, "Azure keeps disk snapshots for at most one year.", "keep at most 365d (52w)",
)  # fmt: skip
SNAPSHOT_BUDGET = Code(
    "snapshot-budget", _E, "One retention rule alone needs more than 450 snapshots of a disk.", "keep them for a shorter time, or back up less often",
)  # fmt: skip
SNAPSHOT_TOTAL = Code(
    "snapshot-total", _W, "All retention rules together may need more than 420 snapshots of a disk.",
    "Azure allows 500 of one disk, on-demand ones included: shorten a rule to be safe",
)  # fmt: skip
RETENTION_SHADOWED = Code(
    "retention-shadowed", _W, "A rule with precedence keeps backups for a shorter time than the rule it overrides.",
    "make weekly at least as long as daily, and daily at least as long as default",
)  # fmt: skip
REGION_MISMATCH = Code(
    "region-mismatch", _E, "The vault and the disks are in different regions.", "use a vault in the disks' region",
)  # fmt: skip
REGION_WITHOUT_ENTRY = Code(
    "region-without-entry", _W, "The selector matches disks in a region without an entry.", "add an entry for the region",
)  # fmt: skip
SKU_SCHEDULE = Code(
    "sku-schedule", _E, "Premium SSD v2 and Ultra disks can only be backed up every 12 hours or daily.",
    "use a policy with `every: 12h` or `daily`",
)  # fmt: skip
SNAPSHOTS_BESIDE_DISK = Code(
    "snapshots-beside-disk", _W, "The snapshots would be in the disk's own resource group, which Azure advises against.",
    "use a resource group for snapshots only",
)  # fmt: skip
NO_EFFECT = Code("no-effect", _W, "The setting has no effect.", "remove it, or let the tool manage the object")
ONE_WAY = Code("one-way", _I, "The setting can't be undone.", "pass `--accept-irreversible` to `apply` to write it")
NOT_FOR_SNAPSHOTS = Code(
    "not-for-snapshots", _I, "The setting does not cover disk snapshots, which never leave the snapshot resource group.",
    "protect the snapshot resource group itself with a lock, and grant few people permissions on it",
)  # fmt: skip
GONE_FOR = Code(
    "gone-for", _E, "An entry's `for` is not a number of whole hours.", "write hours, days or weeks, such as 7d"
)
DRILL_AGE = Code(
    "drill-age", _E, "A drill's `maxAge` is not a number of whole hours.", "write hours, days or weeks, such as 30d"
)
DRILL_TARGET = Code(
    "drill-target", _E, "A drill would create and delete disks in a resource group that the manifest uses.",
    "use a separate resource group for the drill",
)  # fmt: skip

CODES = table(globals())
"""Every code of validation, by name."""
