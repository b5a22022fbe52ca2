#!/usr/bin/env bash
# Runs COMMAND on MANIFEST with ARGUMENTS (one a line) and writes reports; the exit code is an output as well.
set -euo pipefail

more=()
while IFS= read -r argument; do
  [ -z "$argument" ] || more+=("$argument")
done <<<"${ARGUMENTS:-}"
case $COMMAND in
validate | plan | apply | drift)
  for form in md json sarif; do more+=(--report "$REPORTS/report.$form"); done
  more+=(--report "$REPORTS/report.xml")
  ;;
esac
[ -z "${APPROVED:-}" ] || more+=(--checksum "$APPROVED")

code=0
"$RUNNER_TEMP/reconciler/bin/reconciler" "$COMMAND" "$MANIFEST" "${more[@]}" || code=$?
echo "exit-code=$code" >>"$GITHUB_OUTPUT"
exit "$code"
