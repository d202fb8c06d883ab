#!/bin/sh
# memo.sh COMPILER ARGUMENTS... - compiles as the compiler would, not optimising; but a text that it
# has compiled before, after its preprocessor and under the same flags, only once: what came of it
# lies in build/tests/memo. What is no compilation of one C file is the compiler's own. It ends at
# the first error: objects that -x c has it read as C have very many.
set -u
compiler=$1
shift
set -- "$@" -O0 -Wfatal-errors
source=
out=
flags=
last=
for argument; do
    case $argument in
    *.c) source=$argument ;;
    *) if [ "$last" = -o ]; then out=$argument; else flags="$flags $argument"; fi ;;
    esac
    last=$argument
done
case $source$flags in *" -E"*) out= ;; esac
[ -n "$source" ] && [ -n "$out" ] || exec "$compiler" "$@"

# Into another file: gcc takes one -o alone.
into() {        # file flags...
    file=$1
    shift
    for argument; do
        shift
        [ "$argument" != "$out" ] || argument=$file
        set -- "$@" "$argument"
    done
    "$compiler" "$@"
}
into "$out.i" "$@" -E -P || exit
key=$({ echo "$flags"; ls -lL "$(command -v "$compiler")"; cat "$out.i"; } | sha256sum | cut -c1-32)
rm -f "$out.i"
memo=$SOURCE/build/tests/memo
mkdir -p "$memo"
if ! [ -e "$memo/$key" ]; then
    into "$memo/$key.$$" "$@" || exit
    mv "$memo/$key.$$" "$memo/$key"
fi
cp "$memo/$key" "$out"
