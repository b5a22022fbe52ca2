#!/usr/bin/env bash
# Keeps one comment of the pull request up to date: it is found again by a hidden marker, among those of bots only.
set -euo pipefail

number=$(jq -r '.pull_request.number // .number // empty' "$GITHUB_EVENT_PATH")
[ -n "$number" ] || { echo "comment: this is no pull request" >&2; exit 1; }
named=${TITLE//[^A-Za-z0-9._\/ -]/_}
marker="<!-- reconciler-action:comment:${named:0:200} -->"
body=$(mktemp)
{
  echo "$marker"
  cat "$REPORTS/report.md" 2>/dev/null || echo "**reconciler ended without a report**; the log of the run says why."
  [ -z "${ARTIFACT:-}" ] || printf '\n<sub>[All reports](%s)</sub>\n' "$ARTIFACT"
} >"$body"

comments="repos/$GITHUB_REPOSITORY/issues/$number/comments"
id=$(gh api --paginate "$comments?per_page=100" |
  jq -rs --arg marker "$marker" 'add | [.[] | select(.user.type == "Bot" and (.body | startswith($marker)))][0].id // empty')
if [ -n "$id" ]; then
  gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" --field "body=@$body"
else
  gh api --silent --method POST "$comments" --field "body=@$body"
fi
