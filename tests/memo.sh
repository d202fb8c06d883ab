#!/bin/sh
# memo.sh COMPILER ARGUMENTS... - compiles as the compiler would; but what came of the same text
# under the same flags before, in whatever suite, it takes from build/tests/memo. The text is the
# file's own where it has no headers but the system's, else the preprocessor's; objects and
# libraries that it is linked with count, too. What is no compilation of one C file, what fails and
# what the compiler warns of is the compiler's own every time. run.sh removes what was not used for
# a day.
set -u
compiler=$1
source=
out=
flags=
linked=
last=
for argument; do
    shift
    [ "$last" != -o ] || out=$argument
    case $last:$argument in
    *' '*) source=/dev/null ;;                          # flags are one text
    -o:*) ;;
    *.c) source=${source:+/dev/null/}$argument ;;       # of two there is none
    *.[ao]) linked="$linked $argument" ;;
    :* | *:-o) ;;
    *) flags="$flags $argument" ;;
    esac
    last=$argument
    set -- "$@" "$argument"
done
case $flags in *" -E"* | *" -M"* | *-save-temps* | *coverage* | *-fprofile*) out= ;; esac
[ -f "$source" ] && [ -n "$out" ] && [ ! -L "$out" ] && { [ -f "$out" ] || [ ! -e "$out" ]; } &&
    command -v sha256sum >/dev/null || exec "$@"

store=${0%/*}/../build/tests/memo
mkdir -p "$store" || exec "$@"
new=$store/$$.new
trap 'rm -f "$new" "$new".*' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# shellcheck disable=SC2086
if [ -z "${CPATH:-}" ] && ! grep -q '^ *# *include *"' "$source"; then
    cat "$source" >"$new.i"
else
    "$compiler" $flags -E -P "$source" >"$new.i" 2>/dev/null || { rm -f "$new.i"; exec "$@"; }
fi
# A compiler has several names, and a C file is C without -x.
# shellcheck disable=SC2086
key=$({ echo "$flags" | sed 's/ -x c / /'; ls -lL "$(command -v "$compiler")" | sed 's/ [^ ]*$//'
        cat /dev/null $linked "$new.i"; } | sha256sum | cut -c1-32)
if [ -e "$store/$key" ]; then
    rm -f "$out"
    cp "$store/$key" "$out" && touch "$store/$key"
    exit
fi
"$@" 2>"$new.said"
status=$?
cat "$new.said" >&2
[ $status = 0 ] && [ ! -s "$new.said" ] && cp "$out" "$new" && mv "$new" "$store/$key"
exit $status
