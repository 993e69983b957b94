# Functions for the shell scripts beside this directory. It is no script: `discovery.exclude` in orchestrator.yaml
# says so. Sourced as: . "$(dirname "$0")/../lib/common.sh"

# Print a directory to work in. Under pytest it is the item's own and is removed after a pass; by hand it is made.
scratch() {
    if [ -n "${ORCHESTRATOR_TMP:-}" ]; then
        echo "$ORCHESTRATOR_TMP"
    else
        mktemp -d
    fi
}

# Say why on standard error and end with exit code 1.
fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}
