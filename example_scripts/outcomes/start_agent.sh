#!/bin/sh
# Starts an agent that is meant to live on: `left_processes: allow` in orchestrator.yaml keeps it until the session
# ends, and then it is ended too.
set -eu
nohup sleep 300 >/dev/null 2>&1 &
echo "agent started"
