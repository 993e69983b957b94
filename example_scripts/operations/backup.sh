#!/bin/sh
# Back up a directory as a compressed archive, write its checksum, and prove both: the checksum is verified, the
# archive is unpacked again and compared with the source.
#
# usage: backup.sh [SOURCE]   (without one: a small directory made on the spot)
#
# Writes archive.tar.gz and archive.tar.gz.sha256 into the working directory.
set -eu
. "$(dirname "$0")/../lib/common.sh"

work=$(scratch)
source=${1:-}
if [ -z "$source" ]; then
    source=$work/source
    mkdir -p "$source/conf"
    echo "listen = 8080" >"$source/conf/service.ini"
    seq 1 500 >"$source/numbers.txt"
fi

tar -C "$source" -czf archive.tar.gz .
sha256sum archive.tar.gz >archive.tar.gz.sha256

sha256sum --check --quiet archive.tar.gz.sha256 || fail "the checksum does not match"
mkdir -p "$work/restored"
tar -C "$work/restored" -xzf archive.tar.gz
diff -r "$source" "$work/restored" >/dev/null || fail "what came back is not what went in"

echo "backed up $(find "$source" -type f | wc -l | tr -d ' ') files, checksum verified, restore compared"
