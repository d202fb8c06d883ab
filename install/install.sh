#!/bin/sh
# install.sh install|uninstall - lathe, its library, headers, manual pages, completion and models
# to where the Makefile's variables say. What it makes, directories too, it records in
# DATADIR/lathe/installed, and uninstall goes by that: it must never remove anything else.
set -u
LC_ALL=C
export LC_ALL      # a directory sorts before what is in it
cd "$(dirname "$0")/.." || exit 1
record=$DATADIR/lathe/installed

fail() {
    echo "make ${how}: $*" >&2
    [ -z "${room:-}" ] || rm -rf "$room"
    exit 1
}

make_dir() {    # path, without DESTDIR
    [ -d "$DESTDIR$1" ] && return
    (make_dir "$(dirname "$1")") || exit 1
    mkdir "$DESTDIR$1" || fail "$DESTDIR$1 cannot be made"
    echo "$1/" >>"$made"
}

put() {         # mode directory file... ; NAME=FILE: under another name
    mode=$1 dir=$2
    shift 2
    make_dir "$dir" || exit 1
    for f in "$@"; do
        name=${f%%=*}
        name=${name##*/}
        install -m "$mode" "${f#*=}" "$DESTDIR$dir/$name" ||
            fail "$DESTDIR$dir/$name cannot be written"
        echo "$dir/$name" >>"$made"
    done
}

# Quoted, so that a blank in PREFIX stays one word.
package() {     # name what
    cat <<EOF
prefix=$PREFIX
includedir=$INCLUDEDIR
libdir=$LIBDIR

Name: $1
Description: runtime of the programs that lathe emits with --split, $2
Version: $VERSION
Cflags: -I"\${includedir}/lathe"
Libs: -L"\${libdir}" -l$1 -lm -pthread
EOF
}

install_all() {
    room=$(mktemp -d) || exit 1
    made=$room/made
    for f in lathe lathe64; do
        what=f32
        [ $f = lathe ] || what=f64
        package $f $what >"$room/$f.pc" || fail "$room/$f.pc cannot be written"
    done
    mkdir -p "$DESTDIR/" || exit 1
    share=$BUILD/share
    put 755 "$BINDIR" "$BUILD/lathe"
    put 644 "$LIBDIR" runtime/liblathe.a runtime/liblathe64.a
    put 644 "$LIBDIR/pkgconfig" "$room/lathe.pc" "$room/lathe64.pc"
    for f in runtime/*/*.h; do
        case $f in */vector/*) continue ;; esac     # the emitted file has its own
        floor=${f%/*}
        put 644 "$INCLUDEDIR/lathe/${floor##*/}" "$f"
    done
    put 644 "$MANDIR/man1" "$share/lathe.1"
    put 644 "$MANDIR/man5" "$share/lathe-net.5"
    put 644 "$DATADIR/bash-completion/completions" lathe="$share/lathe.bash"
    put 644 "$DATADIR/zsh/site-functions" _lathe="$share/lathe.zsh" \
        _lathe_program=install/program.zsh
    put 644 "$DATADIR/lathe/models" models/*.net
    put 644 "$DATADIR/doc/lathe" README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE
    put 644 "$DATADIR/doc/lathe/docs" docs/*.md docs/*.svg docs/*.py
    for d in examples/*; do
        for f in "$d"/*; do     # what was built there lies in a folder
            [ ! -f "$f" ] || put 644 "$DATADIR/doc/lathe/$d" "$f"
        done
    done
    [ ! -f "$DESTDIR$record" ] || cat "$DESTDIR$record" >>"$made" || fail "$record cannot be read"
    sort -u "$made" >"$DESTDIR$record" || fail "$DESTDIR$record cannot be written"
    rm -rf "$room"
    echo "installed lathe $VERSION in $DESTDIR$PREFIX"
}

# Files first, then directories, the deepest before those around them; what others have put
# there keeps its directory.
uninstall_all() {
    [ -f "$DESTDIR$record" ] || fail "nothing is installed: there is no $DESTDIR$record"
    list=$(cat "$DESTDIR$record") || exit 1
    printf '%s\n' "$list" | grep -v '/$' | while IFS= read -r f; do
        rm -f "$DESTDIR$f" || fail "$DESTDIR$f cannot be removed"
    done || exit 1
    rm -f "$DESTDIR$record" || exit 1
    printf '%s\n' "$list" | grep '/$' | sort -r | while IFS= read -r d; do
        rmdir "$DESTDIR$d" 2>/dev/null
    done
    echo "removed lathe from $DESTDIR$PREFIX"
}

how=${1:-}
case $PREFIX in
/*) ;;
*) fail "PREFIX is to begin with /, not '$PREFIX'" ;;
esac
case $how in
install) install_all ;;
uninstall) uninstall_all ;;
*) echo "usage: install.sh install|uninstall, by make" >&2; exit 2 ;;
esac
