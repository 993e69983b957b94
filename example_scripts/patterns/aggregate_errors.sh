#!/bin/sh
# Error aggregation in shell: checks every host name that comes on standard input, one a line.
# A bad one does not end the loop. Prints a count and the first five errors; exits with 1 when nothing was good.
set -eu
. "$(dirname "$0")/../lib/common.sh"

errors=$(scratch)/errors
: >"$errors"
good=0

check() {
    case $1 in
        "" | *[!a-z0-9.-]*) echo "$1: only a-z, 0-9, '.' and '-' are allowed" ;;
        -* | *- | .* | *.) echo "$1: starts or ends with '-' or '.'" ;;
        *) return 0 ;;
    esac
    return 1
}

while IFS= read -r host; do
    if check "$host" >>"$errors"; then
        good=$((good + 1))
    fi
done

failed=$(wc -l <"$errors")
echo "Processed $good, failed $((failed))"
head -n 5 "$errors"
[ "$good" -gt 0 ]
