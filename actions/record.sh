#!/usr/bin/env bash
# Records the checksum of the plan that reviewers see: a status of the pull request's head commit, which nobody can edit.
set -euo pipefail

[[ $CHECKSUM =~ ^[0-9a-f]{64}$ ]] || { echo "record: the plan has no checksum" >&2; exit 1; }
head=$(jq -r '.pull_request.head.sha // empty' "$GITHUB_EVENT_PATH")
[ -n "$head" ] || { echo "record: this is no pull request" >&2; exit 1; }
gh api --silent --method POST "repos/$GITHUB_REPOSITORY/statuses/$head" \
  --raw-field state=success --raw-field "context=reconciler: $TITLE" --raw-field "description=checksum $CHECKSUM"
