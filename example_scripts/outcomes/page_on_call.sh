#!/bin/sh
# Sends a test page to whoever is on call. It needs a webhook, so it is skipped where `requires` in
# orchestrator.yaml is not met; the report says what was missing. It is never started then.
set -eu
echo "would page ${EXAMPLE_PAGER_URL%%\?*}"
