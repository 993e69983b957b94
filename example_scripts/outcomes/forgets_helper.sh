#!/bin/sh
# Forgets a helper in the background and exits with 0. It passes at once, the helper is killed, and the report says
# which process was left.
sleep 300 &
echo "done"
