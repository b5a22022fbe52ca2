#!/usr/bin/env bash
# Keeps one issue open while something is wrong (or nobody can tell), its text up to date, and closes it when all is well.
set -euo pipefail

named=${TITLE//[^A-Za-z0-9._\/ -]/_}
marker="<!-- reconciler-action:issue:${named:0:200} -->"
issues="repos/$GITHUB_REPOSITORY/issues"
open=$(gh api --paginate "$issues?state=open&creator=github-actions%5Bbot%5D&per_page=100" |
  jq -rs --arg marker "$marker" 'add | .[] | select(.pull_request == null and ((.body // "") | startswith($marker))) | .number')

if [ "${EXIT_CODE:-1}" = 0 ]; then
  for number in $open; do
    gh api --silent --method POST "$issues/$number/comments" --raw-field "body=All is well again."
    gh api --silent --method PATCH "$issues/$number" --raw-field state=closed --raw-field state_reason=completed
  done
  exit 0
fi

checksum=""
if [[ ${APPROVAL:-} =~ ^[A-Za-z0-9._-]+\.ya?ml$ ]]; then
  for report in drift report; do # the drift's own checksum, if there is anything to apply
    [ -n "$checksum" ] || checksum=$(jq -r 'select(has("drifted") and (.changes | length > 0)) | .checksum' "$REPORTS/$report.json" 2>/dev/null || true)
  done
  [[ $checksum =~ ^[0-9a-f]{64}$ ]] || checksum=""
fi
body=$(mktemp)
{
  echo "$marker"
  cat "$REPORTS/report.md" 2>/dev/null ||
    echo "**Nobody can tell whether all is well.** See $GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"
  if [ -n "$checksum" ]; then
    echo
    echo "To approve exactly these changes, run [$APPROVAL]($GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/workflows/$APPROVAL) with the checksum \`$checksum\`."
  fi
  [ -z "${ARTIFACT:-}" ] || printf '\n<sub>[All reports](%s)</sub>\n' "$ARTIFACT"
} >"$body"
number=$(head -n 1 <<<"$open")
if [ -n "$number" ]; then
  gh api --silent --method PATCH "$issues/$number" --field "body=@$body"
else
  gh api --silent --method POST "$issues" --raw-field "title=Backup drift: $named" --field "body=@$body"
fi
