#!/usr/bin/env bash
# Copies the regular files of a directory into another one, and says how many.
#
# Usage: template.sh SOURCE TARGET
set -euo pipefail

fail() {
    printf '%s\n' "$2" >&2
    exit "$1"
}

[ $# -eq 2 ] || fail 2 "usage: ${0##*/} SOURCE TARGET"
source_dir=$1 target_dir=$2
[ -d "$source_dir" ] || fail 1 "there is no directory $source_dir"
command -v cmp >/dev/null || fail 77 "cmp is not installed"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

copied=0 same=0
mkdir -p "$target_dir"
for file in "$source_dir"/*; do
    [ -f "$file" ] || continue
    name=${file##*/}
    if cmp -s "$file" "$target_dir/$name"; then
        same=$((same + 1))
        continue
    fi
    # First beside it, then into its place: nobody ever sees half a file.
    cp "$file" "$work/$name"
    mv "$work/$name" "$target_dir/$name"
    copied=$((copied + 1))
done

printf 'copied %d, unchanged %d\n' "$copied" "$same"
