#!/usr/bin/env bash
# Runs each command of COMMAND on MANIFEST with ARGUMENTS (one a line, written in the workflow and never made of an
# input) and writes reports; the exit code is an output as well: 1 before 2 before 0. An apply that ends with 2 passes.
set -euo pipefail

refuse() {
  echo "::error::$1"
  exit 1
}
# What comes from elsewhere is data: it is checked here and passed as the value of one option.
valued=()
[ -z "${APPROVED:-}" ] || [ -z "${CHECKSUM:-}" ] || refuse "approved and checksum exclude each other."
checksum=${APPROVED:-${CHECKSUM:-}}
if [ -n "$checksum" ]; then
  [[ $checksum =~ ^[0-9a-f]{64}$ ]] || refuse "The checksum is not that of a plan: 64 digits of 0-9 and a-f."
  valued+=("--checksum=$checksum")
fi
if [ -n "${SHARD:-}" ]; then
  [[ $SHARD =~ ^[0-9]+/[0-9]+$ ]] || refuse "The shard is not of the form I/N."
  valued+=("--shard=$SHARD")
fi
[[ $COMMAND =~ ^[a-z][a-z-]*( [a-z][a-z-]*)*$ ]] || refuse "command takes the names of commands, with spaces between."
more=()
while IFS= read -r argument; do
  [ -z "$argument" ] || more+=("$argument")
done <<<"${ARGUMENTS:-}"

code=0
room=64000 # GitHub takes 65,535 characters of an issue or a comment
read -ra commands <<<"$COMMAND"
for verb in "${commands[@]}"; do
  name=report
  [ "${#commands[@]}" = 1 ] || name=$verb
  reports=()
  case $verb in
  validate | plan | apply | drift)
    for form in md json sarif xml; do reports+=(--report "$REPORTS/$name.$form"); done
    ;;
  status | coverage)
    for form in md json; do reports+=(--report "$REPORTS/$name.$form"); done
    ;;
  esac
  ended=0
  "$RUNNER_TEMP/reconciler/bin/reconciler" "$verb" "${more[@]}" "${valued[@]}" "${reports[@]}" -- "$MANIFEST" || ended=$?
  if [ "$name" = "$verb" ]; then
    if ! size=$(wc -c <"$REPORTS/$name.md" 2>/dev/null); then
      echo "**\`$verb\` ended without a report**; the log of the run says why." >>"$REPORTS/report.md"
    elif [ "$size" -gt "$room" ]; then
      echo "**The report of \`$verb\` is too long for this page**: see \`$name.md\` of this run." >>"$REPORTS/report.md"
    else
      cat "$REPORTS/$name.md" >>"$REPORTS/report.md"
      room=$((room - size))
    fi
    echo >>"$REPORTS/report.md"
  fi
  case $ended in
  0) ;;
  2) [ "$code" != 0 ] || code=2 ;;
  *) [ "$code" -gt 2 ] || code=$ended ;;
  esac
done
echo "exit-code=$code" >>"$GITHUB_OUTPUT"
if [ "$COMMAND" = apply ] && [ "$code" = 2 ]; then # all that was approved is done
  echo "::warning::Something is left for somebody to approve."
  exit 0
fi
exit "$code"
