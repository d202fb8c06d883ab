#!/bin/sh
# confined.sh DIRECTORY KILOBYTES COMMAND... - runs a command that may do anything, a mutant, where
# it can write nothing but DIRECTORY and a /tmp of its own in it, DIRECTORY/tmp, and where all that
# it started ends with it. KILOBYTES of memory for each process, 0: as many as there are. Without
# the right to do so it runs as any other.
set -u
directory=$1
memory=$2
shift 2
[ "$memory" = 0 ] || ulimit -v "$memory"
ulimit -c 0
ulimit -f 8000000         # blocks of 512 bytes: the suite onnx has a file of 3 GiB
if ! unshare -m -p --fork --mount-proc true 2>/dev/null; then
    exec "$@"
fi
export directory
# What lies in /tmp of the directory stays in sight.
exec unshare -m -p --fork --kill-child --mount-proc sh -c '
    here=$(pwd)
    mount --bind "$directory" "$directory" || exit 125
    case $directory in
    /tmp/*) mkdir -p "$directory/tmp$(echo "$directory" | cut -c5-)" &&
            mount --bind "$directory" "$directory/tmp$(echo "$directory" | cut -c5-)" || exit 125 ;;
    esac
    mount --rbind "$directory/tmp" /tmp && mount -o remount,bind,ro / || exit 125
    cd "$here" || exit 125
    "$@"
    exit $?' sh "$@"
