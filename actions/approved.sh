#!/usr/bin/env bash
# Finds the checksum that was recorded on the pull request whose merge this commit is; without one nothing is applied.
set -euo pipefail

head=$(gh api "repos/$GITHUB_REPOSITORY/commits/$GITHUB_SHA/pulls" |
  jq -r --arg sha "$GITHUB_SHA" '[.[] | select(.merged_at != null and .merge_commit_sha == $sha)][0].head.sha // empty')
[ -n "$head" ] || {
  echo "::error::No merged pull request belongs to this commit, so nobody approved a plan. Merge one, or apply by hand."
  exit 1
}
checksum=$(gh api --paginate "repos/$GITHUB_REPOSITORY/commits/$head/statuses?per_page=100" |
  jq -rs --arg context "reconciler: $TITLE" 'add | [.[] | select(.context == $context and .state == "success"
    and .creator.login == "github-actions[bot]")][0].description // empty')
checksum=${checksum#checksum }
[[ $checksum =~ ^[0-9a-f]{64}$ ]] || {
  echo "::error::The pull request has no recorded plan. Run its plan again, then this job."
  exit 1
}
echo "checksum=$checksum" >>"$GITHUB_OUTPUT"
