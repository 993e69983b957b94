#!/bin/sh
# Skips itself: without a database to look at there is nothing to check, and exit code 77 says so (as in Automake
# and Meson). `skip_exit_codes: 77` in orchestrator.yaml gives it that meaning.
set -eu

if [ -z "${EXAMPLE_REPLICA_LAG:-}" ]; then
    echo "EXAMPLE_REPLICA_LAG is not set"
    exit 77
fi
echo "replica lag: $EXAMPLE_REPLICA_LAG s"
[ "$EXAMPLE_REPLICA_LAG" -le 30 ]
