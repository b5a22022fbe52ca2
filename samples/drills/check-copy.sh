#!/bin/sh
# A check for `verify` of a drill: attaches the copy to a virtual machine, checks its file system, looks for a file,
# and detaches it again, also when it is interrupted. It needs the Azure CLI, signed in, with the permission to change
# that machine. Usage in the manifest: command: [./check-copy.sh, RESOURCE_GROUP, MACHINE, PATH_OF_A_FILE]
set -eu
group=$1 machine=$2 wanted=$3

detach() {
  az vm disk detach --resource-group "$group" --vm-name "$machine" --name "$RECONCILER_COPY_NAME" --output none
}
trap 'detach' EXIT
trap 'exit 1' INT TERM
az vm disk attach --resource-group "$group" --vm-name "$machine" --name "$RECONCILER_COPY_ID" --lun 42 --output none

# The name of the file is an argument of the script, so nothing in it is read as a command.
az vm run-command invoke --resource-group "$group" --name "$machine" --command-id RunShellScript --query 'value[0].message' \
  --output tsv --parameters "$wanted" --scripts '
    set -eu
    disk=/dev/disk/azure/scsi1/lun42
    part=$disk; [ ! -e "$disk-part1" ] || part=$disk-part1
    mount "$part" /mnt # which replays the journal: a snapshot is like a disk after a power cut
    found=$([ -s "/mnt/$1" ] && echo yes || echo no)
    umount /mnt
    [ "$found" = yes ] && fsck -n "$part" && echo the-copy-is-good
  ' | tee /dev/stderr | grep -q the-copy-is-good
