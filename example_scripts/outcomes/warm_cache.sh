#!/bin/sh
# Fails on its first attempt by design: the cache is cold, so it is filled and the script asks to be tried again
# (exit code 75, EX_TEMPFAIL). `retry: 2` in orchestrator.yaml does that; the report lists both attempts as flaky.
#
# Each attempt gets a fresh ORCHESTRATOR_TMP, so what one leaves for the next lies in the report directory, under
# the name of this run.
set -eu

run=${ORCHESTRATOR_RUN:-by-hand}
run=${run##*/}
cache=${ORCHESTRATOR_REPORT_DIR:-${TMPDIR:-/tmp}}/warm_cache.${run%.*}

if [ -f "$cache" ]; then
    rm "$cache"
    echo "served from the cache"
else
    : >"$cache"
    echo "the cache was cold" >&2
    exit 75
fi
