#!/usr/bin/env bash
# Installs the tool as this action's own commit has it, with the versions of its lock file, away from everything else.
set -euo pipefail

home=$RUNNER_TEMP/reconciler
[ -x "$home/bin/reconciler" ] || {
  python -m venv "$home"
  "$home/bin/pip" install --quiet --disable-pip-version-check -c "$GITHUB_ACTION_PATH/requirements.lock" "$GITHUB_ACTION_PATH"
}
named=${TITLE//[^A-Za-z0-9._-]/-}
echo "artifact=reconciler-${COMMAND//[^a-z-]/-}-${named:0:100}" >>"$GITHUB_OUTPUT"
echo "reports=$(mktemp -d "$RUNNER_TEMP/reports-XXXXXX")" >>"$GITHUB_OUTPUT"
