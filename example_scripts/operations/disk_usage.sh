#!/usr/bin/env bash
# Print the total size of a directory and its three largest files. Exits with 1 above a limit.
#
# usage: disk_usage.sh [DIRECTORY [LIMIT_KIB]]   (default: the directory of these examples, 10240)
set -euo pipefail
. "$(dirname "$0")/../lib/common.sh"

directory=${1:-$(cd "$(dirname "$0")/.." && pwd)}
limit=${2:-10240}
[[ -d $directory ]] || fail "$directory is no directory"

total=$(du -sk "$directory" | cut -f 1)
echo "total $total KiB of $limit KiB allowed"
find "$directory" -type f -printf '%s %P\n' | sort -rn | awk 'NR <= 3 { printf "%8d bytes  %s\n", $1, $2 }'
((total <= limit))
